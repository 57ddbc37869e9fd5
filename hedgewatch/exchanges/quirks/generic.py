"""Any other exchange: ccxt's unified calls, in batch where it has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hedgewatch.exchanges.quirks.shape import Call, Depth, Quirk

PAST_RATES = frozenset({"deribit"})  # what is called the rate there is what the last hours cost, not what is coming


def quirk_of(exchange: str, has: Mapping[str, Any]) -> Quirk:
    """Make the quirk of an exchange of which only ccxt's ``has`` table is known.

    Quotes come from fetch_tickers, funding from fetch_funding_rates, one call an instrument where there is no batch.
    Nothing is cut: it is not known where its ids sit.
    """
    tickers = "fetch_tickers" if has.get("fetchTickers") is True else "fetch_ticker"
    quotes = tuple(
        Call(
            name=f"{tickers} {'futures' if futures else 'spot'}",
            method=tickers,
            futures=futures,
            bid="bid",
            ask="ask",
            time="timestamp",
            unified=True,
            each=tickers == "fetch_ticker",
        )
        for futures in (False, True)
    )
    rates = "fetch_funding_rates" if has.get("fetchFundingRates") is True else "fetch_funding_rate"
    funding = Call(
        name=rates,
        method=rates,
        futures=True,
        mark="markPrice",
        index="indexPrice",
        rate="fundingRate",
        settles_at="fundingTimestamp",
        interval="interval",
        time="timestamp",
        unified=True,
        each=rates == "fetch_funding_rate",
    )
    known = exchange not in PAST_RATES and (has.get("fetchFundingRates") or has.get("fetchFundingRate"))
    book = Depth(name="fetch_order_book", method="fetch_order_book", time="timestamp", unified=True)
    return Quirk(
        exchange=exchange,
        calls=(*quotes, funding) if known else quotes,
        interval_from_history=True,
        depth=book if has.get("fetchOrderBook") is True else None,
    )
