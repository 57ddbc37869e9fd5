"""Orders: what somebody could place to mend a hedge; hedgewatch never does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.instrument import InstrumentRef, OrderUnit


class Side(StrEnum):
    """Order side."""

    BUY = "buy"
    SELL = "sell"


class TimeInForce(StrEnum):
    """Passive (rests in the book or is refused) or immediate-or-cancel."""

    POST_ONLY = "post_only"
    IOC = "ioc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order somebody could place; hedgewatch never does.

    coins, contracts, order_quantity: positive; order_quantity is in the exchange's own ``order_unit``. limit_price:
    quote, on the tick. estimated_fee_usd: + is a cost, None if the fee is not known. estimated_slippage_usd: what it
    loses against the mid price if filled at its limit, + is a cost; a passive order earns half the spread.
    hedge_ratio_after: if it, and those before it, are filled whole. A spot order counts its coins as contracts.
    """

    ref: InstrumentRef
    account: str | None
    side: Side
    position_side: str | None
    coins: Decimal
    contracts: Decimal
    order_quantity: Decimal
    order_unit: OrderUnit
    limit_price: Decimal
    time_in_force: TimeInForce
    reduce_only: bool
    valid_until: datetime
    estimated_fee_usd: Decimal | None
    hedge_ratio_after: Decimal | None
    estimated_slippage_usd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Margin somebody could add to a position or to its wallet; hedgewatch never does.

    amount: of ``asset``, positive. liquidation_price_after: quote, the price it buys; None: no price liquidates then.
    """

    account: str | None
    asset: str
    amount: Decimal
    liquidation_price_after: Decimal | None
