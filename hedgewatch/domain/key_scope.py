"""Key scope: whether a key may be used to watch. Pure."""

from __future__ import annotations

from enum import StrEnum

from hedgewatch.domain.account import KeyScope


class KeyVerdict(StrEnum):
    """What to do about a key."""

    FINE = "fine"
    WARN = "warn"
    REFUSE = "refuse"


def judge_key(scope: KeyScope, *, allow_trading_keys: bool) -> tuple[KeyVerdict, str]:
    """Judge a key by what it may do: return the verdict and a line that says why and what to do.

    A key that can trade or move coins is refused, or, where the configuration allows it, warned of; one whose scope is
    not known is warned of.
    """
    powers = [
        power for power, has in (("trade", scope.can_trade), ("move coins out", scope.can_withdraw)) if has is True
    ]
    if powers:
        what = f"this key can {' and '.join(powers)} ({scope.source})"
        if allow_trading_keys:
            return KeyVerdict.WARN, f"{what}: allowed by allow_trading_keys; a read-only key would do"
        return KeyVerdict.REFUSE, f"{what}: make a read-only key, or set allow_trading_keys = true"
    if scope.can_trade is None or scope.can_withdraw is None:
        return KeyVerdict.WARN, f"what this key can do is not known ({scope.source}): see that it can only read"
    return KeyVerdict.FINE, f"this key can only read ({scope.source})"
