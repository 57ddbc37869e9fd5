"""The second half of the catalogue: margin, trust in the data, and hedgewatch itself. Data only."""

from __future__ import annotations

from hedgewatch.domain.rules.definitions import (
    FACT,
    FRACTION,
    MINUTE,
    MULTIPLE,
    QUANTILE,
    SECONDS,
    level,
    levels,
    rule,
    seconds,
)
from hedgewatch.domain.thresholds import Action, JudgedPer, RuleDefinition

MARGIN_RULES = (
    rule(
        "liquidation_distance",
        "distance to liquidation as a share of the mark price, or never",
        unit=FRACTION,
        per=JudgedPer.LEG,
        shipped=levels(warning=level("0.25", "0.30"), critical=level("0.10", "0.13")),
        action=Action.TOP_UP,
    ),
    rule(
        "margin_usage",
        "margin usage of cross and unified accounts; 1 is liquidation",
        unit=FRACTION,
        per=JudgedPer.ACCOUNT,
        shipped=levels(warning=level("0.10", "0.08"), critical=level("0.25", "0.20")),
        action=Action.TOP_UP,
    ),
    rule(
        "leverage",
        "notional over equity",
        unit=MULTIPLE,
        per=JudgedPer.LEG,
        shipped=levels(warning=level("3", "2.7"), critical=level("5", "4.5")),
        action=Action.REDUCE,
    ),
    rule(
        "adl",
        "place in the queue for auto-deleveraging",
        unit=QUANTILE,
        per=JudgedPer.LEG,
        shipped=levels(warning=level("4"), critical=level("5")),
        action=Action.REDUCE,
    ),
    rule(
        "margin_mode",
        "reads cross where isolated was declared",
        unit=FACT,
        per=JudgedPer.LEG,
        shipped=levels(warning=level(None)),
        action=Action.WATCH,
    ),
    rule(
        "liquidity",
        "slippage of closing the whole leg now",
        unit=FRACTION,
        per=JudgedPer.LEG,
        shipped=levels(warning=level("0.003", "0.0024"), critical=level("0.01", "0.008")),
        lasting=seconds(10 * MINUTE),
        action=Action.WATCH,
    ),
)

TRUST_RULES = (
    rule(
        "contract_changed",
        "a contract whose size or unit is not what it was",
        unit=FACT,
        per=JudgedPer.LEG,
        shipped=levels(critical=level(None)),
        action=Action.CHECK_DATA,
    ),
    rule(
        "delisting",
        "a contract that its exchange takes off",
        unit=FACT,
        per=JudgedPer.LEG,
        shipped=levels(critical=level(None)),
        action=Action.CLOSE,
    ),
    rule(
        "funding_interval_change",
        "funding settled more or less often than before",
        unit=FACT,
        per=JudgedPer.LEG,
        shipped=levels(info=level(None)),
        action=Action.WATCH,
    ),
    rule(
        "data_stale",
        "age since receipt, and frozen books",
        unit=SECONDS,
        per=JudgedPer.LEG,
        shipped=levels(warning=level("30", polls=3), critical=level(str(15 * MINUTE))),
        action=Action.CHECK_DATA,
    ),
    rule(
        "exchange_down",
        "time since an exchange last answered usefully",
        unit=SECONDS,
        per=JudgedPer.EXCHANGE,
        shipped=levels(warning=level("30", polls=3), critical=level(str(15 * MINUTE))),
        action=Action.CHECK_DATA,
    ),
    rule(
        "clock_skew",
        "our clock against an exchange's, either way",
        unit=SECONDS,
        per=JudgedPer.EXCHANGE,
        shipped=levels(warning=level("1", "0.5"), critical=level("5", "3")),
        action=Action.CHECK_DATA,
    ),
    rule(
        "liquidation_price_mismatch",
        "our liquidation price against the exchange's",
        unit=FRACTION,
        per=JudgedPer.LEG,
        shipped=levels(warning=level("0.02", "0.015")),
        action=Action.CHECK_DATA,
    ),
)


def _self_rule(name: str, watches: str) -> RuleDefinition:
    """Write a rule that hedgewatch judges itself by: critical, at once."""
    shipped = levels(critical=level(None))
    return rule(name, watches, unit=FACT, per=JudgedPer.SELF, shipped=shipped, action=Action.CHECK_DATA)


SELF_RULES = (
    _self_rule("self.delivery_failing", "a channel that does not take its messages"),
    _self_rule("self.dead_letter", "a message given up after 72 hours"),
    rule(
        "self.disk_low",
        "little room left for the database, then hardly any",
        unit=FACT,
        per=JudgedPer.SELF,
        shipped=levels(warning=level(None), critical=level(None)),
        action=Action.CHECK_DATA,
    ),
    _self_rule("self.database_down", "a database that cannot be written"),
    _self_rule("self.config_rejected", "a configuration that was refused at reload; the one before runs on"),
)
