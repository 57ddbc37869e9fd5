"""The playbook's formula: what it says for one contract, and why that is or is not what hedges."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.hedge_size import HedgeSize
from hedgewatch.domain.instrument import Instrument, Payoff
from hedgewatch.domain.numbers import ONE, exactly, plain
from hedgewatch.domain.sizing import contracts_for_notional, round_contracts

DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookSays:
    """What N = Notional / (Price x Multiplier) gives. contracts: before rounding. is_same: rounded, it is ours.

    why: sentences.
    """

    contracts: Decimal
    is_same: bool
    why: tuple[str, ...]


@exactly
def playbook_says(instrument: Instrument, size: HedgeSize, price: Decimal) -> PlaybookSays:
    """Return what the playbook's formula says for a hedge that was sized, with the contract's size as multiplier.

    price: quote, of the coin. Taken literally it is the formula of linear contracts.
    Source: domain specification 12.1 to 12.4. Raises InvalidValueError for a price not above zero.
    """
    literal = contracts_for_notional(Payoff.LINEAR, size.asked_notional, instrument.contract_size, price)
    lot = instrument.lot_step
    is_same = (literal if lot is None else round_contracts(literal, lot)) == size.count.contracts
    return PlaybookSays(
        contracts=literal,
        is_same=is_same,
        why=(*_about_the_price(instrument, size, literal), *_about_leverage(size)),
    )


def _about_the_price(instrument: Instrument, size: HedgeSize, literal: Decimal) -> tuple[str, ...]:
    one, quote = plain(instrument.contract_size, DIGITS), instrument.quote
    if instrument.payoff is not Payoff.INVERSE:
        return (f"a contract is {one} {instrument.base}, worth {one} x price: here the formula holds",)
    worth, asked = plain(literal * instrument.contract_size, DIGITS), plain(size.asked_notional, DIGITS)
    price = f"a contract is {one} {quote} at any price, so the price must not enter: {asked} / {one}"
    margin = f"its margin is {instrument.settle}, which falls with the price: what is posted on top wants hedging too"
    return f"{price}; the formula would hedge {worth} {quote}", margin


def _about_leverage(size: HedgeSize) -> tuple[str, ...]:
    if size.margin is None:
        return ()
    said = []
    if size.leverage != ONE:
        times = plain(size.leverage, DIGITS)
        less = plain(size.asked_notional / size.leverage, DIGITS)
        said.append(f"leverage {times}x changes the margin, never the contracts: {less} short would hedge 1/{times}")
    elif size.margin.liquidation_price is not None:
        end = plain(size.margin.liquidation_price, DIGITS)
        said.append(f"1x can be liquidated all the same, at {end}; a coin-margined 1x short never is")
    return tuple(said)
