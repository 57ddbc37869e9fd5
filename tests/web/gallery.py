"""A book in every state at once, for the tests and for looking at."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.web.samples import (
    LEG,
    NOW,
    READ_AT,
    MemoryHistory,
    alert_row,
    basis_rows,
    calm,
    cycle_row,
    delivery_row,
    numbers,
    order,
    outcome_row,
)

UNKNOWN_NUMBERS = numbers(
    dict.fromkeys(("hedge_ratio", "drift", "net_exposure", "spot_price", "futures_price", "basis_rate",
                   "funding_rate_8h", "funding_apr", "notional_usd", "unrealised_pnl_usd"))
)  # fmt: skip


def joined(*books: MemoryHistory) -> MemoryHistory:
    whole = MemoryHistory()
    for book in books:
        for name in ("hedges", "legs", "outcomes", "episodes", "cycles", "basis"):
            getattr(whole, name).extend(getattr(book, name))
    whole.cycles = list({row["exchange"]: row for row in whole.cycles}.values())
    whole.sent = [delivery_row("ops"), delivery_row("me")]
    return whole


def critical() -> MemoryHistory:
    drifted = {"futures_coins": "-4.65", "net_exposure": "0.35", "hedge_ratio": "0.93", "drift": "-0.07"}
    book = calm("btc-core", **numbers({**drifted, "basis_rate": "-0.001317", "futures_price": "59920.98"}))
    says = "btc-core is hedged 93 %: sell 0.35 BTC of BTC/USDT:USDT on binance at 59914.6 or better"
    mend = order(coins="0.35", contracts="0.35", order_quantity="0.35", limit_price="59914.6", estimated_fee_usd="8.39")
    book.outcomes[0] = outcome_row(
        "drift",
        "BREACH",
        severity="critical",
        value=Decimal("-0.07"),
        threshold=Decimal("0.05"),
        message=says,
        orders=[mend],
    )
    book.outcomes[1] = outcome_row(
        "basis_adverse", "BAND", leg=LEG, value=Decimal("0.0031"), threshold=Decimal("0.005"),
        message="btc-core: the basis stands 31 bp above its mean of 30 days",
    )  # fmt: skip
    ended = {"state": "resolved", "resolved_at": NOW - timedelta(hours=2)}
    book.episodes = [
        alert_row("drift", "critical", message=says, peak_value=Decimal("-0.0712"), threshold=Decimal("0.05")),
        alert_row(
            "negative_funding", "warning", episode="old", leg=LEG, action="watch", fired_at=NOW - timedelta(hours=9),
            peak_value=Decimal("-0.00041"), threshold=Decimal("-0.0003"), **ended,
            message="btc-core pays 0.041 % per 8 h on binance:BTC/USDT:USDT (24-hour mean)",
        ),
    ]  # fmt: skip
    rates = ["0.00042", "0.00041", "0.00044", "0.0004", "0.00031", "0.00033", "0.0002", None, "0.00012", "0.00009"]
    rates += ["0.00002", "-0.00011", "-0.00032", "-0.0004", "-0.00052", "-0.0007", "-0.00068", "-0.00101"]
    book.basis = basis_rows("btc-core", LEG, [*rates, "-0.00122", "-0.001317"])
    return book


def warning() -> MemoryHistory:
    paying = numbers({"funding_rate_8h": "-0.00046", "funding_apr": "-0.5037", "basis_rate": "-0.00081"})
    coins = numbers({"holding": "125", "exposure": "125", "futures_coins": "-124.6", "hedge_ratio": "0.9968"})
    market = numbers({"drift": "-0.0032", "spot_price": "3012.4", "futures_price": "3009.96", "notional_usd": "375041"})
    book = calm("eth-staked", "bybit", asset="ETH", **paying, **coins, **market)
    leg = book.legs[0]["leg"]
    says = "eth-staked pays 0.046 % per 8 h on bybit:ETH/USDT:USDT (24-hour mean): keep an eye on it"
    facts = {"leg": leg, "message": says, "threshold": Decimal("-0.0003")}
    book.outcomes[2] = outcome_row(
        "negative_funding", "BREACH", hedge="eth-staked", severity="warning", value=Decimal("-0.00046"), **facts
    )
    book.episodes = [
        alert_row(
            "negative_funding", "warning", hedge="eth-staked", action="watch", peak_value=Decimal("-0.0005"), **facts
        )
    ]
    return book


def unknown() -> MemoryHistory:
    """Return a hedge whose exchange does not answer."""
    book = calm("sol-mexc", "mexc", asset="SOL", **UNKNOWN_NUMBERS, quality="unknown")
    blind = {"outcome": "UNKNOWN", "alertable": True, "reason": "timeout", "value": None}
    says = "sol-mexc: drift is not known, mexc did not answer in time"
    book.outcomes = [outcome_row("drift", hedge="sol-mexc", message=says) | blind]
    error = "mexc: no answer from contract.mexc.com/api/v1/contract/ticker within 10 s"
    book.cycles = [cycle_row("mexc", "failed", error)]
    return book


def partly() -> MemoryHistory:
    book = calm("btc-weex", "weex")
    missing = "btc-weex: the mean basis needs 48 hours of history, 11 are stored"
    book.outcomes[1] = dict(book.outcomes[1]) | {"outcome": "UNKNOWN", "reason": "not_available", "value": None}
    book.outcomes[1] = dict(book.outcomes[1]) | {"message": missing}
    return book


def stale() -> MemoryHistory:
    """Return a calm book whose worker stopped 14 minutes ago."""
    then = READ_AT - timedelta(minutes=14)
    book = joined(calm("btc-core"), calm("eth-staked", "bybit", asset="ETH"))
    book.hedges = [dict(row) | {"read_at": then} for row in book.hedges]
    book.cycles = [dict(row) | {"committed_at": then} for row in book.cycles]
    return book


def all_clear() -> MemoryHistory:
    return joined(calm("btc-core"), calm("eth-staked", "bybit", asset="ETH"), calm("sol-bingx", "bingx", asset="SOL"))


def everything() -> MemoryHistory:
    whole = joined(critical(), warning(), unknown(), partly(), calm("btc-bingx", "bingx"))
    whole.sent.append(delivery_row("phone", delivered=False, error="phone: refused the message (HTTP 502)"))
    return whole
