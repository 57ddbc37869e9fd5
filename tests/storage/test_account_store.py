"""What every store remembers of accounts: memory, SQLite and PostgreSQL alike."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

from hedgewatch.domain.contract_facts import FactName
from hedgewatch.domain.proof import Proof
from hedgewatch.monitoring.ports import Memory, PaymentSource
from hedgewatch.storage.proof_rows import stored_proof
from tests.storage.account_samples import (
    COINS,
    DOWN,
    FAULT,
    INVERSE,
    SHORT,
    account,
    account_cycle,
    fact,
    held,
    payment,
    position,
    proof,
)
from tests.storage.conftest import Stores
from tests.storage.samples import NOW, PERP, SPOT

POLL = timedelta(seconds=30)
HOUR = timedelta(hours=1)


async def recall(stores: Stores) -> Memory:
    return await stores.cycles.recall([SPOT, PERP], [], NOW + POLL)


async def test_a_proof_comes_back_as_it_was(stores: Stores) -> None:
    whole = proof()
    plain = Proof(subject=SHORT)
    assert all(getattr(whole, one.name) != getattr(plain, one.name) for one in fields(whole) if one.name != "subject")
    await stores.cycles.record(account_cycle(proofs=(whole, Proof(subject=COINS))))
    for _ in range(2):
        assert (await recall(stores)).proofs == {SHORT: stored_proof(whole), COINS: Proof(subject=COINS)}
        stores.restart()


async def test_the_latest_proof_stays_and_others_are_kept(stores: Stores) -> None:
    await stores.cycles.record(account_cycle(proofs=(proof(), proof(COINS))))
    proven = Proof(subject=SHORT, amount=proof().amount, proven_at=NOW + POLL)
    await stores.cycles.record(account_cycle(NOW + POLL, proofs=(proven,)))
    await stores.cycles.record(account_cycle(NOW + 2 * POLL))
    for _ in range(2):
        assert (await recall(stores)).proofs == {SHORT: proven, COINS: stored_proof(proof(COINS))}
        stores.restart()


async def test_the_latest_payment_of_each_contract_is_known(stores: Stores) -> None:
    estimate = payment(0, account="", payment_id="e1", source=PaymentSource.ESTIMATE)
    old = payment(8, payment_id="p1")
    await stores.cycles.record(account_cycle(payments=(payment(1, payment_id="p2"), old, estimate)))
    await stores.cycles.record(account_cycle(NOW + POLL, payments=(old, payment(3, ref=INVERSE, payment_id="p3"))))
    for _ in range(2):
        assert (await recall(stores)).last_payment_at == {
            ("treasury", PERP): NOW - HOUR,
            ("treasury", INVERSE): NOW - 3 * HOUR,
        }
        stores.restart()


async def test_the_latest_facts_of_an_instrument_are_known(stores: Stores) -> None:
    interval = FactName.FUNDING_INTERVAL_HOURS
    await stores.cycles.record(account_cycle(facts=(fact("0.1"), fact("8", name=interval))))
    await stores.cycles.record(account_cycle(NOW + POLL, facts=(fact("4", "8", NOW + POLL, interval),)))
    for _ in range(2):
        known = (await recall(stores)).facts
        assert set(known) == {PERP}
        assert {name: (one.value, one.before, one.seen_at) for name, one in known[PERP].items()} == {
            FactName.TICK: ("0.1", None, NOW),
            interval: ("4", "8", NOW + POLL),
        }
        stores.restart()


async def test_a_cycle_with_accounts_may_be_stored_twice(stores: Stores) -> None:
    whole = account_cycle(
        accounts=(account(), DOWN),
        holdings=(held(),),
        payments=(payment(),),
        facts=(fact("0.1"),),
        proofs=(proof(),),
    )
    await stores.cycles.record(whole)
    before = await recall(stores)
    await stores.cycles.record(whole)
    for _ in range(2):
        assert await recall(stores) == before
        stores.restart()


async def test_an_account_whose_parts_failed_is_a_cycle(stores: Stores) -> None:
    broken = replace(account(), positions=FAULT, balances=FAULT, wallets=FAULT)
    twice = replace(account(), account="other", positions=(position(), position()))
    await stores.cycles.record(account_cycle(accounts=(broken, twice, DOWN)))
    assert (await recall(stores)).proofs == {}
