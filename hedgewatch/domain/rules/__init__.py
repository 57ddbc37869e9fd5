"""The questions hedgewatch asks of every hedge, one file each, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.rules import (
    basis_adverse,
    contract_changed,
    data_stale,
    delisting,
    drift,
    exchange_down,
    funding_interval_change,
    negative_funding,
    orphaned,
    position_missing,
    position_reduced,
)
from hedgewatch.domain.thresholds import RuleSettings

HedgeRule = Callable[[HedgeSnapshot, RuleSettings, CycleFacts], Sequence[Finding]]
ExchangeRule = Callable[[str, Sequence[HedgeSnapshot], RuleSettings, CycleFacts], Sequence[Finding]]

HEDGE_RULES: Mapping[str, HedgeRule] = {
    drift.NAME: drift.judge,
    orphaned.NAME: orphaned.judge,
    position_missing.NAME: position_missing.judge,
    position_reduced.NAME: position_reduced.judge,
    basis_adverse.NAME: basis_adverse.judge,
    negative_funding.NAME: negative_funding.judge,
    contract_changed.NAME: contract_changed.judge,
    delisting.NAME: delisting.judge,
    funding_interval_change.NAME: funding_interval_change.judge,
    data_stale.NAME: data_stale.judge,
}
EXCHANGE_RULES: Mapping[str, ExchangeRule] = {exchange_down.NAME: exchange_down.judge}
# hedgewatch judges itself (monitoring/own_alarms.py)
OWN_RULES = ("self.delivery_failing", "self.dead_letter", "self.config_rejected")
BUILT_RULES = frozenset({*HEDGE_RULES, *EXCHANGE_RULES, *OWN_RULES})
