"""The systemd unit: it is sound, it is closed, and it fits what the worker says of itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from hedgewatch.worker import stuck_after

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "config" / "systemd" / "hedgewatch.service"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze here")


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, check=False)


def settings() -> dict[str, str]:
    lines = (line for line in UNIT.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


@needs_systemd
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    here.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text()))
    found = analyzed("verify", str(here))
    complaints = [line for line in found.stderr.splitlines() if UNIT.name in line]
    assert complaints == []


@needs_systemd
def test_it_is_exposed_to_little() -> None:
    found = analyzed("security", "--offline=true", str(UNIT))
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", found.stdout)
    assert level is not None, found.stderr
    assert Decimal(level[1]) < 2


def test_it_is_started_again_but_for_a_wrong_configuration() -> None:
    unit = settings()
    assert (unit["Restart"], unit["RestartPreventExitStatus"]) == ("always", "2")
    assert unit["ExecReload"] == "/bin/kill -HUP $MAINPID"


def test_its_watchdog_has_the_patience_of_the_default_poll() -> None:
    unit = settings()
    assert unit["Type"] == "notify"
    assert Decimal(unit["WatchdogSec"]) == stuck_after(Decimal(30))
