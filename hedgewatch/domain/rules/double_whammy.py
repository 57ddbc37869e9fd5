"""Double whammy: the short pays, the future lies below spot and the coin falls, all at once."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.closing_advice import told_to_close
from hedgewatch.domain.finding import BAND, BREACH, CLEAR, Finding, OutcomeKind, unknown_finding
from hedgewatch.domain.funding import short_pays_per_day
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.history import NO_COIN_PAST, return_of_a_day
from hedgewatch.domain.market import MarketReading, UnknownReason
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.rules.catalogue import DOUBLE_WHAMMY_BASIS_RATE, DOUBLE_WHAMMY_SPOT_RETURN
from hedgewatch.domain.rules.judging import known_finding, leg_target, outcome_below, percent
from hedgewatch.domain.thresholds import Level, Patience, RuleSettings, Severity
from hedgewatch.domain.words import leg_words

NAME = "double_whammy"


def _halved(fire: Decimal) -> Level:
    return Level(fire=fire, clear=fire / 2, patience=Patience())


BASIS_LEVELS = {severity: _halved(fire) for severity, fire in DOUBLE_WHAMMY_BASIS_RATE.items()}
RETURN_LEVEL = _halved(DOUBLE_WHAMMY_SPOT_RETURN)


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's 24-hour mean rate together with its basis and the 24-hour return of spot.

    A level is breached if all three lie beyond it, and clear if one of them is clear: what is not known of the others
    makes no difference then.
    """
    fallen = _return_of(snapshot, facts)
    return tuple(_judge_leg(snapshot, leg, settings, fallen) for leg in snapshot.legs)


def _return_of(snapshot: HedgeSnapshot, facts: CycleFacts) -> Decimal | None:
    if snapshot.spot_price is None or not isinstance(snapshot.spot, MarketReading):
        return None
    past = facts.past.coins.get(snapshot.spot.ref, NO_COIN_PAST)
    return return_of_a_day(past, snapshot.spot_price, facts.read_at)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, fallen: Decimal | None) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    if leg.unknown is not None or snapshot.spot_unknown is not None:
        reason = leg.unknown or snapshot.spot_unknown or UnknownReason.MISSING
        return unknown_finding(target, reason, lambda: f"{leg_words(snapshot, leg)}: its prices of now are not known")
    if leg.funding_mean is None:
        reason = UnknownReason.NOT_AVAILABLE if leg.leg.futures.is_dated else UnknownReason.MISSING
        return unknown_finding(target, reason, lambda: f"{leg_words(snapshot, leg)}: its funding is not known")
    rate, basis = leg.funding_mean.rate_8h, leg.basis_rate
    outcomes = {
        severity: _together(
            outcome_below(rate, level),
            _outcome(basis, BASIS_LEVELS[severity if severity in BASIS_LEVELS else Severity.WARNING]),
            _outcome(fallen, RETURN_LEVEL),
        )
        for severity, level in settings.levels.items()
    }
    known = {severity: outcome for severity, outcome in outcomes.items() if outcome is not None}
    if len(known) < len(outcomes):
        return _unknown(snapshot, leg)
    finding = known_finding(target, settings, known, value=rate, message=lambda: _words(snapshot, leg, rate, fallen))
    return told_to_close(finding, snapshot, [leg])


def _outcome(value: Decimal | None, level: Level) -> OutcomeKind | None:
    return None if value is None else outcome_below(value, level)


def _together(*outcomes: OutcomeKind | None) -> OutcomeKind | None:
    if CLEAR in outcomes:
        return CLEAR
    if None in outcomes:
        return None
    return BAND if BAND in outcomes else BREACH


def _unknown(snapshot: HedgeSnapshot, leg: LegSnapshot) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    if leg.basis_rate is None:
        return unknown_finding(
            target, UnknownReason.STALE, lambda: f"{leg_words(snapshot, leg)}: its two prices are too far apart in time"
        )
    return unknown_finding(
        target,
        UnknownReason.NOT_AVAILABLE,
        lambda: f"{leg_words(snapshot, leg)}: the return of 24 hours needs a close of then, has none",
    )


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, rate: Decimal, fallen: Decimal | None) -> str:
    said = [f"funding {percent(rate, 4)} per 8 h"]
    if leg.basis_rate is not None:
        said.append(f"basis {percent(leg.basis_rate, 3)}")
    if fallen is not None:
        said.append(f"spot {percent(fallen, 1)} in 24 h")
    return f"{leg_words(snapshot, leg)}: {', '.join(said)}{_true_loss(snapshot, leg, rate, fallen)}"


def _true_loss(snapshot: HedgeSnapshot, leg: LegSnapshot, rate: Decimal, fallen: Decimal | None) -> str:
    """Say what is lost: the funding, and the fall of what is not hedged; the short gains what the rest has lost."""
    notional = leg.notional_usd
    if notional is None:
        return ""
    cost = short_pays_per_day(rate, notional)
    words = f"; your short {'pays' if cost > 0 else 'earns'} {abs(cost):,.2f} USD a day"
    bare, price = snapshot.net_exposure, snapshot.spot_price
    if fallen is None or bare is None or price is None or fallen >= 0:
        return words
    offset = "; the fall of the hedged coins is made up for by the short"
    if bare <= 0:
        return f"{words}{offset}, and nothing is unhedged"
    fall = -bare * price * fallen / (1 + fallen)
    return f"{words}{offset}, the {plain(bare, 6)} {snapshot.hedge.asset} that are not hedged have lost {fall:,.2f} USD"
