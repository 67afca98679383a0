"""From documents to the Model: short forms, system fields, defaults, extensions, roles, forms, views."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from decimal import Decimal

import pytest

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import Kind, number, record
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import SYSTEM_FIELDS, FormItem, Model
from looseleaf_metadata.paths import related_lists

ModelOf = Callable[..., Model]

ACCOUNT = """
object: account
fields:
  name: {type: text, required: true}
  amount: {type: currency}
  tier: {type: select, options: {gold: 金, silver: {zh: 银, en: Silver}, plain: null, old: {label: Old, hue: slate, retired: true}}}
"""
CONTACT = """
object: contact
label: {zh: 联系人, en: Contact}
fields:
  full_name: {type: text}
  account: {type: lookup, to: account, required: true}
  boss: {type: lookup, to: contact}
"""


def test_short_forms_are_filled_in(model_of: ModelOf) -> None:
    account = model_of(ACCOUNT).objects["account"]
    assert account.label == Label.of("Account")
    assert account.plural == Label.of("Accounts")
    assert (account.title, account.owner, account.table, account.id) == ("name", "required", "o_account", "account")
    tier = account.fields["tier"]
    assert tier.label == Label.of("Tier")
    assert [(option.name, option.label.text("en"), option.hue, option.retired) for option in tier.options] == [
        ("gold", "金", "", False),
        ("silver", "Silver", "", False),
        ("plain", "Plain", "", False),
        ("old", "Old", "slate", True),
    ]


@pytest.mark.parametrize(
    ("written", "plural"),
    [
        ("{zh: 商机, en: Opportunity}", {"zh": "商机", "en": "Opportunities"}),
        ("Box", "Boxes"),
        ("Day", "Days"),
        ("客户", "客户"),
    ],
)
def test_a_label_implies_its_plural(model_of: ModelOf, written: str, plural: str | dict[str, str]) -> None:
    model = model_of(f"object: a\nlabel: {written}\nfields: {{name: {{type: text}}}}")
    assert model.objects["a"].plural == Label.of(plural)


def test_a_written_plural_keeps_the_languages_it_does_not_name(model_of: ModelOf) -> None:
    model = model_of("object: a\nlabel: {zh: 人, en: Person}\nplural: {en: People}\nfields: {name: {type: text}}")
    assert model.objects["a"].plural == Label.of({"zh": "人", "en": "People"})


def test_every_object_has_the_system_fields(model_of: ModelOf) -> None:
    fields = model_of(ACCOUNT).objects["account"].fields
    assert set(SYSTEM_FIELDS) <= set(fields)
    assert all(fields[name].system for name in SYSTEM_FIELDS)
    assert (fields["owner"].column, fields["owner"].type, fields["owner"].required) == ("owner_id", "user", True)
    assert fields["id"].expression_type == record("account")
    assert fields["created_at"].expression_type.kind is Kind.DATETIME


def test_without_an_owner_there_is_neither_owner_nor_team(model_of: ModelOf) -> None:
    fields = model_of("object: a\nowner: none\nfields: {name: {type: text}}").objects["a"].fields
    assert "owner" not in fields
    assert "team" not in fields


def test_lines_belong_to_their_parent_and_have_no_owner(model_of: ModelOf) -> None:
    model = model_of(
        "object: order\nfields: {name: {type: text}, lines: {type: lines, to: order_line}}",
        "object: order_line\nfields: {order: {type: lookup, to: order, required: true}, product: {type: text}}",
    )
    line = model.objects["order_line"]
    assert line.owned_by == "order.lines"
    assert line.owner == "none"
    assert "owner" not in line.fields
    assert line.fields["order"].settings["on_delete"] == "cascade"
    assert model.objects["order"].fields["lines"].settings["by"] == "order"


def test_look_ups_get_what_happens_on_deletion_and_the_list_on_the_other_side(model_of: ModelOf) -> None:
    model = model_of(ACCOUNT, CONTACT)
    fields = model.objects["contact"].fields
    assert fields["account"].settings["on_delete"] == "restrict"
    assert fields["boss"].settings["on_delete"] == "clear"
    related = related_lists(model.objects, "account")
    assert related["contacts"].by == "account"
    assert related["contacts"].label == Label.of({"zh": "联系人", "en": "Contacts"})


def test_two_look_ups_to_one_object_make_two_lists(model_of: ModelOf) -> None:
    model = model_of(
        ACCOUNT, "object: deal\nfields: {name: {type: text}, buyer: {type: lookup, to: account}, payer: {type: lookup, to: account}}"
    )
    assert {one.by for one in related_lists(model.objects, "account").values()} == {"buyer", "payer"}


def test_formulas_and_roll_ups_have_the_type_that_they_give(model_of: ModelOf) -> None:
    model = model_of(
        """
object: order
fields:
  name: {type: text}
  total: {type: rollup, from: line.order, sum: price}
  mean: {type: rollup, from: line.order, average: price}
  many: {type: rollup, from: line.order, count: true, where: "price > 10"}
  latest: {type: rollup, from: line.order, max: day}
  double: {type: formula, returns: decimal, scale: 3, value: "total * 2"}
""".replace(", scale: 3", ""),
        "object: line\nfields: {order: {type: lookup, to: order, required: true}, price: {type: currency}, day: {type: date}}",
    )
    types = {name: field.expression_type for name, field in model.objects["order"].fields.items()}
    assert types["total"] == number(2)
    assert types["mean"].kind is Kind.NUMBER
    assert types["many"] == number(0)
    assert types["latest"].kind is Kind.DATE
    double = model.objects["order"].fields["double"]
    assert double.value is not None
    assert double.value.reads == {"total"}
    assert double.value.type == double.expression_type


def test_a_default_is_a_literal_or_an_expression(model_of: ModelOf) -> None:
    fields = (
        model_of(
            'object: a\nfields:\n  name: {type: text, default: x}\n  rate: {type: percent, default: 0.5}\n  day: {type: date, default: {value: "today()"}}\n'
            '  who: {type: user, default: {value: "me"}}\n'
        )
        .objects["a"]
        .fields
    )
    assert fields["name"].default == "x"
    assert fields["rate"].default == Decimal("0.5")
    assert isinstance(fields["day"].default, Expression)
    assert isinstance(fields["who"].default, Expression)


def test_an_extension_adds_to_an_object_of_another_template(model_of: ModelOf) -> None:
    model = model_of(
        ACCOUNT,
        """
extend: account
fields: {points: {type: integer, default: 0}}
options: {tier: {bronze: 铜}}
rules: [{check: "points is None or points >= 0", at: points, message: No points below zero}]
highlights: [points]
---
extend: user
fields: {shop: {type: text}}
""",
    )
    account = model.objects["account"]
    assert "points" in account.fields
    assert account.fields["tier"].option("bronze") is not None
    assert [rule.at for rule in account.rules] == ["points"]
    assert account.highlights == ("points",)
    assert "shop" in model.objects["user"].fields


def test_included_rights_are_merged_in_and_own_lines_win(model_of: ModelOf) -> None:
    model = model_of(
        ACCOUNT,
        """
role: rep
objects: {account: {read: own, create: true, update: "own and tier == 'gold'"}}
fields: {account.amount: hidden, account.name: {masked: "not own"}}
abilities: [import]
---
role: boss
includes: [rep]
objects: {account: {read: all}}
fields: {account.amount: edit}
""",
    )
    rep, boss = model.roles["rep"], model.roles["boss"]
    assert rep.grants["account"]["update"].scope == "all"
    assert rep.grants["account"]["update"].where is not None
    assert boss.grants["account"]["read"].scope == "all"
    assert boss.grants["account"]["create"].scope == "all"
    assert boss.fields["account", "amount"].level == "edit"
    assert rep.fields["account", "name"].masked_when is not None
    assert boss.abilities == {"import"}


def test_a_role_may_speak_of_all_objects(model_of: ModelOf) -> None:
    model = model_of(ACCOUNT, CONTACT, "role: boss\nall_objects: {read: all, export: all}\nobjects: {contact: {read: none}}\n")
    grants = model.roles["boss"].grants
    assert grants["account"]["read"].scope == "all"
    assert (grants["contact"]["read"].scope, grants["contact"]["export"].scope) == ("none", "all")


def test_an_object_without_a_form_is_given_one(model_of: ModelOf) -> None:
    model = model_of(ACCOUNT, CONTACT)
    form = model.form_of("account")
    assert form is not None
    assert not form.declared
    assert form.sections[0].items == (FormItem("name"), FormItem("amount"), FormItem("tier"))
    assert form.related == ("contacts",)


def test_a_view_without_columns_takes_title_highlights_and_owner(model_of: ModelOf) -> None:
    text = ACCOUNT + "highlights: [tier]\nroles_of_fields: {amount: amount}\n"
    model = model_of(text, "view: mine\nobject: account\nwhere: owner == me\nsort: [-amount]\n")
    assert model.views["mine"].columns == ("name", "tier", "amount", "owner")
    assert model.views["mine"].sort == ("-amount",)


def test_boards_and_calendars_keep_their_settings(model_of: ModelOf) -> None:
    model = model_of(
        ACCOUNT,
        "view: board\nobject: account\nas: kanban\nby: tier\ncard: [amount]\nsum: amount\n---\nview: days\nobject: account\nas: calendar\nfrom: created_at\n",
    )
    assert model.views["board"].settings == {"by": "tier", "card": ("amount",)}
    assert model.views["board"].sum == ("amount",)
    assert model.views["days"].settings == {"from": "created_at"}


def test_a_menu_holds_objects_pages_and_groups(model_of: ModelOf) -> None:
    model = model_of(
        ACCOUNT, CONTACT, "menu: main\nitems: [home, account, {group: {zh: 人, en: People}, items: [{object: contact, label: 全部}]}]"
    )
    home, account, group = model.menus["main"].items
    assert (home.page, account.object) == ("home", "account")
    assert group.items[0].object == "contact"


def test_app_settings_become_the_workspaces(model_of: ModelOf) -> None:
    model = model_of("app: shop\nversion: 1.2.0\ndefaults: {currency: EUR, timezone: Europe/Berlin}\n")
    assert (model.defaults.currency, model.defaults.timezone, model.defaults.locale) == ("EUR", "Europe/Berlin", "zh")
    assert model.apps["shop"].version == "1.2.0"


def test_seeds_and_scenarios_are_kept(model_of: ModelOf) -> None:
    model = model_of(
        ACCOUNT,
        "role: rep\nobjects: {account: {read: own, create: true}}",
        "seed: first\nobject: account\nkey: name\ndemo: true\nrows: [{name: 恒拓, amount: 12.50, tier: 金}, {name: 二, tier: silver}]",
        """
scenario: a rep can make an account
given: {now: 2026-03-02 10:00 Asia/Shanghai, people: {lin: {role: rep}}, records: [{account: one, name: 恒拓}]}
steps: [{when: {as: lin, update: one, set: {name: x}}, refused: true}]
""",
    )
    assert model.seeds[0].rows[0] == {"name": "恒拓", "amount": Decimal("12.50"), "tier": "金"}
    assert model.scenarios[0].name == "a rep can make an account"


def test_the_model_is_frozen_hashable_and_can_be_sent_to_another_process(model_of: ModelOf) -> None:
    model = model_of(ACCOUNT, CONTACT, "role: r\nobjects: {account: {read: own}}")
    assert isinstance(model.objects, FrozenMap)
    assert pickle.loads(pickle.dumps(model)) == model
    hash(model)
    with pytest.raises(TypeError):
        model.objects["x"] = model.objects["account"]  # type: ignore[index]


def test_the_same_documents_give_the_same_model(model_of: ModelOf) -> None:
    assert model_of(ACCOUNT, CONTACT) == model_of(ACCOUNT, CONTACT)
    assert model_of(CONTACT, ACCOUNT).objects == model_of(ACCOUNT, CONTACT).objects
