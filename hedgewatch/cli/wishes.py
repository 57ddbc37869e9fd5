"""What a scenario is asked for: shocks, a path, funding, a lost exchange; nothing: the standard stresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.errors import ConfigurationError, InvalidValueError
from hedgewatch.domain.numbers import ZERO, exact
from hedgewatch.domain.scenario import Book
from hedgewatch.domain.stresses import SQUEEZE_DAYS, Outcome, Stress, path_stress, put_through, standard_stresses

OPTIONS = {
    "spot0": "--price",
    "coin": "--coins",
    "spot_coin": "--holding",
    "payoff": "--kind",
    "basis0": "--basis",
    "mmr": "--maintenance-margin-rate",
    "r8": "--funding",
}
BARE_LIMIT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The options that say what is to happen, as they were written."""

    shocks: tuple[str, ...] = ()
    path: str | None = None
    funding: str | None = None
    days: str | None = None
    floor: str | None = None
    is_lost: bool = False


@contextmanager
def naming_options() -> Iterator[None]:
    """Turn a refused value into a wrong request that names the option it came from."""
    try:
        yield
    except InvalidValueError as error:
        name = error.field.partition("[")[0]
        option = name if name.startswith("--") else OPTIONS.get(name, option_of(name))
        raise ConfigurationError(f"{option}: {error.problem}") from None


def option_of(name: str) -> str:
    """Return the option of a parameter."""
    return f"--{name.replace('_', '-')}"


def fraction(text: str, option: str) -> Decimal:
    """Read a fraction, or a percentage with its sign: -0.3 and -30% are the same. Raises InvalidValueError."""
    written = text.strip()
    if written.endswith("%"):
        return exact(written[:-1], option) / 100
    value = exact(written, option)
    if abs(value) >= BARE_LIMIT:
        raise InvalidValueError(
            option, f"found {text}: as percent it is written {text}%, as a fraction it is too large"
        )
    return value


def _move(text: str, option: str) -> Decimal:
    move = fraction(text, option)
    if move <= -1:
        raise InvalidValueError(option, f"the price cannot fall by {text.strip().removeprefix('-')}")
    return move


def wished(book: Book, wishes: Wishes) -> tuple[Outcome, ...]:
    """Put the book through what was asked for. Raises ConfigurationError that names the option."""
    with naming_options():
        return tuple(put_through(book, stress) for stress in _stresses(book, wishes))


def _stresses(book: Book, wishes: Wishes) -> Iterator[Stress]:
    rate, days = ZERO, ZERO
    if wishes.funding is not None:
        rate = fraction(wishes.funding, "--funding")
        days = SQUEEZE_DAYS if wishes.days is None else exact(wishes.days, "--days")
    elif wishes.days is not None:
        raise InvalidValueError("--days", "says how long funding is paid, and there is no --funding")
    moves = [[_move(shock, "--shock")] for shock in wishes.shocks]
    if wishes.path is not None:
        moves.append([_move(move, "--path") for move in wishes.path.split(",")])
    if not moves and (wishes.funding is not None or wishes.is_lost):
        moves.append([ZERO])
    if not moves:
        floor = None if wishes.floor is None else fraction(wishes.floor, "--funding-floor")
        yield from standard_stresses(book.payoff, book.mmr, floor)
    for move in moves:
        yield path_stress(move, r8=rate, days=days, is_lost=wishes.is_lost)
