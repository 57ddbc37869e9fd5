"""A key that can do more than read is refused, one whose scope is unknown is warned of; every reason has its mend."""

from __future__ import annotations

from typing import Any

import pytest

from hedgewatch.domain.account import KeyScope
from hedgewatch.domain.key_scope import KeyVerdict, judge_key
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.mends import MENDS

V = KeyVerdict


@pytest.mark.parametrize(
    ("can_trade", "can_withdraw", "refused", "allowed"),
    [
        (False, False, V.FINE, V.FINE),
        (True, False, V.REFUSE, V.WARN),
        (False, True, V.REFUSE, V.WARN),
        (True, None, V.REFUSE, V.WARN),
        (None, False, V.WARN, V.WARN),
        (False, None, V.WARN, V.WARN),
        (None, None, V.WARN, V.WARN),
    ],
)
def test_a_key_is_judged_by_what_it_may_do(
    can_trade: Any, can_withdraw: Any, refused: KeyVerdict, allowed: KeyVerdict
) -> None:
    scope = KeyScope(can_trade=can_trade, can_withdraw=can_withdraw, is_bound_to_address=None, source="a call")
    assert judge_key(scope, allow_trading_keys=False)[0] is refused
    verdict, words = judge_key(scope, allow_trading_keys=True)
    assert verdict is allowed
    assert "a call" in words


def test_every_reason_has_its_mend() -> None:
    assert set(MENDS) == set(UnknownReason)
    assert all(len(mend) > 20 for mend in MENDS.values())
