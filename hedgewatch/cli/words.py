"""What a person says on the command line: who, for how long, and of which labels."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from hedgewatch.domain.errors import ConfigurationError, InvalidValueError
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.settings import Settings, file_entries
from hedgewatch.settings.problems import did_you_mean
from hedgewatch.settings.values import read_span


def author(given: str | None) -> str:
    """Return who speaks: as given, else the user of this machine. Raises ConfigurationError if nobody is known."""
    if given is not None and given.strip():
        return given.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigurationError("--by: this machine does not say who you are; write --by NAME") from None


def span(text: str) -> timedelta:
    """Read a duration such as 2h. Raises ConfigurationError that names the option."""
    try:
        return timedelta(seconds=float(read_span(text).seconds))
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"--for: {error}") from None


def labels(written: Sequence[str], hedges: Iterable[str]) -> dict[str, str]:
    """Read LABEL=VALUE words. Raises ConfigurationError for one that is none, or that names no rule or hedge."""
    found: dict[str, str] = {}
    for word in written:
        label, sign, value = word.partition("=")
        if not sign or label in found:
            problem = "is written twice" if sign else "is no LABEL=VALUE; write hedge=NAME or rule=NAME"
            raise ConfigurationError(f"{word} {problem}")
        known = {"rule": list(CATALOGUE), "hedge": list(hedges)}.get(label)
        if known is not None and value not in known:
            raise ConfigurationError(f'there is no {label} "{value}"{did_you_mean(value, known)}')
        found[label] = value
    return found


def declared_entry(settings: Settings, hedge: str) -> str:
    """Return the digest of a hedge's entry in the file. Raises ConfigurationError if there is no such hedge."""
    digests = file_entries(settings).hedges
    if hedge not in digests:
        raise ConfigurationError(f'there is no hedge "{hedge}"{did_you_mean(hedge, digests)}')
    return digests[hedge]


@contextmanager
def naming_the_option() -> Iterator[None]:
    """Turn a refused value into a wrong request that names the option it came from."""
    try:
        yield
    except InvalidValueError as error:
        option = "LABEL=VALUE" if error.field == "matchers" else f"--{error.field}"
        raise ConfigurationError(f"{option}: {error.problem}") from None
