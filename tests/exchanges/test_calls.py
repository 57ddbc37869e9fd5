"""Which call tells what, and what no call tells."""

from __future__ import annotations

from decimal import Decimal

import ccxt.async_support
import pytest

from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, OrderUnit, Payoff
from hedgewatch.exchanges.calls import report_calls, untold
from hedgewatch.exchanges.quirks import QUIRKS
from hedgewatch.exchanges.quirks.generic import quirk_of
from tests.exchanges.conftest import EXCHANGES


def instrument(exchange: str, symbol: str, payoff: Payoff | None) -> Instrument:
    ref = InstrumentRef(exchange=exchange, symbol=symbol)
    return Instrument(
        ref=ref,
        kind=ref.kind,
        payoff=payoff,
        base="BTC",
        quote="USDT",
        settle=ref.settle or None,
        contract_size=Decimal(1),
        order_unit=OrderUnit.BASE,
        tick=None,
        lot_step=None,
        min_contracts=None,
        min_notional=None,
        maker_fee=None,
        taker_fee=None,
        expiry=None,
        active=True,
    )


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_everything_of_a_linear_perpetual_is_told(exchange: str) -> None:
    perpetual = instrument(exchange, "BTC/USDT:USDT", Payoff.LINEAR)
    assert untold(QUIRKS[exchange], perpetual) == ()
    assert untold(QUIRKS[exchange], instrument(exchange, "BTC/USDT", None)) == ()
    reports = report_calls(QUIRKS[exchange], [perpetual], {})
    assert {report.side for report in reports} <= {"linear", "futures"}
    assert not any(report.was_asked for report in reports)


def test_what_bingx_does_not_tell_of_inverse_contracts_is_named() -> None:
    missing = untold(QUIRKS["bingx"], instrument("bingx", "BTC/USD:BTC", Payoff.INVERSE))
    assert "settled funding" in missing


def test_any_other_exchange_has_a_report() -> None:
    quirk = quirk_of("kraken", ccxt.async_support.kraken().has)
    spot = instrument("kraken", "BTC/USD", None)
    assert spot.kind is InstrumentKind.SPOT
    assert [report.tells[0] for report in report_calls(quirk, [spot], {})] == ["bid and ask"]
