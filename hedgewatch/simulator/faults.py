"""What can go wrong at an exchange, on command: which faults stand, for which requests, for how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count as counter

from hedgewatch.simulator.listings import Exchange


class FaultKind(StrEnum):
    """Everything that can be asked for."""

    LATENCY = "latency"  # seconds
    TOO_MANY = "429"  # retry_after seconds
    BANNED = "418"  # seconds of the ban, told as "banned until"; doubling: each further call makes it twice as long
    RESTRICTED = "451"
    FORBIDDEN = "403"
    MAINTENANCE = "503"
    HTML = "html"
    TRUNCATED = "truncated"
    EMPTY_LIST = "empty_list"
    EMPTY_BODY = "empty_body"
    NULL = "null"
    FROZEN_CLOCK = "frozen_clock"
    SKEWED_CLOCK = "skewed_clock"  # seconds, positive is fast
    FROZEN_BOOK = "frozen_book"
    RESET = "reset"
    HANG = "hang"
    GARBAGE = "garbage"  # value: nan | negative | zero | infinity | jump; symbol; field, else the figures that matter
    MISSING = "missing"  # symbol, as the exchange writes it; field that names it, else symbol
    LIST = "list"  # a bare []
    OBJECT = "object"  # a bare {}
    SHRUNKEN = "shrunken"  # keep: how many rows of each list are left, else half
    DUPLICATE = "duplicate"  # every row twice
    STALE = "stale"  # seconds that every time in the answer lies back


BAN_SECONDS = 120
CLOCKS = (FaultKind.FROZEN_CLOCK, FaultKind.SKEWED_CLOCK, FaultKind.FROZEN_BOOK)
DETAILS = {
    FaultKind.LATENCY: ("seconds",),
    FaultKind.TOO_MANY: ("retry_after",),
    FaultKind.BANNED: ("seconds", "doubling"),
    FaultKind.SKEWED_CLOCK: ("seconds",),
    FaultKind.GARBAGE: ("value", "symbol", "field"),
    FaultKind.MISSING: ("symbol", "field"),
    FaultKind.SHRUNKEN: ("keep",),
    FaultKind.STALE: ("seconds",),
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """One standing fault of one exchange.

    ``path`` is a part of the paths it strikes, empty for all; ``count`` the strikes left and ``until`` its end (epoch
    milliseconds), None for no end; ``since`` is when it was set, the moment at which clocks and books freeze.
    """

    id: int
    exchange: Exchange
    kind: FaultKind
    path: str
    count: int | None
    since: int
    until: int | None
    doublings: int = 0
    details: Mapping[str, float | str] = field(default_factory=dict)

    def strikes(self, exchange: Exchange, path: str, now: int) -> bool:
        """Say whether it concerns this request."""
        is_spent = self.count == 0 or (self.until is not None and now >= self.until)
        return self.exchange is exchange and self.path in path and not is_spent

    @property
    def ban(self) -> int:
        """Return how long a ban lasts from its last strike on, in milliseconds."""
        return round(self.number("seconds", BAN_SECONDS) * 1000) << self.doublings

    def double(self, now: int) -> None:
        """Let a ban end later, and twice as late again at the next strike."""
        self.doublings += self.until is not None
        self.until = now + self.ban

    def number(self, name: str, otherwise: float) -> float:
        """Return a detail as a number."""
        return float(self.details.get(name, otherwise))

    def word(self, name: str, otherwise: str = "") -> str:
        """Return a detail as text."""
        return str(self.details.get(name, otherwise))

    def told(self) -> dict[str, object]:
        """Return the fault as JSON values."""
        told = {"id": self.id, "exchange": self.exchange, "kind": self.kind, "path": self.path}
        return told | {"count": self.count, "since": self.since, "until": self.until, "details": dict(self.details)}


class Faults:
    """The faults that stand now."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._faults: list[Fault] = []
        self._numbers = counter(1)

    def set(
        self,
        exchange: Exchange | str,
        kind: FaultKind | str,
        *,
        path: str = "",
        count: int | None = None,
        duration: float | None = None,
        **details: float | str,
    ) -> Fault:
        """Let a fault stand from now on, for ``count`` requests or ``duration`` seconds, or until it is cleared.

        Raises ValueError for an unknown exchange, kind or detail.
        """
        known, now = FaultKind(kind), self._clock()
        if unknown := set(details) - set(DETAILS.get(known, ())):
            raise ValueError(f"fault {known}: unknown {', '.join(sorted(unknown))}")
        fault = Fault(
            id=next(self._numbers),
            exchange=Exchange(exchange),
            kind=known,
            path=path,
            count=count,
            since=now,
            until=None if duration is None else now + round(duration * 1000),
            details=details,
        )
        self._faults.append(fault)
        return fault

    def clear(self, exchange: Exchange | str | None = None, kind: FaultKind | str | None = None) -> int:
        """End the faults of an exchange, of a kind, or all; return how many stood."""
        before = len(self._faults)
        self._faults = [
            fault
            for fault in self._faults
            if (exchange is not None and fault.exchange != exchange) or (kind is not None and fault.kind != kind)
        ]
        return before - len(self._faults)

    def standing(self) -> list[Fault]:
        """Return all that were set and not cleared."""
        return list(self._faults)

    def strike(self, exchange: Exchange, path: str, now: int) -> list[Fault]:
        """Return the faults that concern a request, and count them."""
        struck = [fault for fault in self._faults if fault.strikes(exchange, path, now)]
        for fault in struck:
            if fault.count is not None:
                fault.count -= 1
            if fault.kind is FaultKind.BANNED and fault.details.get("doubling"):
                fault.double(now)
        return struck

    def at(self, exchange: Exchange, struck: list[Fault], now: int) -> tuple[int, int]:
        """Return (moment of the prices, the exchange's clock) under the faults of a request."""
        moment = clock = now
        for fault in struck:
            if fault.exchange is not exchange:
                continue
            if fault.kind is FaultKind.FROZEN_BOOK:
                moment = fault.since
            elif fault.kind is FaultKind.FROZEN_CLOCK:
                clock = fault.since
            elif fault.kind is FaultKind.SKEWED_CLOCK:
                clock = now + round(fault.number("seconds", 0) * 1000)
        return moment, clock
