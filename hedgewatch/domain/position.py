"""Position: what a leg holds, declared by its owner or read from its account, in one form."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hedgewatch.domain.account import AccountFailure, AccountPosition, AccountSnapshot, PartFailure
from hedgewatch.domain.contract_facts import FactName, recent_changes
from hedgewatch.domain.exposure import coins_of, contracts_of, pnl, position_value
from hedgewatch.domain.freshness import seconds_between
from hedgewatch.domain.hedge import CycleFacts, Leg
from hedgewatch.domain.held import DeclaredPosition, HeldPosition
from hedgewatch.domain.instrument import Instrument, Payoff
from hedgewatch.domain.market import MarketReading, UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.domain.proof import Belief, Believed, Doubted
from hedgewatch.domain.proving import coins_held, contracts_held
from hedgewatch.domain.size_check import SizeCheck

OLDEST_POSITION = Decimal(60)  # seconds (domain specification 8)
FARTHEST_ROUTES = Decimal("0.01")  # domain specification 1.3


def held_position(leg: Leg, facts: CycleFacts) -> HeldPosition:
    """Return what a leg holds: what was declared, else what its account says and is proven."""
    if leg.position is not None:
        return _declared(leg.position)
    belief = believed_contracts(leg, facts)
    if isinstance(belief, Doubted):
        return HeldPosition(doubt=belief)
    row = _row_of(leg, facts, belief)
    mode = position_mode(leg, facts)
    if row is None:
        return HeldPosition(contracts=belief.value, is_dual_side=mode, fall=belief.fall)
    return HeldPosition(
        contracts=belief.value,
        entry_price=row.entry_price,
        mark_price=row.mark_price,
        margin=row.margin,
        margin_mode=row.margin_mode,
        maintenance_margin=row.maintenance_margin,
        liquidation_price=row.liquidation_price,
        unrealised_pnl=row.unrealised_pnl,
        reported_notional=row.reported_notional,
        is_dual_side=mode if row.is_dual_side is None else row.is_dual_side,
        adl_quantile=row.adl_quantile,
        fall=belief.fall,
    )


def position_mode(leg: Leg, facts: CycleFacts) -> bool | None:
    """Tell whether long and short can stand side by side in a leg's own account, flat or not; None: not told."""
    said = facts.accounts.get(leg.account or "")
    if not isinstance(said, AccountSnapshot):
        return None
    return next((terms.is_dual_side for terms in said.terms if terms.ref == leg.futures), None)


def believed_contracts(leg: Leg, facts: CycleFacts) -> Belief:
    """Return the proven contracts of a leg that is read, or why they are not known; an old answer is none."""
    account = leg.account or ""
    return too_old(account, facts) or contracts_held(facts.beliefs, account, leg.futures)


def believed_coins(account: str, asset: str, facts: CycleFacts) -> Belief:
    """Return the proven coins of an asset in an account, or why they are not known; an old answer is none."""
    return too_old(account, facts) or coins_held(facts.beliefs, account, asset)


def too_old(account: str, facts: CycleFacts) -> Doubted | None:
    """Say so if an account was not asked, or its answer came more than a minute ago."""
    said = facts.accounts.get(account)
    if said is None:
        return Doubted(reason=UnknownReason.MISSING, detail=f"account {account} was not asked")
    if isinstance(said, AccountFailure) or seconds_between(facts.read_at, said.received_at) <= OLDEST_POSITION:
        return None
    age = seconds_between(facts.read_at, said.received_at)
    return Doubted(reason=UnknownReason.STALE, detail=f"account {account} answered {age:.0f} s ago, and not since")


def position_coins(held: HeldPosition, instrument: Instrument | None, price: Decimal | None) -> Decimal | None:
    """Return a position in coins, short negative; None without the contract, or (inverse) the price."""
    if held.coins is not None:
        return held.coins
    if held.contracts is None or instrument is None or instrument.payoff is None:
        return ZERO if held.contracts == 0 else None
    if instrument.payoff is Payoff.LINEAR:
        return held.contracts * instrument.contract_size
    if price is None:
        return None
    return coins_of(instrument.payoff, held.contracts, instrument.contract_size, price)


def position_contracts(held: HeldPosition, instrument: Instrument | None, price: Decimal | None) -> Decimal | None:
    """Return a position in the exchange's contracts, short negative; None where that cannot be known."""
    if held.contracts is not None:
        return held.contracts
    if held.coins is None or instrument is None or instrument.payoff is None:
        return None
    if instrument.payoff is Payoff.LINEAR:
        return held.coins / instrument.contract_size
    return contracts_of(instrument.payoff, held.coins, instrument.contract_size, price) if price else None


def at_mark(held: HeldPosition, instrument: Instrument | None, mark: Decimal | None) -> HeldPosition:
    """Return a position with its contracts, and its unrealised profit from entry to mark where both are known."""
    contracts = position_contracts(held, instrument, mark)
    gain = _gain(instrument, contracts, held.entry_price, mark)
    if gain is None and contracts == held.contracts:
        return held
    return replace(held, contracts=contracts, unrealised_pnl=held.unrealised_pnl if gain is None else gain)


def gain_of(row: AccountPosition, facts: CycleFacts) -> Decimal | None:
    """Return a listed position's unrealised profit in its settle asset: as its exchange says, else from its entry."""
    if row.unrealised_pnl is not None:
        return row.unrealised_pnl
    reading = facts.readings.get(row.ref)
    if not isinstance(reading, MarketReading):
        return None
    mark = row.mark_price or (reading.mark.mark_price if reading.mark else None)
    return _gain(reading.instrument, row.contracts, row.entry_price, mark)


def _gain(
    instrument: Instrument | None, contracts: Decimal | None, entry: Decimal | None, mark: Decimal | None
) -> Decimal | None:
    if contracts == 0:
        return ZERO
    if instrument is None or instrument.payoff is None or contracts is None or entry is None or mark is None:
        return None
    return pnl(instrument.payoff, contracts, instrument.contract_size, entry, mark)


def why_not_sized(leg: Leg, instrument: Instrument | None, mark: Decimal | None, facts: CycleFacts) -> str | None:
    """Say why the size of a leg's contract is not believed; None: it is, or there is nothing to check it by.

    Of every position in it that an account lists, the notional by contract size and the one that the exchange reports
    must be within 1 %; where there is none, the day's trade of the contract is the second route. A size that changed
    within a day is not believed of a position declared before. Source: domain specification 1.3.
    """
    if instrument is None or instrument.payoff is None:
        return None
    rows = [row for said in facts.accounts.values() for row in positions_of(said) if row.ref == leg.futures]
    routes = [row for row in rows if row.reported_notional is not None and (row.mark_price or mark)]
    for row in routes:
        ours = position_value(
            instrument.payoff, row.contracts, instrument.contract_size, row.mark_price or mark or ZERO
        ).notional_quote
        told = row.reported_notional or ZERO
        if abs(ours - told) > FARTHEST_ROUTES * max(ours, told):
            return (
                f"{abs(row.contracts):f} contracts of {instrument.contract_size:f} are worth {ours:,.0f} "
                f"{instrument.quote}, and {instrument.ref.exchange} says {told:,.0f}"
            )
    traded = None if routes else _by_trade(instrument, facts)
    if traded is not None and traded.doubt is not None:
        return traded.doubt
    changed = recent_changes(facts.contracts, leg.futures, {FactName.CONTRACT_SIZE}, facts.read_at)
    if not changed or routes or leg.is_read:
        return None
    was, now = changed[0].before, changed[0].value
    return f"its contract size was {was}, now {now}, and the position was declared before that"


def _by_trade(instrument: Instrument, facts: CycleFacts) -> SizeCheck | None:
    """Return what the day's trade says of a size as it is listed now."""
    answer = facts.answers.get(instrument.ref.exchange)
    check = answer.sizes.get(instrument.ref) if answer else None
    return check if check is not None and check.listed == instrument.contract_size else None


@exactly
def size_by_position(
    instrument: Instrument, position: AccountPosition, mark_price: Decimal | None = None
) -> SizeCheck | None:
    """Check the size by the notional that the exchange reports of a position; None where it reports none.

    mark_price: the market's, quote, for an account that tells none.
    """
    notional, mark = position.reported_notional, position.mark_price or mark_price
    if notional is None:
        return None
    if instrument.payoff is Payoff.INVERSE:
        implied = notional / abs(position.contracts)
    elif instrument.payoff is Payoff.LINEAR and mark:
        implied = notional / (abs(position.contracts) * mark)
    else:
        return None
    source = f"{position.stamp.source}: reported notional"
    return SizeCheck(listed=instrument.contract_size, implied_low=implied, implied_high=implied, source=source)


def _declared(position: DeclaredPosition) -> HeldPosition:
    return HeldPosition(
        contracts=position.contracts,
        coins=position.coins,
        entry_price=position.entry_price,
        margin=position.margin,
        margin_mode=position.margin_mode,
        maintenance_margin_rate=position.maintenance_margin_rate,
    )


def positions_of(said: AccountSnapshot | AccountFailure | None) -> tuple[AccountPosition, ...]:
    """Return the positions that an account lists and that could be read."""
    if not isinstance(said, AccountSnapshot) or isinstance(said.positions, PartFailure):
        return ()
    return tuple(row for row in said.positions if isinstance(row, AccountPosition))


def _row_of(leg: Leg, facts: CycleFacts, belief: Believed) -> AccountPosition | None:
    """Return the row of a leg's position; of two sides the one that outweighs the other."""
    rows = [row for row in positions_of(facts.accounts.get(leg.account or "")) if row.ref == leg.futures]
    return next((row for row in rows if row.contracts * belief.value > 0), None)
