"""Redaction: known secrets are masked, in every form in which they travel; pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, quote, unquote, urlsplit

MASK = "***"
SHORTEST_SECRET = 6  # masking shorter values would mask ordinary words
SHORTEST_TOKEN = 12  # the same for the parts of an address, of which most are words
SIGNING_KEY = "whsec_"
HALF_A_CHARACTER = "surrogateescape"  # what the environment holds that is no text


class Redactor:
    """Masks the secrets it knows wherever they turn up in a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Know these secrets."""
        self._secrets: set[str] = set()
        self._forms: tuple[str, ...] = ()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Learn secrets, and what is secret inside them."""
        self._secrets |= {part for whole in secrets for part in _parts(whole) if len(part) >= SHORTEST_SECRET}
        forms = {form for secret in self._secrets for form in _forms(secret)}
        self._forms = tuple(sorted(forms, key=len, reverse=True))  # none is masked by halves

    def clean(self, text: str) -> str:
        """Return the text with every known secret masked."""
        for form in self._forms:
            if form in text:  # nearly never, and sooner known than replaced
                text = text.replace(form, MASK)
        return text


def _parts(secret: str) -> Iterator[str]:
    """Give the secret, and of an address or a signing key what libraries tell alone: password, token, key."""
    yield secret
    yield secret.removeprefix(SIGNING_KEY)
    try:
        parts = urlsplit(secret)
        password = parts.password
    except ValueError:
        return
    if not parts.netloc:
        return
    if password:
        yield password
        yield unquote(password)
    tokens = [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query)), *re.split("[@:]", parts.netloc)]
    for token in tokens:
        if len(token) >= SHORTEST_TOKEN and token != parts.hostname:
            yield token
            yield unquote(token)


def _forms(secret: str) -> Iterator[str]:
    """Give a secret as it is, URL-quoted, escaped, in hex, and in base64, inside of something longer too."""
    raw = secret.encode("utf-8", HALF_A_CHARACTER)
    yield secret
    yield quote(raw, safe="")
    yield quote(raw)
    yield json.dumps(secret)[1:-1]
    yield repr(secret)[1:-1]
    yield raw.hex()
    yield raw.hex().upper()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode().rstrip("=")
        for before in (1, 2):  # the other two ways in which groups of three bytes can fall
            whole = encode(b"\0" * before + raw).decode().rstrip("=")
            inside = whole[before + 1 : len(whole) - (1 if (before + len(raw)) % 3 else 0)]
            if len(inside) >= SHORTEST_SECRET:
                yield inside
