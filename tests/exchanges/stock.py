"""The stock exchange library on the same spoilt bodies, to be printed beside ours: what it makes of them."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt.async_support

from tests.exchanges.conftest import NOW
from tests.exchanges.relay import Relay
from tests.exchanges.spoiling import SPOILS
from tests.exchanges.tally import Tally

SPOTS, FUTURES = ["BTC/USDT", "ETH/USDT"], ["BTC/USDT:USDT", "ETH/USDT:USDT"]
BOOKS = {"bybit": ("fetch_tickers",) * 2, "bingx": ("fetch_tickers",) * 2, "mexc": ("fetch_bids_asks", "fetch_tickers")}
LISTED = {"binance", "bybit"}
KEYS = {"key": "key", "secret": "secret", "password": "phrase"}
Question = Callable[[], Awaitable[Any]]


def stock_client(exchange: str, base_url: str) -> Any:
    """Make the library's own client, only its address changed."""
    client = getattr(ccxt.async_support, exchange)(
        {
            "enableRateLimit": False,
            "timeout": 5000,
            "apiKey": KEYS["key"],
            "secret": KEYS["secret"],
            "password": KEYS["password"],
        }
    )
    client.timeout_on_exit = 1
    client.milliseconds = lambda: round(NOW.timestamp() * 1000)
    client.options["fetchCurrencies"] = False
    client.has["fetchCurrencies"] = False
    if exchange in LISTED:
        client.options["fetchMarkets"] = {"types": ["spot", "linear"]}
        client.options["fetchMargins"] = False

    def moved(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: moved(value) for name, value in found.items()}
        return re.sub(r"^https://", f"{base_url}/", found) if isinstance(found, str) else found

    client.urls["api"] = moved(client.urls["api"])
    return client


def questions_of(client: Any) -> dict[str, Question]:
    """Return what a program asks for the same facts, by name."""
    spot, futures = BOOKS.get(client.id, ("fetch_bids_asks",) * 2)
    found: dict[str, Question] = {
        "spot books": lambda: getattr(client, spot)(SPOTS),
        "futures books": lambda: getattr(client, futures)(FUTURES),
        "settled rates": lambda: client.fetch_funding_rate_history(FUTURES[0]),
        "balance": lambda: client.fetch_balance({"type": "swap"}),
        "positions": lambda: client.fetch_positions([FUTURES[0]]),
    }
    if client.id == "mexc":
        return found | {"coming rates": lambda: client.fetch_funding_rate(FUTURES[0])}
    return found | {"coming rates": lambda: client.fetch_funding_rates(FUTURES)}


def numbers_in(found: Any, place: str = "") -> dict[str, float]:
    """Return every number of a unified structure by its place."""
    if isinstance(found, dict):
        inner = [numbers_in(value, f"{place}.{name}") for name, value in found.items() if name != "info"]
        return dict(ChainMap(*inner))
    if isinstance(found, list):
        return dict(ChainMap(*(numbers_in(value, f"{place}.{number}") for number, value in enumerate(found))))
    is_number = isinstance(found, int | float) and not isinstance(found, bool) and "imestamp" not in place
    return {place: float(found)} if is_number else {}


def verdict_of(found: Any, right: Any) -> str:
    """Say what the library made of a spoilt body."""
    told, expected = numbers_in(found), numbers_in(right)
    if any(value != expected.get(place, value) or place not in expected for place, value in told.items()):
        return "a wrong number"
    if told == expected:
        return "right"
    return "silently nothing" if not told else "silently less"


async def run_stock(exchange: str, relay: Relay, every: int) -> Tally:
    """Run the stock library over the cells of one exchange."""
    tally, number = Tally(), 0
    client = stock_client(exchange, relay.base_url)
    await client.load_markets()
    for name, question in questions_of(client).items():
        relay.asked.clear()
        right = await question()
        for asked in sorted(relay.asked):
            for spoilt, spoil in SPOILS.items():
                number += 1
                if number % every:
                    continue
                relay.spoilt = (asked, spoil)
                cell = f"{exchange} {name} {spoilt}"
                try:
                    tally.note(cell, verdict_of(await question(), right))
                except ccxt.async_support.BaseError:
                    tally.note(cell, "an error of its own")
                except Exception as error:  # noqa: BLE001  what is counted here
                    tally.note(cell, f"a foreign {type(error).__name__}")
                finally:
                    relay.spoilt = None
    await client.close()
    return tally
