"""Markets: loaded by a synchronous twin in a thread, cut to the wanted ones, kept on the shelf between starts."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.errors import HedgewatchError
from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.arenas import use_few_arenas
from hedgewatch.exchanges.client import guarded_twin
from hedgewatch.exchanges.door import Door
from hedgewatch.exchanges.faults import Fault, RefusedError, scrub
from hedgewatch.exchanges.library import CcxtError
from hedgewatch.exchanges.listing import Listing, kind_of, listing_of, weighed
from hedgewatch.exchanges.parse import UnreadableError, parse_instrument
from hedgewatch.monitoring.ports import Clock, MarketShelf

REFRESH_EVERY = timedelta(hours=6)
RETRY_EVERY = timedelta(minutes=15)  # while something wanted is not listed, or the last reload failed
FIRST_REFRESH_AFTER = timedelta(minutes=1)  # after a start from the shelf: the first cycle needs the machine more
SPREAD_SECONDS = 20  # exchanges do not all reload at once: each takes a second of one core
LOADS_WAITED_FOR = 2  # one that another asker began, without our symbols, and our own
SECOND_LOOK_AFTER = timedelta(minutes=1)  # where a wanted market was gone for the first time
LISTED_ALIKE = "listed_alike"  # beside a kept market: how many of its kind were listed, to judge the next list by

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _State:
    instruments: dict[str, Instrument] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    info: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    listing: Listing = field(default_factory=lambda: Listing(markets={}, unlisted={}, counts={}))
    loaded_at: datetime | None = None
    tried_at: datetime | None = None


class Markets:
    """The wanted markets of one exchange, as its client needs them."""

    def __init__(self, client: Any, door: Door, shelf: MarketShelf, clock: Clock, *, timeout_seconds: Decimal) -> None:  # noqa: ANN401  ccxt is untyped
        """Load for this client, through its door."""
        use_few_arenas()
        self._client = client
        self._door = door
        self._shelf = shelf
        self._clock = clock
        self._timeout = timeout_seconds
        self._state = _State()
        self._loading: asyncio.Task[None] | None = None
        self._wanted: dict[str, None] = {}  # by everyone who asks: a load replaces what another asked for
        self._looked_up: frozenset[str] = frozenset()
        self.problem: Fault | None = None

    def instrument(self, symbol: str) -> Instrument | None:
        """Return a wanted instrument; None if it is not known."""
        return self._state.instruments.get(symbol)

    def market_id(self, symbol: str) -> str:
        """Return the exchange's own id of a known symbol."""
        return self._state.ids[symbol]

    def info(self, symbol: str) -> Mapping[str, Any]:
        """Return the raw listing of a known symbol."""
        return self._state.info.get(symbol, {})

    def fault(self, symbol: str) -> Fault:
        """Say why a symbol is not known."""
        known = self._state.faults.get(symbol) or self.problem
        text = f"{self._door.quirk.exchange}: the markets are not loaded yet"
        return known or Fault(reason=UnknownReason.TIMEOUT, text=text)

    async def ready(self, symbols: Collection[str]) -> None:
        """Know the wanted symbols: from the shelf if it has them, else from the exchange. Failures become faults.

        Where everything is known already, a reload that is due runs in the background.
        """
        self._wanted |= dict.fromkeys(symbols)
        if not self._looked_up.issuperset(self._wanted):
            self._looked_up = frozenset(self._wanted)
            await self._take_from_shelf(tuple(self._wanted))
        for _ in range(LOADS_WAITED_FOR):
            open_questions = [s for s in symbols if s not in self._state.instruments and s not in self._state.faults]
            if self._loading is None and (open_questions or self._is_due(symbols)):
                self._loading = asyncio.create_task(self._load(tuple(self._wanted)), name="load markets")
            if not open_questions or self._loading is None:
                return
            await asyncio.shield(self._loading)
            if self.problem is not None:
                return

    def _is_due(self, symbols: Collection[str]) -> bool:
        state, now = self._state, self._clock.now()
        if state.tried_at is None:
            return True
        if state.listing.unsure:
            return now - state.tried_at >= SECOND_LOOK_AFTER
        waiting = self.problem is not None or any(symbol in state.faults for symbol in symbols)
        return now - state.tried_at >= (RETRY_EVERY if waiting else REFRESH_EVERY)

    async def _take_from_shelf(self, symbols: Collection[str]) -> None:
        try:
            kept = await self._shelf.markets(self._door.quirk.exchange)
            markets = {symbol: json.loads(kept[symbol]) for symbol in symbols if symbol in kept}
            if len(markets) > len(self._state.instruments):
                counts = {kind_of(market): market.pop(LISTED_ALIKE, 0) for market in markets.values()}
                twin = await asyncio.to_thread(self._twin_of, markets)
                self._adopt(twin, Listing(markets=markets, unlisted={}, counts=counts))
                self._state.tried_at = self._clock.now() - REFRESH_EVERY + self._first_refresh()
        except (HedgewatchError, CcxtError, ValueError, TypeError, KeyError, AttributeError) as error:
            log.warning("%s: kept markets are unusable: %s", self._door.quirk.exchange, scrub(str(error)))

    def _first_refresh(self) -> timedelta:
        turn = sum(self._door.quirk.exchange.encode()) % 7
        return FIRST_REFRESH_AFTER + turn * timedelta(seconds=SPREAD_SECONDS)

    async def _load(self, symbols: tuple[str, ...]) -> None:
        self._state.tried_at = self._clock.now()
        try:
            listed = await asyncio.to_thread(self._list, symbols)
            listing = weighed(listed, self._state.listing, self._door.quirk)
            twin = await asyncio.to_thread(self._twin_of, listing.markets)
            self._adopt(twin, listing)
            self._state.loaded_at = self._clock.now()
            self.problem = listing.doubt
        except RefusedError as error:
            self.problem = error.fault
        except (CcxtError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            text = f"{self._door.quirk.exchange}: its market list is unreadable ({type(error).__name__})"
            self.problem = Fault(reason=UnknownReason.NOT_JSON, text=text)
        except HedgewatchError as error:
            self.problem = Fault(reason=UnknownReason.FETCH_ERROR, text=scrub(str(error)))
        finally:
            self._loading = None
        if self.problem is None and listing.markets:
            await self._keep(listing)
        elif self.problem is not None:
            log.warning("%s", self.problem.text)

    async def _keep(self, listing: Listing) -> None:
        texts = {
            symbol: json.dumps({**market, LISTED_ALIKE: listing.counts.get(kind_of(market), 0)})
            for symbol, market in listing.markets.items()
        }
        try:
            await self._shelf.keep(self._door.quirk.exchange, texts, self._clock.now())
        except HedgewatchError as error:
            log.warning("%s: markets could not be kept: %s", self._door.quirk.exchange, scrub(str(error)))

    def _list(self, symbols: tuple[str, ...]) -> Listing:
        """Ask the exchange for all its markets. Runs in a thread."""
        quirk = self._door.quirk
        twin = guarded_twin(quirk, self._door, timeout_seconds=self._timeout)
        methods = quirk.market_calls
        if any(InstrumentRef(exchange=quirk.exchange, symbol=symbol).is_inverse for symbol in symbols):
            methods += quirk.inverse_market_calls
            twin.options |= quirk.inverse_options
        try:
            listed = [market for method in methods for market in getattr(twin, method)({}) or ()]
        finally:
            twin.session.close()
        return listing_of(listed, symbols, self._state.listing.markets)

    def _twin_of(self, markets: Mapping[str, Mapping[str, Any]]) -> Any:  # noqa: ANN401  ccxt is untyped
        twin = guarded_twin(self._door.quirk, self._door, timeout_seconds=self._timeout)
        twin.session.close()
        twin.set_markets(list(markets.values()))
        return twin

    def _adopt(self, twin: Any, listing: Listing) -> None:  # noqa: ANN401  ccxt is untyped
        """Put new markets in the place of the old ones, all at once."""
        exchange, fresh = self._door.quirk.exchange, _State(tried_at=self._state.tried_at, listing=listing)
        for symbol, suggestion in listing.unlisted.items():
            hint = f'; did you mean "{suggestion}"?' if suggestion else ""
            text = f'{exchange} has no market "{symbol}"{hint}'
            reason = UnknownReason.MISSING if symbol in listing.empty else UnknownReason.UNKNOWN_SYMBOL
            fresh.faults[symbol] = Fault(reason=reason, text=text)
        for symbol in listing.markets:
            market = twin.markets[symbol]
            try:
                fresh.instruments[symbol] = parse_instrument(market, self._door.quirk)
            except UnreadableError as error:
                fresh.faults[symbol] = Fault(reason=error.reason, text=f"{exchange} {symbol}: {error.detail}")
            fresh.ids[symbol] = str(market["id"])
            fresh.info[symbol] = market.get("info") or {}
        self._client.set_markets_from_exchange(twin)
        fresh.loaded_at = self._state.loaded_at
        self._state = fresh

    async def close(self) -> None:
        """Wait for a load in flight: its thread cannot be stopped, only awaited."""
        if self._loading is not None:
            await asyncio.gather(self._loading, return_exceptions=True)
