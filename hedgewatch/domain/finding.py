"""What a rule answers: BREACH, BAND, CLEAR or UNKNOWN, per level, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.order import Order, TopUp
from hedgewatch.domain.thresholds import Action, Severity


class OutcomeKind(StrEnum):
    """Beyond fire, between clear and fire, inside clear, or not known."""

    BREACH = "BREACH"
    BAND = "BAND"
    CLEAR = "CLEAR"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """What a rule is judged on; its identity, and so its alert's. Empty text: not part of the identity."""

    rule: str
    hedge: str = ""
    leg: str = ""
    account: str = ""
    exchange: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule's answer on one target, in words with its numbers.

    levels: the outcome of each enabled level; empty when unknown. value and thresholds: in the rule's unit, signed as
    the rule says. message: one sentence that stands alone. unknown: the reason, None when known. alertable: an unknown
    that is a fault of the data (stale, failed, garbage), not merely not available.
    """

    target: Target
    levels: Mapping[Severity, OutcomeKind]
    value: Decimal | None
    thresholds: Mapping[Severity, Decimal]
    message: str
    actions: Mapping[Severity, Action]
    orders: tuple[Order, ...] = ()
    condition: str | None = None
    unknown: UnknownReason | None = None
    hedges: tuple[str, ...] = ()
    top_up: TopUp | None = None

    @property
    def kind(self) -> OutcomeKind:
        """The outcome over all levels: the worst one counts."""
        if self.unknown is not None:
            return OutcomeKind.UNKNOWN
        for kind in (OutcomeKind.BREACH, OutcomeKind.BAND):
            if kind in self.levels.values():
                return kind
        return OutcomeKind.CLEAR

    @property
    def severity(self) -> Severity | None:
        """The highest level that is breached, None if none is."""
        breached = [level for level, kind in self.levels.items() if kind is OutcomeKind.BREACH]
        return max(breached, key=lambda level: level.rank, default=None)

    @property
    def alertable(self) -> bool:
        """True if the outcome is unknown through a fault of the data."""
        return self.unknown is not None and self.unknown is not UnknownReason.NOT_AVAILABLE


def unknown_finding(target: Target, reason: UnknownReason, message: str) -> Finding:
    """Make the answer of a rule that cannot know."""
    return Finding(target=target, levels={}, value=None, thresholds={}, message=message, actions={}, unknown=reason)
