from __future__ import annotations

import ccxt.async_support

from hedgewatch.settings.exchange_ids import CCXT_IDS


def test_the_configuration_knows_every_exchange_that_ccxt_knows() -> None:
    assert set(ccxt.async_support.exchanges) == CCXT_IDS
