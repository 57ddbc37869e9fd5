"""The drift rule and the calculation `rebalance` say the same: one algorithm, two doors."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgewatch.domain.calculator import CALCULATIONS
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.rules import drift
from tests.domain.samples import FUTURES, INVERSE, SETTINGS, SPOT, facts, hedge, instrument, leg, reading


@pytest.mark.parametrize("target", ["1", "0.5", "1.2"])
@pytest.mark.parametrize(
    ("ref", "coins", "contracts", "size", "lot", "least"),
    [
        (FUTURES, "5", "-4800", "0.001", "1", "0"),
        (FUTURES, "5", "-4925", "0.001", "1", "0"),
        (FUTURES, "5", "-4900", "0.001", "1", "0"),
        (FUTURES, "4", "-5000", "0.001", "1", "0"),
        (FUTURES, "4", "-5000", "0.001", "7", "0"),
        (FUTURES, "5", "-1234.5", "0.001", "0.5", "100"),
        (FUTURES, "0.00005", "0", "0.00001", "1", "5"),
        (INVERSE, "5.5", "-3000", "100", "1", "0"),
        (INVERSE, "2.5", "-3000", "100", "1", "0"),
    ],
)
def test_the_order_of_an_alert_is_the_trade_of_the_calculation(
    ref: InstrumentRef, coins: str, contracts: str, size: str, *, lot: str, least: str, target: str
) -> None:
    known = instrument(
        ref,
        contract_size=Decimal(size),
        lot_step=Decimal(lot),
        min_contracts=None,
        min_notional=Decimal(least),
    )
    futures = reading(ref, "60000", "60000", mark="60000", known=known)
    seen = measure_hedge(
        hedge(leg(contracts, ref), coins=coins, target=target), facts(reading(SPOT, "60000", "60000"), futures)
    )
    orders = [order for one in drift.judge(seen, SETTINGS["drift"], facts()) for order in one.orders]
    trade = CALCULATIONS["rebalance"].answer(
        {
            "long_coin": coins,
            "position_contracts": contracts,
            "kind": "linear" if ref is FUTURES else "inverse",
            "contract_size": size,
            "price": "60000",
            "target_ratio": target,
            "lot_step": lot,
            "min_notional": least,
        }
    )
    assert (seen.futures_coins, seen.hedge_ratio) == (Decimal(trade["current_coin"]), Decimal(trade["hedge_ratio"]))
    if trade["action"] == "TRADE":
        (order,) = orders
        assert (order.side, order.contracts, order.reduce_only) == (
            trade["side"],
            Decimal(trade["contracts"]),
            trade["reduce_only"],
        )
    else:
        assert orders == []
