"""Escalation in time: a critical alert that nobody acknowledges goes on to others; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hedgewatch.domain.alert import AlertPhase, AlertState
from hedgewatch.domain.intervention import Said
from hedgewatch.domain.thresholds import Severity


def unheeded(state: AlertState, dt_seconds: Decimal, said: Said) -> AlertState:
    """Count how long somebody has been told that the alert is critical, and nobody has acknowledged it.

    Downtime counts for nothing. Who silences it has heeded it as well; while it recovers it waits.
    """
    if state.phase is not AlertPhase.FIRING or state.notified is not Severity.CRITICAL:
        return state
    if said.acknowledgement is not None or (said.hush is not None and not said.hush.spares_critical):
        return state
    return replace(state, unheeded_seconds=state.unheeded_seconds + dt_seconds)


def is_step_due(state: AlertState, said: Said, escalate_after: Sequence[Decimal]) -> bool:
    """Tell whether the next channels are to be told. escalate_after: seconds unheeded, of each step, growing."""
    if state.phase is not AlertPhase.FIRING or said.acknowledgement is not None:
        return False
    taken = state.escalations
    return taken < len(escalate_after) and state.unheeded_seconds >= escalate_after[taken]
