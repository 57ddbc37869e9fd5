"""Lots: what coins cost, what their sales brought, by average cost or first in first out."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.numbers import ZERO, exact, exactly, non_negative, positive
from hedgewatch.domain.order import Side


class CostMethod(StrEnum):
    """Which coins are sold first: a share of all, or the oldest."""

    AVERAGE = "average"
    FIFO = "fifo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A purchase or sale of coins. price: quote. Fees: + is a cost, a rebate is negative; fee_base in coins."""

    PUBLIC: ClassVar[Mapping[str, str]] = {"quantity": "qty"}

    side: Side
    quantity: Decimal
    price: Decimal
    fee_quote: Decimal = ZERO
    fee_base: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Coins moved between wallets of one owner: no trade, only its network fee is gone. fee_base: coins."""

    quantity: Decimal
    fee_base: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Coins from outside. cost: quote, for all of them, None if it is not known."""

    quantity: Decimal
    cost: Decimal | None = None


Entry = Trade | Transfer | Deposit


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What is held after some entries, and what it brought.

    quantity: coins whose cost is known. cost_unknown_quantity: the others: held and hedged, but in no average and no
    profit. cost_basis and realised: quote. average_cost: quote per coin, None if nothing of known cost is held.
    unpriced_proceeds: quote, what sales of coins of unknown cost brought: how much of that is profit, nobody knows.
    """

    quantity: Decimal
    cost_unknown_quantity: Decimal
    cost_basis: Decimal
    average_cost: Decimal | None
    realised: Decimal
    unpriced_proceeds: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Coins held with their cost and worth, quote. average_cost: per coin, None if nothing is held."""

    quantity: Decimal
    cost_basis: Decimal
    average_cost: Decimal | None
    realised: Decimal
    market_value: Decimal
    unrealised: Decimal


@dataclass(slots=True, kw_only=True)
class _Pile:
    """What is held while the entries are read: lots of (coins, cost), oldest first; by average cost one at most."""

    method: CostMethod
    lots: deque[tuple[Decimal, Decimal]] = field(default_factory=deque)
    known: Decimal = ZERO
    unknown: Decimal = ZERO
    realised: Decimal = ZERO
    unpriced: Decimal = ZERO

    def put(self, quantity: Decimal, cost: Decimal) -> None:
        self.known += quantity
        if self.method is CostMethod.AVERAGE and self.lots:
            held, paid = self.lots.pop()
            quantity, cost = held + quantity, paid + cost
        self.lots.append((quantity, cost))

    def take(self, quantity: Decimal) -> Decimal:
        """Remove coins of known cost and return what they had cost."""
        gone = ZERO
        while quantity and self.lots:
            held, cost = self.lots.popleft()
            taken = min(held, quantity)
            part = cost if taken == held else cost * taken / held
            if taken < held:
                self.lots.appendleft((held - taken, cost - part))
            gone, quantity, self.known = gone + part, quantity - taken, self.known - taken
        if not self.lots:
            self.known = ZERO  # what a sum of more than 34 digits may have left
        return gone

    def take_for_nothing(self, coins: Decimal) -> None:
        """Remove coins that a fee took, those of known cost first; negative: a rebate puts some back."""
        if coins < 0:
            self.put(-coins, ZERO)
            return
        known = min(coins, self.known)
        self.realised -= self.take(known)
        self.unknown -= coins - known

    def sell(self, quantity: Decimal, proceeds: Decimal) -> None:
        """Remove coins for money, those of known cost first."""
        known = min(quantity, self.known)
        priced = proceeds if known == quantity else proceeds * known / quantity
        self.realised += priced - self.take(known)
        self.unpriced += proceeds - priced
        self.unknown -= quantity - known


@exactly
def keep_book(method: CostMethod, entries: Sequence[Entry]) -> Book:
    """Go through entries in their order and return what is left of coins and cost.

    A purchase adds quantity - fee_base coins for quantity x price + fee_quote. A sale realises quantity x price -
    fee_quote minus the cost of what it took; fee_base of a sale or transfer takes coins with their cost for nothing.
    Coins of unknown cost are sold last, by both methods, so that what can be known stays known. The profit of a hedge
    never changes a cost. Source: domain specification 10.
    Raises InvalidValueError, naming ``trades[i]``, for a quantity or price that is not above zero, a fee in coins that
    leaves nothing of the trade, and more sold than is held.
    """
    pile = _Pile(method=method)
    for at, entry in enumerate(entries):
        _enter(pile, entry, f"trades[{at}]")
    cost = sum((cost for _, cost in pile.lots), ZERO)
    return Book(
        quantity=pile.known,
        cost_unknown_quantity=pile.unknown,
        cost_basis=cost,
        average_cost=cost / pile.known if pile.known else None,
        realised=pile.realised,
        unpriced_proceeds=pile.unpriced,
    )


def _enter(pile: _Pile, entry: Entry, place: str) -> None:
    quantity = positive(entry.quantity, f"{place}.qty")
    if isinstance(entry, Deposit):
        if entry.cost is None:
            pile.unknown += quantity
        else:
            pile.put(quantity, non_negative(entry.cost, f"{place}.cost"))
    elif isinstance(entry, Transfer):
        fee = non_negative(entry.fee_base, f"{place}.fee_base")
        _refuse_more_than_held(pile, quantity + fee, f"{place}.qty")
        pile.take_for_nothing(fee)
    else:
        _trade(pile, entry, place)


def _trade(pile: _Pile, trade: Trade, place: str) -> None:
    fee = exact(trade.fee_base, f"{place}.fee_base")
    if (fee if trade.side is Side.BUY else -fee) >= trade.quantity:
        raise InvalidValueError(f"{place}.fee_base", f"leaves nothing of the {trade.quantity} traded, found {fee}")
    value = trade.quantity * positive(trade.price, f"{place}.price")
    fee_quote = exact(trade.fee_quote, f"{place}.fee_quote")
    if trade.side is Side.BUY:
        pile.put(trade.quantity - fee, value + fee_quote)
        return
    _refuse_more_than_held(pile, trade.quantity + fee, f"{place}.qty")
    pile.sell(trade.quantity, value - fee_quote)
    pile.take_for_nothing(fee)


def _refuse_more_than_held(pile: _Pile, coins: Decimal, place: str) -> None:
    held = pile.known + pile.unknown
    if coins > held:
        raise InvalidValueError(place, f"{coins} would leave, fee included, and only {held} are held")


@exactly
def inventory(method: CostMethod, trades: Sequence[Trade], mark: Decimal) -> Inventory:
    """Return what trades leave and brought: coins, cost, realised profit, and their worth at ``mark``.

    mark: price, quote. unrealised = quantity x mark - cost_basis. Source: domain specification 10.
    Raises InvalidValueError for a mark that is not above zero, and what keep_book raises.
    """
    positive(mark, "mark")
    book = keep_book(method, trades)
    value = book.quantity * mark
    return Inventory(
        quantity=book.quantity,
        cost_basis=book.cost_basis,
        average_cost=book.average_cost,
        realised=book.realised,
        market_value=value,
        unrealised=value - book.cost_basis,
    )
