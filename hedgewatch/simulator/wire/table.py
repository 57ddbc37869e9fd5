"""Every exchange's whole wire: its public part, its coin-margined part, its signed part."""

from __future__ import annotations

from hedgewatch.simulator.listings import Exchange
from hedgewatch.simulator.wire import (
    binance,
    binance_futures,
    binance_inverse,
    binance_ledger,
    binance_portfolio,
    binance_private,
    bingx,
    bingx_inverse,
    bingx_private,
    bybit,
    bybit_ledger,
    bybit_private,
    mexc,
    mexc_private,
    weex,
    weex_private,
)
from hedgewatch.simulator.wire.form import Wire
from hedgewatch.simulator.wire.klines import KLINES

WIRES: dict[Exchange, Wire] = {
    Exchange.BINANCE: binance.WIRE.joined(
        binance_inverse.WIRE,
        binance_private.WIRE,
        binance_futures.WIRE,
        binance_ledger.WIRE,
        binance_portfolio.WIRE,
        KLINES[Exchange.BINANCE],
    ),
    Exchange.BYBIT: bybit.WIRE.joined(bybit_private.WIRE, bybit_ledger.WIRE, KLINES[Exchange.BYBIT]),
    Exchange.BINGX: bingx.WIRE.joined(bingx_inverse.WIRE, bingx_private.WIRE, KLINES[Exchange.BINGX]),
    Exchange.WEEX: weex.WIRE.joined(weex_private.WIRE, KLINES[Exchange.WEEX]),
    Exchange.MEXC: mexc.WIRE.joined(mexc_private.WIRE, KLINES[Exchange.MEXC]),
}
