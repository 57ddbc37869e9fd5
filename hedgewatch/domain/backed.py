"""Backed: a position that is there, with what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot, MarginMode, MarginWallet
from hedgewatch.domain.backing import DOLLARS, wallet_of
from hedgewatch.domain.contract_terms import USUAL_RATE, margin_tiers, rule_of, taker_fee, terms_of
from hedgewatch.domain.exposure import settle_value
from hedgewatch.domain.hedge import CycleFacts, Leg, LegSnapshot
from hedgewatch.domain.held import HeldPosition
from hedgewatch.domain.instrument import Instrument, Payoff, PositionSide
from hedgewatch.domain.liquidation_rules import LiquidationRule, TiersBy, TriggerFee
from hedgewatch.domain.margin import Tiers, maintenance_margin
from hedgewatch.domain.market import MarketReading
from hedgewatch.domain.numbers import ONE, ZERO
from hedgewatch.domain.position import positions_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedPosition:
    """A position that is there, with what stands behind it. wallet: the one that backs it, None if none does.

    contracts: short is negative, never zero. mark: quote. is_assumed: nobody tells the tiers of a declared position, so
    that the usual rate stands for them.
    """

    held: HeldPosition
    instrument: Instrument
    payoff: Payoff
    contracts: Decimal
    mark: Decimal
    tiers: Tiers | None
    taker_fee: Decimal | None
    wallet: MarginWallet | None
    said: AccountSnapshot | None
    is_assumed: bool = False

    @property
    def side(self) -> PositionSide:
        """Which way it points."""
        return PositionSide.SHORT if self.contracts < 0 else PositionSide.LONG

    @property
    def value(self) -> Decimal:
        """What it is worth at the mark price, in the settle asset."""
        return self.value_at(self.mark)

    def value_at(self, price: Decimal) -> Decimal:
        """Return what it is worth at a price, in the settle asset."""
        return abs(settle_value(self.payoff, self.contracts, self.instrument.contract_size, price))

    @property
    def rule(self) -> LiquidationRule:
        """How its exchange decides on liquidation."""
        return rule_of(self.instrument)

    @property
    def is_whole_account(self) -> bool:
        """True if a unified account backs it, with everything that lies there."""
        return self.wallet is not None and self.wallet.asset == DOLLARS

    @property
    def maintenance(self) -> Decimal | None:
        """What it must keep now, in the settle asset."""
        if self.held.maintenance_margin is not None:
            return self.held.maintenance_margin
        terms = self.terms_at(self.mark)
        return None if terms is None else terms[0] * self.value - terms[1]

    @property
    def equity(self) -> Decimal | None:
        """What backs it alone now, in the settle asset."""
        margin, gain = self.held.margin, self.held.unrealised_pnl
        return None if margin is None or gain is None else margin + gain

    @property
    def rate(self) -> Decimal | None:
        """The maintenance margin rate now: of the tier reached, else what is kept over the value."""
        terms = self.terms_at(self.mark)
        return None if terms is None else terms[0]

    def terms_at(self, price: Decimal) -> tuple[Decimal, Decimal] | None:
        """Return maintenance margin rate and deduction (settle asset) at a price; what is kept must be rate x value.

        Without tiers the rate is what is kept now over the value. Contracts choose the tier of some exchanges, whose
        rate then holds for the whole position.
        """
        if self.tiers is None:
            kept = self.held.maintenance_margin
            return None if kept is None else (kept / self.value, ZERO)
        if self.rule.tiers_by is TiersBy.CONTRACTS:
            return maintenance_margin(self.tiers, abs(self.contracts)).mmr, ZERO
        found = maintenance_margin(self.tiers, self.value_at(price))
        return found.mmr, found.cum

    @property
    def trigger_fee(self) -> Decimal:
        """The fee that counts in the trigger, a fraction."""
        rule = self.rule
        if rule.fee is TriggerFee.TAKER and self.taker_fee is not None:
            return max(ZERO, self.taker_fee)
        return rule.usual_fee

    @property
    def value_in_wallet(self) -> Decimal | None:
        """What all positions that its wallet backs are worth, in the wallet's asset; its own value if it has none."""
        if self.wallet is None or self.said is None:
            return self.value
        total = ZERO
        for row in positions_of(self.said):
            if row.margin_mode is MarginMode.ISOLATED or wallet_of(self.said, row.ref) != self.wallet:
                continue
            price = ONE if self.is_whole_account or not row.ref.is_inverse else row.mark_price
            if row.reported_notional is None or not price:
                return None
            total += row.reported_notional / price
        return total

    @property
    def backing(self) -> Decimal | None:
        """The equity behind it: its own, or all of its wallet's, in the wallet's asset."""
        return self.equity if self.wallet is None else self.wallet.equity


def backed_position(
    leg: Leg, held: HeldPosition, instrument: Instrument | None, mark: Decimal | None, *, facts: CycleFacts
) -> BackedPosition | None:
    """Return a leg's position with what backs it; None: there is none, or its contracts or its mark are not known."""
    if instrument is None or instrument.payoff is None or mark is None or not held.contracts:
        return None
    said = facts.accounts.get(leg.account or "") if leg.is_read else None
    snapshot = said if isinstance(said, AccountSnapshot) else None
    terms = terms_of(leg, facts)
    tiers = margin_tiers(held, instrument, terms)
    is_assumed = tiers is None and not leg.is_read
    is_alone = held.margin_mode is MarginMode.ISOLATED or not leg.is_read
    return BackedPosition(
        held=held,
        instrument=instrument,
        payoff=instrument.payoff,
        contracts=held.contracts,
        mark=mark,
        tiers=((ZERO, USUAL_RATE),) if is_assumed else tiers,
        taker_fee=taker_fee(instrument, terms),
        wallet=None if is_alone or snapshot is None else wallet_of(snapshot, instrument.ref),
        said=snapshot,
        is_assumed=is_assumed,
    )


def position_of_leg(leg: LegSnapshot, facts: CycleFacts) -> BackedPosition | None:
    """Return the position of a leg that was measured, with what backs it; None where there is none or it is unknown."""
    instrument = leg.reading.instrument if isinstance(leg.reading, MarketReading) else None
    return backed_position(leg.leg, leg.held, instrument, leg.mark_price, facts=facts)
