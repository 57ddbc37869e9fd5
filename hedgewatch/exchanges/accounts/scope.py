"""Scope: what a key may do, as the exchanges' own permission calls tell it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hedgewatch.domain.account import KeyScope
from hedgewatch.exchanges.accounts.rows import at, flag_of
from hedgewatch.exchanges.accounts.shape import Known, Sheet
from hedgewatch.exchanges.parse import Row

TRADING_FLAGS = (
    "enableSpotAndMarginTrading",
    "enableFutures",
    "enableMargin",
    "enableVanillaOptions",
    "enablePortfolioMarginTrading",
    "enableFixApiTrade",
)
MOVING_FLAGS = ("enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer")
BYBIT_READING = frozenset({"ExchangeHistory", "AccountInfo", "OrderHistory"})
BYBIT_MOVING = frozenset({"Withdraw", "AccountTransfer", "SubMemberTransfer", "SubMemberTransferList"})
# 1 spot trading, 2 reading, 3 perpetual futures trading, 4 universal transfer, 5 withdrawal, 7 transfer to sub-accounts
BINGX_TRADING, BINGX_MOVING = frozenset({"1", "3"}), frozenset({"4", "5", "7"})


def read_flags(sheet: Sheet, known: Known) -> Iterable[KeyScope]:
    """Read Binance's flags, one a power. A power whose flag is missing is not known."""
    yield _from_flags(sheet.whole, known.stamp(sheet).source)


def _from_flags(row: Row, source: str) -> KeyScope:
    return KeyScope(
        can_trade=_any(row, TRADING_FLAGS, essential=2),
        can_withdraw=_any(row, MOVING_FLAGS, essential=1),
        is_bound_to_address=flag_of(row, "ipRestrict"),
        source=source,
    )


def _any(row: Row, flags: Sequence[str], *, essential: int) -> bool | None:
    """Tell whether one of the flags is set; None if none is and one of the first, ``essential`` ones is missing."""
    if any(flag_of(row, flag) for flag in flags):
        return True
    return None if any(flag_of(row, flag) is None for flag in flags[:essential]) else False


def read_bybit(sheet: Sheet, known: Known) -> Iterable[KeyScope]:
    """Read Bybit's lists of powers; a read-only key has none whatever they say."""
    told, source = at(sheet.whole, "result"), known.stamp(sheet).source
    addresses = told.get("ips")
    bound = None if not isinstance(addresses, list) else bool(addresses) and "*" not in addresses
    read_only, powers = str(told.get("readOnly")), _powers(told.get("permissions"))
    if read_only == "1":
        trade: bool | None = False
        move: bool | None = False
    elif read_only != "0" or powers is None:
        trade = move = None
    else:
        trade, move = bool(powers - BYBIT_MOVING - BYBIT_READING), bool(powers & BYBIT_MOVING)
    yield KeyScope(can_trade=trade, can_withdraw=move, is_bound_to_address=bound, source=source)


def _powers(permissions: object) -> frozenset[str] | None:
    if not isinstance(permissions, dict) or not all(isinstance(names, list) for names in permissions.values()):
        return None
    return frozenset(str(name) for names in permissions.values() for name in names)


def read_bingx(sheet: Sheet, known: Known) -> Iterable[KeyScope]:
    """Read BingX' numbered powers, or its flags: both forms are told of this call, with and without an envelope."""
    told, source = at(sheet.whole, "data") or sheet.whole, known.stamp(sheet).source
    numbers, addresses = told.get("permissions"), told.get("ipAddresses")
    if not isinstance(numbers, list):
        yield _from_flags(told, source)
        return
    powers = {str(number) for number in numbers}
    yield KeyScope(
        can_trade=bool(powers & BINGX_TRADING),
        can_withdraw=bool(powers & BINGX_MOVING),
        is_bound_to_address=bool(addresses) if isinstance(addresses, list) else None,
        source=source,
    )
