"""Candles in all five wire formats: rows by place, rows by name, or columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.simulator.candles import Candle, candles
from hedgewatch.simulator.listings import HOUR, Exchange, Kind, Listing
from hedgewatch.simulator.wire import binance_markets, bingx, bybit, mexc_markets, weex
from hedgewatch.simulator.wire.form import Answer, Ask, Row, Wire, number, text

MINUTE = 60_000
STEPS = {"1m": MINUTE, "1": MINUTE, "Min1": MINUTE, "1h": HOUR, "60": HOUR, "60m": HOUR, "Min60": HOUR}
BINANCE_LINEAR = (Kind.PERPETUAL, Kind.FUTURE)
BINANCE_INVERSE = (Kind.INVERSE, Kind.INVERSE_FUTURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Names and limits of one exchange's question. unit: milliseconds in its times. from_start: the oldest are kept."""

    otherwise: int
    most: int
    start: str = "startTime"
    end: str = "endTime"
    unit: int = 1
    from_start: bool = False
    takes_times: bool = True


def asked(ask: Ask, listing: Listing, plan: Plan, *, of_mark: bool = False) -> list[Candle]:
    """Return the candles that a question asks for, oldest first; the one that is not closed yet is the last."""
    step = STEPS.get(ask.query.get("interval", ""), HOUR)
    limit = min(max(1, ask.number("limit", plan.otherwise)), plan.most)
    newest = ask.at - ask.at % step
    start, end = 0, newest
    if plan.takes_times:
        start = ask.number(plan.start, 0) * plan.unit
        end = min(newest, ask.number(plan.end, ask.at // plan.unit) * plan.unit)
    last = end - end % step
    first = -(-start // step) * step if start else last - (limit - 1) * step
    if (last - first) // step + 1 > limit:
        first, last = (first, first + (limit - 1) * step) if plan.from_start else (last - (limit - 1) * step, last)
    return candles(ask.world, listing, range(first, last + 1, step), of_mark=of_mark)


def row(one: Candle, *more: object, volume: str | None = None) -> list[object]:
    """Write a candle by place, its prices as text."""
    prices = (text(one.open), text(one.high), text(one.low), text(one.close))
    return [one.at, *prices, text(one.volume) if volume is None else volume, *more]


def coins_of(one: Candle, listing: Listing) -> Decimal:
    """Return what a candle's inverse contracts were worth in coins."""
    return round(one.volume * listing.contract_size / one.close, 8)


BINANCE = Plan(otherwise=500, most=1000, from_start=True)


def binance(*kinds: Kind, of_mark: bool = False) -> Answer:
    """Answer klines and markPriceKlines, oldest first; an inverse contract's coins stand behind the closing time."""

    def answer(ask: Ask) -> object:
        listing = binance_markets.wanted(ask, *kinds)[0]
        step = STEPS.get(ask.query.get("interval", ""), HOUR)
        rows = []
        for one in asked(ask, listing, BINANCE, of_mark=of_mark):
            worth = coins_of(one, listing) if listing.is_inverse else round(one.volume * one.close, 4)
            told = ("0", "0") if of_mark else (text(one.volume), text(worth))
            rows.append(row(one, one.at + step - 1, told[1], 60, "0", "0", "0", volume=told[0]))
        return rows

    return answer


BYBIT = Plan(otherwise=200, most=1000, start="start", end="end")


def bybit_klines(ask: Ask) -> object:
    """Answer /v5/market/kline, newest first, everything as text."""
    listing = bybit.wanted(ask)[0]
    rows = []
    for one in reversed(asked(ask, listing, BYBIT)):
        worth = coins_of(one, listing) if listing.is_inverse else round(one.volume * one.close, 4)
        rows.append([str(value) for value in row(one, text(worth))])
    return bybit.envelope(ask, {"symbol": ask.query["symbol"], "category": ask.query["category"], "list": rows})


def bybit_marks(ask: Ask) -> object:
    """Answer /v5/market/mark-price-kline: no volume."""
    rows = [
        [str(value) for value in row(one)[:5]]
        for one in reversed(asked(ask, bybit.wanted(ask)[0], BYBIT, of_mark=True))
    ]
    return bybit.envelope(ask, {"symbol": ask.query["symbol"], "category": ask.query["category"], "list": rows})


BINGX = Plan(otherwise=500, most=1440)


def bingx_spot(ask: Ask) -> object:
    """Answer spot/v1/market/kline, newest first, prices as JSON numbers."""
    listing = bingx.wanted(ask, Kind.SPOT)[0]
    step = STEPS.get(ask.query.get("interval", ""), HOUR)
    rows = [
        [one.at, *map(number, (one.open, one.high, one.low, one.close, one.volume)), one.at + step, 0]
        for one in reversed(asked(ask, listing, BINGX))
    ]
    return bingx.spot(ask, rows)


def bingx_swap(*, of_mark: bool) -> Answer:
    """Answer swap/v3/quote/klines and swap/v1/market/markPriceKlines, newest first, rows by name."""

    def named(one: Candle) -> Row:
        prices = {"open": one.open, "high": one.high, "low": one.low, "close": one.close}
        told: Row = {name: text(price) for name, price in prices.items()}
        told["volume"] = text(one.volume)
        return told | ({"openTime": one.at, "closeTime": one.at} if of_mark else {"time": one.at})

    def answer(ask: Ask) -> object:
        listing = bingx.wanted(ask, Kind.PERPETUAL)[0]
        return bingx.swap([named(one) for one in reversed(asked(ask, listing, BINGX, of_mark=of_mark))])

    return answer


WEEX_SPOT = Plan(otherwise=100, most=300, takes_times=False)
WEEX_HISTORY = Plan(otherwise=100, most=100)


def weex_spot(ask: Ask) -> object:
    """Answer /api/v3/market/klines: the latest ones, whatever times are asked for."""
    return [row(one, one.at, "0") for one in asked(ask, weex.wanted(ask, Kind.SPOT)[0], WEEX_SPOT)]


def weex_history(ask: Ask) -> object:
    """Answer /capi/v3/market/historyKlines: of the last price, or of the mark."""
    of_mark = ask.query.get("priceType", "LAST") == "MARK"
    listing = weex.wanted(ask, Kind.PERPETUAL)[0]
    return [row(one, one.at, "0", 0, "0", "0") for one in asked(ask, listing, WEEX_HISTORY, of_mark=of_mark)]


MEXC_SPOT = Plan(otherwise=500, most=500, from_start=True)
MEXC = Plan(otherwise=2000, most=2000, start="start", end="end", unit=1000)


def mexc_spot(ask: Ask) -> object:
    """Answer /api/v3/klines, oldest first."""
    step = STEPS.get(ask.query.get("interval", ""), HOUR)
    listing = mexc_markets.spot_wanted(ask)[0]
    return [row(one, one.at + step, "0") for one in asked(ask, listing, MEXC_SPOT)]


def mexc_contract(*, of_mark: bool) -> Answer:
    """Answer /api/v1/contract/kline/SYMBOL and kline/fair_price/SYMBOL: columns, times in seconds, bare numbers."""
    columns: dict[str, Callable[[Candle], Decimal]] = {
        "open": lambda one: one.open,
        "close": lambda one: one.close,
        "high": lambda one: one.high,
        "low": lambda one: one.low,
    }

    def answer(ask: Ask) -> object:
        listing = mexc_markets.contract_wanted(ask)[0]
        found = asked(ask, listing, MEXC, of_mark=of_mark)
        told: dict[str, object] = {"time": [one.at // 1000 for one in found]}
        told |= {name: [number(price(one)) for one in found] for name, price in columns.items()}
        amounts = [0 if of_mark else mexc_markets.contracts_of(listing, one.volume) for one in found]
        return mexc_markets.success(told | {"vol": amounts, "amount": [0 for _ in found]})

    return answer


KLINES: dict[Exchange, Wire] = {
    Exchange.BINANCE: Wire(
        answers={
            "/api/v3/klines": binance(Kind.SPOT),
            "/fapi/v1/klines": binance(*BINANCE_LINEAR),
            "/fapi/v1/markPriceKlines": binance(*BINANCE_LINEAR, of_mark=True),
            "/dapi/v1/klines": binance(*BINANCE_INVERSE),
            "/dapi/v1/markPriceKlines": binance(*BINANCE_INVERSE, of_mark=True),
        }
    ),
    Exchange.BYBIT: Wire(answers={"/v5/market/kline": bybit_klines, "/v5/market/mark-price-kline": bybit_marks}),
    Exchange.BINGX: Wire(
        answers={
            "/openApi/spot/v1/market/kline": bingx_spot,
            "/openApi/swap/v3/quote/klines": bingx_swap(of_mark=False),
            "/openApi/swap/v1/market/markPriceKlines": bingx_swap(of_mark=True),
        }
    ),
    Exchange.WEEX: Wire(answers={"/api/v3/market/klines": weex_spot, "/capi/v3/market/historyKlines": weex_history}),
    Exchange.MEXC: Wire(
        answers={
            "/api/v3/klines": mexc_spot,
            "/api/v1/contract/kline/*": mexc_contract(of_mark=False),
            "/api/v1/contract/kline/fair_price/*": mexc_contract(of_mark=True),
        }
    ),
}
