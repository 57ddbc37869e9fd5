"""Witnesses: what else an account says when a position or coins read less than was proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgewatch.domain.account import (
    AccountPosition,
    AccountSnapshot,
    MarginMode,
    MarginWallet,
    MovementKind,
    PartFailure,
)
from hedgewatch.domain.backing import DOLLARS
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.domain.proof import MarginKind, MarginShare, Proof, Witness

SMALLEST_PART = Decimal("0.02")  # of the wallet's figure: less drowns in the price moves of the other positions
CLOSEST_FIT = Decimal("0.05")  # of the position's figure: how exactly a wallet's sum must come out for it to witness
NOTICED = Decimal("0.1")  # of the margin that should be free: more than that in use, and something is still held
MISSES = 10  # proven reads in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginSum:
    """A wallet's margin figure beside that of its listed positions; listed None: one of them does not report it."""

    asset: str
    wallet: Decimal
    listed: Decimal | None


@exactly
def margin_witness(proof: Proof, amount: Decimal, ref: InstrumentRef, said: AccountSnapshot) -> Witness:
    """Tell whether the margin that the account's wallet uses agrees with a position that reads ``amount`` contracts.

    What the wallet uses beyond the listed positions is compared with what the missing contracts used when they were
    proven. A wallet whose sum did not come out then is no witness. Source: alerting.md G8.
    """
    failure = said.wallet_failure(ref)
    if failure is not None:
        return _of_failure(failure)
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
    """Return the part of its wallet's margin that a proven position has; none for an isolated one.

    before: as measured last. One answer that does not add up may be the false one, so the wallet stays a witness until
    several in a row did not.
    """
    unfit = MarginShare(kind=MarginKind.MAINTENANCE, own=ZERO, unexplained=ZERO, misses=MISSES)
    if position.margin_mode is MarginMode.ISOLATED:
        return unfit
    for kind in MarginKind:
        used = margin_sum(said, position.ref, kind)
        own = _in_wallet(position, kind, used.asset) if used else None
        if own is None or used is None or used.listed is None:
            continue
        unexplained = used.wallet - used.listed
        if own > 0 and own >= used.wallet * SMALLEST_PART and abs(unexplained) <= own * CLOSEST_FIT:
            return MarginShare(kind=kind, own=own, unexplained=unexplained)
    misses = before.misses + 1 if before else 1
    return unfit if misses >= MISSES else replace(before or unfit, misses=misses)


def margin_sum(said: AccountSnapshot, ref: InstrumentRef, kind: MarginKind) -> MarginSum | None:
    """Add up the margin of the wallet that ``ref`` settles in, and of its positions, isolated ones left out.

    None without such a wallet, or where its figure is not reported. Initial margin says nothing while orders rest.
    """
    if isinstance(said.wallets, PartFailure) or isinstance(said.positions, PartFailure) or said.wallet_failure(ref):
        return None
    if kind is MarginKind.INITIAL and said.orders != ():
        return None
    assets = {wallet.asset for wallet in said.wallets}
    asset = _wallet_asset(ref, assets)
    wallets = [wallet for wallet in said.wallets if wallet.asset == asset]
    used = _total([_figure(wallet, kind) for wallet in wallets])
    if used is None or not wallets:
        return None
    inside = [position for position in said.positions if _wallet_asset(position.ref, assets) == asset]
    others = [wallet.other_maintenance if kind is MarginKind.MAINTENANCE else ZERO for wallet in wallets]
    return MarginSum(
        asset=asset, wallet=used, listed=_total([*(_in_wallet(one, kind, asset) for one in inside), *others])
    )


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
    """Tell whether a wallet uses more than the list explains; that it does not proves nothing of an isolated one."""
    for kind in MarginKind:
        used = margin_sum(said, ref, kind)
        if used is not None and used.listed is not None:
            is_used = used.wallet - used.listed > used.wallet * SMALLEST_PART
            return Witness.CONTRADICTS if is_used else Witness.NONE
    return Witness.NONE


def _wallet_asset(ref: InstrumentRef, assets: set[str]) -> str:
    return ref.settle if ref.settle in assets else DOLLARS


def _figure(wallet: MarginWallet, kind: MarginKind) -> Decimal | None:
    return wallet.maintenance_margin if kind is MarginKind.MAINTENANCE else wallet.initial_margin


def _own(position: AccountPosition, kind: MarginKind) -> Decimal | None:
    """Return what a position needs of its wallet's margin, in the settle asset; initial margin from its leverage."""
    if kind is MarginKind.MAINTENANCE:
        return position.maintenance_margin
    if not position.reported_notional or not position.leverage:
        return None
    needed = position.reported_notional / position.leverage
    if not _is_coin_margined(position.ref):
        return needed
    return needed / position.mark_price if position.mark_price else None


def _in_wallet(position: AccountPosition | ReadingFailure, kind: MarginKind, asset: str) -> Decimal | None:
    """Return a position's figure in the wallet's asset; coins in a wallet of dollars at the mark price."""
    if isinstance(position, ReadingFailure):
        return None
    if position.margin_mode is MarginMode.ISOLATED:
        return ZERO
    own = _own(position, kind)
    if own is None or asset == position.ref.settle or not _is_coin_margined(position.ref):
        return own
    return own * position.mark_price if position.mark_price is not None else None


def _is_coin_margined(ref: InstrumentRef) -> bool:
    return ref.settle == ref.base


def _total(figures: Sequence[Decimal | None]) -> Decimal | None:
    known = [figure for figure in figures if figure is not None]
    return sum(known, ZERO) if len(known) == len(figures) else None
