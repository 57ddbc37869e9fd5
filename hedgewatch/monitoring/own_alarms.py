"""Own alarms: channels that do not take their messages, messages given up, a configuration refused; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.alert import AlertEvent
from hedgewatch.domain.finding import Finding, OutcomeKind, Target
from hedgewatch.domain.rules import OWN_RULES
from hedgewatch.domain.thresholds import Action, RuleSettings, Severity
from hedgewatch.monitoring.delivery import FALLBACK_AFTER, FALLBACK_ATTEMPTS
from hedgewatch.monitoring.health import ChannelTrouble

DELIVERY_FAILING, DEAD_LETTER, CONFIG_REJECTED = OWN_RULES[:3]
NO_TROUBLE = ChannelTrouble()


def own_findings(
    troubles: Mapping[str, ChannelTrouble], rules: Mapping[str, RuleSettings], channels: Sequence[str], now: datetime
) -> list[tuple[Finding, RuleSettings]]:
    """Judge every channel by what it does not take. The channel stands as the target's side.

    troubles: of the channels that have any; channels: those configured, the only ones that are judged.
    """
    found = []
    for channel in channels:
        trouble = troubles.get(channel, NO_TROUBLE)
        judged = {DELIVERY_FAILING: _failing(channel, trouble, now), DEAD_LETTER: _dead(channel, trouble)}
        found += [(judged[name], rules[name]) for name in judged if name in rules and rules[name].enabled]
    return found


def rejected_finding(problems: Sequence[str], rules: Mapping[str, RuleSettings]) -> list[tuple[Finding, RuleSettings]]:
    """Judge the last reload. problems: every mistake of the configuration it refused; none: it was taken over."""
    settings = rules.get(CONFIG_REJECTED)
    if settings is None or not settings.enabled:
        return []
    if problems:
        mistakes = f"{len(problems)} mistake{'s' if len(problems) > 1 else ''}"
        words = (
            f"the changed configuration was refused for {mistakes}, and the one before runs on: {'; '.join(problems)}. "
            "Mend it and reload again"
        )
    else:
        words = "the configuration that was last asked for is the one that runs"
    outcome = OutcomeKind.BREACH if problems else OutcomeKind.CLEAR
    return [(_finding(CONFIG_REJECTED, "", outcome, value=len(problems), words=words), settings)]


def channels_of_own(event: AlertEvent, settings: RuleSettings, channels: Sequence[str]) -> tuple[str, ...]:
    """Return who is told of a channel's trouble: all others, or the rule's own channels; one alone is told itself."""
    asked = settings.channels if settings.channels is not None else tuple(channels)
    others = tuple(name for name in asked if name != event.state.target.side)
    return others or asked


def _failing(channel: str, trouble: ChannelTrouble, now: datetime) -> Finding:
    is_late = trouble.oldest_critical_at is not None and now - trouble.oldest_critical_at >= FALLBACK_AFTER
    if is_late or trouble.attempts >= FALLBACK_ATTEMPTS:
        outcome, words = OutcomeKind.BREACH, f"{channel} does not take its messages{_because(trouble)}"
    elif trouble.attempts:
        outcome, words = OutcomeKind.BAND, f"{channel} has not taken every message yet{_because(trouble)}"
    else:
        outcome, words = OutcomeKind.CLEAR, f"{channel} takes its messages"
    return _finding(DELIVERY_FAILING, channel, outcome, value=trouble.attempts, words=words)


def _dead(channel: str, trouble: ChannelTrouble) -> Finding:
    outcome = OutcomeKind.BREACH if trouble.dead else OutcomeKind.CLEAR
    words = (
        f"{trouble.dead} message{'s' if trouble.dead > 1 else ''} for {channel} were given up"
        f"{_because(trouble)}; `hedgewatch outbox list` shows them, `hedgewatch outbox replay` sends them again"
        if trouble.dead
        else f"no message for {channel} was given up"
    )
    return _finding(DEAD_LETTER, channel, outcome, value=trouble.dead, words=words)


def _because(trouble: ChannelTrouble) -> str:
    return f": {trouble.last_error}" if trouble.last_error else ""


def _finding(rule: str, channel: str, outcome: OutcomeKind, *, value: int, words: str) -> Finding:
    return Finding(
        target=Target(rule=rule, side=channel),
        levels={Severity.CRITICAL: outcome},
        value=Decimal(value),
        thresholds={},
        words=words,
        actions={Severity.CRITICAL: Action.CHECK_DATA},
    )
