"""Asking: one call after the plan of its quirk, and its rows by the exchange's own id."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hedgewatch.domain.instrument import Instrument, InstrumentKind
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.answers import rows_of
from hedgewatch.exchanges.door import Door
from hedgewatch.exchanges.faults import BlockedRequestError, Fault, RefusedError
from hedgewatch.exchanges.quirks.shape import Call
from hedgewatch.monitoring.ports import Clock

PARALLEL_EACH = 8

log = logging.getLogger(__name__)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The rows of one call by symbol, the answer around them, and when it was received.

    rows_seen: how many rows the answer held, wanted or not. faults: symbols that were asked in vain.
    """

    call: Call
    rows: Mapping[str, Row]
    envelope: Row
    received_at: datetime
    faults: Mapping[str, Fault]
    rows_seen: int = 0


def asked_by(call: Call, ids: Iterable[tuple[Instrument, str]], *, perpetuals_only: bool) -> dict[str, str]:
    """Return the symbols, with the exchange's own ids, of the instruments that a call answers for."""
    return {
        instrument.ref.symbol: market_id
        for instrument, market_id in ids
        if (instrument.kind is not InstrumentKind.SPOT) is call.futures
        and call.is_for(instrument.payoff)
        and (not perpetuals_only or instrument.kind is InstrumentKind.PERPETUAL)
    }


class Desk:
    """Puts questions to one exchange's client; whatever goes wrong comes back as a fault."""

    def __init__(self, client: Any, door: Door, clock: Clock) -> None:  # noqa: ANN401  ccxt is untyped
        """Ask with this client."""
        self.client = client
        self.exchange = door.quirk.exchange
        self._clock = clock

    async def attempt(self, name: str, question: Callable[[], Awaitable[Any]]) -> Any | Fault:  # noqa: ANN401  ccxt is untyped
        """Await a question; return its answer or a fault. This is the exchange door: no exception passes it."""
        try:
            return await question()
        except RefusedError as error:
            return error.fault
        except BlockedRequestError as error:
            return Fault(reason=UnknownReason.FETCH_ERROR, text=str(error))
        except Exception as error:  # noqa: BLE001  the exchange door
            # ccxt's parsers raise anything on an answer they did not expect
            log.warning("%s: %s could not be read: %s", self.exchange, name, type(error).__name__)
            text = f"{self.exchange} {name}: an unreadable answer ({type(error).__name__})"
            return Fault(reason=UnknownReason.FETCH_ERROR, text=text)

    async def ask(self, call: Call, ids: Mapping[str, str]) -> Asked | Fault:
        """Ask one call for these symbols (with the exchange's own ids)."""
        if call.each:
            return await self._ask_each(call, ids)
        question = self._unified(call, list(ids)) if call.unified else self._endpoint(call, {})
        answer = await self.attempt(call.name, question)
        if isinstance(answer, Fault):
            return answer
        if call.unified:
            found = answer if isinstance(answer, dict) else {}
            told = {symbol: found[symbol] for symbol in ids if isinstance(found.get(symbol), dict)}
            return self._asked(call, told, answer, {})
        rows = rows_of(answer, call)
        if rows is None:
            text = f"{self.exchange} {call.name}: not the form of an answer"
            return Fault(reason=UnknownReason.MISSING, text=text)
        return self._sorted(call, rows, answer, ids)

    def _sorted(self, call: Call, rows: Sequence[Row], answer: Any, ids: Mapping[str, str]) -> Asked:  # noqa: ANN401  JSON
        """Put the rows in the order of what was asked; of two that contradict each other neither is believed."""
        by_id: dict[str, Row] = {}
        torn: set[str] = set()
        for row in rows:
            market_id = row.get(call.id_key)
            if type(market_id) is str and by_id.setdefault(market_id, row) != row:
                torn.add(market_id)
        text = f"{self.exchange} {call.name}: two rows of {{}} that contradict each other"
        faults = {
            symbol: Fault(reason=UnknownReason.DUPLICATE, text=text.format(symbol))
            for symbol, market_id in ids.items()
            if market_id in torn
        }
        told = {s: by_id[market_id] for s, market_id in ids.items() if market_id in by_id and s not in faults}
        return self._asked(call, told, answer, faults)

    async def _ask_each(self, call: Call, ids: Mapping[str, str]) -> Asked | Fault:
        turns = asyncio.Semaphore(PARALLEL_EACH)

        async def one(symbol: str, market_id: str) -> Any:  # noqa: ANN401  ccxt is untyped
            question = self._unified(call, symbol) if call.unified else self._endpoint(call, {"symbol": market_id})
            async with turns:
                return await self.attempt(f"{call.name} {symbol}", question)

        answers = await asyncio.gather(*(one(symbol, market_id) for symbol, market_id in ids.items()))
        rows: dict[str, Row] = {}
        faults: dict[str, Fault] = {}
        for (symbol, market_id), answer in zip(ids.items(), answers, strict=True):
            if isinstance(answer, Fault):
                faults[symbol] = answer
                continue
            row = answer if call.unified else next(iter(rows_of(answer, call) or ()), None)
            if isinstance(row, dict) and row.get("symbol") in {symbol, market_id}:
                rows[symbol] = row
        return next(iter(faults.values())) if faults and not rows else self._asked(call, rows, {}, faults)

    def _asked(self, call: Call, rows: Mapping[str, Row], answer: Any, faults: Mapping[str, Fault]) -> Asked:  # noqa: ANN401  JSON
        return Asked(
            call=call,
            rows=rows,
            envelope=answer if isinstance(answer, dict) else {},
            received_at=self._clock.now(),
            faults=faults,
            rows_seen=len(answer if call.unified else rows_of(answer, call) or ()),
        )

    def _unified(self, call: Call, symbols: Sequence[str] | str) -> Callable[[], Awaitable[Any]]:
        return lambda: getattr(self.client, call.method)(symbols, dict(call.params))

    def _endpoint(self, call: Call, params: Mapping[str, str]) -> Callable[[], Awaitable[Any]]:
        return lambda: getattr(self.client, call.method)({**call.params, **params})
