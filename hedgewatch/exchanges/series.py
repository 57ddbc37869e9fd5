"""Series: candles and settled funding of one exchange, a page at a time, through the guarded door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.candle import Candle, Series, Span
from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.parse import Row, UnreadableError, moment_of, number_in, price_in
from hedgewatch.exchanges.series_calls import BY_NAME, SERIES_CALLS, SeriesCall
from hedgewatch.exchanges.settled import parse_settled
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import Clock
from hedgewatch.monitoring.series import PageFailure, SeriesPage

SHORTEST_SETTLEMENT = timedelta(hours=1)
BEFORE = timedelta(hours=24)  # asked for as well, so that the first settlement's interval is told by the one before it
MOST_PAGES = 60
WHOLE = timedelta(days=3660)  # one stretch, whatever its length
MILLISECOND = timedelta(milliseconds=1)
FUNDING_NAMES = ("time", "rate")


class CcxtSeries:
    """Fills the port SeriesSource over the keyless source of an exchange."""

    def __init__(self, source: CcxtSource, clock: Clock, *, timeout_seconds: Decimal) -> None:
        """Ask through this source's door, whose budget and patience it shares."""
        self._source = source
        self._clock = clock
        self._timeout = timeout_seconds

    @property
    def exchange(self) -> str:
        """Ccxt's id of the exchange."""
        return self._source.exchange

    async def unlisted(self, refs: Sequence[InstrumentRef]) -> Mapping[InstrumentRef, str]:
        """Know these instruments; return a line for each that cannot be asked about."""
        await self._source.unlisted(refs)
        markets = self._source.markets
        return {ref: markets.fault(ref.symbol).text for ref in refs if markets.instrument(ref.symbol) is None}

    def page_length(self, series: Series) -> timedelta | None:
        """Return the longest stretch one call tells; None if the exchange does not tell this series."""
        call = self._call(series)
        if call is None or (series.step is not None and series.step not in call.steps):
            return None
        if call.by_page:
            return WHOLE
        return call.limit * (series.step or SHORTEST_SETTLEMENT) - (timedelta(0) if series.step else BEFORE)

    async def read(self, series: Series, span: Span) -> SeriesPage | PageFailure:
        """Read one page, no longer than ``page_length``. Never raises for a fault of the exchange."""
        call, instrument = self._call(series), self._source.markets.instrument(series.ref.symbol)
        if call is None or instrument is None:
            fault = self._source.markets.fault(series.ref.symbol)
            return PageFailure(reason=fault.reason, detail=fault.text)
        if call.latest_only and series.step and span.end <= self._clock.now() - call.limit * series.step:
            return SeriesPage()
        rows = await self._rows(call, series, span)
        if isinstance(rows, Fault):
            return PageFailure(reason=rows.reason, detail=rows.text, retry_at=rows.retry_at)
        page = _settled(rows, series, span) if series.step is None else _candles(rows, call, instrument, (series, span))
        if page.refused and not page.count:
            detail = f"{series}: {page.refused} rows and none of them can be believed"
            return PageFailure(reason=UnknownReason.NOT_A_NUMBER, detail=detail)
        return page

    def _call(self, series: Series) -> SeriesCall | None:
        instrument = self._source.markets.instrument(series.ref.symbol)
        return SERIES_CALLS.get((self.exchange, instrument.payoff, series.kind)) if instrument else None

    async def _rows(self, call: SeriesCall, series: Series, span: Span) -> list[Row] | Fault:
        found: list[Row] = []
        asked = self._asked(call, series, span)
        for page in range(1, MOST_PAGES + 1):
            answer = await self._ask(call, series, {**asked, "page_num": page} if call.by_page else asked)
            if isinstance(answer, Fault):
                return answer
            try:
                rows = list(rows_of(call, answer))
            except UnreadableError as error:
                return Fault(reason=error.reason, text=f"{series}: {error.detail}")
            found += rows
            if not call.by_page or len(rows) < call.limit or _reaches(rows, call, span.start - BEFORE):
                return found
        return Fault(reason=UnknownReason.OUT_OF_RANGE, text=f"{series}: more than {MOST_PAGES} pages")

    def _asked(self, call: SeriesCall, series: Series, span: Span) -> dict[str, str | int]:
        asked: dict[str, str | int] = {**call.params, "symbol": self._source.markets.market_id(series.ref.symbol)}
        if series.step is not None:
            asked["interval"] = call.steps[series.step]
        if call.limit_key:
            asked[call.limit_key] = call.limit
        if not call.latest_only and not call.by_page:
            start = span.start - (BEFORE if series.step is None else timedelta(0))
            asked[call.start_key] = _stamp(start - (MILLISECOND if call.before_start else timedelta(0)), call)
            asked[call.end_key] = _stamp(span.end - MILLISECOND, call)
        return asked

    async def _ask(self, call: SeriesCall, series: Series, asked: Mapping[str, str | int]) -> Any | Fault:  # noqa: ANN401  JSON
        late = Fault(reason=UnknownReason.TIMEOUT, text=f"{series}: no answer within {self._timeout:f} s")
        client: Any = self._source.client
        try:
            async with asyncio.timeout(float(self._timeout)):
                return await self._source.desk.attempt(str(series), lambda: getattr(client, call.method)(dict(asked)))
        except TimeoutError:
            return late

    async def close(self) -> None:
        """Let go of connections."""
        await self._source.close()


def _stamp(at: datetime, call: SeriesCall) -> int:
    return int(at.timestamp()) if call.in_seconds else round(at.timestamp() * 1000)


def rows_of(call: SeriesCall, answer: Any) -> Iterator[Row]:  # noqa: ANN401  JSON
    """Yield the rows of an answer under the names of ``call.keys``, in time and prices. Raises UnreadableError."""
    for key in call.rows:
        answer = answer.get(key) if isinstance(answer, dict) else None
    if call.columns:
        yield from _from_columns(call, answer)
        return
    if not isinstance(answer, list):
        raise UnreadableError(UnknownReason.MISSING, "no list of rows where it belongs: not the form of an answer")
    for row in answer:
        if isinstance(row, list):
            yield _named(call, {str(place): value for place, value in enumerate(row)})
        elif isinstance(row, dict):
            yield _named(call, row)
        else:
            raise UnreadableError(UnknownReason.MISSING, "a row that is no row: not the form of an answer")


def _from_columns(call: SeriesCall, answer: Any) -> Iterator[Row]:  # noqa: ANN401  JSON
    columns: list[Any] = [answer.get(key) for key in call.keys] if isinstance(answer, dict) else []
    if not columns or not all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
        raise UnreadableError(UnknownReason.MISSING, "no columns of equal length: not the form of an answer")
    for values in zip(*columns, strict=True):
        yield _named(call, dict(zip(call.keys, values, strict=True)))


def _named(call: SeriesCall, row: Mapping[str, Any]) -> Row:
    """Bring a row's keys to ours: time, then rate or prices and volume."""
    names = FUNDING_NAMES if len(call.keys) == len(FUNDING_NAMES) else BY_NAME
    named = {name: row.get(key) for name, key in zip(names, call.keys, strict=False)}
    time = named["time"]
    if call.in_seconds and type(time) is int:
        named["time"] = time * 1000
    return named


def _reaches(rows: Sequence[Row], call: SeriesCall, start: datetime) -> bool:
    moments = [moment for row in rows if (moment := moment_of(row["time"])) is not None]
    return not moments or (call.by_page and min(moments) <= start)


def _settled(rows: Iterable[Row], series: Series, span: Span) -> SeriesPage:
    symbol = series.ref.symbol
    records = [{"symbol": symbol, "timestamp": row["time"], "fundingRate": row["rate"]} for row in rows]
    before = span.start - BEFORE - MILLISECOND
    read = parse_settled(series.ref, records, before, span.end, None)
    kept = tuple(one for one in read if span.start <= one.settled_at < span.end)
    return SeriesPage(settled=kept, refused=len(records) - len(read) if not read else 0)


@exactly
def _candles(rows: Iterable[Row], call: SeriesCall, instrument: Instrument, asked: tuple[Series, Span]) -> SeriesPage:
    series, span = asked
    scale = instrument.contract_size if call.volume_in_contracts else Decimal(1)
    found: dict[datetime, Candle] = {}
    refused = 0
    for row in rows:
        try:
            candle = _candle(row, scale)
        except UnreadableError:
            refused += 1
            continue
        if series.step and (candle.opened_at.timestamp() % series.step.total_seconds()) == 0:
            found[candle.opened_at] = candle
        else:
            refused += 1
    kept = tuple(found[at] for at in sorted(found) if span.start <= at < span.end)
    return SeriesPage(candles=kept, refused=refused)


def _candle(row: Row, scale: Decimal) -> Candle:
    """Read one candle. Raises UnreadableError if a number is missing or none, or its prices contradict each other."""
    at = moment_of(row["time"])
    prices = [price_in(row, key, key) for key in ("open", "high", "low", "close")]
    opened, high, low, close = prices
    if at is None or opened is None or high is None or low is None or close is None:
        raise UnreadableError(UnknownReason.MISSING, "a candle without time or prices")
    if not low <= min(opened, close) <= max(opened, close) <= high:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, "a candle whose prices contradict each other")
    volume = number_in(row, "volume", "volume")
    if volume is not None and volume < 0:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, "a volume below zero")
    return Candle(
        opened_at=at, open=opened, high=high, low=low, close=close, volume=None if volume is None else volume * scale
    )
