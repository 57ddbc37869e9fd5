"""The questions hedgewatch asks of every hedge, one file each, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.rules import (
    adl,
    basis_adverse,
    basis_label,
    clock_skew,
    collateral_shared,
    contract_changed,
    cost_outweighs,
    data_stale,
    delisting,
    depeg,
    double_whammy,
    drift,
    event_passed,
    exchange_down,
    funding_interval_change,
    funding_paid,
    horizon_end,
    leverage,
    liquidation_distance,
    liquidation_price_mismatch,
    liquidity,
    margin_mode,
    margin_usage,
    negative_funding,
    orphaned,
    position_missing,
    position_reduced,
    profit_target,
    proxy_beta_shift,
    proxy_effectiveness,
    roll_due,
    unhedged_holding,
)
from hedgewatch.domain.thresholds import RuleSettings

HedgeRule = Callable[[HedgeSnapshot, RuleSettings, CycleFacts], Sequence[Finding]]
# The name of an exchange, an account or a holding, all hedges, what the rule is set to, and what the cycle knows.
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
    event_passed.NAME: event_passed.judge,
    horizon_end.NAME: horizon_end.judge,
    roll_due.NAME: roll_due.judge,
    liquidation_distance.NAME: liquidation_distance.judge,
    leverage.NAME: leverage.judge,
    adl.NAME: adl.judge,
    margin_mode.NAME: margin_mode.judge,
    collateral_shared.NAME: collateral_shared.judge,
    liquidation_price_mismatch.NAME: liquidation_price_mismatch.judge,
    basis_label.NAME: basis_label.judge,
    funding_paid.NAME: funding_paid.judge,
    double_whammy.NAME: double_whammy.judge,
    cost_outweighs.NAME: cost_outweighs.judge,
    profit_target.NAME: profit_target.judge,
    depeg.NAME: depeg.judge,
    liquidity.NAME: liquidity.judge,
    proxy_beta_shift.NAME: proxy_beta_shift.judge,
    proxy_effectiveness.NAME: proxy_effectiveness.judge,
}
EXCHANGE_RULES: Mapping[str, ExchangeRule] = {
    exchange_down.NAME: exchange_down.judge,
    clock_skew.NAME: clock_skew.judge,
}
ACCOUNT_RULES: Mapping[str, ExchangeRule] = {margin_usage.NAME: margin_usage.judge}
HOLDING_RULES: Mapping[str, ExchangeRule] = {unhedged_holding.NAME: unhedged_holding.judge}
# hedgewatch judges itself (monitoring/own_alarms.py)
OWN_RULES = (
    "self.delivery_failing",
    "self.dead_letter",
    "self.config_rejected",
    "self.disk_low",
    "self.database_down",
)
BUILT_RULES = frozenset({*HEDGE_RULES, *EXCHANGE_RULES, *ACCOUNT_RULES, *HOLDING_RULES, *OWN_RULES})
