"""Imports: what files are understood, what a dry run foretells, what is stored, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import NotAllowed, Refused, Unavailable
from looseleaf_platform.importing.mapping import ImportMapping, Source, Target, mapping_from_data, suggest
from looseleaf_platform.importing.running import ImportReport, run_import
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Query
from looseleaf_platform.workspace import Workspace
from support.workspaces import as_user, publish_texts

FIRM = """
object: firm
label: {zh: 公司, en: Firm}
key: code
fields:
  code: {type: text, label: {zh: 编号, en: Code}, required: true, max_length: 20}
  name: {type: text, label: {zh: 名称, en: Firm name}, required: true, max_length: 200}
  founded: {type: date, label: {zh: 成立日期, en: Founded}}
  revenue: {type: currency, label: {zh: 营业额, en: Revenue}}
unique:
  - {fields: [code]}
---
object: person
label: {zh: 人员, en: Person}
fields:
  name: {type: text, required: true}
  firm: {type: lookup, to: firm}
---
role: clerk
objects:
  firm: {read: all, create: true, update: all, import: true, export: all}
  person: {read: all, create: true}
"""
MAPPING = ImportMapping(
    (
        Target(
            "firm",
            {"code": Source("编号"), "name": Source("名称"), "founded": Source("成立日期"), "revenue": Source("营业额")},
            key="code",
        ),
    )
)
HEADINGS = "编号,名称,成立日期,营业额\n"


@pytest.fixture
def clerk(workspace: Workspace) -> Context:
    """Somebody who may import firms, on either database."""
    publish_texts(workspace, FIRM)
    return as_user(workspace, ["clerk"])


def file_of(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "firms.csv") -> Path:
    """A file with that text."""
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def firms(context: Context) -> dict[str, str]:
    """Names of the firms by code."""
    return {str(record.values["code"]): str(record.values["name"]) for record in read.page(context, "firm", Query(size=200)).records}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_chinese_text_is_read_whatever_its_usual_encoding(clerk: Context, tmp_path: Path, encoding: str) -> None:
    path = file_of(tmp_path, HEADINGS + "A1,恒拓精密,2001年3月5日,￥1286.50万\n", encoding)
    report = run_import(clerk, path, MAPPING)
    assert report.objects["firm"]["created"] == 1
    record = read.page(clerk, "firm", Query()).records[0]
    assert str(record.values["founded"]) == "2001-03-05"
    assert str(record.values["revenue"].amount) == "12865000.00"


def test_a_workbook_is_read_like_a_text_file(clerk: Context, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["编号", "名称", "成立日期", "营业额"])
    book.active.append([17850.0, "恒拓", None, 12.5])
    path = tmp_path / "firms.xlsx"
    book.save(path)
    assert run_import(clerk, path, MAPPING).objects["firm"]["created"] == 1
    assert firms(clerk) == {"17850": "恒拓"}


def test_a_dry_run_foretells_and_stores_nothing(clerk: Context, tmp_path: Path) -> None:
    run_import(clerk, file_of(tmp_path, HEADINGS + "A1,恒拓,,\nA2,立升,,\n"), MAPPING)
    path = file_of(tmp_path, HEADINGS + "A1,恒拓,,\nA2,立升电子,,\nA3,云帆,,\nA4,,,\n")
    told = run_import(clerk, path, MAPPING, dry=True)
    assert dict(told.objects["firm"]) == {"same": 1, "updated": 1, "created": 1, "refused": 1}
    assert firms(clerk) == {"A1": "恒拓", "A2": "立升"}
    done = run_import(clerk, path, MAPPING)
    assert done.objects == told.objects
    assert firms(clerk) == {"A1": "恒拓", "A2": "立升电子", "A3": "云帆"}


def test_the_second_import_of_a_file_changes_nothing(clerk: Context, tmp_path: Path) -> None:
    path = file_of(tmp_path, HEADINGS + "".join(f"A{n},Firm {n},2001-01-0{n % 9 + 1},{n}.50\n" for n in range(700)))
    assert run_import(clerk, path, MAPPING).objects["firm"] == {"created": 700}
    assert run_import(clerk, path, MAPPING).objects["firm"] == {"same": 700}


def test_planted_faults_are_told_by_row_and_column_and_given_back_as_a_file(clerk: Context, tmp_path: Path) -> None:
    rows = [
        "A1,Good,,",
        "A2,=cmd(),,",
        "A3,Short month,31 February 2020,",
        "A4,Long " + "长" * 200 + ",,",
        "A5,Nul\x00name,,",
        "A6,Emoji 🚀 and 名字,,",
        "A7,Money,,twelve",
    ]
    rejects = tmp_path / "rejects.csv"
    report = run_import(clerk, file_of(tmp_path, HEADINGS + "\n".join(rows) + "\n"), MAPPING, rejects=rejects)
    assert (report.lines, report.refused) == (7, 5)
    where = {refusal.line: [column for column, _ in refusal.reasons] for refusal in report.samples}
    assert where == {3: ["名称"], 4: ["成立日期"], 5: ["名称"], 6: ["名称"], 8: ["营业额"]}
    assert firms(clerk) == {"A1": "Good", "A6": "Emoji 🚀 and 名字"}
    given_back = rejects.read_text("utf-8-sig")
    assert "'=cmd()" in given_back
    assert given_back.count("\n") >= 6


def test_refused_rows_are_mended_and_imported_again(clerk: Context, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    run_import(clerk, file_of(tmp_path, HEADINGS + "A1,恒拓,31/31/2020,\n"), MAPPING, rejects=rejects)
    mended = rejects.read_text("utf-8-sig").replace("31/31/2020", "2020-12-31")
    assert run_import(clerk, file_of(tmp_path, mended, name="mended.csv"), MAPPING).objects["firm"] == {"created": 1}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"PK\x03\x04broken", b"\x81\x00\xff\xfe\x00\xd8"])
def test_a_file_that_is_no_table_is_refused_with_a_sentence(clerk: Context, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(content)
    with pytest.raises(Refused):
        run_import(clerk, path, MAPPING)


def test_who_may_not_import_is_told_so_and_nothing_is_stored(clerk: Context, tmp_path: Path) -> None:
    mapping = ImportMapping((Target("person", {"name": Source("名称")}),))
    with pytest.raises(NotAllowed):
        run_import(clerk, file_of(tmp_path, HEADINGS + "A1,恒拓,,\n"), mapping)


def test_one_row_fills_a_firm_and_a_person_of_it(workspace: Workspace, tmp_path: Path) -> None:
    publish_texts(workspace, FIRM)
    system = workspace.context(SYSTEM)
    person = Target("person", {"name": Source("contact"), "firm": Source("code", find="code")}, when="contact")
    firm = Target("firm", {"code": Source("code"), "name": Source(template="Firm {code}")}, key="code", existing="keep")
    path = file_of(tmp_path, "code,contact\nA1,沈建国\nA1,顾晓燕\nA2,\n")
    report = run_import(system, path, ImportMapping((firm, person)))
    assert report.objects == {"firm": {"created": 2}, "person": {"created": 2}}
    people = read.page(system, "person", Query(sort=("name",))).records
    assert {record.titles["firm"] for record in people} == {"Firm A1"}


def test_a_mapping_is_suggested_from_labels_in_any_language(clerk: Context) -> None:
    found = clerk.model.object("firm")
    made = suggest(found, ("编号", "Firm Name", "founded", "Colour"), clerk.profile.writable("firm"), clerk.model)
    target = made.targets[0]
    assert {name: source.column for name, source in target.fields.items()} == {"code": "编号", "name": "Firm Name", "founded": "founded"}
    assert target.key == "code"


def test_a_mapping_says_everything_that_is_wrong_with_it(clerk: Context) -> None:
    data = {"targets": [{"object": "frim", "fields": {}}, {"object": "firm", "key": "code", "fields": {"nam": "x"}}]}
    with pytest.raises(Refused) as refusal:
        mapping_from_data(data, clerk.model)
    assert {fault.code for fault in refusal.value.faults} == {"unknown-object", "unknown-field", "no-key"}


def test_a_mapping_survives_being_stored(clerk: Context) -> None:
    assert mapping_from_data(MAPPING.as_data(), clerk.model).as_data() == MAPPING.as_data()


def test_an_interrupted_import_goes_on_after_what_it_has_stored(clerk: Context, tmp_path: Path) -> None:
    """People have no key: what is imported twice is there twice. The second run stores and refuses what the first has not."""
    path, rejects = tmp_path / "people.csv", tmp_path / "rejects.csv"
    path.write_text("name,#\n" + "".join(f"{'' if n % 50 == 7 else f'p{n}'},{n}\n" for n in range(450)), "utf-8")
    mapping, kept = ImportMapping((Target("person", {"name": Source("name")}),)), list[ImportReport]()
    by = clerk.workspace.context(SYSTEM)

    def die(_connection: object, report: ImportReport) -> None:
        if kept:
            raise Unavailable
        kept.append(report)

    with pytest.raises(Unavailable):
        run_import(by, path, mapping, rejects=rejects, keep=die)
    begun = ImportReport.of_data(kept[0].as_data())
    assert 0 < begun.lines < 450
    report = run_import(by, path, mapping, rejects=rejects, begun=begun)
    assert (report.lines, report.refused, report.objects["person"]["created"]) == (450, 9, 441)
    names = [record.values["name"] for record in read.stream(by, "person", Query(fields=("name",), size=200))]
    assert sorted(names) == sorted(f"p{n}" for n in range(450) if n % 50 != 7)
    assert [line.split(",")[2] for line in rejects.read_text("utf-8-sig").splitlines()[1:]] == [str(n + 2) for n in range(7, 450, 50)]
