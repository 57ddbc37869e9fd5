"""What each exchange does its own way: one file an exchange, and the table of them."""

from __future__ import annotations

from collections.abc import Mapping

from hedgewatch.exchanges.quirks.binance import BINANCE
from hedgewatch.exchanges.quirks.bingx import BINGX
from hedgewatch.exchanges.quirks.bybit import BYBIT
from hedgewatch.exchanges.quirks.mexc import MEXC
from hedgewatch.exchanges.quirks.shape import Quirk
from hedgewatch.exchanges.quirks.weex import WEEX

QUIRKS: Mapping[str, Quirk] = {quirk.exchange: quirk for quirk in (BINANCE, BYBIT, BINGX, WEEX, MEXC)}
