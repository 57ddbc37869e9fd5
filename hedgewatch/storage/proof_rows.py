"""Rows of proofs: what is proven of each position and coin, with its doubts; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from hedgewatch.domain.instrument import PositionSide
from hedgewatch.domain.proof import (
    Doubt,
    Fall,
    MarginKind,
    MarginShare,
    Proof,
    Subject,
    Witness,
)
from hedgewatch.storage.bulk import Row
from hedgewatch.storage.types import from_ms, maybe_at, maybe_ms, to_ms, to_text


def proof_row(proof: Proof) -> Row:
    """Return the whole state of one proof."""
    subject = proof.subject
    return (
        subject.exchange,
        subject.account,
        subject.name,
        subject.side.value if subject.side else "",
        to_text(proof.amount),
        maybe_ms(proof.proven_at),
        _margin_text(proof.margin) if proof.margin else None,
        _doubt_text(proof.doubt) if proof.doubt else None,
        json.dumps([to_text(proof.fall.before), to_ms(proof.fall.at)]) if proof.fall else None,
    )


def proof_of(row: Mapping[str, Any]) -> Proof:
    """Read the state of one proof back from its row."""
    side = PositionSide(row["side"]) if row["side"] else None
    return Proof(
        subject=Subject(account=row["account"], exchange=row["exchange"], name=row["name"], side=side),
        amount=row["amount"],
        proven_at=maybe_at(row["proven_at_ms"]),
        margin=_margin_of(json.loads(row["margin"])) if row["margin"] else None,
        doubt=_doubt_of(json.loads(row["doubt"])) if row["doubt"] else None,
        fall=_fall_of(json.loads(row["fall"])) if row["fall"] else None,
    )


def stored_proof(proof: Proof) -> Proof:
    """Return a proof as it comes back from the database: its times in whole milliseconds."""
    doubt, fall = proof.doubt, proof.fall
    return replace(
        proof,
        proven_at=proof.proven_at and _stored(proof.proven_at),
        doubt=doubt and replace(doubt, first_at=_stored(doubt.first_at), last_at=_stored(doubt.last_at)),
        fall=fall and replace(fall, at=_stored(fall.at)),
    )


def _stored(at: datetime) -> datetime:
    return from_ms(to_ms(at))


def _margin_text(margin: MarginShare) -> str:
    return json.dumps([margin.kind.value, to_text(margin.own), to_text(margin.unexplained), margin.misses])


def _margin_of(parts: list[Any]) -> MarginShare:
    kind, own, unexplained, misses = parts
    return MarginShare(kind=MarginKind(kind), own=Decimal(own), unexplained=Decimal(unexplained), misses=misses)


def _doubt_text(doubt: Doubt) -> str:
    return json.dumps(
        {
            "latest": to_text(doubt.latest),
            "witness": doubt.witness.value,
            "reads": doubt.reads,
            "unopposed": [to_text(amount) for amount in doubt.unopposed],
            "first_at_ms": to_ms(doubt.first_at),
            "last_at_ms": to_ms(doubt.last_at),
        }
    )


def _doubt_of(parts: Mapping[str, Any]) -> Doubt:
    return Doubt(
        latest=Decimal(parts["latest"]),
        witness=Witness(parts["witness"]),
        reads=parts["reads"],
        unopposed=tuple(Decimal(amount) for amount in parts["unopposed"]),
        first_at=from_ms(parts["first_at_ms"]),
        last_at=from_ms(parts["last_at_ms"]),
    )


def _fall_of(parts: list[Any]) -> Fall:
    before, at_ms = parts
    return Fall(before=Decimal(before), at=from_ms(at_ms))
