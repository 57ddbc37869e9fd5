"""``hedgewatch db``: upgrade and check, on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hedgewatch.cli import run_command
from hedgewatch.storage.schema import HEAD


@pytest.fixture
def config(tmp_path: Path, store_url: str) -> str:
    path = tmp_path / "hedgewatch.toml"
    path.write_text(f'[storage]\nurl = "{store_url}"\n')
    return str(path)


def test_a_database_is_upgraded_and_checked(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--config", config, "db", "check"]) == 3
    assert capsys.readouterr().out == f"the database's schema is missing (none); this version wants {HEAD}\n"
    for _ in range(2):
        assert run_command(["--config", config, "db", "upgrade"]) == 0
        assert capsys.readouterr().out == f"the database's schema is current ({HEAD})\n"
    assert run_command(["--config", config, "db", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": HEAD, "wanted": HEAD, "status": "current"}


def test_an_unreachable_database_is_one_line(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEWATCH__STORAGE__URL", "postgresql://user:canary@127.0.0.1:1/name")
    for command in ("upgrade", "check"):
        assert run_command(["--config", config, "db", command]) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert len(told.err.splitlines()) == 1
        assert "canary" not in told.err
