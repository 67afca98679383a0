"""The command line: what it prints, for people and for programs, and its exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from looseleaf_platform.database.system_tables import outbox
from looseleaf_platform.identity import sessions
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.cli import COMMANDS, main
from looseleaf_ui_builder.commands import terminal
from looseleaf_ui_builder.wings import open_workspace

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command; gives exit status, output and error output."""
    monkeypatch.setenv("LOOSELEAF_LOCALE", "en")
    terminal.language.cache_clear()

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def template(run: Run, tmp_path: Path) -> Path:
    """The template that `looseleaf new` makes."""
    folder = tmp_path / "front_desk"
    assert run("new", str(folder))[0] == 0
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(run: Run, name: str) -> None:
    status, said, _ = run(name, "--help")
    assert status == 0
    assert said.startswith(f"Usage: looseleaf {name}")


def test_wrong_usage_ends_with_2(run: Run, tmp_path: Path, template: Path) -> None:
    assert run("fly")[0] == 2
    assert run("check")[0] == 2
    assert run("check", str(tmp_path / "absent"))[0] == 2
    assert run("new", str(template))[0] == 2
    assert run("new", str(tmp_path / "x"), "--name", "Not A Name")[0] == 2
    assert run("user", "list", "--database", "nonsense")[0] == 2


def test_a_new_template_is_without_problems_and_its_scenarios_pass(run: Run, template: Path) -> None:
    assert run("check", str(template)) == (0, "No problems\n", "")
    status, said, _ = run("test", str(template))
    assert status == 0
    assert said.endswith("1 of 1 scenarios went as written\n")


def test_check_tells_problems_with_their_places_and_ends_with_1(run: Run, template: Path) -> None:
    objects = template / "objects" / "visitor.yaml"
    objects.write_text(objects.read_text("utf-8").replace("type: phone", "type: fone"), "utf-8")
    status, said, _ = run("check", str(template))
    assert status == 1
    assert f"{objects}:12:" in said
    status, said, _ = run("check", str(template), "--format", "json")
    assert status == 1
    [problem] = json.loads(said)["problems"]
    assert (problem["line"], problem["path"]) == (12, "/fields/phone/type")


def test_a_scenario_that_goes_wrong_is_told_with_its_step(run: Run, template: Path) -> None:
    scenario = template / "scenarios" / "visit.yaml"
    scenario.write_text(scenario.read_text("utf-8").replace("{anna.state: left}", "{anna.state: here}"), "utf-8")
    status, said, _ = run("test", str(template))
    assert status == 1
    assert "step 2" in said
    status, said, _ = run("test", str(template), "--format", "json")
    assert (status, json.loads(said)["scenarios"][0]["passed"]) == (1, False)


def test_plan_apply_and_export_go_round(run: Run, template: Path, database_url: str, tmp_path: Path) -> None:
    at = ("--database", database_url)
    status, said, _ = run("plan", str(template), *at)
    assert status == 0
    assert "+ Object Visitor: new" in said
    assert json.loads(run("apply", str(template), "--format", "json", *at)[1]) == {"revision": 2, "changed": True, "seeds": []}
    assert "stays in force" in run("apply", str(template), *at)[1]
    assert run("plan", str(template), *at)[1] == "Nothing changes\n"
    out = tmp_path / "out"
    assert run("export", str(out), *at)[0] == 0
    exported = {path.relative_to(out / "front_desk"): path.read_text("utf-8") for path in out.rglob("*.yaml")}
    assert exported == {path.relative_to(template): path.read_text("utf-8") for path in template.rglob("*.yaml")}
    assert run("export", str(out), *at)[0] == 2
    (out / "front_desk" / "stray.yaml").write_text("app: stray\n")
    assert run("export", str(out), "--replace", *at)[0] == 0
    assert not (out / "front_desk" / "stray.yaml").exists()


def test_apply_plants_the_templates_seeds_once(run: Run, template: Path, database_url: str) -> None:
    seed = "seed: regulars\nobject: front_desk_visitor\nrows: [{name: Anna Berg}]\n"
    (template / "seeds.yaml").write_text(seed, "utf-8")
    said = run("apply", str(template), "--database", database_url)[1]
    assert "Seed regulars: 1 new records, 0 were there" in said
    (template / "seeds.yaml").write_text(seed.replace("]", ", {name: Ben Okoye}]"), "utf-8")
    said = run("apply", str(template), "--database", database_url)[1]
    assert "Seed regulars: 1 new records, 1 were there" in said


def test_records_are_imported_by_headings_or_by_a_mapping(run: Run, template: Path, database_url: str, tmp_path: Path) -> None:
    at = ("--database", database_url)
    run("apply", str(template), *at)
    file = tmp_path / "visitors.csv"
    file.write_text("姓名,手机\nAnna Berg,13800138000\n,13800138001\n", "utf-8")
    status, said, _ = run("import", "front_desk_visitor", str(file), "--dry-run", *at)
    assert status == 1
    assert "1 new" in said
    status, said, _ = run("import", "front_desk_visitor", str(file), "--format", "json", *at)
    report = json.loads(said)
    assert (report["objects"]["front_desk_visitor"]["created"], report["refused"]) == (1, 1)
    assert "13800138001" in Path(report["rejects"]).read_text("utf-8-sig")
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("targets: [{object: front_desk_visitor, key: name, fields: {name: 姓名, phone: 手机}}]\n", "utf-8")
    file.write_text("姓名,手机\nAnna Berg,13800138000\n", "utf-8")
    status, said, _ = run("import", "front_desk_visitor", str(file), "--mapping", str(mapping), *at)
    assert status == 0
    assert "0 new, 0 changed, 1 the same" in said
    assert run("import", "nothing", str(file), *at)[0] == 2
    assert run("import", "front_desk_visitor", str(file), "--mapping", "absent", *at)[0] == 2


def test_a_faulty_template_is_not_applied(run: Run, template: Path, database_url: str) -> None:
    (template / "menu.yaml").write_text("menu: desk\nitems: [{object: nowhere}]\n", "utf-8")
    status, _, said = run("apply", str(template), "--database", database_url)
    assert status == 1
    assert "menu.yaml:2:" in said
    assert run("plan", str(template), "--database", database_url)[0] == 1


def test_users_are_added_invited_listed_and_get_tokens(run: Run, database_url: str) -> None:
    at = ("--database", database_url)
    status, said, _ = run("user", "add", "anna@firm.example", "--name", "Anna", "--administrator", *at)
    assert status == 0
    password = said.strip().rpartition(" ")[2]
    status, said, _ = run("user", "invite", "ben@firm.example", "--name", "Ben", "--site", "https://crm.firm.example/", *at)
    assert said.startswith("https://crm.firm.example/ticket/")
    assert run("user", "invite", "ben@firm.example", "--name", "Ben again", *at)[0] == 1
    people = json.loads(run("user", "list", "--format", "json", *at)[1])
    assert [(person["name"], person["administrator"]) for person in people] == [("Anna", True), ("Ben", False)]
    secret = run("token", "create", "anna@firm.example", "--name", "warehouse", "--limit", "user:read", *at)[1].strip()
    [entry] = json.loads(run("token", "list", "anna@firm.example", "--format", "json", *at)[1])
    assert secret.startswith(entry["shown"].rstrip("…"))
    assert run("token", "revoke", entry["id"], *at)[0] == 0
    assert run("token", "list", "nobody@firm.example", *at)[0] == 2
    workspace = open_workspace(database_url)
    try:
        assert sessions.sign_in(workspace, "anna@firm.example", password)
    finally:
        workspace.close()


def test_a_weak_password_or_an_unknown_role_is_refused_with_1_and_nobody_is_added(run: Run, database_url: str) -> None:
    at = ("--database", database_url)
    assert run("user", "add", "a@firm.example", "--name", "Anna", "--password", "short", *at)[0] == 1
    assert run("user", "add", "a@firm.example", "--name", "Anna", "--role", "pope", *at)[0] == 1
    assert json.loads(run("user", "list", "--format", "json", *at)[1]) == []


def test_jobs_tells_what_failed_ends_with_1_and_has_it_done_again(run: Run, template: Path, database_url: str) -> None:
    assert run("apply", str(template), "--database", database_url)[0] == 0
    status, said, _ = run("jobs", "--database", database_url)
    assert (status, "messages" in said) == (0, True)
    with closing(open_workspace(database_url)) as workspace, workspace.database.write() as connection:
        id = put(connection, workspace, "poison", {})
        connection.execute(update(outbox).where(outbox.c.id == id).values(done_at=workspace.clock(), error="no way"))
    status, said, failed = run("jobs", "--database", database_url)
    assert (status, f"messages {encode(id)} poison: no way" in failed) == (1, True)
    found = json.loads(run("jobs", "--format", "json", "--database", database_url)[1])
    assert found[0]["stuck"][0]["id"] == encode(id)
    assert run("jobs", "--database", database_url, "again", "messages", encode(id)) == (0, "Done again: 1\n", "")
    assert run("jobs", "--database", database_url)[0] == 0
    assert run("jobs", "--database", database_url, "again", "nothing")[0] == 2
    assert run("jobs", "--database", database_url, "again", "messages", "x")[0] == 2


def test_rebuild_finds_all_right(run: Run, template: Path, database_url: str) -> None:
    at = ("--database", database_url)
    assert run("apply", str(template), *at)[0] == 0
    assert run("rebuild", "--search", *at)[1].endswith("All roll-ups are right\n")
    assert run("rebuild", "--verify", *at)[0] == 0


def test_the_command_line_speaks_chinese(run: Run, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOSELEAF_LOCALE", "zh")
    terminal.language.cache_clear()
    assert run("check", str(template))[1] == "没有问题\n"
    assert "检查模板" in run("--help")[1]
