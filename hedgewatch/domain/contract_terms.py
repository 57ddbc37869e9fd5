"""Contract terms: the leverage tiers and fees that hold for a leg, by its exchange's rule of liquidation."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot, ContractTerms, LeverageTiers, TierUnit, TradingFees
from hedgewatch.domain.hedge import CycleFacts, Leg
from hedgewatch.domain.held import HeldPosition
from hedgewatch.domain.instrument import Instrument, Payoff
from hedgewatch.domain.liquidation_rules import LIQUIDATION_RULES, OTHER_EXCHANGES, LiquidationRule, TiersBy
from hedgewatch.domain.margin import Tiers
from hedgewatch.domain.numbers import ZERO

# Of a declared position whose tiers nobody tells: what the large coins' lowest tiers ask (domain specification 5.3).
USUAL_RATE = Decimal("0.005")

# What a tier is counted in where a rule chooses it by value.
VALUE_UNITS = {Payoff.LINEAR: TierUnit.NOTIONAL, Payoff.INVERSE: TierUnit.COINS}


def rule_of(instrument: Instrument) -> LiquidationRule:
    """Return how its exchange decides on liquidation."""
    return LIQUIDATION_RULES.get(instrument.ref.exchange, OTHER_EXCHANGES)


def terms_of(leg: Leg, facts: CycleFacts) -> ContractTerms | None:
    """Return the terms of a leg's contract: its own account's, else those of another that trades the same."""
    said = sorted(facts.accounts.items(), key=lambda item: item[0] != leg.account)
    found = (
        terms
        for _, snapshot in said
        if isinstance(snapshot, AccountSnapshot)
        for terms in snapshot.terms
        if terms.ref == leg.futures
    )
    return next(found, None)


def fees_of(leg: Leg, facts: CycleFacts) -> TradingFees | None:
    """Return the fees of the account that a leg is read from, None if they are not known."""
    terms = terms_of(leg, facts) if leg.is_read else None
    return terms.fees if terms is not None and isinstance(terms.fees, TradingFees) else None


def margin_tiers(held: HeldPosition, instrument: Instrument, terms: ContractTerms | None) -> Tiers | None:
    """Return the tiers as the exchange's rule counts them; a declared rate is one tier for all sizes."""
    if held.maintenance_margin_rate is not None:
        return ((ZERO, held.maintenance_margin_rate),)
    if terms is None or not isinstance(terms.tiers, LeverageTiers):
        return None
    return counted_tiers(terms.tiers, instrument)


def counted_tiers(tiers: LeverageTiers, instrument: Instrument) -> Tiers | None:
    """Return tiers as (floor, rate), None where they are not in the unit that the exchange's rule counts in."""
    if instrument.payoff is None:
        return None
    unit = (
        TierUnit.CONTRACTS if rule_of(instrument).tiers_by is TiersBy.CONTRACTS else VALUE_UNITS.get(instrument.payoff)
    )
    if tiers.unit is not unit:
        return None
    return tuple((tier.floor, tier.maintenance_margin_rate) for tier in tiers.tiers)


def taker_fee(instrument: Instrument, terms: ContractTerms | None) -> Decimal | None:
    """Return what a taker pays: by the account's own terms, else by the market list."""
    return terms.fees.taker if terms and isinstance(terms.fees, TradingFees) else instrument.taker_fee
