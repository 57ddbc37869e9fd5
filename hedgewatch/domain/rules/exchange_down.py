"""Exchange down: an exchange gives no useful answer, and which hedges that blinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.blind import BlindLeg, blind_legs, seconds_since
from hedgewatch.domain.expiry import is_expired
from hedgewatch.domain.finding import Finding, OutcomeKind, Target
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.market import MarketReading
from hedgewatch.domain.numbers import ZERO, exactly, from_float
from hedgewatch.domain.rules.judging import duration, known_finding, outcome_above, percent
from hedgewatch.domain.thresholds import Level, RuleSettings, Severity

NAME = "exchange_down"
NEAR_THE_END = Decimal(180)  # seconds


@exactly
def judge(
    exchange: str, snapshots: Sequence[HedgeSnapshot], settings: RuleSettings, facts: CycleFacts
) -> tuple[Finding, ...]:
    """Judge the seconds since the exchange's last useful answer: one good quote among those wanted is useful."""
    silent = _silent_seconds(exchange, facts)
    blinded = tuple(snapshot.hedge.name for snapshot in snapshots if _is_blinded(snapshot, exchange))
    blind = () if silent is None else blind_legs(exchange, snapshots, facts)
    if any(leg.is_near for leg in blind):
        settings = _sooner(settings)
    finding = known_finding(
        Target(rule=NAME, exchange=exchange),
        settings,
        {severity: _outcome(silent, level) for severity, level in settings.levels.items()},
        value=silent or ZERO,
        message=lambda: _words(exchange, silent, blinded, facts) + "".join(f"; {_seen(leg, facts)}" for leg in blind),
    )
    return (finding._replace(hedges=blinded),)


def _sooner(settings: RuleSettings) -> RuleSettings:
    """Let it be critical after three minutes: a hedge that may be near its end cannot wait for fifteen."""
    level = settings.levels.get(Severity.CRITICAL)
    if level is None or level.fire <= NEAR_THE_END:
        return settings
    sooner = replace(level, fire=NEAR_THE_END, clear=min(level.clear, NEAR_THE_END))
    return replace(settings, levels={**settings.levels, Severity.CRITICAL: sooner})


def _seen(leg: BlindLeg, facts: CycleFacts) -> str:
    """Say how near a leg's end was, and is by another exchange."""
    ago = duration(seconds_since(leg, facts))
    last = f"{leg.hedge} was {percent(leg.distance)} from liquidation {ago} ago"
    if leg.estimate is None or leg.source is None:
        return f"{last}, and no other exchange is read to say where it is now"
    if leg.estimate <= 0:
        return f"{last}, and by {leg.source} it is past it now"
    return f"{last}, by {leg.source} about {percent(leg.estimate)} now"


def _is_blinded(snapshot: HedgeSnapshot, exchange: str) -> bool:
    """Tell whether a hedge needs the exchange: for a leg, or for spot while no other source gives a price."""
    if any(leg.futures.exchange == exchange for leg in snapshot.hedge.legs):
        return True
    return snapshot.spot_price is None and any(ref.exchange == exchange for ref in snapshot.hedge.spot)


def _outcome(silent: Decimal | None, level: Level) -> OutcomeKind:
    """Judge the silence; a poll that failed proves nothing well, however short the silence is."""
    if silent is None:
        return OutcomeKind.CLEAR
    outcome = outcome_above(silent, level)
    return OutcomeKind.BAND if outcome is OutcomeKind.CLEAR else outcome


def _silent_seconds(exchange: str, facts: CycleFacts) -> Decimal | None:
    """Return for how long the exchange has been silent, None if it answers."""
    readings = [one for one in facts.answers[exchange].readings if not is_expired(one.ref, facts)]
    if not readings or any(isinstance(reading, MarketReading) and reading.quote is not None for reading in readings):
        return None
    since = _last_useful_answer(exchange, facts) or facts.past.first_asked_at.get(exchange)
    return ZERO if since is None else max(ZERO, from_float((facts.read_at - since).total_seconds(), "silence"))


def _last_useful_answer(exchange: str, facts: CycleFacts) -> datetime | None:
    """Return when the quotes of the exchange's last useful answer came, the first of them; None if there never was one.

    Counted as data_stale counts, so that the alert that speaks for all its feeds is never later than theirs.
    """
    known = [facts.past.instruments.get(reading.ref) for reading in facts.answers[exchange].readings]
    came = [past.last_good_at for past in known if past is not None and past.last_good_at is not None]
    if not came:
        return facts.past.last_answer_at.get(exchange)
    last = max(came)
    return min(at for at in came if from_float((last - at).total_seconds(), "spread") < facts.poll_seconds)


def _words(exchange: str, silent: Decimal | None, blinded: Sequence[str], facts: CycleFacts) -> str:
    if silent is None:
        return f"{exchange} answers"
    hedges = ", ".join(blinded) or "no hedge"
    error = facts.answers[exchange].error or "no usable price in its answer"
    return f"{exchange} has given no useful answer for {duration(silent)}, which blinds {hedges}: {error}"
