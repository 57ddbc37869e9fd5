"""A hedge as declared, and as measured at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.account import AccountFailure, AccountSnapshot, Liquidation, MarginMode, OpenOrder, TradingFees
from hedgewatch.domain.contract_facts import Facts
from hedgewatch.domain.held import DeclaredPosition, HeldPosition
from hedgewatch.domain.history import BasisPast, CoinPast, FundingMean, InstrumentPast, LastStanding, LegPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.insurance import NO_INSURANCE, Insurance
from hedgewatch.domain.inventory import HeldShare, Holding
from hedgewatch.domain.market import (
    ExchangeAnswer,
    Funding,
    MarketReading,
    OrderBook,
    ReadingFailure,
    SettledFunding,
    Standstill,
    UnknownReason,
)
from hedgewatch.domain.numbers import ONE, ZERO
from hedgewatch.domain.proof import Belief, Doubted, Fall, Subject
from hedgewatch.domain.rebalance import TargetMode
from hedgewatch.domain.stand_in import Proxy
from hedgewatch.domain.terms import HedgeTerms
from hedgewatch.domain.thresholds import RuleSettings

DOLLAR = "USD"


class Quality(StrEnum):
    """How far a snapshot can be trusted."""

    OK = "ok"
    PARTIAL = "partial"
    STALE = "stale"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One futures position in one account. ``name``: the given one, else ``exchange:symbol[@account]``.

    position None: read from the account. share: of what the legs carry together, 0 to 1, None if it is all the same.
    counts_equity: the coins that back it in its account are exposure of this hedge; of legs that share a wallet one has
    it. expected_mode: the margin mode that its owner declares, None if none.
    """

    name: str
    futures: InstrumentRef
    account: str | None
    position: DeclaredPosition | None
    share: Decimal | None = None
    counts_equity: bool = False
    expected_mode: MarginMode | None = None

    @property
    def is_read(self) -> bool:
        """True if the position is read from an account, not declared."""
        return self.position is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedge:
    """Holdings (or shares of them), the futures legs that protect them, a target, and the rules it is judged by.

    spot: where the coin is priced, in order of preference. target_ratio: 1 is fully hedged. target_usd: what a target
    in dollars is. proxy: how far futures of other assets count, None if all are the asset's own. dollars: where quote
    currencies are priced in dollars; those without one count as 1. feeds: its legs by name and its spot sources by
    reference. currencies: what it is quoted in, but for the dollar itself.
    """

    name: str
    asset: str
    held: tuple[HeldShare, ...]
    spot: tuple[InstrumentRef, ...]
    legs: tuple[Leg, ...]
    target_ratio: Decimal
    rules: Mapping[str, RuleSettings]
    terms: HedgeTerms = field(default_factory=HedgeTerms)
    target_mode: TargetMode = TargetMode.COIN
    target_usd: Decimal | None = None
    proxy: Proxy | None = None
    dollars: Mapping[str, InstrumentRef] = field(default_factory=dict)
    currencies: tuple[str, ...] = field(init=False, repr=False, compare=False)
    feeds: Mapping[str, InstrumentRef] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Name what feeds it and what it is quoted in, once."""
        quotes = dict.fromkeys((*(ref.quote for ref in self.spot), *(leg.futures.quote for leg in self.legs)))
        object.__setattr__(self, "currencies", tuple(quote for quote in quotes if quote != DOLLAR))
        feeds = {leg.name: leg.futures for leg in self.legs}
        object.__setattr__(self, "feeds", feeds | {str(ref): ref for ref in self.spot})

    def stands_in(self, leg: Leg) -> bool:
        """Tell whether a leg is another asset's future."""
        return self.proxy is not None and leg.futures.base != self.asset

    @property
    def instruments(self) -> tuple[InstrumentRef, ...]:
        """Every instrument that must be read for this hedge."""
        return (*self.spot, *(leg.futures for leg in self.legs), *self.dollars.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the past must tell about all hedges. A missing key: nothing is remembered.

    basis is keyed by (hedge, leg). settled holds the funding rates settled in the last 24 hours, oldest first.
    last_answer_at: when each exchange last answered usefully; first_asked_at: when it was first asked.
    coins and legs: what the hours and days before tell of prices, and of (hedge, leg); renewed once an hour. books:
    the latest.
    standings: where a (hedge, leg) was to be liquidated when that was last known.
    """

    instruments: Mapping[InstrumentRef, InstrumentPast] = field(default_factory=dict)
    basis: Mapping[tuple[str, str], BasisPast] = field(default_factory=dict)
    settled: Mapping[InstrumentRef, tuple[SettledFunding, ...]] = field(default_factory=dict)
    last_answer_at: Mapping[str, datetime] = field(default_factory=dict)
    first_asked_at: Mapping[str, datetime] = field(default_factory=dict)
    coins: Mapping[InstrumentRef, CoinPast] = field(default_factory=dict)
    legs: Mapping[tuple[str, str], LegPast] = field(default_factory=dict)
    books: Mapping[InstrumentRef, OrderBook] = field(default_factory=dict)
    standings: Mapping[tuple[str, str], LastStanding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSnapshot:
    """All facts of one leg at one moment. None: not known. Coins and contracts: short is negative.

    basis = futures mid minus spot mid; basis_rate = basis / spot. funding_rate_8h: the coming settlement's rate per 8
    h. unknown: why there is no price. is_never: no move can liquidate it. size_doubt: why its contract's size is not
    believed, None if it is. orders: those that rest at its account, None where they could not be read, empty where no
    account is read. fees: of its account. liquidation_difference: our liquidation price against the exchange's, a
    fraction of the latter, None where they cannot be compared, NEVER where it gives one and by ours no price does.
    is_delivered: its contract has expired, so that nothing is held in it. usd: worth of a unit of its quote currency.
    per_coin: the hedge's coins that one coin of it stands against: 1, and F / (beta x S) for another asset's future.
    """

    leg: Leg
    reading: MarketReading | ReadingFailure
    contracts: Decimal | None
    coins: Decimal | None
    futures_price: Decimal | None
    mark_price: Decimal | None
    basis: Decimal | None
    basis_rate: Decimal | None
    mark_basis_rate: Decimal | None
    basis_label: str | None
    funding: Funding | None
    funding_rate_8h: Decimal | None
    funding_apr: Decimal | None
    funding_mean: FundingMean | None
    unrealised_pnl_usd: Decimal | None
    liquidation_price: Decimal | None
    liquidation_distance: Decimal | None
    margin_usage: Decimal | None
    leverage: Decimal | None
    quality: Quality
    unknown: UnknownReason | None
    data_age_seconds: Decimal | None
    held: HeldPosition = field(default_factory=HeldPosition)
    is_never: bool = False
    size_doubt: str | None = None
    orders: tuple[OpenOrder, ...] | None = ()
    fees: TradingFees | None = None
    liquidation_difference: Liquidation = None
    usd: Decimal | None = ONE
    is_delivered: bool = False
    per_coin: Decimal | None = ONE

    @property
    def covered(self) -> Decimal | None:
        """The hedge's coins that it stands against; short is negative, None: not known."""
        return None if self.coins is None or self.per_coin is None else self.coins * self.per_coin

    @property
    def is_flat(self) -> bool:
        """True if it is known to hold nothing."""
        return self.contracts == 0 and self.held.doubt is None

    @property
    def notional_usd(self) -> Decimal | None:
        """What its coins are worth in dollars; None: not known."""
        notional = self.notional
        return notional if self.usd is ONE or notional is None else None if self.usd is None else notional * self.usd

    @property
    def notional(self) -> Decimal | None:
        """What its coins are worth, in quote, at the mark price, else its mid; None: not known."""
        if self.coins == 0:
            return ZERO
        price = self.mark_price if self.mark_price is not None else self.futures_price
        return None if self.coins is None or price is None else abs(self.coins) * price


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeSnapshot:
    """All facts of one hedge at one moment; the columns of hedge_history. None: not known.

    holding: coins counted, exposure: holding plus coin equity; futures_coins: short is negative. spot_unknown: why
    there is no spot price, None if there is one. quantities: coins of each holding by its name, None: not known.
    dollars: what a quote currency with a source is worth, or why that is not known. coin_doubt: why the exposure is not
    known. coin_fall: coins that were proven to have left, why is not known. still: its feeds that stand still.
    target: the futures coins that it should have.
    """

    hedge: Hedge
    read_at: datetime
    spot: MarketReading | ReadingFailure | None
    spot_price: Decimal | None
    legs: tuple[LegSnapshot, ...]
    holding: Decimal | None
    exposure: Decimal | None
    futures_coins: Decimal | None
    net_exposure: Decimal | None
    hedge_ratio: Decimal | None
    drift: Decimal | None
    notional_usd: Decimal | None
    futures_price: Decimal | None
    basis_rate: Decimal | None
    funding_rate_8h: Decimal | None
    funding_apr: Decimal | None
    liquidation_price: Decimal | None
    liquidation_distance: Decimal | None
    margin_usage: Decimal | None
    leverage: Decimal | None
    unrealised_pnl_usd: Decimal | None
    quality: Quality
    data_age_seconds: Decimal | None
    insurance: Insurance = NO_INSURANCE
    dollars: Mapping[str, Decimal | UnknownReason] = field(default_factory=dict)
    spot_unknown: UnknownReason | None = None
    quantities: Mapping[str, Decimal | None] = field(default_factory=dict)
    coin_doubt: Doubted | None = None
    coin_fall: Fall | None = None
    still: Mapping[InstrumentRef, Standstill] = field(default_factory=dict)
    target: Decimal | None = None

    @property
    def spot_price_usd(self) -> Decimal | None:
        """What a coin is worth in dollars; None: not known."""
        if self.spot is None or not self.dollars:
            return self.spot_price
        rate = self.dollars.get(self.spot.ref.quote, ONE)
        return None if self.spot_price is None or isinstance(rate, UnknownReason) else self.spot_price * rate

    @property
    def carry_cost_usd(self) -> Decimal | None:
        """What keeping it is expected to cost until its end, + is paid."""
        return self.insurance.cost

    @property
    def protection_usd(self) -> Decimal | None:
        """The tail loss that it removes."""
        return self.insurance.protection

    @property
    def cost_ratio(self) -> Decimal | None:
        """Expected cost over protection."""
        return self.insurance.ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleFacts:
    """What all rules of one cycle may look at.

    poll_seconds: the configured interval. answers: by exchange. past: what the store remembered before this cycle.
    accounts: what each said, by its name. beliefs: what is proven of positions and coins. contracts: what is known of
    every instrument, each fact with its latest change. holdings: all that are owned, hedged or not, by name.
    """

    read_at: datetime
    poll_seconds: Decimal
    answers: Mapping[str, ExchangeAnswer]
    readings: Mapping[InstrumentRef, MarketReading | ReadingFailure]
    past: Past
    accounts: Mapping[str, AccountSnapshot | AccountFailure] = field(default_factory=dict)
    beliefs: Mapping[Subject, Belief] = field(default_factory=dict)
    contracts: Facts = field(default_factory=dict)
    holdings: Mapping[str, Holding] = field(default_factory=dict)
