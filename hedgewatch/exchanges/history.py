"""History: settled funding rates, one call a contract, and what their spacing tells."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.exchanges.asking import PARALLEL_EACH, Desk
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.funding_terms import HistoryIntervals
from hedgewatch.exchanges.parse import moment_of

PAGE = 100  # records a call: what every exchange gives at once
SPACING_LOOKBACK = timedelta(days=2)
SPACING_BUDGET = 10  # contracts a cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Records of settled rates as ccxt read them, by contract, and what failed."""

    records: Mapping[InstrumentRef, Sequence[Mapping[str, Any]]]
    faults: tuple[Fault, ...]


class FundingHistory:
    """Asks one exchange for settled funding rates."""

    def __init__(self, desk: Desk, params: Mapping[str, str | int]) -> None:
        """Ask at this desk, with the quirk's parameters."""
        self._desk = desk
        self._params = params
        self.intervals = HistoryIntervals()
        self._turns = asyncio.Semaphore(PARALLEL_EACH)

    async def ask(self, since: Mapping[InstrumentRef, datetime]) -> Settled:
        """Ask for the rates settled after each contract's ``since``."""
        answers = await asyncio.gather(*(self._ask(ref.symbol, at) for ref, at in since.items()))
        pairs = list(zip(since, answers, strict=True))
        return Settled(
            records={ref: answer for ref, answer in pairs if not isinstance(answer, Fault)},
            faults=tuple(answer for _, answer in pairs if isinstance(answer, Fault)),
        )

    async def learn_spacing(self, symbols: Sequence[str], now: datetime) -> Fault | None:
        """Learn the intervals of contracts from their past settlements; a failure is returned."""
        due = self.intervals.due(symbols, now)[:SPACING_BUDGET]
        answers = await asyncio.gather(*(self._ask(symbol, now - SPACING_LOOKBACK) for symbol in due))
        fault = None
        for symbol, answer in zip(due, answers, strict=True):
            if isinstance(answer, Fault):
                fault = answer
                continue
            stamps = [moment_of(record.get("timestamp")) for record in answer]
            self.intervals.learn(symbol, [stamp for stamp in stamps if stamp is not None], now)
        return fault

    async def _ask(self, symbol: str, since: datetime) -> list[Mapping[str, Any]] | Fault:
        after = int(since.timestamp() * 1000) + 1

        async def question() -> list[Mapping[str, Any]]:
            client: Any = self._desk.client
            answer = await client.fetch_funding_rate_history(symbol, after, PAGE, dict(self._params))
            return [record for record in answer if isinstance(record, Mapping)]

        async with self._turns:
            answer: list[Mapping[str, Any]] | Fault = await self._desk.attempt(f"funding history {symbol}", question)
        return answer
