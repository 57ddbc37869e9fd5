"""A thousand random lives of an account whose answers drop, shrink, repeat and fail: none is ever silently flat."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cache

import pytest

from hedgewatch.domain.account import AccountFailure, AccountPosition, AccountSnapshot, PartFailure
from hedgewatch.domain.proof import Believed, Proof, Subject
from hedgewatch.domain.proving import contracts_held, prove_coins, prove_positions
from tests.domain.accounts import (
    DOWN,
    FAULT,
    MARGIN_PER_CONTRACT,
    OTHER,
    PERP,
    POLL,
    SECONDS,
    UNTOLD,
    answer,
    coins,
    position,
    wallet,
)
from tests.domain.cases import NOW

Said = AccountSnapshot | AccountFailure
Believer = Callable[[Said], Decimal | None]
PATTERNS = 1_000
POLLS = 40
CLOSE_IS_TOLD_WITHIN = 3


@dataclass
class Life:
    """What was true, and what was answered, poll by poll; is_good: the answer was whole and its own."""

    truth: list[Decimal] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    is_good: list[bool] = field(default_factory=list)


@cache
def live(seed: int, *, has_witness: bool = True, longest_drop: int = POLLS) -> Life:
    """Hold a short beside another one, change it now and then, and answer with faults more or less often."""
    dice, life, short, dropped = random.Random(seed), Life(), Decimal(5), 0  # noqa: S311  patterns, not secrets
    rate = dice.choice([0.1, 0.3, 0.6, 0.9])
    for number in range(POLLS):
        if dice.random() < 0.08:
            short = dice.choice([Decimal(0), Decimal(2), Decimal(5), short * Decimal("0.9"), short + 1])
        is_faulty = number > 0 and dice.random() < rate
        fault = dice.choice(FAULTS) if is_faulty else "none"
        dropped = 0 if fault in {"none", "wallets failed"} else dropped + (fault in LOSSES)
        if fault in LOSSES and dropped > longest_drop:
            fault = "part failed"
        said = told(fault, short, at=NOW + number * 30 * SECONDS, before=life.said, has_witness=has_witness)
        life.truth.append(short)
        life.said.append(said)
        life.is_good.append(fault == "none")
    return life


LOSSES = ("list dropped", "row dropped", "shrunken")
FAULTS = (*LOSSES, *LOSSES, "part failed", "account failed", "wallets failed", "listed twice", "old answer")


def told(fault: str, short: Decimal, *, at: datetime, before: Sequence[Said], has_witness: bool) -> Said:
    rows = [position("-3", OTHER, at)] + ([position(-short, at=at)] if short else [])
    wallets = [wallet((short + 3) * MARGIN_PER_CONTRACT)] if has_witness else UNTOLD
    whole = answer(rows, wallets=wallets, at=at)
    if fault == "shrunken":
        return replace(whole, positions=(rows[0], *(position(one.contracts / 2, at=at) for one in rows[1:])))
    faulty: Mapping[str, Said] = {
        "none": whole,
        "list dropped": replace(whole, positions=()),
        "row dropped": replace(whole, positions=tuple(rows[:1])),
        "part failed": replace(whole, positions=FAULT),
        "account failed": DOWN,
        "wallets failed": replace(whole, wallets=FAULT),
        "listed twice": replace(whole, positions=(*rows, *rows)),
        "old answer": before[-1] if before else whole,
    }
    return faulty[fault]


def proving() -> Believer:
    """Believe as the daemon does."""
    known: dict[Subject, Proof] = {}

    def believe(said: Said) -> Decimal | None:
        proven = prove_positions(said, known, expected=[PERP], poll_seconds=POLL)
        known.update({proof.subject: proof for proof in proven.changed})
        belief = contracts_held(proven.beliefs, "treasury", PERP)
        return -belief.value if isinstance(belief, Believed) else None

    return believe


def proving_coins() -> Believer:
    """Believe coins, of accounts that hold as many of them as the contracts that are told."""
    known: dict[Subject, Proof] = {}

    def believe(said: Said) -> Decimal | None:
        proven = prove_coins(in_coins(said), known, expected=["BTC"], poll_seconds=POLL)
        known.update({proof.subject: proof for proof in proven.changed})
        belief = proven.beliefs[Subject(account="treasury", exchange="binance", name="BTC", side=None)]
        return belief.value if isinstance(belief, Believed) else None

    return believe


def in_coins(said: Said) -> Said:
    if isinstance(said, AccountFailure) or isinstance(said.positions, PartFailure):
        return said if isinstance(said, AccountFailure) else replace(said, balances=FAULT)
    rows = [row for row in said.positions if isinstance(row, AccountPosition)]
    return replace(said, balances=tuple(coins(-row.contracts, asset=row.ref.base) for row in rows))


def listed(said: Said) -> Decimal | None:
    if isinstance(said, AccountFailure) or isinstance(said.positions, PartFailure):
        return None
    rows = [one for one in said.positions if isinstance(one, AccountPosition)]
    return -sum((one.contracts for one in rows if one.ref == PERP), Decimal(0))


def naive() -> Believer:
    """Mutant: believe what each answer lists."""
    return listed


def patient(reads: int) -> Callable[[], Believer]:
    """Mutant: believe what so many answers in a row list, and ask no witness."""

    def make() -> Believer:
        seen: list[Decimal | None] = []

        def believe(said: Said) -> Decimal | None:
            seen.append(listed(said))
            return seen[-1] if len(set(seen[-reads:])) == 1 else None

        return believe

    return make


def forgiving() -> Believer:
    """Mutant: take a failed part for an empty list."""
    believe = proving()
    return lambda said: believe(
        replace(said, positions=(), wallets=())
        if isinstance(said, AccountSnapshot) and isinstance(said.positions, PartFailure)
        else said
    )


def silent_flats(life: Life, believe: Believer) -> int:
    """Count the polls in which less is believed than ever was there since the truth was last believed."""
    silent, since = 0, 0
    for number, said in enumerate(life.said):
        known = believe(said)
        least = min(life.truth[since : number + 1])
        silent += known is not None and known < least * Decimal("0.98")
        since = number if known == life.truth[number] else since
    return silent


@pytest.mark.parametrize("has_witness", [True, False])
def test_no_pattern_of_drops_is_silently_flat(has_witness: bool) -> None:  # noqa: FBT001  a parameter of the test
    longest = POLLS if has_witness else 2  # three agreeing reads are believed where nothing would notice
    lives = [live(seed, has_witness=has_witness, longest_drop=longest) for seed in range(PATTERNS)]
    assert sum(silent_flats(life, proving()) for life in lives) == 0


def test_no_pattern_of_drops_is_silently_without_coins() -> None:
    lives = [live(seed, has_witness=False, longest_drop=2) for seed in range(PATTERNS)]
    assert sum(silent_flats(life, proving_coins()) for life in lives) == 0


@pytest.mark.parametrize("mutant", [naive, patient(2), patient(3), forgiving])
def test_a_mutant_that_proves_less_is_silently_flat(mutant: Callable[[], Believer]) -> None:
    assert any(silent_flats(live(seed), mutant()) for seed in range(PATTERNS))


@pytest.mark.parametrize("has_witness", [True, False])
def test_what_is_true_for_three_good_answers_is_known(has_witness: bool) -> None:  # noqa: FBT001  a parameter of the test
    checked = 0
    for seed in range(PATTERNS):
        life = live(seed, has_witness=has_witness)
        believe = proving()
        for number, said in enumerate(life.said):
            known = believe(said)
            span = slice(max(0, number - CLOSE_IS_TOLD_WITHIN + 1), number + 1)
            if (
                len(life.truth[span]) == CLOSE_IS_TOLD_WITHIN
                and all(life.is_good[span])
                and len(set(life.truth[span])) == 1
            ):
                checked += 1
                assert known == life.truth[number], (seed, number)
    assert checked > PATTERNS
