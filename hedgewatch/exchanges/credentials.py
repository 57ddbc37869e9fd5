"""Credentials: the keys of one account, as values that are never shown."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

MASK = "***"
SHORTEST = 4  # masking shorter values would mask ordinary words


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Keys of one account. password: the passphrase, where the exchange wants one."""

    api_key: str = field(repr=False)
    secret: str = field(repr=False)
    password: str | None = field(default=None, repr=False)

    def hide(self, text: str) -> str:
        """Return a text with these values masked in every form in which they travel."""
        for value in sorted(self._forms(), key=len, reverse=True):
            text = text.replace(value, MASK)
        return text

    def _forms(self) -> Iterator[str]:
        for value in (self.api_key, self.secret, self.password):
            if value is None or len(value) < SHORTEST:
                continue
            raw = value.encode()
            yield from (value, quote(value, safe=""), raw.hex(), base64.b64encode(raw).decode().rstrip("="))
