"""Whatever is written, the compiler answers with a Model or with problems, and soon."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from looseleaf_metadata.compile import compile_documents
from looseleaf_metadata.loader import read_documents
from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_metadata.writing import write_documents

WORDS = st.sampled_from(
    ["account", "deal", "name", "text", "lookup", "formula", "rollup", "lines", "select", "integer", "user", "own", "-name", "account.name", "me",
     "name == 'x'", "1 + name", "deal.account", "all", "30 days", ">=1.0", "x" * 50, "", "é", "account.owner.team.name"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["fields", "type", "to", "by", "options", "default", "value", "returns", "from", "sum", "count", "where", "label", "rules", "check", "message",
     "at", "objects", "read", "update", "sections", "section", "columns", "sort", "items", "object", "rows", "key", "steps", "when", "given",
     "unique", "indexes", "duplicates", "match", "name", "account", "deal", "id", "title", "includes", "as", "related_as", "retired", "required",
     "requires", "modules", "needs", "related", "phone", "first", "targets", "plural", "owner", "highlights", "search", "all_objects"]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(WORDS, st.booleans(), st.none(), st.integers(-5, 5), st.just([]), st.just({})),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | WORDS.filter(bool), inner, max_size=4),
    max_leaves=25,
)
FIELDS = st.dictionaries(
    st.sampled_from(["name", "account", "total", "rows", "self", "x"]),
    st.fixed_dictionaries({"type": WORDS}, optional={"to": WORDS, "by": WORDS, "from": st.just("deal.account"), "sum": WORDS, "value": WORDS,
                          "returns": WORDS, "where": WORDS, "default": VALUES, "options": VALUES, "required": st.booleans(), "retired": st.booleans(),
                          "related_as": WORDS, "id": WORDS}),
    max_size=5,
)  # fmt: skip
KINDS = st.sampled_from(["app", "object", "extend", "role", "form", "view", "menu", "seed", "scenario", "object", "nonsense"])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    data = {draw(KINDS): draw(WORDS), **draw(st.dictionaries(KEYS, VALUES, max_size=6))}
    return {**data, "fields": draw(FIELDS)} if draw(st.booleans()) else data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(documents(), min_size=1, max_size=4))
def test_no_document_makes_the_compiler_fail(vocabulary: Vocabulary, data: list[dict[str, Any]]) -> None:
    read, faults = read_documents([("any.yaml", write_documents(data))])
    first = compile_documents(read, vocabulary, faults=faults)
    assert (first.model is None) == bool(first.problems)
    for problem in first.problems:
        assert problem.as_text("en")
        assert problem.as_data("zh")["message"]


def big_template() -> list[tuple[str, str]]:
    """Forty objects of thirty fields, with rules, views, forms and roles."""
    texts = []
    for number in range(40):
        fields = [
            f"  f{one}: {{type: text, label: {{zh: 字段{one}, en: Field {one}}}, required: true, max_length: 80}}" for one in range(15)
        ]
        fields += [
            f"  n{one}: {{type: currency, label: {{zh: 金额{one}, en: Amount {one}}}, visible_when: \"f1 == 'x' and n0 > 3\"}}"
            for one in range(6)
        ]
        fields += [f'  c{one}: {{type: formula, returns: currency, value: "n0 * 2 + n{one}"}}' for one in range(4)]
        fields += [f"  s{one}: {{type: select, options: {{a: {{zh: 甲, en: A}}, b: B}}}}" for one in range(4)]
        fields += [f"  l: {{type: lookup, to: o{(number + 1) % 40}}}"]
        rules = [
            f'  - {{check: "n{one} is None or n{one} > 0 and l.n1 < 100", at: n{one}, message: {{zh: 错, en: Wrong}}}}' for one in range(5)
        ]
        shown = ", ".join(f"f{one}" for one in range(15))
        texts.append(
            (
                f"o{number}.yaml",
                "\n".join(
                    [
                        *(f"object: o{number}", "fields:", *fields, "rules:", *rules),
                        *("---", f"form: o{number}", f"sections: [{{section: a, fields: [{shown}, n1, n2]}}]"),
                        *("---", f"view: v{number}", f"object: o{number}", 'where: "n1 > 5 and owner == me"'),
                        *("sort: [-n1, f0]", "columns: [f0, f1, n1, l.f1]"),
                        *("---", f"role: r{number}", f'objects: {{o{number}: {{read: own, update: "own and n1 > 3"}}}}', ""),
                    ]
                ),
            )
        )
    return texts


def test_a_template_of_forty_objects_is_checked_in_a_moment(vocabulary: Vocabulary) -> None:
    texts = big_template()
    seconds = []
    for _ in range(3):
        started = time.thread_time()
        read, faults = read_documents(texts)
        compiled = compile_documents(read, vocabulary, faults=faults)
        seconds.append(time.thread_time() - started)
        assert compiled.problems == ()
    assert min(seconds) < 1.5
