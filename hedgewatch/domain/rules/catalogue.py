"""Every rule as documented, with the thresholds it ships with. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hedgewatch.domain.rules.catalogue_trust import MARGIN_RULES, SELF_RULES, TRUST_RULES
from hedgewatch.domain.rules.definitions import (
    DAY,
    FACT,
    FRACTION,
    HOUR,
    MINUTE,
    RATE_8H,
    RATIO,
    SECONDS,
    level,
    levels,
    polls,
    rule,
    seconds,
)
from hedgewatch.domain.thresholds import Action, JudgedPer, LevelDefault, RuleDefinition, Severity

_HEDGE_RULES = (
    rule(
        "drift",
        "distance of the hedge ratio from its target, either way",
        unit=FRACTION,
        per=JudgedPer.HEDGE,
        shipped=levels(warning=level("0.02", "0.015"), critical=level("0.05", "0.04")),
        lasting=polls(2),
        keep=polls(3),
        action=Action.REBALANCE,
    ),
    rule(
        "orphaned",
        "a short without coins, proven",
        unit=FACT,
        per=JudgedPer.HEDGE,
        shipped=levels(critical=level(None)),
        action=Action.CLOSE,
    ),
    rule(
        "position_missing",
        "a leg that is gone, proven",
        unit=FACT,
        per=JudgedPer.LEG,
        shipped=levels(critical=level(None)),
        action=Action.REBALANCE,
    ),
    rule(
        "position_reduced",
        "a leg 2 % smaller than expected, proven",
        unit=FACT,
        per=JudgedPer.LEG,
        shipped=levels(critical=level(None)),
        action=Action.REBALANCE,
    ),
    rule(
        "cost_outweighs",
        "expected cost over protection, with objective insurance",
        unit=RATIO,
        per=JudgedPer.HEDGE,
        shipped=levels(
            warning=level("0.05", "0.03", lasting=seconds(8 * HOUR)),
            critical=level("0.15", "0.10", lasting=seconds(8 * HOUR)),
        ),
        action=Action.CLOSE,
    ),
    rule(
        "event_passed",
        "before event_at: told at 24 h and 1 h; then event_at + event_settle; latched",
        unit=FACT,
        per=JudgedPer.HEDGE,
        shipped=levels(info=level(None), warning=level(None)),
        info_action=Action.WATCH,
        action=Action.CLOSE,
    ),
    rule(
        "horizon_end",
        "time left until `until`, then passed; latched",
        unit=SECONDS,
        per=JudgedPer.HEDGE,
        shipped=levels(warning=level(str(24 * HOUR)), critical=level(None)),
        action=Action.CLOSE,
    ),
    rule(
        "profit_target",
        "spot over cost basis against the hedge's profit_target: sell and close together",
        unit=FACT,
        per=JudgedPer.HEDGE,
        shipped=levels(warning=level(None)),
        action=Action.CLOSE,
    ),
    rule(
        "collateral_shared",
        "coins that are both holding and collateral",
        unit=FACT,
        per=JudgedPer.HEDGE,
        shipped=levels(warning=level(None)),
        action=Action.WATCH,
    ),
    rule(
        "proxy_beta_shift",
        "beta against the one in use: 2 standard errors and this much",
        unit="beta",
        per=JudgedPer.HEDGE,
        shipped=levels(warning=level("0.15")),
        lasting=seconds(DAY),
        action=Action.REBALANCE,
    ),
    rule(
        "proxy_effectiveness",
        "share of the variance that the proxy removes",
        unit=FRACTION,
        per=JudgedPer.HEDGE,
        shipped=levels(warning=level("0.80", "0.83"), critical=level("0.50", "0.55")),
        lasting=seconds(DAY),
        action=Action.WATCH,
    ),
    rule(
        "unhedged_holding",
        "coins no hedge covers",
        unit=FACT,
        per=JudgedPer.HOLDING,
        shipped=levels(info=level(None)),
        action=Action.WATCH,
    ),
    rule(
        "depeg",
        "a quote currency against the dollar",
        unit=FRACTION,
        per=JudgedPer.HEDGE,
        shipped=levels(warning=level("0.005", "0.003"), critical=level("0.02", "0.01")),
        lasting=seconds(10 * MINUTE),
        action=Action.WATCH,
    ),
)

_COST_RULES = (
    rule(
        "basis_adverse",
        "basis rate minus the mean of the preceding 30 days; a rise hurts the short",
        unit=FRACTION,
        per=JudgedPer.LEG,
        shipped=levels(
            warning=level("0.005", "0.0025", lasting=seconds(HOUR)),
            critical=level("0.015", "0.0075", lasting=seconds(10 * MINUTE)),
        ),
        action=Action.WATCH,
        critical_action=Action.REBALANCE,
    ),
    rule(
        "basis_label",
        "contango, flat or backwardation of the 24-hour mean, entered at 10 bp, left at 5",
        unit=FACT,
        per=JudgedPer.LEG,
        shipped=levels(info=level(None)),
        action=Action.WATCH,
    ),
    rule(
        "negative_funding",
        "24-hour mean funding per 8 h",
        unit=RATE_8H,
        per=JudgedPer.LEG,
        shipped=levels(
            info=level("-0.0001", "-0.00005"),
            warning=level("-0.0003", "-0.00015"),
            critical=level("-0.001", "-0.0005"),
        ),
        action=Action.WATCH,
        critical_action=Action.CLOSE,
    ),
    rule(
        "double_whammy",
        "24-hour mean funding per 8 h, together with the basis and the 24-hour spot return",
        unit=RATE_8H,
        per=JudgedPer.LEG,
        shipped=levels(warning=level("-0.0001", "-0.00005"), critical=level("-0.0003", "-0.00015")),
        action=Action.WATCH,
        critical_action=Action.CLOSE,
    ),
    rule(
        "funding_paid",
        "funding paid in 30 days, realised, of notional",
        unit=FRACTION,
        per=JudgedPer.LEG,
        shipped=levels(warning=level("0.005", "0.0025"), critical=level("0.01", "0.005")),
        action=Action.WATCH,
        critical_action=Action.CLOSE,
    ),
    rule(
        "roll_due",
        "time left until the contract expires; latched",
        unit=SECONDS,
        per=JudgedPer.LEG,
        shipped=levels(warning=level(str(7 * DAY)), critical=level(str(24 * HOUR))),
        action=Action.ROLL,
    ),
)

CATALOGUE: Mapping[str, RuleDefinition] = {
    definition.name: definition
    for definition in (*_HEDGE_RULES, *_COST_RULES, *MARGIN_RULES, *TRUST_RULES, *SELF_RULES)
}

DRIFT_PROXY: Mapping[Severity, LevelDefault] = levels(warning=level("0.05", "0.04"), critical=level("0.15", "0.12"))
DRIFT_FIXED_USD: Mapping[Severity, LevelDefault] = levels(warning=level("0.10", "0.05"), critical=level("0.15", "0.10"))
COST_OUTWEIGHS_AT_ONCE: LevelDefault = level("0.50", "0.35")

# double_whammy fires when all three lie beyond: its level's funding, and these. Each is clear at half.
DOUBLE_WHAMMY_BASIS_RATE: Mapping[Severity, Decimal] = {
    Severity.WARNING: Decimal("-0.0005"),
    Severity.CRITICAL: Decimal("-0.001"),
}
DOUBLE_WHAMMY_SPOT_RETURN = Decimal("-0.05")

# Worse is lower: these breach below `fire`. All others breach above it.
FIRES_BELOW = frozenset(
    {"negative_funding", "double_whammy", "liquidation_distance", "proxy_effectiveness", "horizon_end", "roll_due"}
)
# These end only by a roll, a close or an acknowledgement with a note, never by time.
LATCHED = frozenset({"event_passed", "horizon_end", "roll_due"})
