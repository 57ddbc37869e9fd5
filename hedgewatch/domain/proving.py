"""Proving: what of an account's answer is believed, and the proofs to store with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgewatch.domain.account import AccountFailure, AccountPosition, AccountSnapshot, CoinBalance, PartFailure
from hedgewatch.domain.instrument import InstrumentRef, PositionSide
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.domain.proof import (
    Belief,
    Believed,
    Doubted,
    Proof,
    Subject,
    Witness,
    belief_of,
    doubted,
)
from hedgewatch.domain.weighing import Reading, is_fallen, weigh
from hedgewatch.domain.witness import margin_share, margin_witness, movement_witness

POSITION_DUST = Decimal("0.02")
COIN_DUST = Decimal("0.001")  # fees and interest are paid in coin
UNPROVEN = frozenset(
    {UnknownReason.LEG_MISSING, UnknownReason.COINS_MISSING, UnknownReason.SHRUNKEN, UnknownReason.JUMPED}
)

Said = AccountSnapshot | AccountFailure
Proofs = Mapping[Subject, Proof]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What is believed of each subject after an answer, and the proofs that changed with it, to be stored."""

    beliefs: Mapping[Subject, Belief]
    changed: tuple[Proof, ...]

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether some value waits to be proven: what is read seldom (earn) should then be read at once."""
        return any(isinstance(belief, Doubted) and belief.reason in UNPROVEN for belief in self.beliefs.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What an answer says of one subject. amount None: nothing that can be used, for this reason."""

    amount: Decimal | None
    position: AccountPosition | None = None
    reason: UnknownReason = UnknownReason.DUPLICATE
    detail: str = "listed twice in one answer"


NOTHING = _Found(amount=ZERO)


@exactly
def prove_positions(said: Said, known: Proofs, *, expected: Iterable[InstrumentRef], poll_seconds: Decimal) -> Proven:
    """Return which positions of an account are believed: contracts per instrument and side, short is negative.

    known: the proofs so far, of any account. expected: the instruments of the hedges' legs in this account; one that
    was never seen needs proof as well before it counts as flat. A position that is not listed, or over 2 % smaller, is
    unknown until a second read of another poll and the wallet's margin agree; where no wallet would notice, until a
    third read. While the margin cannot be read, or contradicts, it stays unknown. Source: alerting.md G8.
    """
    own = {subject: proof for subject, proof in known.items() if subject.side and _is_of(said, subject)}
    found = _listed_positions(said)
    shorts = [_position(said, ref.symbol, PositionSide.SHORT) for ref in expected]
    subjects = dict.fromkeys((*own, *found, *shorts))
    if isinstance(said, AccountFailure):
        return _unread(said, subjects, own)
    if isinstance(said.positions, PartFailure):
        return _unread(said.positions, subjects, own)

    def read(proof: Proof, now: _Found, amount: Decimal) -> Proof:
        ref = InstrumentRef(exchange=said.exchange, symbol=proof.subject.name)
        fallen = is_fallen(proof, amount, POSITION_DUST)
        witness = margin_witness(proof, amount, ref, said) if fallen else Witness.NONE
        reading = Reading(
            amount=amount, at=said.received_at, witness=witness, poll_seconds=poll_seconds, dust=POSITION_DUST
        )
        return _with_margin(weigh(proof, reading), now.position, said)

    return _weighed(subjects, found, own, read)


@exactly
def prove_coins(said: Said, known: Proofs, *, expected: Iterable[str], poll_seconds: Decimal) -> Proven:
    """Return which coins of an account are believed, per asset over all its wallets, earn included, debts taken off.

    known: the proofs so far, of any account. expected: the assets of holdings that are read from this account. Coins
    that shrank by more than 0.1 % are unknown until a third read, or a second that the ledger of movements explains.
    Coins that moved to an earn product or a loan are still owned. Why proven coins left is never known: Believed.fall
    says so. Source: alerting.md G8.
    """
    own = {subject: proof for subject, proof in known.items() if not subject.side and _is_of(said, subject)}
    found = _listed_coins(said)
    subjects = dict.fromkeys((*own, *found, *(_coins(said, asset) for asset in expected)))
    if isinstance(said, AccountFailure):
        return _unread(said, subjects, own)
    if isinstance(said.balances, PartFailure):
        return _unread(said.balances, subjects, own)

    lacking = said.balance_failure

    def read(proof: Proof, _: _Found, amount: Decimal) -> Proof:
        fallen = is_fallen(proof, amount, COIN_DUST)
        witness = movement_witness(proof, amount, said) if fallen else Witness.NONE
        reading = Reading(
            amount=amount, at=said.received_at, witness=witness, poll_seconds=poll_seconds, dust=COIN_DUST
        )
        return weigh(proof, reading)

    if lacking is not None:
        found = {subject: _if_whole(subject, found, own, lacking) for subject in subjects}
    return _weighed(subjects, found, own, read)


@exactly
def contracts_held(beliefs: Mapping[Subject, Belief], account: str, ref: InstrumentRef) -> Belief:
    """Return the contracts of an instrument over both sides, short is negative; one doubted side makes it doubted."""
    sides = [
        belief
        for subject, belief in beliefs.items()
        if (subject.account, subject.exchange, subject.name) == (account, ref.exchange, ref.symbol) and subject.side
    ]
    doubted = next((belief for belief in sides if isinstance(belief, Doubted)), None)
    if doubted is not None:
        return doubted
    if not sides:
        return Doubted(reason=UnknownReason.MISSING, detail=f"account {account}: {ref} was not read")
    known = [belief for belief in sides if isinstance(belief, Believed)]
    fall = next((belief.fall for belief in known if belief.fall is not None), None)
    return Believed(value=sum((belief.value for belief in known), ZERO), fall=fall)


@exactly
def coins_held(beliefs: Mapping[Subject, Belief], account: str, asset: str) -> Belief:
    """Return the coins of an asset over all wallets of an account."""
    for subject, belief in beliefs.items():
        if (subject.account, subject.name, subject.side) == (account, asset, None):
            return belief
    return Doubted(reason=UnknownReason.MISSING, detail=f"account {account}: {asset} was not read")


def _weighed(
    subjects: Iterable[Subject],
    found: Mapping[Subject, _Found],
    own: Proofs,
    read: Callable[[Proof, _Found, Decimal], Proof],
) -> Proven:
    beliefs: dict[Subject, Belief] = {}
    changed: list[Proof] = []
    for subject in subjects:
        proof, now = own.get(subject) or Proof(subject=subject), found.get(subject, NOTHING)
        if now.amount is None:
            beliefs[subject] = doubted(proof, now.reason, f"{subject}: {now.detail}")
            continue
        after = read(proof, now, now.amount)
        beliefs[subject] = belief_of(after)
        if after != proof:
            changed.append(after)
    return Proven(beliefs=beliefs, changed=tuple(changed))


def _if_whole(subject: Subject, found: Mapping[Subject, _Found], own: Proofs, lacking: PartFailure) -> _Found:
    """Return what was found of coins while a wallet could not be read: it counts only if it is what was proven.

    The wallet that is lacking then held none of them. Anything else it may explain, so that it is no read.
    """
    now, proof = found.get(subject, NOTHING), own.get(subject)
    if now.amount is not None and proof is not None and proof.amount is not None:
        is_whole = abs(now.amount - proof.amount) <= abs(proof.amount) * COIN_DUST
        if is_whole and proof.amount > 0:
            return now
    return _Found(amount=None, reason=lacking.reason, detail=lacking.detail)


def _unread(failure: AccountFailure | PartFailure, subjects: Iterable[Subject], own: Proofs) -> Proven:
    """Make every value unknown and leave every proof as it is: a failed part is no read."""
    return Proven(
        beliefs={
            subject: doubted(own.get(subject) or Proof(subject=subject), failure.reason, failure.detail)
            for subject in subjects
        },
        changed=(),
    )


def _is_of(said: Said, subject: Subject) -> bool:
    return (subject.account, subject.exchange) == (said.account, said.exchange)


def _position(said: Said, symbol: str, side: PositionSide) -> Subject:
    return Subject(account=said.account, exchange=said.exchange, name=symbol, side=side)


def _coins(said: Said, asset: str) -> Subject:
    return Subject(account=said.account, exchange=said.exchange, name=asset, side=None)


def _listed_positions(said: Said) -> Mapping[Subject, _Found]:
    found: dict[Subject, _Found] = {}
    if isinstance(said, AccountFailure) or isinstance(said.positions, PartFailure):
        return found
    for row in said.positions:
        if isinstance(row, ReadingFailure):
            failed = _Found(amount=None, reason=row.reason, detail=row.detail)
            found |= {_position(said, row.ref.symbol, side): failed for side in PositionSide}
        elif row.contracts:
            side = PositionSide.SHORT if row.contracts < 0 else PositionSide.LONG
            subject = _position(said, row.ref.symbol, side)
            amount = None if subject in found else abs(row.contracts)
            found[subject] = _Found(amount=amount, position=row)
    return found


def _listed_coins(said: Said) -> Mapping[Subject, _Found]:
    found: dict[Subject, _Found] = {}
    if isinstance(said, AccountFailure) or isinstance(said.balances, PartFailure):
        return found
    by_asset: dict[str, list[CoinBalance]] = {}
    for balance in said.balances:
        by_asset.setdefault(balance.asset, []).append(balance)
    for asset, balances in by_asset.items():
        is_twice = len({balance.wallet for balance in balances}) < len(balances)
        amount = None if is_twice else sum((balance.owned for balance in balances), ZERO)
        found[_coins(said, asset)] = _Found(amount=amount)
    return found


def _with_margin(proof: Proof, position: AccountPosition | None, said: AccountSnapshot) -> Proof:
    """Remember the part of its wallet's margin with a position that was proven just now."""
    if proof.doubt is not None or proof.proven_at != said.received_at:
        return proof
    if position is None:
        return replace(proof, margin=None)
    if said.wallet_failure(position.ref) is not None:
        return proof
    return replace(proof, margin=margin_share(position, said, proof.margin))
