"""The contract a hedge is sized in: what is known of it, and the options that say it in plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hedgewatch.cli.books import payoff_of
from hedgewatch.cli.wishes import fraction, option_of
from hedgewatch.domain.contract_terms import USUAL_RATE
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.hedge_size import AskedHedge, ContractMarket, HedgeSize, MarginTerms
from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, OrderUnit, Payoff
from hedgewatch.domain.liquidation_rules import LiquidationRule
from hedgewatch.domain.margin import margin_rate
from hedgewatch.domain.numbers import ONE, ZERO, exact, non_negative, positive
from hedgewatch.domain.playbook import PlaybookSays
from hedgewatch.domain.size_warnings import SizeWarning

NEEDED = ("price", "contract_size", "kind")
PLAIN = (*NEEDED, "tick", "lot_step", "min_contracts", "min_notional", "funding_rate", "funding_interval")
USUAL_INTERVAL = Decimal(8)
COINS, DOLLARS = "coins", "USD"  # what plain numbers are called where no option names them
RATE_ASSUMED = "maintenance margin rate 0.5 % assumed; --maintenance-margin-rate says another"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeGiven:
    """The options of ``size``, as they were written; None: left out."""

    asset: str | None = None
    notional: str | None = None
    coins: str | None = None
    futures: str | None = None
    leverage: str = "1"
    maintenance_margin_rate: str | None = None
    price: str | None = None
    contract_size: str | None = None
    kind: str | None = None
    tick: str | None = None
    lot_step: str | None = None
    min_contracts: str | None = None
    min_notional: str | None = None
    funding_rate: str | None = None
    funding_interval: str | None = None

    def asked(self) -> AskedHedge:
        """Return what is to be hedged. Raises InvalidValueError for none of coins and notional, or both."""
        if self.coins is not None and self.notional is not None:
            raise InvalidValueError("--coins", "says the same as --notional: give one of them")
        if self.coins is None and self.notional is None:
            raise InvalidValueError("--notional", "missing: give what the coins are worth, or --coins")
        return AskedHedge(
            coins=self.above_zero("coins"), notional=self.above_zero("notional"), leverage=self.needed("leverage")
        )

    def above_zero(self, name: str) -> Decimal | None:
        """Return an option as a number above zero; None if it was left out. Raises InvalidValueError that names it."""
        text = getattr(self, name)
        return None if text is None else positive(text, option_of(name))

    def needed(self, name: str) -> Decimal:
        """Return an option as a number above zero. Raises InvalidValueError that names it."""
        text: str = getattr(self, name)
        return positive(text, option_of(name))

    def margin_rate(self) -> Decimal:
        """Return the maintenance margin rate, a fraction; the usual one if it was left out."""
        text = self.maintenance_margin_rate
        option = option_of("maintenance_margin_rate")
        return USUAL_RATE if text is None else margin_rate(fraction(text, option), option)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundContract:
    """The contract to size in and its market. source: what told: numbers, exchange or store.

    read_at, age_seconds: of its prices, None: plain numbers. is_rate_assumed: nothing told the maintenance margin rate.
    """

    instrument: Instrument
    market: ContractMarket
    terms: MarginTerms
    source: str
    is_rate_assumed: bool
    read_at: datetime | None = None
    age_seconds: Decimal | None = None
    warnings: tuple[SizeWarning, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeAnswer:
    """A hedge that was sized, with all that is said about it."""

    found: FoundContract
    size: HedgeSize
    playbook: PlaybookSays
    warnings: tuple[SizeWarning, ...]


def plain_contract(given: SizeGiven) -> FoundContract:
    """Make the contract of plain numbers. Raises InvalidValueError that names what is missing or wrong."""
    gaps = [option_of(name) for name in NEEDED if getattr(given, name) is None]
    if gaps:
        raise InvalidValueError(gaps[0], f"missing: give {', '.join(gaps)}, or --futures exchange:symbol")
    payoff, price = payoff_of(given.kind or ""), given.needed("price")
    rate, interval, notes = _funding(given)
    asset = given.asset or COINS
    instrument = Instrument(
        ref=InstrumentRef(exchange="", symbol=asset),
        kind=InstrumentKind.PERPETUAL,
        payoff=payoff,
        base=asset,
        quote=DOLLARS,
        settle=asset if payoff is Payoff.INVERSE else DOLLARS,
        contract_size=given.needed("contract_size"),
        order_unit=OrderUnit.CONTRACTS,
        tick=given.above_zero("tick"),
        lot_step=given.above_zero("lot_step") or ONE,
        min_contracts=_minimum(given.min_contracts, "--min-contracts"),
        min_notional=_minimum(given.min_notional, "--min-notional"),
        maker_fee=None,
        taker_fee=None,
        expiry=None,
        active=None,
    )
    return FoundContract(
        instrument=instrument,
        market=ContractMarket(
            coin_price=price, futures_price=price, funding_rate=rate, funding_interval_hours=interval
        ),
        terms=MarginTerms(rule=LiquidationRule(), tiers=((ZERO, given.margin_rate()),)),
        source="numbers",
        is_rate_assumed=given.maintenance_margin_rate is None,
        notes=(*rate_notes(given), *notes),
    )


def rate_notes(given: SizeGiven) -> tuple[str, ...]:
    """Return the sentence about a maintenance margin rate that nothing told."""
    return (RATE_ASSUMED,) if given.maintenance_margin_rate is None else ()


def _minimum(text: str | None, option: str) -> Decimal | None:
    return None if text is None else non_negative(text, option)


def _funding(given: SizeGiven) -> tuple[Decimal | None, Decimal | None, tuple[str, ...]]:
    """Return rate and interval, and what was assumed."""
    written = given.funding_interval
    if given.funding_rate is None:
        if written is not None:
            raise InvalidValueError(
                "--funding-interval", "says how often funding is paid, and there is no --funding-rate"
            )
        return None, None, ()
    rate = exact(fraction(given.funding_rate, "--funding-rate"), "--funding-rate")
    if written is None:
        return rate, USUAL_INTERVAL, ("funding every 8 h assumed; --funding-interval says another",)
    return rate, positive(written.strip().removesuffix("h"), "--funding-interval"), ()
