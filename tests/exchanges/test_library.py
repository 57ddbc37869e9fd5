"""The library is loaded in part, and is the whole library to whoever asks it for more. Each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.exchanges.library import client_class, knows

LOADED = "import sys; loaded = {name for name in sys.modules if name.startswith('ccxt')}"
FEW = 60  # of more than three hundred


def told(program: str) -> list[str]:
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return ended.stdout.split()


def test_a_worker_loads_the_exchanges_it_asks_and_no_others() -> None:
    own = "from hedgewatch.exchanges.library import client_class, twin_class"
    make = f"{own}; client_class('bybit')(), twin_class('bybit')()"
    count, others = told(f"import hedgewatch.worker; {make}; {LOADED}; print(len(loaded), 'ccxt.kraken' in loaded)")
    assert (int(count) < FEW, others) == (True, "False")


@pytest.mark.parametrize(
    "question",
    [
        "ccxt.async_support.kraken().id == 'kraken'",
        "'kraken' in ccxt.exchanges and 'kraken' in ccxt.async_support.exchanges",
        "ccxt.__version__ == __import__('importlib.metadata').metadata.version('ccxt')",
        "ccxt.async_support.BaseError is ccxt.BaseError and issubclass(ccxt.RequestTimeout, ccxt.BaseError)",
        "ccxt.async_support.bybit is client_class('bybit') and ccxt.bybit is twin_class('bybit')",
        "ccxt.async_support.binance is client_class('binanceusdm').__mro__[1]",
        "ccxt.TICK_SIZE == 4 and issubclass(client_class('bybit'), ccxt.async_support.Exchange)",
    ],
)
def test_whoever_asks_for_more_finds_the_whole_library(question: str) -> None:
    own = "from hedgewatch.exchanges.library import client_class, twin_class; client_class('bybit')"
    assert told(f"{own}; import ccxt, ccxt.async_support; print({question})") == ["True"]


def test_a_library_that_is_loaded_already_stays_as_it_is() -> None:
    own = "from hedgewatch.exchanges.library import client_class, twin_class"
    same = "client_class('bybit') is ccxt.async_support.bybit, twin_class('mexc') is ccxt.mexc"
    assert told(f"import ccxt.async_support; {own}; print({same})") == ["True", "True"]


@pytest.mark.parametrize("name", ["nowhere", "base", "", "binance.us", "../mexc"])
def test_no_other_part_of_the_library_passes_for_an_exchange(name: str) -> None:
    assert not knows(name)
    with pytest.raises(ConfigurationError, match="there is no exchange"):
        client_class(name)
