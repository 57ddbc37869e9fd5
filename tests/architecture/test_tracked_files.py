"""What is committed names no package index and no folder of one machine, and the locks agree with each other."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# written so that this file does not hold what it looks for
INDEXES = re.compile(
    r"\b(?:py[p]i|python[h]osted|npm[j]s|test[p]ypi)\.(?:org|com)|--(?:extra-)?index-[u]rl|--find-[l]inks"
)
MACHINES = re.compile(r"(?<![\w.}/:-])/(?:work|root|home|Users|opt/py[p]i|opt/[w]heels)/[\w.]")
PIN = re.compile(r"^([a-z0-9._-]+(?:\[[a-z,]+\])?)==(\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a clone: nothing says which files are tracked")
    listing = [git, "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    found = []
    for path in paths:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        lines = enumerate(text.splitlines(), 1)
        found += [f"{path.relative_to(ROOT)}:{n}: {line.strip()[:120]}" for n, line in lines if pattern.search(line)]
    return found


def test_no_file_names_a_package_index(tracked: list[Path]) -> None:
    assert lines_with(INDEXES, tracked) == []


def test_no_file_names_a_folder_of_one_machine(tracked: list[Path]) -> None:
    assert lines_with(MACHINES, tracked) == []


def test_no_lock_of_another_tool_is_tracked(tracked: list[Path]) -> None:
    assert {path.name for path in tracked}.isdisjoint({"uv.lock", "pylock.toml", "poetry.lock", "package-lock.json"})


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_a_lock_holds_pins_and_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert " @ " not in text
    blocks = re.split(r"\n(?=[a-z])", text.strip())
    assert all(PIN.match(block) and "--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("small", ["requirements.lock", "requirements-build.lock"])
def test_the_small_locks_are_cut_from_the_large_one(small: str) -> None:
    everything = dict(PIN.findall((ROOT / "requirements-test.lock").read_text()))
    for name, version in PIN.findall((ROOT / small).read_text()):
        assert everything[name] == version
