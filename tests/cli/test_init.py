from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hedgewatch.cli import run_command
from hedgewatch.settings import load_settings, not_built


def test_init_writes_a_private_file_that_is_sound_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "hedgewatch.toml"
    assert run_command(["init", str(path)]) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings = load_settings(path, {})
    assert [hedge.name for hedge in settings.hedges] == ["btc"]
    assert not_built(settings) == ()


def test_what_init_leaves_as_comments_is_sound_too(tmp_path: Path) -> None:
    path = tmp_path / "hedgewatch.toml"
    run_command(["init", str(path)])
    channels = path.read_text().partition("# [channels.me]")[2].partition("[routing]")[0]
    lines = ["[channels.me]", *(line.removeprefix("# ") for line in channels.splitlines())]
    path.write_text("\n".join(lines))
    assert set(load_settings(path, {}).channels) == {"me", "ops"}


def test_init_takes_the_time_zone_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    path = tmp_path / "hedgewatch.toml"
    run_command(["init", str(path)])
    assert load_settings(path, {}).monitor.timezone == "Europe/Berlin"


def test_init_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hedgewatch.toml"
    path.write_text("mine")
    assert run_command(["init", str(path)]) == 2
    assert path.read_text() == "mine"
    assert "is there already and was left as it is" in capsys.readouterr().err


def test_init_names_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["init", str(tmp_path / "none" / "hedgewatch.toml")]) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
