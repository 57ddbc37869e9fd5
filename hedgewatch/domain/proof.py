"""Proof: what was last proven of a position or of coins, what stands in doubt, and what is believed now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.instrument import PositionSide
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly


class Witness(StrEnum):
    """What else the account says of a smaller reading.

    SILENT: it could not be read this time, so it is waited for. NONE: there is nothing that would notice.
    """

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    SILENT = "silent"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is proven: the contracts on one side of an instrument, or the coins of an asset, in one account.

    name: the instrument's symbol or the asset. side: None for coins.
    """

    account: str
    exchange: str
    name: str
    side: PositionSide | None

    def __str__(self) -> str:
        what = f"{self.exchange}:{self.name} {self.side}" if self.side else self.name
        return f"account {self.account}: {what}"


class MarginKind(StrEnum):
    """Which of a wallet's margin figures is compared; initial margin also covers resting orders."""

    MAINTENANCE = "maintenance"
    INITIAL = "initial"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginShare:
    """A position's part of its wallet's margin when it was last proven: the wallet would notice its absence.

    own: the position's figure; zero while the sum never came out. unexplained: the wallet's figure less those of all
    listed positions. misses: proven reads in a row in which the sum did not come out; after some the wallet would
    notice nothing.
    """

    kind: MarginKind
    own: Decimal
    unexplained: Decimal
    misses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Reads in a row that contradict what was proven.

    latest, witness: what the last of them said, and what the account said of it. unopposed: the last three amounts that
    nothing contradicted since something did; a read whose witness was silent is not among them, but where it showed
    more than they did, they count as that much.
    """

    latest: Decimal
    witness: Witness
    reads: int
    unopposed: tuple[Decimal, ...]
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A proven fall: the amount before it and when it was proven. Why is not known: coins may be elsewhere, unsold."""

    before: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is proven of one subject, to be stored.

    amount: contracts without sign (the side gives it), or coins; None: never seen. margin: None where it was never
    measured. fall: the latest proven fall, None once the amount is back.
    """

    subject: Subject
    amount: Decimal | None = None
    proven_at: datetime | None = None
    margin: MarginShare | None = None
    doubt: Doubt | None = None
    fall: Fall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """A proven value: contracts (short is negative) or coins. fall: what it fell from (signed alike), if it did."""

    value: Decimal
    fall: Fall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """A value that is not known, and why. last: what was last proven, None if nothing ever was."""

    reason: UnknownReason
    detail: str
    last: Decimal | None = None
    proven_at: datetime | None = None


Belief = Believed | Doubted


@exactly
def belief_of(proof: Proof) -> Belief:
    """Return the believed value, or why it is not known."""
    subject = proof.subject
    if proof.doubt is not None or proof.amount is None:
        return doubted(proof, _reason(proof), _words(proof))
    fall = proof.fall and replace(proof.fall, before=_signed(proof.fall.before, subject) or ZERO)
    return Believed(value=_signed(proof.amount, subject) or ZERO, fall=fall)


def doubted(proof: Proof, reason: UnknownReason, detail: str) -> Doubted:
    """Say why a subject is not known now, and what was last proven of it."""
    last = _signed(proof.amount, proof.subject)
    return Doubted(reason=reason, detail=detail, last=last, proven_at=proof.proven_at)


def _signed(amount: Decimal | None, subject: Subject) -> Decimal | None:
    return None if amount is None else -amount if subject.side is PositionSide.SHORT and amount else amount


def _reason(proof: Proof) -> UnknownReason:
    amount = proof.doubt.latest if proof.doubt else ZERO
    if proof.amount is not None and amount > proof.amount:
        return UnknownReason.JUMPED
    if amount > 0:
        return UnknownReason.SHRUNKEN
    return UnknownReason.LEG_MISSING if proof.subject.side else UnknownReason.COINS_MISSING


WITNESS_WORDS = {
    Witness.AGREES: "the account's other figures agree",
    Witness.CONTRADICTS: "the account's other figures contradict it",
    Witness.SILENT: "the figures that would tell could not be read",
    Witness.NONE: "nothing else in the account would tell",
}


def _words(proof: Proof) -> str:
    doubt = proof.doubt
    if doubt is None:
        return f"{proof.subject} was never read"
    before = "" if proof.amount is None else f" after {proof.amount:f}"
    found = f"reads {doubt.latest:f}" if doubt.latest else "is not listed"
    told = "" if proof.amount is not None and doubt.latest > proof.amount else f", {WITNESS_WORDS[doubt.witness]}"
    return f"{proof.subject} {found}{before} (read {doubt.reads}{told}): not believed before it is proven"
