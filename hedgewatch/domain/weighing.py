"""Weighing: how one more read changes what is proven; a smaller amount is not believed at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.numbers import ONE, exactly
from hedgewatch.domain.proof import Doubt, Fall, Proof, Witness

READS_ALONE = 3
FARTHEST_JUMP = 10
JUMP_MEMORY = timedelta(hours=1)  # against an older amount any growth is news, not a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One good read of a subject. amount: as in Proof, zero if it is not listed. poll_seconds: the configured interval.

    dust: the fraction of the proven amount that may be missing without a doubt.
    """

    amount: Decimal
    at: datetime
    witness: Witness
    poll_seconds: Decimal
    dust: Decimal


@exactly
def weigh(proof: Proof, read: Reading) -> Proof:
    """Return what is proven after one more good read; a failed part is no read and must not come here.

    An amount as proven, or plausibly grown, is believed at once and ends any doubt. A smaller one is believed when a
    second read, of another poll, and a witness agree, or after three reads that nothing contradicts: then the largest
    amount among them is. A growth to ten times is believed on the second read, the smaller of the two. An answer older
    than the latest one changes nothing. Source: alerting.md G7, G8.
    """
    doubt = proof.doubt
    latest_at = doubt.last_at if doubt else proof.proven_at
    if latest_at is not None and read.at < latest_at:
        return proof
    if not _is_doubtful(proof, read):
        return _proven(proof, read.amount, read)
    if doubt is None or _is_growth(proof, doubt.latest) != _is_growth(proof, read.amount):
        return replace(proof, doubt=_doubt(read, None))
    if not _is_another_poll(doubt.last_at, read):
        return proof
    common = _common(proof, doubt, read)
    after = replace(proof, doubt=_doubt(read, doubt))
    if common is None:
        return after
    settled = _proven(proof, common, read)
    return replace(settled, doubt=after.doubt) if _is_doubtful(settled, read) else _proven(settled, read.amount, read)


@exactly
def is_fallen(proof: Proof, amount: Decimal, dust: Decimal) -> bool:
    """Tell whether an amount is smaller than the proven one by more than dust; nothing at all needs proof too."""
    if proof.amount is None:
        return amount <= 0
    return amount < proof.amount - abs(proof.amount) * dust


def _proven(proof: Proof, amount: Decimal, read: Reading) -> Proof:
    fall = proof.fall
    if proof.amount is not None and is_fallen(proof, amount, read.dust):
        fall = Fall(before=max(fall.before, proof.amount) if fall else proof.amount, at=read.at)
    elif fall is not None and amount >= fall.before * (ONE - read.dust):
        fall = None
    return replace(proof, amount=amount, proven_at=read.at, doubt=None, fall=fall)


def _is_doubtful(proof: Proof, read: Reading) -> bool:
    return is_fallen(proof, read.amount, read.dust) or _is_jump(proof, read)


def _is_jump(proof: Proof, read: Reading) -> bool:
    if proof.amount is None or proof.amount <= 0 or proof.proven_at is None:
        return False
    return read.amount >= FARTHEST_JUMP * proof.amount and read.at - proof.proven_at <= JUMP_MEMORY


def _is_growth(proof: Proof, amount: Decimal) -> bool:
    return proof.amount is not None and amount > proof.amount


def _doubt(read: Reading, before: Doubt | None) -> Doubt:
    unopposed = tuple(max(amount, read.amount) for amount in before.unopposed) if before else ()
    if read.witness is Witness.CONTRADICTS:
        unopposed = ()
    elif read.witness is not Witness.SILENT:
        unopposed = (*unopposed, read.amount)[-READS_ALONE:]
    return Doubt(
        latest=read.amount,
        witness=read.witness,
        reads=before.reads + 1 if before else 1,
        unopposed=unopposed,
        first_at=before.first_at if before else read.at,
        last_at=read.at,
    )


def _common(proof: Proof, doubt: Doubt, read: Reading) -> Decimal | None:
    """Return the amount that enough reads have in common, None while they are not enough."""
    if _is_growth(proof, read.amount):
        return min(doubt.latest, read.amount)
    if read.witness is Witness.AGREES:
        return max(doubt.latest, read.amount)
    unopposed = _doubt(read, doubt).unopposed
    return max(unopposed) if read.witness is Witness.NONE and len(unopposed) >= READS_ALONE else None


def _is_another_poll(last_at: datetime, read: Reading) -> bool:
    """Tell whether a read is of a later poll: answers take seconds more or less, so half a poll apart is enough."""
    return 2 * Decimal((read.at - last_at) // timedelta(milliseconds=1)) >= 1000 * read.poll_seconds
