"""The documentation keeps its word: its links, commands, configurations and queries work."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from hedgewatch.cli import app, run_command, unbuilt
from hedgewatch.domain.calculator import CALCULATIONS
from hedgewatch.settings import load_settings, not_built
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import open_database
from hedgewatch.storage.engine import place_of, reader_engine
from tests.storage.samples import StandingClock, alert_state, cycle, event

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
COMMAND = re.compile(r"(?<![\w/.-])hedgewatch (?:--config \S+ )?([a-z]+)\b")
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
SPOKEN = {"is", "does", "has", "says", "exists", "never"}  # prose about hedgewatch, not a command


ANSWERED = re.compile(r"^hedgewatch calc (.*)\n(\{.*\})$", re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page.read_text()) if name == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    missing = [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_exists(page: Path) -> None:
    known = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    shown = {name for block in blocks(page, "") for name in COMMAND.findall(block)}
    assert shown - SPOKEN <= known - set(unbuilt.COMMANDS)


def test_the_example_of_the_rule_tests_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = blocks(ROOT / "docs" / "testing-your-rules.md", "toml")
    file = tmp_path / "tests.toml"
    file.write_text(text)
    assert run_command(["rules", "test", str(file)]) == 0, capsys.readouterr().out


def test_the_readme_and_the_first_hedge_are_whole_configurations(tmp_path: Path) -> None:
    shown = [blocks(page, "toml") for page in (ROOT / "README.md", ROOT / "docs" / "first-hedge.md")]
    assert all(shown), "each page shows one"
    for text in (text for of_page in shown for text in of_page):
        file = tmp_path / "hedgewatch.toml"
        file.write_text(text)
        file.chmod(0o600)
        assert not_built(load_settings(file, {})) == ()


@pytest.mark.parametrize(("question", "answer"), ANSWERED.findall((ROOT / "docs" / "calculator.md").read_text()))
def test_every_answer_of_the_calculators_page_is_what_it_says(
    question: str, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["calc", *shlex.split(question)]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(answer)


def test_the_calculators_page_says_what_every_formula_is_for() -> None:
    page = (ROOT / "docs" / "calculator.md").read_text()
    assert set(re.findall(r"`([a-z_]+)`", page.partition("| ask |")[2])) >= CALCULATIONS.keys()


@pytest.mark.parametrize(
    ("command", "answer"),
    list(
        zip(
            blocks(ROOT / "docs" / "sizing.md", "")[1].strip().splitlines(),
            blocks(ROOT / "docs" / "sizing.md", "text")[1:],
            strict=True,
        )
    ),
)
def test_every_size_of_plain_numbers_is_what_its_page_says(
    command: str, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(shlex.split(command)[1:]) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == answer.splitlines()


@pytest.mark.parametrize(
    "query", blocks(ROOT / "docs" / "sql.md", "sql"), ids=lambda query: query.split("FROM ")[1].split()[0]
)
async def test_every_query_of_the_cookbook_answers(query: str, store_url: str) -> None:
    database = open_database(store_url)
    state = alert_state()
    try:
        store = SqlCycleStore(database, StandingClock())
        await store.record(cycle(states=(state,), events=(event(state, sequence=1),)))
    finally:
        database.close()
    engine = reader_engine(place_of(store_url))
    try:
        with engine.connect() as connection:
            assert connection.exec_driver_sql(query).keys()
    finally:
        engine.dispose()
