"""Stable ids from revision to revision, what is retired and what comes back, and the differences as they are told."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from looseleaf_metadata.changes import diff
from looseleaf_metadata.identity import Known, Wanted, assign_ids
from looseleaf_metadata.model import Field, Model

ModelOf = Callable[..., Model]
FIRST = (
    "object: deal\nfields:\n  name: {type: text}\n  amount: {type: currency}\n  stage: {type: select, options: {open: Open, won: Won}}\n"
)


def told(old: Model, new: Model) -> list[str]:
    return [str(change.sentence()) for change in diff(old, new)]


def field(model: Model, name: str) -> Field:
    return model.objects["deal"].fields[name]


def test_nothing_changed_means_no_changes(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    assert diff(first, model_of("# moved a line\n" + FIRST, previous=first)) == ()


def test_a_field_that_vanishes_is_retired_and_keeps_its_column(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    second = model_of(FIRST.replace("  amount: {type: currency}\n", ""), previous=first)
    gone = field(second, "amount")
    assert (gone.retired, gone.column, gone.id) == (True, "f_amount", "amount")
    assert told(first, second) == ["Field Amount: retired, its data stays"]


def test_a_retired_field_comes_back_with_its_column(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    second = model_of(FIRST.replace("  amount: {type: currency}\n", ""), previous=first)
    third = model_of(FIRST, previous=second)
    assert field(third, "amount").column == "f_amount"
    assert told(second, third) == ["Field Amount: back, with its data"]


def test_a_retired_name_of_another_type_is_a_new_field(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    second = model_of(FIRST.replace("  amount: {type: currency}\n", ""), previous=first)
    third = model_of(FIRST.replace("{type: currency}", "{type: text}"), previous=second)
    assert (field(third, "amount").id, field(third, "amount").column) == ("amount_2", "f_amount_2")
    kept = third.objects["deal"].field_by_id("amount")
    assert kept is not None
    assert (kept.retired, kept.type) == (True, "currency")


def test_a_written_id_is_a_rename(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    second = model_of(FIRST.replace("amount: {type: currency}", "value: {type: currency, id: amount, label: Amount}"), previous=first)
    assert (field(second, "value").id, field(second, "value").column) == ("amount", "f_amount")
    assert "amount" not in second.objects["deal"].fields
    assert told(first, second) == ["Field Amount: renamed from amount to value"]


def test_undoing_a_rename_finds_the_field_again(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    second = model_of(FIRST.replace("amount: {type: currency}", "value: {type: currency, id: amount}"), previous=first)
    third = model_of(FIRST, previous=second)
    assert field(third, "amount").column == "f_amount"
    assert "value" not in third.objects["deal"].fields


def test_a_new_field_may_take_the_name_that_a_renamed_one_gave_up(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    both = FIRST.replace("amount: {type: currency}", "value: {type: currency, id: amount}\n  amount: {type: integer}")
    second = model_of(both, previous=first)
    assert field(second, "value").column == "f_amount"
    assert field(second, "amount").column == "f_amount_2"
    assert model_of(both).objects["deal"].fields["amount"].column == "f_amount_2"


def test_objects_and_options_have_stable_ids_too(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    text = FIRST.replace("object: deal", "object: opportunity\nid: deal\nlabel: Deal").replace("won: Won", "victory: {label: Won, id: won}")
    second = model_of(text, previous=first)
    assert (second.objects["opportunity"].table, second.objects["opportunity"].id) == ("o_deal", "deal")
    assert "deal" not in second.objects
    assert told(first, second) == [
        "Object Deal: renamed from deal to opportunity",
        "Option Won: renamed from won to victory",
    ]


def test_an_object_that_vanishes_is_retired_with_its_fields(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    second = model_of(previous=first)
    assert second.objects["deal"].retired
    assert told(first, second) == ["Object Deal: retired, its data stays"]
    third = model_of(FIRST, previous=second)
    assert not third.objects["deal"].retired
    assert field(third, "amount").column == "f_amount"


def test_an_option_that_vanishes_stays_for_old_records(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    second = model_of(FIRST.replace(", won: Won", ", lost: Lost"), previous=first)
    options = {option.name: option.retired for option in field(second, "stage").options}
    assert options == {"open": False, "lost": False, "won": True}
    assert told(first, second) == ["Option Lost: new", "Option Won: retired, its data stays"]


def test_changed_properties_are_told_with_both_values(model_of: ModelOf) -> None:
    first = model_of(FIRST)
    second = model_of(FIRST.replace("{type: text}", "{type: text, required: true, max_length: 9}"), previous=first)
    (change,) = diff(first, second)
    assert change.address == "object:deal/field:name"
    assert [(one.name, one.before, one.after) for one in change.properties] == [
        ("settings", {}, {"max_length": 9}),
        ("required", False, True),
    ]
    assert change.as_data()["what"] == "changed"


def test_rules_views_and_roles_are_told(model_of: ModelOf) -> None:
    first = model_of(FIRST, "role: rep\nobjects: {deal: {read: own}}")
    rule = FIRST + "rules: [{check: 'amount > 0', message: Too small}]\n"
    second = model_of(rule, "role: rep\nobjects: {deal: {read: team}}", "view: all\nobject: deal\n", previous=first)
    assert told(first, second) == ["Rule Too small: new", "Role Rep: grants changed", "View All: new"]


IDS = st.sampled_from(["a", "b", "c", "a_2"])
KNOWN = st.lists(st.builds(Known, IDS, IDS, st.booleans(), st.sampled_from(["text", "date"])), unique_by=lambda one: one.id)
WANTED = st.lists(
    st.builds(Wanted, IDS, st.sampled_from(["", "", "", "x"]), st.sampled_from(["text", "date"])), unique_by=lambda one: one.name
)


@given(KNOWN, WANTED)
def test_no_two_things_ever_share_an_id(known: list[Known], wanted: list[Wanted]) -> None:
    if len({one.id for one in wanted if one.id}) < len([one for one in wanted if one.id]):
        return
    ids = assign_ids(known, wanted)
    assert set(ids) == {one.name for one in wanted}
    assert len(set(ids.values())) == len(ids)
