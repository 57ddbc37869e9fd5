"""The floors of the house are kept, and the linter that keeps them sees a breach of every contract."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hedgewatch.domain.rules import ACCOUNT_RULES, EXCHANGE_RULES, HEDGE_RULES, HOLDING_RULES

ROOT = Path(__file__).resolve().parents[2]
LINTER = """
import sys
from importlinter.cli import lint_imports_command
sys.argv[0] = "lint-imports"
lint_imports_command(["--no-cache"])
"""

# file to add or extend, what to write into it, the contract that must break
BREACHES = {
    "the domain reaches for the loop": ("domain/planted.py", "import asyncio", "pure-domain"),
    "the domain looks up at monitoring": ("domain/planted.py", "import hedgewatch.monitoring", "floors"),
    "monitoring opens its own connection": ("monitoring/planted.py", "import aiohttp", "monitoring-uses-ports"),
    "a notifier asks an exchange": ("notify/planted.py", "import ccxt", "ccxt-lives-in-exchanges"),
    "a notifier opens the database": ("notify/planted.py", "import sqlalchemy", "sqlalchemy-lives-in-storage"),
    "a page reaches an exchange through others": (
        "web/planted.py",
        "from hedgewatch.bootstrap import watching",
        "readers-reach-no-exchange",
    ),
    "a rule leans on another": (
        "domain/rules/drift.py",
        "from hedgewatch.domain.rules import data_stale",
        "rules-stand-alone",
    ),
    "a room without a floor": ("cellar/__init__.py", '"""A room nobody planned."""', "floors"),
    "two files in a circle": (
        "notify/planted.py",
        "import hedgewatch.notify.planted_too",
        "no-circles",
    ),
}
COMPANIONS = {"two files in a circle": ("notify/planted_too.py", "import hedgewatch.notify.planted")}


def lint(folder: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", LINTER], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


def contract_names() -> dict[str, str]:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract["name"] for contract in configured}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "hedgewatch", tmp_path / "hedgewatch", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept() -> None:
    code, said = lint(ROOT)
    assert code == 0, said
    for name in contract_names().values():
        assert f"{name} KEPT" in said


@pytest.mark.parametrize("story", BREACHES)
def test_a_planted_breach_fails(house: Path, story: str) -> None:
    path, line, broken = BREACHES[story]
    for place, text in [(path, line), *([COMPANIONS[story]] if story in COMPANIONS else [])]:
        target = house / "hedgewatch" / place
        target.parent.mkdir(exist_ok=True)
        before = target.read_text() if target.exists() else ""
        target.write_text(f"{before}\n{text}\n")
    code, said = lint(house)
    assert code != 0
    names = contract_names()
    if path.startswith("cellar"):
        assert "hedgewatch.cellar" in said
        return
    assert f"{names[broken]} BROKEN" in said
    assert "planted" in said or broken == "rules-stand-alone"


def test_every_contract_has_a_planted_breach() -> None:
    assert {broken for _, _, broken in BREACHES.values()} == set(contract_names())


def test_the_contract_of_lone_rules_lists_every_rule() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    listed = next(contract["modules"] for contract in contracts if contract["id"] == "rules-stand-alone")
    rules = {*HEDGE_RULES, *EXCHANGE_RULES, *ACCOUNT_RULES, *HOLDING_RULES}
    assert set(listed) == {f"hedgewatch.domain.rules.{name}" for name in rules}
    assert all((ROOT / "hedgewatch" / "domain" / "rules" / f"{name}.py").is_file() for name in rules)
