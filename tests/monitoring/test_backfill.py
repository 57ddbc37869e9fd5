"""The back-fill: from where the last run stopped, with patience, and honest about what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.candle import Candle, Series, SeriesKind, Span
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.monitoring.backfill import Backfill, SeriesReport, Step, series_wanted, span_of
from hedgewatch.monitoring.series import PageFailure, SeriesPage

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
END = NOW.replace(minute=0)
REF = InstrumentRef(exchange="binance", symbol="BTC/USDT")
HOURLY = Series(ref=REF, kind=SeriesKind.TRADES, step=HOUR)
PAGE_HOURS = 10


class Standing:
    """Fills the port Clock: it stands still."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> Decimal:
        return Decimal(0)


@dataclass
class Told:
    """Fills the port SeriesSource: a candle every hour but those missing; fails as often as it is told to."""

    exchange: str = "binance"
    missing: set[datetime] = field(default_factory=set)
    failures: list[PageFailure] = field(default_factory=list)
    names: dict[InstrumentRef, str] = field(default_factory=dict)
    asked: list[Span] = field(default_factory=list)
    length: timedelta | None = PAGE_HOURS * HOUR

    async def unlisted(self, refs: Sequence[InstrumentRef]) -> Mapping[InstrumentRef, str]:
        return {ref: line for ref, line in self.names.items() if ref in refs}

    def page_length(self, series: Series) -> timedelta | None:
        assert series.ref.exchange == self.exchange
        return self.length

    async def read(self, series: Series, span: Span) -> SeriesPage | PageFailure:
        assert series.step is not None
        self.asked.append(span)
        if self.failures:
            return self.failures.pop(0)
        hours = [span.start + number * HOUR for number in range(round((span.end - span.start) / HOUR))]
        one = Decimal(1)
        kept = [at for at in hours if at not in self.missing]
        candles = (Candle(opened_at=at, open=one, high=one, low=one, close=one, volume=None) for at in kept)
        return SeriesPage(candles=tuple(candles))

    async def close(self) -> None:
        return


@dataclass
class Kept:
    """Fills the port SeriesStore in memory; can be cut off after some pages, as a kill would."""

    rows: dict[datetime, Candle] = field(default_factory=dict)
    stretches: dict[datetime, datetime] = field(default_factory=dict)
    dies_after: int | None = None

    async def covered(self, series: Series) -> tuple[Span, ...]:
        assert series == HOURLY
        return tuple(Span(start=start, end=end) for start, end in self.stretches.items())

    async def keep(self, series: Series, page: SeriesPage, covered: Span) -> None:
        assert series == HOURLY
        if self.dies_after is not None:
            if self.dies_after == 0:
                raise KeyboardInterrupt
            self.dies_after -= 1
        assert not self.rows.keys() & {one.opened_at for one in page.candles}, "a row came twice"
        self.rows |= {one.opened_at: one for one in page.candles}
        self.stretches[covered.start] = covered.end

    async def moments(self, series: Series, span: Span) -> tuple[datetime, ...]:
        assert series == HOURLY
        return tuple(at for at in sorted(self.rows) if span.start <= at < span.end)


@dataclass
class Run:
    source: Told = field(default_factory=Told)
    store: Kept = field(default_factory=Kept)
    pauses: list[float] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    async def fill(self, days: int = 2) -> SeriesReport:
        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        [report] = await Backfill(self.source, self.store, Standing(), pause=pause, tell=self.steps.append).fill(
            [HOURLY], days
        )
        return report


async def test_a_stretch_is_filled_in_pages_oldest_first() -> None:
    run = Run()
    report = await run.fill()
    assert (report.rows, report.stored, report.gaps, report.failure) == (48, 48, (), None)
    assert [one.start for one in run.source.asked] == [END - 48 * HOUR + 10 * number * HOUR for number in range(5)]
    assert [(step.page, step.pages) for step in run.steps] == [(number, 5) for number in range(1, 6)]
    assert run.store.stretches == {END - 48 * HOUR: END}


async def test_a_run_that_was_cut_off_goes_on_where_it_stopped() -> None:
    run = Run(store=Kept(dies_after=2))
    with pytest.raises(KeyboardInterrupt):
        await run.fill()
    run.store.dies_after, run.source.asked[:] = None, []
    report = await run.fill()
    assert run.source.asked[0].start == END - 28 * HOUR
    assert (report.rows, report.stored, report.gaps) == (28, 48, ())


async def test_what_is_there_is_not_asked_for_again_and_more_days_ask_only_for_the_older() -> None:
    run = Run()
    await run.fill()
    run.source.asked.clear()
    await run.fill()
    assert run.source.asked == []
    report = await run.fill(days=3)
    assert [(one.start, one.end) for one in run.source.asked][-1] == (END - 52 * HOUR, END - 48 * HOUR)
    assert (report.rows, report.stored) == (24, 72)


async def test_a_page_of_nothing_is_a_gap_and_asked_for_again() -> None:
    missing = {END - 48 * HOUR + number * HOUR for number in range(10, 20)}
    run = Run(source=Told(missing=set(missing)))
    report = await run.fill()
    gap = Span(start=min(missing), end=max(missing) + HOUR)
    assert (report.stored, report.gaps, report.failure) == (38, (gap,), None)
    run.source.asked.clear()
    run.source.missing.clear()
    report = await run.fill()
    assert run.source.asked == [gap]
    assert (report.stored, report.gaps) == (48, ())


async def test_a_hole_in_a_page_is_listed() -> None:
    hole = END - 5 * HOUR
    report = await Run(source=Told(missing={hole})).fill()
    assert report.gaps == (Span(start=hole, end=hole + HOUR),)


async def test_a_limit_is_waited_for_as_long_as_the_exchange_asked() -> None:
    limit = PageFailure(reason=UnknownReason.RATE_LIMITED, detail="slowly", retry_at=NOW + timedelta(seconds=40))
    run = Run(source=Told(failures=[limit]))
    report = await run.fill()
    assert run.pauses == [40.0]
    assert (report.stored, report.failure) == (48, None)


@pytest.mark.parametrize(
    ("failure", "pauses"),
    [
        (PageFailure(reason=UnknownReason.BANNED, detail="d", retry_at=NOW + HOUR), 0),
        (PageFailure(reason=UnknownReason.RATE_LIMITED, detail="d", retry_at=NOW + HOUR), 0),
        (PageFailure(reason=UnknownReason.GEO_BLOCKED, detail="d"), 0),
        (PageFailure(reason=UnknownReason.TIMEOUT, detail="d"), 2),
    ],
)
async def test_what_does_not_pass_ends_the_series_with_its_mend(failure: PageFailure, pauses: int) -> None:
    run = Run(source=Told(failures=[failure] * 3))
    report = await run.fill()
    assert len(run.pauses) == pauses
    assert report.failure is not None
    assert report.failure.startswith(f"{failure.reason.replace('_', ' ')}: d; ")
    assert report.gaps == (Span(start=END - 48 * HOUR, end=END),)


async def test_what_an_exchange_does_not_list_or_tell_is_said() -> None:
    unlisted = await Run(source=Told(names={REF: "binance has no such market"})).fill()
    untold = await Run(source=Told(length=None)).fill()
    assert unlisted.failure == "binance has no such market"
    assert untold.failure == "binance does not tell trades of BTC/USDT"


def test_every_instrument_is_asked_for_what_it_has() -> None:
    refs = [InstrumentRef(exchange="binance", symbol=f"BTC/USDT{rest}") for rest in ("", ":USDT", ":USDT-261225")]
    wanted = [str(series).removeprefix("binance:") for series in series_wanted(refs, [HOUR])]
    assert wanted == [
        "BTC/USDT trades 1h",
        "BTC/USDT:USDT funding",
        "BTC/USDT:USDT trades 1h",
        "BTC/USDT:USDT mark 1h",
        "BTC/USDT:USDT-261225 trades 1h",
        "BTC/USDT:USDT-261225 mark 1h",
    ]


def test_only_closed_candles_are_asked_for() -> None:
    assert span_of(HOURLY, NOW, 1) == Span(start=END - 24 * HOUR, end=END)
