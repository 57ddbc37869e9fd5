"""What ``config check`` tells of a sound configuration: positions, addresses, and what is not built yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from hedgewatch.domain.numbers import plain
from hedgewatch.settings.hedge_entries import LegEntry, PositionEntry
from hedgewatch.settings.instruments import ONE_COIN_EXCHANGES
from hedgewatch.settings.models import Settings
from hedgewatch.settings.secret import Address
from hedgewatch.settings.sections import is_loopback
from hedgewatch.settings.unbuilt import not_built
from hedgewatch.settings.visit import KeyPath, leaves, written


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionEcho:
    """A declared position in both units; None: only its exchange knows."""

    hedge: str
    leg: str
    coins: Decimal | None
    contracts: Decimal | None
    unit: str

    def line(self) -> str:
        """Say it in one line."""
        coins = "coins unknown until the exchange is asked" if self.coins is None else f"{plain(self.coins)} coins"
        contracts = (
            "contracts unknown until the exchange is asked"
            if self.contracts is None
            else f"{plain(self.contracts)} contracts"
        )
        return f"{self.hedge}: {self.leg}: {coins}, {contracts} ({self.unit})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The answer of ``config check``."""

    file: Path | None
    problems: tuple[str, ...] = ()
    counts: Mapping[str, int] | None = None
    positions: tuple[PositionEcho, ...] = ()
    addresses: tuple[str, ...] = ()
    not_built: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """Say it in lines."""
        counted = ", ".join(f"{count} {name}" for name, count in (self.counts or {}).items())
        positions = (echo.line() for echo in self.positions)
        return (f"{self.file}: sound: {counted}", *positions, *self.addresses, *self.not_built)

    def as_json(self) -> dict[str, object]:
        """Return it as JSON: quantities are decimal strings, unknown is null."""
        return {
            "file": None if self.file is None else str(self.file),
            "ok": not self.problems,
            "problems": list(self.problems),
            "positions": [
                {
                    "hedge": echo.hedge,
                    "leg": echo.leg,
                    "coins": None if echo.coins is None else plain(echo.coins),
                    "contracts": None if echo.contracts is None else plain(echo.contracts),
                    "unit": echo.unit,
                }
                for echo in self.positions
            ],
            "addresses": list(self.addresses),
            "not_built": list(self.not_built),
        }


def summarise(settings: Settings) -> Summary:
    """Return what there is to say about checked settings, without asking anybody."""
    counts = {name: len(getattr(settings, name)) for name in ("holdings", "hedges", "channels")}
    return Summary(
        file=settings.file,
        counts=counts,
        positions=tuple(_positions(settings)),
        addresses=tuple(_addresses(settings)),
        not_built=not_built(settings),
    )


def _positions(settings: Settings) -> Iterator[PositionEcho]:
    for hedge in settings.hedges:
        for leg in hedge.all_legs:
            if leg.position is not None:
                yield _echo(hedge.name, settings.name_of(leg), leg, leg.position)


def _echo(hedge: str, known_as: str, leg: LegEntry, position: PositionEntry) -> PositionEcho:
    name = leg.futures
    coins, contracts = position.coins, position.contracts
    if name.is_inverse:
        unit = f"one contract is its face in {name.quote}"
    elif name.ref.exchange in ONE_COIN_EXCHANGES:
        unit = f"one contract is 1 {name.base}"
        coins = contracts if coins is None else coins
        contracts = coins
    else:
        unit = f"one contract is the contract size of {name.ref.exchange}"
    return PositionEcho(hedge=hedge, leg=known_as, coins=coins, contracts=contracts, unit=unit)


def _addresses(settings: Settings) -> Iterator[str]:
    """Yield a line for every address that is not encrypted or private; addresses in the file are trusted."""
    found: list[tuple[KeyPath, str]] = [
        (("exchanges", name, "base_url"), exchange.base_url)
        for name, exchange in settings.exchanges.items()
        if exchange.base_url is not None
    ]
    found += [(path, str(leaf)) for path, leaf in leaves(settings) if isinstance(leaf, Address) and leaf.written]
    for path, url in found:
        parts = urlsplit(url)
        kinds = ["http (not encrypted)"] if parts.scheme == "http" else []
        kinds += ["private"] if parts.scheme != "sqlite" and _is_private(parts.hostname or "") else []
        if kinds:
            place = f"{settings.file}: {written(path)}"
            yield f"{place}: {url} is {' and '.join(kinds)}; addresses in this file are trusted"


def _is_private(host: str) -> bool:
    if is_loopback(host) or not host:
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host
