"""The reference graph: every place where one thing names another, inside expressions too."""

from __future__ import annotations

from collections.abc import Callable

from looseleaf_metadata.model import Model
from looseleaf_metadata.references import depends_on, referrers

ModelOf = Callable[..., Model]
TEXTS = (
    """object: account
fields:
  name: {type: text}
  status: {type: select, options: {new: New, paid: Paid}}
  deals: {type: rollup, from: deal.account, sum: amount, where: "stage == 'won'"}
""",
    """object: deal
fields:
  name: {type: text}
  account: {type: lookup, to: account}
  amount: {type: currency}
  stage: {type: select, options: {open: Open, won: Won}, default: open}
  note: {type: text, visible_when: "account.status in ['new', 'paid']"}
rules:
  - {rule: sane, check: "amount > 0", at: amount, message: Wrong}
highlights: [amount, account.name]
""",
    "view: won\nobject: deal\nwhere: \"stage == 'won'\"\ncolumns: [name, account.owner]\n",
    "form: deal\nsections: [{section: main, fields: [name, amount]}]\n",
    'role: rep\nobjects: {deal: {read: "own and amount < 10"}}\nfields: {deal.amount: read}\n',
)


def targets(model: Model, source: str) -> set[tuple[str, str]]:
    return {(edge.target, edge.how) for edge in model.edges if edge.source == source}


def test_a_view_refers_to_its_object_fields_paths_and_options(model_of: ModelOf) -> None:
    assert targets(model_of(*TEXTS), "view:won") == {
        ("object:deal", "view"),
        ("object:deal/field:stage", "filter"),
        ("object:deal/field:stage/option:won", "filter"),
        ("object:deal/field:name", "column"),
        ("object:deal/field:account", "column"),
        ("object:account/field:owner", "column"),
    }


def test_fields_rules_forms_and_roles_refer(model_of: ModelOf) -> None:
    model = model_of(*TEXTS)
    assert targets(model, "object:account/field:deals") >= {
        ("object:deal", "rollup"),
        ("object:deal/field:amount", "rollup"),
        ("object:deal/field:stage/option:won", "rollup-filter"),
    }
    assert targets(model, "object:deal/field:note") == {
        ("object:deal/field:account", "visible-when"),
        ("object:account/field:status", "visible-when"),
        ("object:account/field:status/option:new", "visible-when"),
        ("object:account/field:status/option:paid", "visible-when"),
    }
    assert ("object:deal/field:amount", "rule") in targets(model, "object:deal/rule:sane")
    assert ("object:deal/field:amount", "form") in targets(model, "form:deal/section:main")
    assert targets(model, "role:rep") == {("object:deal", "grant"), ("object:deal/field:amount", "grant")}


def test_an_edge_stands_where_the_name_is_written(model_of: ModelOf) -> None:
    model = model_of(*TEXTS)
    (edge,) = (edge for edge in model.edges if edge.target == "object:account/field:status/option:paid")
    assert (edge.place.file, edge.place.line) == ("2.yaml", 7)
    line = TEXTS[1].split("\n")[6]
    assert line[edge.place.column - 1 :].startswith("'paid'")


def test_where_is_it_used_and_what_does_it_need(model_of: ModelOf) -> None:
    model = model_of(*TEXTS)
    users = {edge.source for edge in referrers(model.edges, "object:deal/field:amount")}
    assert users == {"object:account/field:deals", "object:deal/rule:sane", "object:deal", "form:deal/section:main", "role:rep"}
    assert {edge.source for edge in referrers(model.edges, "object:deal")} == {
        "object:account/field:deals",
        "view:won",
        "form:deal",
        "form:deal/section:main",
        "role:rep",
    }
    assert {edge.target for edge in depends_on(model.edges, "form:deal")} == {
        "object:deal",
        "object:deal/field:name",
        "object:deal/field:amount",
    }
    assert {edge.source for edge in model.used_by("object:deal/field:stage/option:won")} == {"view:won", "object:account/field:deals"}
