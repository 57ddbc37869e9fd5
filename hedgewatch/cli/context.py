"""What the program was asked with: the options all commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The global options. config_path None: look for the file. json: the answer is JSON."""

    config_path: Path | None = None
    json: bool = False
