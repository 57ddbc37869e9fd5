"""What a rule answers: BREACH, BAND, CLEAR or UNKNOWN, per level, with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.order import Order, TopUp
from hedgewatch.domain.thresholds import Action, Severity


class OutcomeKind(StrEnum):
    """Beyond fire, between clear and fire, inside clear, or not known."""

    BREACH = "BREACH"
    BAND = "BAND"
    CLEAR = "CLEAR"
    UNKNOWN = "UNKNOWN"


BREACH, BAND, CLEAR = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR  # asked for with every finding
NONE: Mapping[Severity, Any] = MappingProxyType({})  # all that cannot know share it
Words = str | Callable[[], str]
# All that a pure function can raise; what stops the process (MemoryError, KeyboardInterrupt) is none of a rule's.
BREAKS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """What a rule is judged on; its identity, and so its alert's. Empty text: not part of the identity."""

    rule: str
    hedge: str = ""
    leg: str = ""
    account: str = ""
    exchange: str = ""
    side: str = ""


class Finding(NamedTuple):
    """A rule's answer on one target, in words with its numbers.

    A named tuple, not a dataclass: a frozen one takes four times as long to make, and some thirty are made for every
    hedge in every cycle. Use its ``_replace`` where dataclasses have ``replace``.

    levels: the outcome of each enabled level; empty when unknown. value and thresholds: in the rule's unit, signed as
    the rule says. words: one sentence that stands alone, or what makes it: nearly all findings are clear, and nobody
    reads them. unknown: the reason, None when known. alertable: an unknown that is a fault of the data (stale, failed,
    garbage), not merely not available. ends_latch: what a latched alert waited for was seen to be done, so that its
    being clear ends it.
    """

    target: Target
    levels: Mapping[Severity, OutcomeKind]
    value: Decimal | None
    thresholds: Mapping[Severity, Decimal]
    words: Words
    actions: Mapping[Severity, Action]
    orders: tuple[Order, ...] = ()
    condition: str | None = None
    unknown: UnknownReason | None = None
    hedges: tuple[str, ...] = ()
    top_up: TopUp | None = None
    ends_latch: bool = False

    @property
    def message(self) -> str:
        """The words, put together when they are asked for; an alert whose words break is told all the same."""
        return self.words if isinstance(self.words, str) else _worded(self.target, self.words)

    @property
    def kind(self) -> OutcomeKind:
        """The outcome over all levels: the worst one counts."""
        if self.unknown is not None:
            return OutcomeKind.UNKNOWN
        kinds = self.levels.values()
        if BREACH in kinds:
            return BREACH
        return BAND if BAND in kinds else CLEAR

    @property
    def is_nothing_new(self) -> bool:
        """True if it begins no alert where there is none: nothing is wrong, or there is nothing to know."""
        if self.unknown is not None:
            return self.unknown is UnknownReason.NOT_AVAILABLE
        return BREACH not in self.levels.values()

    @property
    def severity(self) -> Severity | None:
        """The highest level that is breached, None if none is."""
        breached = [level for level, kind in self.levels.items() if kind is BREACH]
        return max(breached, key=lambda level: level.rank, default=None)

    @property
    def alertable(self) -> bool:
        """True if the outcome is unknown through a fault of the data."""
        return self.unknown is not None and self.unknown is not UnknownReason.NOT_AVAILABLE


@exactly
def _worded(target: Target, words: Callable[[], str]) -> str:
    try:
        return words()
    except BREAKS as error:
        return f"{target.rule} of {target.hedge or target.exchange}: it has no words: {type(error).__name__}: {error}"


def unknown_finding(target: Target, reason: UnknownReason, words: Words) -> Finding:
    """Make the answer of a rule that cannot know."""
    return Finding(target, NONE, None, NONE, words, NONE, (), None, reason)  # by place: half the time
