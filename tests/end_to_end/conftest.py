from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.end_to_end.stage import SECRETS, Stage, staged


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
async def stage(tmp_path: Path, secrets: None) -> AsyncIterator[Stage]:  # noqa: ARG001  set while it runs
    async with staged(tmp_path) as running:
        yield running
