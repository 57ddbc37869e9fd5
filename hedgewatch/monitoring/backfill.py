"""Back-fill: the past, page by page, from where the last run stopped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hedgewatch.domain.candle import Series, SeriesKind, Span, gaps_of, on_grid, pages_of, without
from hedgewatch.domain.instrument import InstrumentKind, InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.mends import MENDS
from hedgewatch.monitoring.ports import Clock
from hedgewatch.monitoring.series import PageFailure, SeriesPage, SeriesSource, SeriesStore

TRIES = 3
PAUSE = timedelta(seconds=2)
NO_BREATH = timedelta(0)
LONGEST_PATIENCE = timedelta(minutes=2)  # a longer ban ends the run: the next one goes on from there
WORTH_A_TRY = frozenset({UnknownReason.TIMEOUT, UnknownReason.FETCH_ERROR, UnknownReason.RATE_LIMITED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One page that was done. page, pages: of its series in this run. rows: told by it."""

    series: Series
    page: int
    pages: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesReport:
    """What one series has come to. rows: told in this run. stored: in the span now. gaps: of the span.

    failure: why it ended early, with its mend; None if it did not.
    """

    series: Series
    span: Span
    rows: int
    stored: int
    gaps: tuple[Span, ...]
    failure: str | None


def series_wanted(refs: Sequence[InstrumentRef], steps: Sequence[timedelta]) -> tuple[Series, ...]:
    """List what is asked of instruments: trades of all, mark price of contracts, funding of perpetuals."""
    found: list[Series] = []
    for ref in refs:
        if ref.kind is InstrumentKind.PERPETUAL:
            found.append(Series(ref=ref, kind=SeriesKind.FUNDING, step=None))
        kinds = (SeriesKind.TRADES,) if ref.kind is InstrumentKind.SPOT else (SeriesKind.TRADES, SeriesKind.MARK)
        found += (Series(ref=ref, kind=one, step=step) for step in steps for one in kinds)
    return tuple(found)


def span_of(series: Series, now: datetime, days: int) -> Span:
    """Return the stretch that ``days`` back from ``now`` means: whole candles that are closed."""
    step = series.step or timedelta(hours=1)
    end = on_grid(now, step)
    return Span(start=on_grid(end - timedelta(days=days), step), end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What one run over a span has brought. rows: told. failure: why it ended early, with its mend; None if not."""

    rows: int
    failure: str | None


class Backfill:
    """Fills the past of one exchange's instruments."""

    def __init__(
        self,
        source: SeriesSource,
        store: SeriesStore,
        clock: Clock,
        *,
        pause: Callable[[float], Awaitable[None]],
        tell: Callable[[Step], None],
        breath: timedelta = NO_BREATH,
    ) -> None:
        """Ask ``source``, keep in ``store``. pause: waits so many seconds. tell: is told of each page.

        breath: between two pages, so that whoever asks the exchange for what is now need not queue behind the past.
        """
        self._source = source
        self._store = store
        self._clock = clock
        self._pause = pause
        self._tell = tell
        self._breath = breath.total_seconds()

    async def fill(self, wanted: Sequence[Series], days: int) -> tuple[SeriesReport, ...]:
        """Fill series after series; one that fails does not stop the others. Raises StoreUnavailableError."""
        unlisted = await self.unlisted(wanted)
        reports = []
        for series in wanted:
            span = span_of(series, self._clock.now(), days)
            if series.ref in unlisted:
                reports.append(_not_asked(series, span, unlisted[series.ref]))
                continue
            brought = await self.bring(series, span)
            stored = await self._store.moments(series, span)
            gaps = gaps_of(series, span, stored)
            reports.append(
                SeriesReport(
                    series=series,
                    span=span,
                    rows=brought.rows,
                    stored=len(stored),
                    gaps=gaps,
                    failure=brought.failure,
                )
            )
        return tuple(reports)

    async def unlisted(self, wanted: Sequence[Series]) -> Mapping[InstrumentRef, str]:
        """Know the instruments of these series; return a line for each that cannot be asked about."""
        return await self._source.unlisted(tuple(dict.fromkeys(series.ref for series in wanted)))

    def tells(self, series: Series) -> bool:
        """Tell whether the exchange tells this series at all."""
        return self._source.page_length(series) is not None

    async def bring(self, series: Series, span: Span) -> Brought:
        """Ask for what of a span is not stored yet, page by page, and keep it. Raises StoreUnavailableError."""
        length = self._source.page_length(series)
        if length is None:
            words = f"{self._source.exchange} does not tell {series.kind} of {series.ref.symbol}"
            return Brought(rows=0, failure=words)
        covered = await self._store.covered(series)
        begun = {one.end: one.start for one in covered}  # where a stretch began, by where it ends
        todo = [page for stretch in without(span, covered) for page in pages_of(stretch, length)]
        rows, failure = 0, None
        for number, page in enumerate(todo, 1):
            told = await self._read(series, page)
            if isinstance(told, PageFailure):
                failure = f"{told.reason.replace('_', ' ')}: {told.detail}; {MENDS[told.reason]}"
                break
            rows += told.count
            if told.count:
                # what is told of nothing is not covered: the next run asks for it again
                begun[page.end] = begun.get(page.start, page.start)
                await self._store.keep(series, told, Span(start=begun[page.end], end=page.end))
            self._tell(Step(series=series, page=number, pages=len(todo), rows=told.count))
            if self._breath:
                await self._pause(self._breath)
        return Brought(rows=rows, failure=failure)

    async def _read(self, series: Series, page: Span) -> SeriesPage | PageFailure:
        """Read a page; what may pass by itself is tried again, after the time that the exchange asked for."""
        for left in range(TRIES - 1, -1, -1):
            told = await self._source.read(series, page)
            if isinstance(told, SeriesPage) or not left:
                return told
            wait = PAUSE if told.retry_at is None else told.retry_at - self._clock.now()
            if told.reason not in WORTH_A_TRY or wait > LONGEST_PATIENCE:
                return told
            await self._pause(max(wait, PAUSE).total_seconds())
        raise AssertionError("the last try has returned")


def _not_asked(series: Series, span: Span, why: str) -> SeriesReport:
    return SeriesReport(series=series, span=span, rows=0, stored=0, gaps=(span,), failure=why)
