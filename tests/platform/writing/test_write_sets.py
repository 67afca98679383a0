"""Sets of changes: names and keys instead of ids, upserts, imports that refuse row by row, the same request sent twice."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import event

from looseleaf_platform.errors import NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.records.writing.idempotency import forget
from support.workspaces import as_user


def outcomes(outcome) -> list[str]:
    return [one.outcome for one in outcome.written]


def test_changes_refer_to_each_other_by_name_in_any_order(system, rows):
    outcome = write(
        system,
        [
            Change("create", "deal", values={"name": "d", "account": {"$ref": "acc"}, "rivals": [{"$ref": "rival"}]}),
            Change("create", "account", values={"name": "a"}, reference="acc"),
            Change("create", "competitor", values={"name": "r"}, reference="rival"),
        ],
    )
    deal, account, rival = (one.id for one in outcome.written)
    record = read.get(system, "deal", deal)
    assert (record.values["account"], record.values["rivals"]) == (account, (rival,))
    assert len(rows("operation", kind="edit")) == 1
    assert len(rows("outbox", topic="records.written")) == 1


def test_a_name_that_nothing_has_is_told(system, create, faults_of):
    assert faults_of(system, Change("create", "deal", values={"name": "d", "account": {"$ref": "x"}})) == [
        ("/account", "unknown-reference")
    ]
    changes = [
        Change("create", "competitor", values={"name": "r"}, reference="x"),
        Change("create", "deal", values={"name": "d", "account": {"$ref": "x"}}),
    ]
    assert faults_of(system, *changes) == [("/1/account", "unknown-reference")]


def test_records_are_referred_to_by_their_keys(system, create, faults_of):
    one = create("account", name="one", code="C-1")
    create("account", name="twin")
    create("account", name="twin")
    outcome = write(
        system,
        [
            Change("create", "deal", values={"name": "d", "account": {"$key": {"code": "C-1"}}}),
            Change("create", "account", values={"name": "new", "code": "C-2"}),
            Change("create", "deal", values={"name": "e", "account": {"$key": {"code": "C-2"}}}),
            Change("create", "deal", values={"name": "f", "account": {"$key": {"name": "one", "code": "C-1"}}}),
        ],
    )
    accounts = [read.get(system, "deal", outcome.written[n].id).values["account"] for n in (0, 2, 3)]
    assert accounts == [one, outcome.written[1].id, one]
    for key, code in (
        ({"name": "twin"}, "several"),
        ({"name": "nobody"}, "no-such-record"),
        ({"colour": "red"}, "unknown-key"),
        ({}, "unknown-key"),
    ):
        assert faults_of(system, Change("create", "deal", values={"name": "d", "account": {"$key": key}})) == [("/account", code)]


def test_a_record_changed_twice_in_one_set_is_changed_in_order(system, create, rows):
    id = create("account", name="a")
    outcome = write(
        system,
        [
            Change("update", "account", id, {"name": "b", "employees": 1}),
            Change("update", "account", id, {"name": "c"}),
            Change("delete", "account", id),
        ],
    )
    assert [(one.outcome, one.version) for one in outcome.written] == [("updated", 2), ("updated", 3), ("deleted", 4)]
    assert [row["kind"] for row in rows("change", operation_id=outcome.operation)] == ["update", "update", "delete"]


def test_an_upsert_creates_changes_or_leaves_alone(system, create):
    def upsert(**values: object) -> Change:
        return Change("upsert", "account", values=values, key="code")

    assert outcomes(write(system, [upsert(code="C-1", name="one"), upsert(code="C-2", name="two")])) == ["created", "created"]
    again = write(system, [upsert(code=" C-1", name="one"), upsert(code="C-2", name="zwei"), upsert(code="C-3", name="three")])
    assert outcomes(again) == ["same", "updated", "created"]
    twice = write(system, [upsert(code="C-9", name="first"), upsert(code="C-9", name="second", employees=4)])
    assert outcomes(twice) == ["created", "updated"]
    assert twice.written[0].id == twice.written[1].id
    assert read.get(system, "account", twice.written[0].id).values["name"] == "second"


def test_an_upsert_goes_by_the_objects_own_key_unless_told(system, create):
    product = create("product", name="switch")
    assert outcomes(write(system, [Change("upsert", "product", values={"name": "switch", "category": "x"})])) == ["updated"]
    assert read.get(system, "product", product).values["category"] == "x"


def test_an_upsert_may_keep_what_it_finds(crm, system, create, rows):
    def upsert(**values: object) -> Change:
        return Change("upsert", "account", values=values, key="code", existing="keep")

    known = create("account", name="one", code="C-1")
    outcome = write(system, [upsert(code="C-1", name="other"), upsert(code="C-2", name="two"), upsert(code="C-2", name="zwei")])
    assert outcomes(outcome) == ["same", "created", "same"]
    assert [outcome.written[0].id, outcome.written[2].id] == [known, outcome.written[1].id]
    assert read.get(system, "account", known).values["name"] == "one"
    assert [row["kind"] for row in rows("change", operation_id=outcome.operation)] == ["create"]
    with pytest.raises(NotThere):
        write(as_user(crm, ["rep"], name="Lin"), [upsert(code="C-1", name="other")])


def test_upserts_that_find_no_one_record_are_refused(system, create, faults_of):
    create("account", name="twin")
    create("account", name="twin")
    assert faults_of(system, Change("upsert", "account", values={"name": "twin"}, key="name")) == [("/name", "several")]
    assert faults_of(system, Change("upsert", "account", values={"name": "x"}, key="code")) == [("/code", "no-key")]
    assert faults_of(system, Change("upsert", "account", values={"name": "x"}, key="colour")) == [("", "unknown-key")]


def test_an_import_stores_the_good_rows_and_tells_the_bad_ones(system, create, rows):
    changes = [
        Change("create", "account", values={"name": "good", "code": "1"}, reference="good"),
        Change("create", "account", values={"name": "", "employees": "x"}, reference="bad"),
        Change("create", "deal", values={"name": "on good", "account": {"$ref": "good"}}),
        Change("create", "deal", values={"name": "on bad", "account": {"$ref": "bad"}}),
        Change("create", "account", values={"name": "again", "code": "1"}),
        Change("update", "account", 77, {"name": "x"}),
        Change("create", "deal", values={"name": "bad lines", "account": {"$ref": "good"}, "lines": [{"price": 1}, {"price": -1}]}),
        Change("create", "unicorn", values={}),
    ]
    with pytest.raises(NotThere):
        write(system, changes, collect=True)
    outcome = write(system, changes[:-1], collect=True)
    assert outcomes(outcome) == ["created", "refused", "created", "refused", "refused", "refused", "refused"]
    assert [sorted((fault.pointer, fault.code) for fault in one.faults) for one in outcome.written if one.faults] == [
        [("/employees", "not-a-number"), ("/name", "required")],
        [("", "refers-to-refused")],
        [("/code", "unique")],
        [("", "not-there")],
        [("/lines/1/price", "rule")],
    ]
    assert len(rows("account")) == 1
    assert len(rows("deal")) == 1
    assert rows("deal_line") == []


def test_a_rule_about_lines_refuses_its_own_row_of_an_import_only(system, create, rows):
    account = create("account", name="a")
    changes = [
        Change("create", "deal", values={"name": f"d{price}", "account": account, "lines": [{"price": price}]})
        for price in (1, 2_000_000, 3, 5_000_000)
    ]
    assert outcomes(write(system, changes, collect=True)) == ["created", "refused", "created", "refused"]
    assert sorted(row["f_name"] for row in rows("deal")) == ["d1", "d3"]
    assert [row["f_number"] for row in rows("deal")] == ["D-202603-0001", "D-202603-0002"]


def test_an_import_of_all_bad_rows_stores_nothing(system, rows):
    before = len(rows("operation"))
    outcome = write(system, [Change("create", "account", values={}), Change("create", "account", values={"name": ""})], collect=True)
    assert outcome.operation is None
    assert len(rows("operation")) == before


def test_the_same_request_under_the_same_key_is_done_once(system, rows):
    changes = [Change("create", "account", values={"name": "a", "employees": "5"})]
    first = write(system, changes, idempotency_key="k-1")
    assert write(system, changes, idempotency_key="k-1") == first
    assert len(rows("account")) == 1
    with pytest.raises(Refused) as refused:
        write(system, [Change("create", "account", values={"name": "b"})], idempotency_key="k-1")
    assert [fault.code for fault in refused.value.faults] == ["idempotency-key"]
    assert write(system, changes, idempotency_key="k-2").written[0].id != first.written[0].id


def test_a_refused_request_does_not_use_up_its_key(system, rows):
    with pytest.raises(Refused):
        write(system, [Change("create", "account", values={"name": ""})], idempotency_key="k")
    write(system, [Change("create", "account", values={"name": "a"})], idempotency_key="k")
    assert len(rows("account")) == 1


def test_old_keys_are_forgotten(crm, system, clock, rows):
    changes = [Change("create", "competitor", values={"name": "a"})]
    write(system, changes, idempotency_key="k")
    assert forget(crm) == 0
    clock.advance(days=8)
    assert forget(crm) == 1
    write(system, changes, idempotency_key="k")
    assert len(rows("competitor")) == 2


def test_no_more_lines_than_the_bound_are_taken(system, create):
    account = create("account", name="a")
    changes = [Change("create", "deal", values={"name": str(n), "account": account, "lines": [{}] * 5000}) for n in range(11)]
    with pytest.raises(Refused, match="at most"):
        write(system, changes)


def test_keys_that_can_not_be_kept_are_refused(system):
    changes = [Change("create", "account", values={"name": "a", "employees": 2**70, "notes": "\ud800", 3: 4})]
    with pytest.raises(Refused):
        write(system, changes, idempotency_key="odd")
    for key in ("x" * 256, "a\x00b"):
        with pytest.raises(Refused):
            write(system, [Change("create", "account", values={"name": "a"})], idempotency_key=key)


def test_the_same_request_sent_many_times_at_once_is_done_once(system, rows):
    answers: list[object] = []

    def send() -> None:
        answers.append(write(system, [Change("create", "product", values={"name": "p", "price": "5"})], idempotency_key="once"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert len({answer.written[0].id for answer in answers}) == 1  # type: ignore[attr-defined]
    assert len(rows("product")) == 1


def test_a_thousand_rows_take_as_many_statements_as_a_hundred(crm, system, create):
    """Nothing is asked of the database row by row."""
    account = create("account", name="a")
    statements: list[str] = []
    event.listen(crm.database.writer, "before_cursor_execute", lambda _c, _k, sql, *_: statements.append(sql))

    def count(size: int, prefix: str) -> int:
        statements.clear()
        changes = [
            Change(
                "create",
                "deal",
                values={
                    "name": f"{prefix}{n}",
                    "account": {"$key": {"name": "a"}},
                    "amount": n + 1,
                    "lines": [{"description": f"{n}", "price": n}],
                },
            )
            for n in range(size)
        ]
        changes += [
            Change("upsert", "account", values={"code": f"{prefix}{n}", "name": f"{n}", "parent": account}, key="code") for n in range(size)
        ]
        write(system, changes, collect=True)
        return len(statements)

    count(20, "warm")
    small, large = count(100, "small"), count(1000, "large")
    assert small < 80
    assert large < small * 2.5
