"""The command line itself: help, usage errors, and commands that are promised for later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from hedgewatch.cli import app, run_command
from hedgewatch.cli.unbuilt import COMMANDS

Captured = pytest.CaptureFixture[str]
BUILT = {
    "init", "config check", "config show", "config schema", "calc", "doctor", "once", "run", "worker", "web", "status",
    "channels test", "db upgrade", "db check", "demo", "simulator", "scenario", "backfill", "size",
    "alerts list", "alerts show", "alerts ack", "alerts silence", "alerts unsilence", "outbox list", "outbox replay",
    "hedge close", "hedge open", "position set", "position show", "holding set", "rules list", "rules test",
    "inventory",
}  # fmt: skip


def commands(group: Any = None, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give the words of every command that ``--help`` shows."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if command.hidden:
            continue
        words = (*above, name)
        if hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield words


def test_the_commands_are_the_promised_ones() -> None:
    assert {" ".join(words) for words in commands()} == BUILT


GROUPS = ("config", "channels", "db", "alerts", "outbox", "hedge", "position", "holding", "rules")


@pytest.mark.parametrize("words", [(), *((group,) for group in GROUPS), *commands()], ids=" ".join)
def test_every_help_has_an_example_of_its_own_command(words: tuple[str, ...], capsys: Captured) -> None:
    assert run_command([*words, "--help"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    example = " ".join(told.out.split()).partition("Example: ")[2]
    assert example.startswith("hedgewatch ")
    assert " ".join(words) in example


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_alone_shows_its_help(group: str, capsys: Captured) -> None:
    code = run_command([group])
    told = capsys.readouterr()
    assert code in {0, 2}
    assert "Usage:" in told.out + told.err


@pytest.mark.parametrize("arguments", [["onse"], ["config", "chekc"], ["once", "--jsno"], ["channels", "test"]])
def test_what_is_no_command_is_exit_two_and_one_message(arguments: list[str], capsys: Captured) -> None:
    assert run_command(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    assert told.err.strip()


@pytest.mark.parametrize("name", [*COMMANDS, "db backup", "db prune"])
def test_a_command_that_is_not_built_says_so(name: str, capsys: Captured) -> None:
    assert run_command([*name.split(), "anything", "--what", "ever"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"hedgewatch: `hedgewatch {name}` is not built yet in this version\n"


def test_the_version_is_told(capsys: Captured) -> None:
    assert run_command(["--version"]) == 0
    assert capsys.readouterr().out.startswith("hedgewatch ")


def test_an_option_of_the_demo_that_makes_no_sense_is_exit_two(capsys: Captured) -> None:
    assert run_command(["demo", "--seconds", "0"]) == 2
    assert "seconds" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "simulator"])
def test_an_unknown_scenario_is_exit_two_and_names_the_known(command: str, capsys: Captured) -> None:
    assert run_command([command, "--scenario", "storm"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "storm" in told.err
    assert "squeeze" in told.err
    assert len(told.err.strip().splitlines()) == 1


def test_the_schema_is_json_and_nothing_else(capsys: Captured) -> None:
    assert run_command(["config", "schema"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["type"] == "object"
    assert told.err == ""
