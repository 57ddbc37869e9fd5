"""Where the files lie that the package ships beside its code."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def shipped(name: str) -> Path:
    """Return the folder ``name`` (config, migrations): inside an installed wheel, or of the checkout."""
    package = Path(str(files("hedgewatch")))
    inside = package / f"_{name}"
    return inside if inside.is_dir() else package.parent / name
