"""The wheel holds what it needs away from the repository, and its command works from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own; its dependencies are those of the running one."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", str(wheel)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # a plain path line, so that the editable install's own .pth of the repository is not read
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HEDGEWATCH"))}
    command = [str(installed / "bin" / "hedgewatch"), *arguments]
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)


def test_everything_it_needs_is_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    migrations = [path for path in (ROOT / "migrations").rglob("*") if path.suffix in {".py", ".mako", ".sql"}]
    assert migrations
    for path in migrations:
        assert f"hedgewatch/_migrations/{path.relative_to(ROOT / 'migrations').as_posix()}" in names
    for path in (ROOT / "config").rglob("*.toml"):
        assert f"hedgewatch/_config/{path.relative_to(ROOT / 'config').as_posix()}" in names
    for path in (ROOT / "hedgewatch" / "web").rglob("*.html"):
        assert path.relative_to(ROOT).as_posix() in names
    assert "hedgewatch/py.typed" in names


def test_nothing_else_is_inside(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"hedgewatch"}
    assert [name for name in names if name.endswith((".pyc", ".db")) or "/tests/" in name] == []


def test_its_command_works_from_the_root_folder(installed: Path) -> None:
    done = run(installed, "--help")
    assert done.returncode == 0, done.stderr
    assert "hedgewatch" in done.stdout


def test_it_runs_from_the_wheel_and_not_from_the_repository(installed: Path) -> None:
    where = [str(installed / "bin" / "python"), "-c", "import hedgewatch; print(hedgewatch.__file__)"]
    done = subprocess.run(where, cwd="/", capture_output=True, text=True, check=True)
    assert str(installed) in done.stdout


def test_its_migrations_make_a_database(installed: Path, tmp_path: Path) -> None:
    configuration = tmp_path / "hedgewatch.toml"
    configuration.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path / "wheel.db"}"\n\n'
        '[[holdings]]\nname = "cold"\nasset = "BTC"\nquantity = 5\n\n'
        '[[hedges]]\nname = "btc"\nasset = "BTC"\nspot = "binance:BTC/USDT"\n'
        'futures = "binance:BTC/USDT:USDT"\nposition = { contracts = -5, entry_price = 60000, margin = 300000 }\n'
    )
    done = run(installed, "--config", str(configuration), "db", "upgrade")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "wheel.db").stat().st_size > 0
