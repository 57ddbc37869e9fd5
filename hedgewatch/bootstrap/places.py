"""Where files lie: those the package ships beside its code, and those a database has beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from platformdirs import user_state_path

from hedgewatch.storage.engine import Place, place_of


def shipped(name: str) -> Path:
    """Return the folder ``name`` (config, migrations): inside an installed wheel, or of the checkout."""
    package = Path(str(files("hedgewatch")))
    inside = package / f"_{name}"
    return inside if inside.is_dir() else package.parent / name


def spool_folder(place: Place, environ: Mapping[str, str]) -> Path:
    """Return where a database's spool lies: beside an SQLite file, else in the service's or the user's state folder."""
    if place.path is not None:
        return place.path.with_name(f"{place.path.name}.spool")
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]  # systemd names the service's own
    state = Path(given) if given else user_state_path("hedgewatch")
    return state / "spool" / hashlib.sha256(place.shown.encode()).hexdigest()[:16]


def waiting_bytes(url: str, environ: Mapping[str, str]) -> int:
    """Return how much waits in a database's spool to be brought back to it."""
    return sum(file.stat().st_size for file in spool_folder(place_of(url), environ).glob("*.jsonl"))
