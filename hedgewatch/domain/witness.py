"""Witnesses: what else an account says when a position or coins read less than was proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgewatch.domain.account import AccountPosition, AccountSnapshot, MarginWallet, MovementKind, PartFailure
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.domain.proof import MarginKind, MarginShare, Proof, Witness

DOLLARS = "USD"  # the asset of a unified wallet: it counts all settle assets together
SMALLEST_PART = Decimal("0.02")  # of the wallet's figure: less drowns in the price moves of the other positions
CLOSEST_FIT = Decimal("0.05")  # of the position's figure: how exactly a wallet's sum must come out for it to witness
NOTICED = Decimal("0.1")  # of the margin that should be free: more than that in use, and something is still held
MISSES = 10  # proven reads in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginSum:
    """A wallet's margin figure beside that of its listed positions; listed None: one of them does not report it."""

    wallet: Decimal
    listed: Decimal | None


@exactly
def margin_witness(proof: Proof, amount: Decimal, ref: InstrumentRef, said: AccountSnapshot) -> Witness:
    """Tell whether the margin that the account's wallet uses agrees with a position that reads ``amount`` contracts.

    What the wallet uses beyond the listed positions is compared with what the missing contracts used when they were
    proven. A wallet whose sum did not come out then is no witness. Source: alerting.md G8.
    """
    if isinstance(said.wallets, PartFailure):
        return _of_failure(said.wallets)
    share = proof.margin
    if proof.amount is None or share is None or (share.own == 0 and share.misses < MISSES):
        return _of_never_measured(ref, said)
    used = margin_sum(said, ref, share.kind) if share.own > 0 else None
    if used is None:
        return Witness.NONE
    if used.wallet == 0:
        return Witness.AGREES if amount == 0 else Witness.CONTRADICTS
    missing = share.own * (proof.amount - amount) / proof.amount
    if used.listed is None or missing < used.wallet * SMALLEST_PART:
        return Witness.NONE
    is_used = used.wallet - used.listed - share.unexplained >= missing * NOTICED
    return Witness.CONTRADICTS if is_used else Witness.AGREES


@exactly
def margin_share(position: AccountPosition, said: AccountSnapshot, before: MarginShare | None) -> MarginShare:
    """Return the part of its wallet's margin that a proven position has.

    before: as measured last. One answer that does not add up may be the false one, so the wallet stays a witness until
    several in a row did not.
    """
    for kind in MarginKind:
        own, used = _own(position, kind), margin_sum(said, position.ref, kind)
        if own is None or used is None or used.listed is None:
            continue
        unexplained = used.wallet - used.listed
        if own > 0 and own >= used.wallet * SMALLEST_PART and abs(unexplained) <= own * CLOSEST_FIT:
            return MarginShare(kind=kind, own=own, unexplained=unexplained)
    missed = before or MarginShare(kind=MarginKind.MAINTENANCE, own=ZERO, unexplained=ZERO)
    misses = min(missed.misses + 1, MISSES)
    return replace(missed, misses=misses, own=missed.own if misses < MISSES else ZERO)


def margin_sum(said: AccountSnapshot, ref: InstrumentRef, kind: MarginKind) -> MarginSum | None:
    """Add up the margin of the wallet that ``ref`` settles in, and of the listed positions that do too.

    None without such a wallet, or where its figure is not reported. Initial margin says nothing while orders rest.
    """
    if isinstance(said.wallets, PartFailure) or isinstance(said.positions, PartFailure):
        return None
    if kind is MarginKind.INITIAL and said.orders != ():
        return None
    assets = {wallet.asset for wallet in said.wallets}
    asset = _wallet_asset(ref, assets)
    figures = [_figure(wallet, kind) for wallet in said.wallets if wallet.asset == asset]
    wallet = _total(figures)
    if wallet is None or not figures:
        return None
    inside = [position for position in said.positions if _wallet_asset(position.ref, assets) == asset]
    return MarginSum(wallet=wallet, listed=_total([_in_wallet(position, kind, asset) for position in inside]))


@exactly
def movement_witness(proof: Proof, amount: Decimal, said: AccountSnapshot) -> Witness:
    """Tell whether the ledger of movements explains coins that read ``amount``.

    Coins that left for an earn product or a loan are still owned, so the ledger contradicts their loss. Without a
    ledger, or where it does not explain the difference (a trade is not in it), there is no witness.
    """
    if isinstance(said.movements, PartFailure):
        return _of_failure(said.movements)
    if proof.amount is None or proof.proven_at is None:
        return Witness.NONE
    since = [
        moved for moved in said.movements if moved.asset == proof.subject.name and moved.moved_at > proof.proven_at
    ]
    missing = (proof.amount - amount) * (1 - CLOSEST_FIT)
    lent = sum((-moved.amount for moved in since if moved.kind in {MovementKind.EARN, MovementKind.LOAN}), ZERO)
    if lent >= missing:
        return Witness.CONTRADICTS
    gone = sum((-moved.amount for moved in since), ZERO)
    return Witness.AGREES if gone >= missing else Witness.NONE


def _of_failure(failure: PartFailure) -> Witness:
    return Witness.NONE if failure.reason is UnknownReason.NOT_AVAILABLE else Witness.SILENT


def _of_never_measured(ref: InstrumentRef, said: AccountSnapshot) -> Witness:
    for kind in MarginKind:
        used = margin_sum(said, ref, kind)
        if used is not None and used.listed is not None:
            is_used = used.wallet - used.listed > used.wallet * SMALLEST_PART
            return Witness.CONTRADICTS if is_used else Witness.AGREES
    return Witness.NONE


def _wallet_asset(ref: InstrumentRef, assets: set[str]) -> str:
    return ref.settle if ref.settle in assets else DOLLARS


def _figure(wallet: MarginWallet, kind: MarginKind) -> Decimal | None:
    return wallet.maintenance_margin if kind is MarginKind.MAINTENANCE else wallet.initial_margin


def _own(position: AccountPosition, kind: MarginKind) -> Decimal | None:
    return position.maintenance_margin if kind is MarginKind.MAINTENANCE else position.margin


def _in_wallet(position: AccountPosition, kind: MarginKind, asset: str) -> Decimal | None:
    """Return a position's figure in the wallet's asset; coins in a wallet of dollars at the mark price."""
    own, ref = _own(position, kind), position.ref
    if own is None or asset == ref.settle or ref.settle != ref.base:
        return own
    return own * position.mark_price if position.mark_price is not None else None


def _total(figures: Sequence[Decimal | None]) -> Decimal | None:
    known = [figure for figure in figures if figure is not None]
    return sum(known, ZERO) if len(known) == len(figures) else None
