"""Each exchange's rule of liquidation, as data; and whose price counts: the exchange's or ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.instrument import Payoff, PositionSide
from hedgewatch.domain.liquidation import Liquidation, liq_price, liq_price_entry_mm, liq_price_tiered
from hedgewatch.domain.margin import Tiers, maintenance_margin
from hedgewatch.domain.numbers import ZERO, exact, exactly

MISMATCH = Decimal("0.02")


class MaintenanceAt(StrEnum):
    """At which price the maintenance margin is counted."""

    LIQUIDATION = "liquidation"
    ENTRY = "entry"


class TriggerFee(StrEnum):
    """Which fee counts in the trigger."""

    NONE = "none"
    TAKER = "taker"
    LIQUIDATION = "liquidation"


class TiersBy(StrEnum):
    """What chooses the tier: the position's value, or its contracts, and then the rate holds for the whole of it."""

    VALUE = "value"
    CONTRACTS = "contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationRule:
    """How an exchange decides. usual_fee: the fee that counts where the instrument does not say; a fraction."""

    maintenance_at: MaintenanceAt = MaintenanceAt.LIQUIDATION
    fee: TriggerFee = TriggerFee.NONE
    usual_fee: Decimal = ZERO
    tiers_by: TiersBy = TiersBy.VALUE


# Domain specification 5.3. Bybit's page of 2024 counted isolated maintenance margin at entry, that of 2026 does not.
LIQUIDATION_RULES: Mapping[str, LiquidationRule] = {
    "binance": LiquidationRule(),
    "bybit": LiquidationRule(),
    "bingx": LiquidationRule(fee=TriggerFee.TAKER, usual_fee=Decimal("0.0005")),
    "weex": LiquidationRule(),
    "mexc": LiquidationRule(
        fee=TriggerFee.LIQUIDATION, usual_fee=Decimal("0.0002"), tiers_by=TiersBy.CONTRACTS
    ),
}  # fmt: skip
# An exchange that is not listed: with the fee the price is the nearer one, which is the careful way to be wrong.
OTHER_EXCHANGES = LiquidationRule(fee=TriggerFee.TAKER, usual_fee=Decimal("0.0005"))


class PriceSource(StrEnum):
    """Whose liquidation price it is."""

    EXCHANGE = "exchange"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationView:
    """Which liquidation price is shown and which is acted on; None with ``is_never`` false: not known.

    difference: ours against the exchange's, a fraction of the latter, None where one of them is missing.
    is_mismatch: they are more than 2 % apart, and the nearer is acted on.
    """

    shown: Decimal | None
    acted_on: Decimal | None
    source: PriceSource | None
    difference: Decimal | None
    is_mismatch: bool
    is_never: bool


@exactly
def liquidation_by(  # noqa: PLR0913  the inputs of the formula
    rule: LiquidationRule,
    payoff: Payoff,
    side: PositionSide,
    *,
    contracts: Decimal,
    contract_size: Decimal,
    entry: Decimal,
    margin: Decimal,
    tiers: Tiers,
    taker_fee: Decimal | None = None,
    liquidation_fee: Decimal | None = None,
) -> Liquidation:
    """Return the liquidation price by an exchange's rule.

    tiers: (floor, rate); one flat rate is one tier from 0. fees: the instrument's own, None where it does not say.
    Source: domain specification 5.3. Raises InvalidValueError as ``liq_price`` and ``tier_cums`` do.
    """
    fees = {TriggerFee.NONE: ZERO, TriggerFee.TAKER: taker_fee, TriggerFee.LIQUIDATION: liquidation_fee}
    given = fees[rule.fee]
    fee = rule.usual_fee if given is None else given
    if rule.tiers_by is TiersBy.CONTRACTS:
        held = maintenance_margin(tiers, abs(exact(contracts, "contracts")))
        price = liq_price(
            payoff, side, contracts, contract_size, entry=entry, margin=margin, mmr=held.mmr, fee_rate=fee
        )
        return Liquidation(price=price, tier=None if price is None else held.tier)
    if rule.maintenance_at is MaintenanceAt.LIQUIDATION:
        return liq_price_tiered(
            payoff, side, contracts, contract_size, entry=entry, margin=margin, tiers=tiers, fee_rate=fee
        )
    worth = abs(exact(contracts, "contracts")) * contract_size
    held = maintenance_margin(tiers, worth * entry if payoff is Payoff.LINEAR else worth / entry)
    price = liq_price_entry_mm(
        payoff, side, contracts, contract_size, entry=entry, initial_margin=margin, maintenance_margin=held.mm
    )
    return Liquidation(price=price, tier=None if price is None else held.tier)


@exactly
def which_liquidation(
    side: PositionSide, exchange_price: Decimal | None, own: Liquidation | None, *, is_estimate: bool = False
) -> LiquidationView:
    """Return which liquidation price to show and to act on: the exchange's if it gives one, ours always computed.

    exchange_price: None, zero or below where it gives none. own: None where ours is not known. is_estimate: portfolio
    or multi-asset margin, of which we see a part: the exchange's alone counts. More than 2 % apart: the nearer counts.
    Source: domain specification 5.3, precedence.
    """
    given = exchange_price if exchange_price is not None and exact(exchange_price, "exchange_price") > 0 else None
    ours = own.price if own is not None else None
    if given is None or own is None:
        return LiquidationView(
            shown=given if given is not None else ours,
            acted_on=given if given is not None else ours,
            source=PriceSource.EXCHANGE if given is not None else PriceSource.OWN if own is not None else None,
            difference=None,
            is_mismatch=False,
            is_never=given is None and own is not None and ours is None,
        )
    difference = None if ours is None else (ours - given) / given
    is_mismatch = not is_estimate and (difference is None or abs(difference) > MISMATCH)
    nearer = min if side is PositionSide.SHORT else max
    return LiquidationView(
        shown=given,
        acted_on=nearer(given, ours) if is_mismatch and ours is not None else given,
        source=PriceSource.EXCHANGE,
        difference=difference,
        is_mismatch=is_mismatch,
        is_never=False,
    )
