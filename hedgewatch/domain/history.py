"""History: what the hours and days before tell of a price, of a leg's basis and funding, and what was paid. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.basis import BasisLabel, basis_label
from hedgewatch.domain.funding import WEEK, mean_of_window
from hedgewatch.domain.instrument import InstrumentRef, PositionSide
from hedgewatch.domain.market import SettledFunding
from hedgewatch.domain.moments import covariance, mean
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.domain.returns import daily_log_returns
from hedgewatch.domain.stand_in import NO_PROXY_PAST, ProxyPast
from hedgewatch.domain.unusual import sample_deviation
from hedgewatch.domain.volatility import DAYS_OF_YEAR, annual_volatility

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BASIS_WINDOW = timedelta(days=30)
DAILY_WINDOW = timedelta(days=91)  # 90 daily returns: the window of the betas
PAID_WINDOW = timedelta(days=30)
LABEL_BAND = Decimal("0.001")  # entered at 10 bp, left at half of it
DAY_HOURS_NEEDED = 12  # half a day of closes makes a 24-hour mean
HOURS_OF_DAY = 24
HOURLY_KEPT = timedelta(hours=26)
CLOSE_MAY_BE = timedelta(hours=2)  # older than the moment that is looked for
LEAST_CHANGES = 24  # of the basis over a day, an hour apart: two days of closes


@dataclass(frozen=True, slots=True, kw_only=True)
class PastQuote:
    """A book as it was read before: for telling a frozen one."""

    read_at: datetime
    bid: Decimal
    ask: Decimal
    exchange_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentPast:
    """What the store remembers of an instrument.

    last_good_at: receipt time of the last good quote, None if there never was one. first_asked_at: when it was first
    asked for. recent: the latest quotes, oldest first, at most the last ten polls.
    """

    first_asked_at: datetime | None = None
    last_good_at: datetime | None = None
    recent: tuple[PastQuote, ...] = ()
    unchanged_since: datetime | None = None


NO_PAST = InstrumentPast()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastStanding:
    """Where a leg was to be liquidated when last seen. price: quote; distance: a share of the mark price then."""

    futures: InstrumentRef
    side: PositionSide
    price: Decimal
    distance: Decimal
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisPast:
    """Hourly closes of a leg's basis rate over the preceding 30 days: their mean and how many there were.

    deviation: their sample standard deviation, None if it is not known or they never moved.
    """

    mean: Decimal
    hours: int
    deviation: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingMean:
    """The 24-hour mean funding rate per 8 hours. ``from_coming``: the coming rate stands in, nothing is settled yet."""

    rate_8h: Decimal
    hours: Decimal
    from_coming: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinPast:
    """What the past tells of one price.

    daily: its close at 00:00 UTC by the day that begins then. hourly: its closes of the last 26 hours by the moment
    they closed. returns: how many daily returns are known. volatility: a year, None with fewer than 30 of them.
    """

    daily: Mapping[date, Decimal] = field(default_factory=dict)
    hourly: Mapping[datetime, Decimal] = field(default_factory=dict)
    returns: int = 0
    volatility: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBasis:
    """The 24-hour mean of a leg's basis rate, and what it is called.

    label: None with fewer than ``DAY_HOURS_NEEDED`` closes. before: the label it had until ``changed_at``, both None if
    it has been the same as long as anything is remembered.
    """

    hours: int
    mean: Decimal | None = None
    label: BasisLabel | None = None
    before: BasisLabel | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidPast:
    """Funding that a leg was really paid, + received, in USD.

    usd: of the last 30 days; by_day: of each of those days (UTC); since_start: of all that is stored, from ``first_at``
    on. unvalued: by settle asset, what of the last 30 days was paid in coins whose worth then is not known.
    is_estimate: reckoned from settled rates, for nothing reads a declared position's ledger.
    """

    usd: Decimal
    by_day: Mapping[date, Decimal]
    since_start: Decimal
    first_at: datetime
    payments: int
    unvalued: Mapping[str, Decimal] = field(default_factory=dict)
    is_estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment of funding, + received. usd: its worth when it was paid, None: not known."""

    paid_at: datetime
    asset: str
    amount: Decimal
    usd: Decimal | None
    is_estimate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPast:
    """What the past tells of one leg; None: nothing is known.

    basis_volatility: a year, of the changes of its basis rate over a day. week_rate_8h: mean funding of the last seven
    days per 8 hours. proxy: of another asset's future, how it moves with the coin that it protects.
    """

    basis: BasisPast | None = None
    basis_volatility: Decimal | None = None
    day: DayBasis = field(default_factory=lambda: DayBasis(hours=0))
    week_rate_8h: Decimal | None = None
    paid: PaidPast | None = None
    proxy: ProxyPast = NO_PROXY_PAST


NO_LEG_PAST = LegPast()
NO_COIN_PAST = CoinPast()


@exactly
def past_of_price(daily: Mapping[date, Decimal], hourly: Mapping[datetime, Decimal]) -> CoinPast:
    """Return what closes tell of a price. daily: at 00:00 UTC; hourly: by the moment they closed."""
    returns = daily_log_returns(daily)
    return CoinPast(daily=daily, hourly=hourly, returns=len(returns), volatility=annual_volatility(returns))


@exactly
def return_of_a_day(past: CoinPast, price: Decimal, now: datetime) -> Decimal | None:
    """Return what a price has gained over 24 hours, a fraction; None where no close of that time is known.

    The close is the last one of 24 to 26 hours ago.
    """
    then = now - DAY
    closed = max((at for at in past.hourly if then - CLOSE_MAY_BE < at <= then), default=None)
    return None if closed is None else price / past.hourly[closed] - 1


@exactly
def past_of_basis(closes: Mapping[datetime, Decimal], now: datetime) -> LegPast:
    """Return what hourly closes of a leg's basis rate tell, by the hour they are of; the present hour does not count.

    Source: contracts section 3 (the preceding 30 days' hourly closes; the 24-hour mean).
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    known = {at: closes[at] for at in sorted(closes) if hour - BASIS_WINDOW <= at < hour}
    return LegPast(
        basis=_basis_of(list(known.values())),
        basis_volatility=_basis_volatility(known),
        day=_day_of(known, hour),
    )


def _basis_of(closes: Sequence[Decimal]) -> BasisPast | None:
    if not closes:
        return None
    deviation = sample_deviation(closes) if len(closes) > 1 else None
    return BasisPast(mean=mean(closes), hours=len(closes), deviation=deviation)


def _basis_volatility(closes: Mapping[datetime, Decimal]) -> Decimal | None:
    changes = [close - closes[at - DAY] for at, close in closes.items() if at - DAY in closes]
    return (covariance(changes, changes) * DAYS_OF_YEAR).sqrt() if len(changes) >= LEAST_CHANGES else None


def _day_of(closes: Mapping[datetime, Decimal], hour: datetime) -> DayBasis:
    """Walk through the days hour by hour: the label depends on the one before it."""
    if not closes:
        return DayBasis(hours=0)
    first = min(closes)
    by_hour = {(at - first) // HOUR: close for at, close in closes.items()}
    total, hours = ZERO, 0
    label = before = None
    changed = 0
    for end in range(1, (hour - first) // HOUR + 1):
        for at, sign in ((end - 1, 1), (end - 1 - HOURS_OF_DAY, -1)):
            if at in by_hour:
                total, hours = total + sign * by_hour[at], hours + sign
        if hours < DAY_HOURS_NEEDED:
            continue
        now = basis_label(total / hours, LABEL_BAND, label)
        if label is not None and now is not label:
            before, changed = label, end
        label = now
    if hours < DAY_HOURS_NEEDED:
        return DayBasis(hours=hours)
    changed_at = None if before is None else first + changed * HOUR
    return DayBasis(hours=hours, mean=total / hours, label=label, before=before, changed_at=changed_at)


def week_rate(settled: Sequence[SettledFunding], now: datetime) -> Decimal | None:
    """Return the mean rate per 8 hours of what settled in the last seven days; None if nothing did."""
    found = mean_of_window(settled, now, WEEK)
    return None if found is None else found[0]


@exactly
def past_of_payments(payments: Sequence[Payment], now: datetime) -> PaidPast | None:
    """Return what payments come to; None if there are none."""
    if not payments:
        return None
    recent = [one for one in payments if one.paid_at > now - PAID_WINDOW]
    by_day: dict[date, Decimal] = {}
    unvalued: dict[str, Decimal] = {}
    for one in recent:
        if one.usd is None:
            unvalued[one.asset] = unvalued.get(one.asset, ZERO) + one.amount
        else:
            day = one.paid_at.date()
            by_day[day] = by_day.get(day, ZERO) + one.usd
    return PaidPast(
        usd=sum(by_day.values(), ZERO),
        by_day=by_day,
        since_start=sum((one.usd for one in payments if one.usd is not None), ZERO),
        first_at=min(one.paid_at for one in payments),
        payments=len(recent),
        unvalued=unvalued,
        is_estimate=any(one.is_estimate for one in recent),
    )
