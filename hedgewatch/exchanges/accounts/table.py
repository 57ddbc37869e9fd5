"""The table of exchanges whose accounts can be read."""

from __future__ import annotations

from collections.abc import Mapping

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.exchanges.accounts.binance import BINANCE_ACCOUNT
from hedgewatch.exchanges.accounts.bingx import BINGX_ACCOUNT
from hedgewatch.exchanges.accounts.bybit import BYBIT_ACCOUNT
from hedgewatch.exchanges.accounts.mexc import MEXC_ACCOUNT
from hedgewatch.exchanges.accounts.shape import AccountQuirk
from hedgewatch.exchanges.accounts.weex import WEEX_ACCOUNT

ACCOUNT_QUIRKS: Mapping[str, AccountQuirk] = {
    quirk.exchange: quirk for quirk in (BINANCE_ACCOUNT, BYBIT_ACCOUNT, BINGX_ACCOUNT, WEEX_ACCOUNT, MEXC_ACCOUNT)
}


def account_quirk(account: str, exchange: str, margin: str) -> AccountQuirk:
    """Return how an exchange's accounts of this margin are read. Raises ConfigurationError where they are not."""
    quirk = ACCOUNT_QUIRKS.get(exchange)
    if quirk is None:
        offered = ", ".join(ACCOUNT_QUIRKS)
        raise ConfigurationError(
            f"accounts.{account}.exchange: accounts of {exchange} are not read; of {offered} they are"
        )
    if margin not in quirk.questions:
        offered = " or ".join(quirk.questions)
        raise ConfigurationError(
            f'accounts.{account}.margin: {exchange} has no "{margin}" accounts here; use {offered}'
        )
    return quirk
