"""What ``size`` answers a person: the order first, in a table that is read in ten seconds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from hedgewatch.cli.outcomes import PIPED_WIDTH, amount
from hedgewatch.cli.plain_contract import COINS, FoundContract, SizeAnswer
from hedgewatch.cli.tables import percent
from hedgewatch.domain.hedge_size import HedgeSize
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.numbers import ONE, exactly

BASIS_POINT = Decimal("0.0001")


@exactly
def print_size(told: SizeAnswer) -> None:
    """Print the order first, then what it takes and brings, then what to know before it is sent."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPED_WIDTH)
    for line in _headlines(told):
        console.print(line, soft_wrap=True)
    console.print()
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column()
    for name, words in _facts(told):
        facts.add_row(name, words)
    console.print(facts)
    if told.warnings or told.found.notes:
        console.print()
    for warning in told.warnings:
        console.print(f"[bold red]warning[/bold red] {warning.message}", soft_wrap=True)
    for note in told.found.notes:
        console.print(f"note {note}", soft_wrap=True)


def _headlines(told: SizeAnswer) -> tuple[str, ...]:
    found, size, instrument = told.found, told.size, told.found.instrument
    where = "" if found.read_at is None else f" of {instrument.ref.symbol} on {instrument.ref.exchange}"
    quantity = f"{amount(size.order_quantity)} {_order_unit(instrument)}"
    if size.order_quantity != size.count.contracts:
        quantity += f" ({amount(size.count.contracts)} contracts)"
    order = f"[bold]sell {quantity}{where} at {amount(size.limit_price)}[/bold] or better, post-only"
    if size.shortage is not None:
        order = "[bold red]no order[/bold red]: it would be too small for the exchange"
    worth = f"{amount(size.asked_notional)} {instrument.quote}"
    asked = f"{amount(size.asked_coins)} {instrument.base}".replace(f"{COINS} {COINS}", COINS)
    hedged = f"hedges {amount(size.coins)} of {asked} ({percent(size.hedge_ratio, 1)}), worth {worth}"
    return order, hedged


def _facts(told: SizeAnswer) -> Iterator[tuple[str, str]]:
    found, size = told.found, told.size
    margin, settle = size.margin, found.instrument.settle or ""
    if margin is not None:
        yield "margin at 1x", f"{amount(margin.at_1x)} {settle}"
        if size.leverage != ONE:
            yield f"margin at {amount(size.leverage)}x", f"{amount(margin.chosen)} {settle}"
        if margin.liquidation_price is None or margin.liquidation_distance is None:
            yield "liquidation", "cannot be liquidated"
        else:
            away = f"{margin.liquidation_distance * 100:+.1f} %"
            yield "liquidation", f"{amount(margin.liquidation_price)} ({away}), at {amount(size.leverage)}x"
    yield "funding a day", _funding(found, size)
    yield "contract", _terms(found.instrument)
    if found.read_at is not None:
        yield "book", _book(found.instrument, size)
    verdict = "the same" if told.playbook.is_same else "not what hedges"
    formula = f"{amount(size.asked_notional)} / ({amount(found.market.coin_price)} x {_size(found.instrument)})"
    yield "playbook", f"N = {formula} = {amount(told.playbook.contracts)}: {verdict}"
    for reason in told.playbook.why:
        yield "", reason


def _funding(found: FoundContract, size: HedgeSize) -> str:
    market = found.market
    if market.funding_rate is None:
        return "not known"
    hours = market.funding_interval_hours
    every = "an interval that is not known" if hours is None else f"{amount(hours)} h"
    rate = f"{percent(market.funding_rate, 4)} per {every}"
    after = "" if market.next_funding_at is None else f", next {market.next_funding_at:%Y-%m-%d %H:%M} UTC"
    if size.funding_per_day is None:
        return f"not known: {rate}{after}"
    verb = "paid" if size.funding_per_day < 0 else "received"
    return f"{amount(abs(size.funding_per_day))} {found.instrument.settle} {verb} ({rate}{after})"


def _terms(instrument: Instrument) -> str:
    known = {
        "tick": _or_none(instrument.tick),
        "lot": _or_none(instrument.lot_step),
        "minimum": _least(instrument),
        "fees": _fees(instrument),
    }
    parts = [f"{name} {value}" for name, value in known.items() if value is not None]
    kind = f"{instrument.payoff} {instrument.kind}, 1 contract = {_size(instrument)} {instrument.size_asset}"
    expiry = "" if instrument.expiry is None else f", expires {instrument.expiry:%Y-%m-%d %H:%M} UTC"
    return f"{kind}, margin in {instrument.settle}{expiry}; {', '.join(parts)}"


def _or_none(value: Decimal | None) -> str | None:
    return None if value is None else amount(value)


def _least(instrument: Instrument) -> str | None:
    fewest = None if instrument.min_contracts is None else f"{amount(instrument.min_contracts)} contracts"
    least = None if instrument.min_notional is None else f"{amount(instrument.min_notional)} {instrument.quote}"
    return " and ".join(part for part in (fewest, least) if part) or None


def _fees(instrument: Instrument) -> str | None:
    if instrument.maker_fee is None or instrument.taker_fee is None:
        return None
    return f"{percent(instrument.maker_fee, 3)} maker, {percent(instrument.taker_fee, 3)} taker"


def _book(instrument: Instrument, size: HedgeSize) -> str:
    room = size.room
    if room is None:
        return "not known"
    budget = f"{amount(room.budget / BASIS_POINT)} bp"
    all_of_it = ", all of what the exchange shows" if room.carries.exhausted else ""
    return f"carries {amount(room.carries.quantity)} {instrument.base} within {budget}{all_of_it}"


def _size(instrument: Instrument) -> str:
    return amount(instrument.contract_size)


def _order_unit(instrument: Instrument) -> str:
    return {"base": instrument.base, "quote": instrument.quote}.get(instrument.order_unit.value, "contracts")
