"""Flat must be proven: what is believed of positions and coins, poll by poll."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.account import (
    AccountFailure,
    AccountSnapshot,
    CoinBalance,
    CoinMovement,
    MarginMode,
    MovementKind,
    OpenOrder,
    PartFailure,
    UnreadWallet,
)
from hedgewatch.domain.instrument import PositionSide
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from hedgewatch.domain.proof import Believed, Doubted, Fall, Proof, Subject
from hedgewatch.domain.proving import Proven, contracts_held, prove_coins, prove_positions
from tests.domain.accounts import (
    DOWN,
    FAULT,
    MARGIN_PER_CONTRACT,
    OTHER,
    PERP,
    POLL,
    SECONDS,
    answer,
    coins,
    poll,
    position,
    wallet,
    without_maintenance,
)
from tests.domain.cases import NOW

SHORT = Subject(account="treasury", exchange="binance", name=PERP.symbol, side=PositionSide.SHORT)
LONG = replace(SHORT, side=PositionSide.LONG)
BTC = Subject(account="treasury", exchange="binance", name="BTC", side=None)


class Account:
    """One account, proven poll by poll."""

    def __init__(self) -> None:
        self.known: dict[Subject, Proof] = {}
        self.polls = 0

    def at_next_poll(self) -> timedelta:
        self.polls += 1
        return (self.polls - 1) * 30 * SECONDS

    def keep(self, proven: Proven) -> Proven:
        self.known |= {proof.subject: proof for proof in proven.changed}
        return proven

    def positions(self, said: AccountSnapshot | AccountFailure) -> Proven:
        return self.keep(prove_positions(said, self.known, expected=[PERP], poll_seconds=POLL))

    def read(self, told: str) -> Believed | Doubted:
        """Poll the positions as told by letters."""
        proven = self.positions(poll(told, NOW + self.at_next_poll()))
        return contracts_held(proven.beliefs, "treasury", PERP)

    def coins(self, *balances: CoinBalance, movements: Iterable[CoinMovement] | PartFailure | None = None) -> Proven:
        said = answer(balances=balances, at=NOW + self.at_next_poll())
        if movements is not None:
            told = movements if isinstance(movements, PartFailure) else tuple(movements)
            said = replace(said, movements=told)
        return self.keep(prove_coins(said, self.known, expected=["BTC"], poll_seconds=POLL))


def shown(belief: Believed | Doubted) -> str:
    return f"{-belief.value:f}" if isinstance(belief, Believed) else "?"


LIVES = {
    "all is well": ("5:5 5:5", "5 5"),
    "a close with a witness is believed on the second read": ("5:5 0:0 0:0", "5 ? 0"),
    "a close that nothing would notice is believed on the third": ("5: 0: 0: 0:", "5 ? ? 0"),
    "a position that is dropped from the list is never flat": ("5:5 0:5 0:5 0:5 0:5 0:5", "5 ? ? ? ? ?"),
    "a dropped position that comes back is as before": ("5:5 0:5 5:5 0:5 5:5", "5 ? 5 ? 5"),
    "two drops with the position between are no two reads": ("5: 0: 5: 0: 5: 0:", "5 ? 5 ? 5 ?"),
    "a failed part is no read": ("5:5 0:0 x x x 0:0", "5 ? ? ? ? 0"),
    "a failed account is no read": ("5:5 0:0 X X X 0:0", "5 ? ? ? ? 0"),
    "failures alone never make it flat": ("5:5 x X x X x x x", "5 ? ? ? ? ? ? ?"),
    "a witness that cannot be read is waited for": ("5:5 0:? 0:? 0:? 0:? 0:0", "5 ? ? ? ? 0"),
    "a witness that lags delays by a read": ("5:5 0:5 0:0", "5 ? 0"),
    "a witness that contradicted is not forgotten when it falls silent": ("5:5 0:5 0: 0: 0:", "5 ? ? ? 0"),
    "a reduction is believed on the second read": ("5:5 2:2 2:2", "5 ? 2"),
    "a shrunken answer is not believed against the margin": ("5:5 2:5 2:5 2:5", "5 ? ? ?"),
    "a reduction that nothing would notice is believed on the third read": ("5: 2: 2: 2:", "5 ? ? 2"),
    "two per cent less is no fall": ("5:5 4.9:4.9 4.9:4.9", "5 4.9 4.9"),
    "a little more than two per cent is": ("5:5 4.89:4.89 4.89:4.89", "5 ? 4.89"),
    "what two reads have in common is believed": ("5:5 4:4 3:3 3:3", "5 ? ? 3"),
    "a shrunken answer then a true one leaves the true one": ("5:5 0:5 3:3 3:3", "5 ? 3 3"),
    "a growth is believed at once": ("5:5 6:6 9:9", "5 6 9"),
    "a jump needs a second read": ("5:5 50:50 50:50", "5 ? 50"),
    "a jump that does not last is none": ("5:5 50:50 5:5", "5 ? 5"),
    "a jump after a drop is a new doubt": ("5:5 0:0 50:50 0:0 0:0", "5 ? ? ? 0"),
    "a leg that was never seen is not flat by itself": ("0:0 0:0 0:0", "? ? 0"),
    "a leg that was never seen while margin is used": ("0:5 0:5 0:5 0:5 5:5", "? ? ? ? 5"),
    "a leg that was never seen, with nothing to notice": ("0: 0: 0:", "? ? 0"),
    "a reopened position is believed at once": ("5:5 0:0 0:0 4:4", "5 ? 0 4"),
}


@pytest.mark.parametrize("story", LIVES)
def test_the_life_of_a_position(story: str) -> None:
    told, believed = LIVES[story]
    account = Account()
    assert " ".join(shown(account.read(one)) for one in told.split()) == believed


def test_the_used_margin_is_a_witness_where_no_maintenance_margin_is_told() -> None:
    account = Account()
    for told, believed in (("5:5", "5"), ("0:5", "?"), ("0:5", "?"), ("0:5", "?"), ("0:0", "0")):
        said = poll(told, NOW + account.at_next_poll())
        assert isinstance(said, AccountSnapshot)
        proven = account.positions(without_maintenance(said))
        assert shown(contracts_held(proven.beliefs, "treasury", PERP)) == believed


def test_used_margin_is_no_witness_while_orders_rest() -> None:
    order = OpenOrder(
        ref=PERP, order_id="1", contracts=Decimal(-5), limit_price=None, reduce_only=False, position_side=None
    )
    account, believed = Account(), []
    for told in ("5:5", "0:5", "0:5", "0:5"):
        said = poll(told, NOW + account.at_next_poll())
        assert isinstance(said, AccountSnapshot)
        proven = account.positions(replace(without_maintenance(said), orders=(order,)))
        believed.append(shown(contracts_held(proven.beliefs, "treasury", PERP)))
    assert believed == ["5", "?", "?", "0"]


def test_a_wallet_whose_sum_never_came_out_is_no_witness() -> None:
    account = Account()
    for _ in range(10):
        account.read("5:9")
    assert [shown(account.read("0:9")) for _ in range(3)] == ["?", "?", "0"]


def test_a_sum_that_did_not_come_out_a_few_times_is_still_a_witness() -> None:
    account = Account()
    for told in ("5:5", "2:2", "2:2", *["2.5:5"] * 8):
        account.read(told)
    assert [shown(account.read(told)) for told in ("0:5", "0:5", "0:5", "0:0")] == ["?", "?", "?", "0"]


def test_the_margin_of_other_positions_does_not_hide_a_dropped_one() -> None:
    account = Account()

    def read(shorts: Iterable[tuple[str, object]], held: int) -> Believed | Doubted:
        at = NOW + account.at_next_poll()
        listed = [position(contracts, ref, at) for contracts, ref in shorts]  # type: ignore[arg-type]  # refs
        proven = account.positions(answer(listed, wallets=[wallet(held * MARGIN_PER_CONTRACT)], at=at))
        return contracts_held(proven.beliefs, "treasury", PERP)

    assert shown(read([("-5", PERP), ("-7", OTHER)], 12)) == "5"
    assert shown(read([("-7", OTHER)], 12)) == "?"
    assert shown(read([("-7", OTHER)], 12)) == "?"
    assert shown(read([("-9", OTHER)], 9)) == "0"  # the one closed, the other opened further


def test_the_margin_of_positions_nobody_asked_for_is_taken_off() -> None:
    account = Account()

    def read(contracts: str, other: str) -> str:
        at = NOW + account.at_next_poll()
        listed = [position(contracts, at=at)] if Decimal(contracts) else []
        held = replace(wallet(1500 * Decimal(contracts != "0") + Decimal(other)), other_maintenance=Decimal(other))
        proven = account.positions(answer(listed, wallets=[held], at=at))
        return shown(proven.beliefs[SHORT])

    assert [read("-5", "900"), read("0", "7000"), read("0", "7000")] == ["5", "?", "0"]


def test_no_wallet_is_a_witness_of_an_isolated_position() -> None:
    account, believed = Account(), []
    for contracts in ("-5", "0", "0", "0"):
        at = NOW + account.at_next_poll()
        listed = [position(contracts, at=at, mode=MarginMode.ISOLATED)] if contracts != "0" else []
        proven = account.positions(answer(listed, wallets=[wallet(Decimal(0))], at=at))
        believed.append(shown(proven.beliefs[SHORT]))
    assert believed == ["5", "?", "?", "0"]


def test_a_row_that_could_not_be_read_is_no_read_of_its_instrument() -> None:
    account = Account()
    account.read("5:5")
    broken = ReadingFailure(ref=PERP, reason=UnknownReason.NOT_A_NUMBER, detail="positionAmt is NaN")
    for _ in range(4):
        proven = account.positions(replace(answer(at=NOW + account.at_next_poll()), positions=(broken,)))
        belief = contracts_held(proven.beliefs, "treasury", PERP)
        assert isinstance(belief, Doubted)
        assert (belief.reason, belief.last, proven.changed) == (UnknownReason.NOT_A_NUMBER, Decimal(-5), ())


def test_a_unified_wallet_of_dollars_is_a_witness_of_coin_margined_positions() -> None:
    inverse = replace(PERP, symbol="BTC/USD:BTC")
    account = Account()
    subject = replace(SHORT, name=inverse.symbol)

    def read(contracts: str, held: str) -> str:
        at = NOW + account.at_next_poll()
        own = replace(position(contracts, inverse, at), maintenance_margin=Decimal("0.01"))
        listed = [own] if Decimal(contracts) else []
        proven = account.positions(answer(listed, wallets=[wallet(Decimal(held), asset="USD")], at=at))
        return shown(proven.beliefs[subject])

    assert [read("-5000", "600"), read("0", "600"), read("0", "600"), read("0", "0")] == ["5000", "?", "?", "0"]


def test_the_same_answer_twice_is_one_read() -> None:
    account = Account()
    account.read("5:")
    for _ in range(5):
        proven = account.positions(poll("0:", NOW + 30 * SECONDS))
    assert shown(proven.beliefs[SHORT]) == "?"
    assert account.known[SHORT].doubt is not None
    assert account.known[SHORT].doubt.reads == 1


def test_a_hasty_second_read_does_not_count_and_a_late_poll_does() -> None:
    account = Account()
    account.read("5:5")
    account.positions(poll("0:0", NOW + 38 * SECONDS))  # the answer took 8 s
    assert shown(account.positions(poll("0:0", NOW + 39 * SECONDS)).beliefs[SHORT]) == "?"
    assert shown(account.positions(poll("0:0", NOW + 60 * SECONDS)).beliefs[SHORT]) == "0"


def test_an_answer_from_before_the_last_one_changes_nothing() -> None:
    account = Account()
    account.positions(poll("5:5", NOW))
    proven = account.positions(poll("0:0", NOW - 60 * SECONDS))
    assert (shown(proven.beliefs[SHORT]), proven.changed) == ("5", ())


def test_a_jump_against_an_old_amount_is_news() -> None:
    account = Account()
    account.read("5:5")
    proven = account.positions(poll("90:90", NOW + timedelta(hours=1, seconds=1)))
    assert shown(proven.beliefs[SHORT]) == "90"


def test_a_position_gone_over_a_long_downtime_is_not_believed_either() -> None:
    account = Account()
    account.read("5:5")
    proven = account.positions(poll("0:0", NOW + timedelta(days=9)))
    assert shown(proven.beliefs[SHORT]) == "?"


def test_a_position_listed_twice_is_not_known() -> None:
    account = Account()
    account.read("5:5")
    proven = account.positions(answer([position("-5"), position("-5")], at=NOW + 30 * SECONDS))
    belief = proven.beliefs[SHORT]
    assert isinstance(belief, Doubted)
    assert (belief.reason, belief.last, proven.changed) == (UnknownReason.DUPLICATE, Decimal(-5), ())


def test_both_sides_of_a_dual_side_account_count() -> None:
    account = Account()
    at = NOW
    both = answer([position("-5"), position("2")], wallets=[wallet(7 * MARGIN_PER_CONTRACT)], at=at)
    proven = account.positions(both)
    assert contracts_held(proven.beliefs, "treasury", PERP) == Believed(value=Decimal(-3))
    one = answer([position("2")], wallets=[wallet(7 * MARGIN_PER_CONTRACT)], at=at + 30 * SECONDS)
    assert isinstance(contracts_held(account.positions(one).beliefs, "treasury", PERP), Doubted)


def test_a_turned_position_is_not_known_before_the_short_is_proven_gone() -> None:
    account = Account()
    account.read("5:5")
    seen = []
    for number in (1, 2):
        at = NOW + number * 30 * SECONDS
        said = answer([position("5", at=at)], wallets=[wallet(5 * MARGIN_PER_CONTRACT)], at=at)
        seen.append(contracts_held(account.positions(said).beliefs, "treasury", PERP))
    assert isinstance(seen[0], Doubted)
    assert isinstance(seen[1], Believed)
    assert seen[1].value == 5


def test_other_accounts_are_left_alone() -> None:
    account = Account()
    account.read("5:5")
    desk = replace(DOWN, account="desk")
    proven = prove_positions(desk, account.known, expected=[PERP], poll_seconds=POLL)
    assert set(proven.beliefs) == {replace(SHORT, account="desk")}
    moved = replace(DOWN, exchange="bybit")
    assert SHORT not in prove_positions(moved, account.known, expected=[], poll_seconds=POLL).beliefs


@pytest.mark.parametrize(
    ("told", "reason", "words"),
    [
        ("x", UnknownReason.TIMEOUT, "no answer"),
        ("X", UnknownReason.BANNED, "banned"),
        ("0:5", UnknownReason.LEG_MISSING, "is not listed after 5 (read 1, the account's other figures contradict it)"),
        ("2:2", UnknownReason.SHRUNKEN, "reads 2 after 5 (read 1, the account's other figures agree)"),
        ("0:?", UnknownReason.LEG_MISSING, "the figures that would tell could not be read"),
        ("0:", UnknownReason.LEG_MISSING, "nothing else in the account would tell"),
        ("70:70", UnknownReason.JUMPED, "reads 70 after 5 (read 1)"),
    ],
)
def test_a_doubt_says_why_and_what_was_last_proven(told: str, reason: UnknownReason, words: str) -> None:
    account = Account()
    account.read("5:5" if told != "0:" else "5:")
    belief = account.read(told)
    assert isinstance(belief, Doubted)
    assert (belief.reason, belief.last, belief.proven_at) == (reason, Decimal(-5), NOW)
    assert words in belief.detail


def test_a_proven_fall_is_remembered_until_the_amount_is_back() -> None:
    account = Account()
    for told in ("5:5", "2:2", "2:2"):
        belief = account.read(told)
    assert belief == Believed(value=Decimal(-2), fall=Fall(before=Decimal(-5), at=NOW + 60 * SECONDS))
    account.read("0:0")
    assert account.read("0:0") == Believed(value=Decimal(0), fall=Fall(before=Decimal(-5), at=NOW + 120 * SECONDS))
    assert account.read("5:5") == Believed(value=Decimal(-5))


def held(proven: Proven) -> str:
    belief: Believed | Doubted = proven.beliefs[BTC]
    return f"{belief.value:f}" if isinstance(belief, Believed) else "?"


def test_coins_that_shrank_are_believed_on_the_third_read() -> None:
    account = Account()
    assert [held(account.coins(coins(left))) for left in ("5", "3", "3", "3")] == ["5", "?", "?", "3"]
    belief = account.coins(coins("3")).beliefs[BTC]
    assert belief == Believed(value=Decimal(3), fall=Fall(before=Decimal(5), at=NOW + 90 * SECONDS))


def test_coins_that_are_not_listed_are_not_gone() -> None:
    account = Account()
    believed = [held(account.coins(*listed)) for listed in ([coins("5")], [], [coins("5")], [], [], [])]
    assert believed == ["5", "?", "5", "?", "?", "0"]


def test_coins_that_were_never_seen_are_not_none_by_themselves() -> None:
    account = Account()
    proven = account.coins()
    belief = proven.beliefs[BTC]
    assert isinstance(belief, Doubted)
    assert (belief.reason, proven.is_in_doubt) == (UnknownReason.COINS_MISSING, True)


def test_dust_is_no_doubt() -> None:
    account = Account()
    assert [held(account.coins(coins(left))) for left in ("5", "4.9951", "4.9902")] == ["5", "4.9951", "4.9902"]


def test_coins_moved_to_earn_lent_or_locked_are_still_owned() -> None:
    account = Account()
    locked = CoinBalance(asset="BTC", wallet="spot", free=Decimal(1), used=Decimal(4))
    borrowed = CoinBalance(asset="BTC", wallet="margin", free=Decimal(9), used=Decimal(0), borrowed=Decimal(4))
    lives: Mapping[str, list[CoinBalance]] = {
        "free": [coins("5")],
        "earning": [coins("2"), coins("0", wallet="earn", earn="3")],
        "in an order": [locked],
        "with a debt": [borrowed],
        "in two wallets": [coins("2"), coins("3", wallet="funding")],
    }
    assert {name: held(account.coins(*balances)) for name, balances in lives.items()} == dict.fromkeys(lives, "5")


def movement(amount: str, kind: MovementKind, *, seconds: int = 15) -> CoinMovement:
    return CoinMovement(
        asset="BTC", amount=Decimal(amount), kind=kind, moved_at=NOW + seconds * SECONDS, movement_id="m1"
    )


@pytest.mark.parametrize(
    ("movements", "believed"),
    [
        ([movement("-2", MovementKind.WITHDRAWAL)], ["5", "?", "3", "3", "3"]),
        ([movement("-2", MovementKind.TRANSFER)], ["5", "?", "3", "3", "3"]),
        ([movement("-1", MovementKind.WITHDRAWAL)], ["5", "?", "?", "3", "3"]),
        ([movement("-2", MovementKind.WITHDRAWAL, seconds=-60)], ["5", "?", "?", "3", "3"]),
        ([movement("-2", MovementKind.EARN)], ["5", "?", "?", "?", "?"]),
        ([movement("-2", MovementKind.LOAN)], ["5", "?", "?", "?", "?"]),
        ([], ["5", "?", "?", "3", "3"]),
        (FAULT, ["5", "?", "?", "?", "?"]),
    ],
)
def test_the_ledger_of_movements_is_a_witness(movements: list[CoinMovement] | PartFailure, believed: list[str]) -> None:
    account = Account()
    assert [held(account.coins(coins(left), movements=movements)) for left in ("5", "3", "3", "3", "3")] == believed


def test_a_failed_balance_is_no_read_of_coins() -> None:
    account = Account()
    account.coins(coins("5"))
    for number in range(1, 6):
        failed = answer(balances=FAULT, at=NOW + number * 30 * SECONDS)
        proven = account.keep(prove_coins(failed, account.known, expected=["BTC"], poll_seconds=POLL))
        assert (held(proven), proven.changed) == ("?", ())
    proven = account.keep(prove_coins(DOWN, account.known, expected=["BTC"], poll_seconds=POLL))
    assert held(proven) == "?"
    account.polls = 7
    assert held(account.coins(coins("5"))) == "5"


def test_a_wallet_that_was_not_read_hides_only_the_coins_that_may_lie_in_it() -> None:
    account = Account()
    account.coins(coins("5"), coins("2", asset="ETH"))
    for number, told in enumerate(("5", "4", "0", "6"), start=1):  # all of them elsewhere, some, all, or more of it
        said = replace(answer(balances=(coins(told),), at=NOW + number * 30 * SECONDS), unread_balances=(FAULT,))
        proven = account.keep(prove_coins(said, account.known, expected=["BTC"], poll_seconds=POLL))
        assert held(proven) == ("5" if told == "5" else "?")
        belief = proven.beliefs[replace(BTC, name="ETH")]
        assert isinstance(belief, Doubted)
        assert (belief.reason, belief.last) == (FAULT.reason, 2)
    account.polls = 7
    assert held(account.coins(coins("5"))) == "5"  # what was lacking was no read: one good one is enough


def test_coins_never_seen_are_not_known_while_a_wallet_is_not_read() -> None:
    said = replace(answer(balances=(coins("5"),)), unread_balances=(FAULT,))
    assert held(prove_coins(said, {}, expected=["BTC"], poll_seconds=POLL)) == "?"


def test_a_wallet_that_was_not_read_is_a_silent_witness() -> None:
    account = Account()
    account.read("5:5")
    unread = UnreadWallet(refs=(PERP,), failure=FAULT)
    for _ in range(6):
        said = replace(answer([], at=NOW + account.at_next_poll()), wallets=(), unread_wallets=(unread,))
        belief = contracts_held(account.positions(said).beliefs, "treasury", PERP)
        assert isinstance(belief, Doubted)
    assert "could not be read" in belief.detail


def test_a_balance_listed_twice_is_not_known() -> None:
    account = Account()
    proven = account.coins(coins("5"), coins("5"))
    belief = proven.beliefs[BTC]
    assert isinstance(belief, Doubted)
    assert belief.reason is UnknownReason.DUPLICATE


def test_more_borrowed_than_held_is_less_than_nothing_and_needs_proof() -> None:
    account = Account()
    owed = CoinBalance(asset="BTC", wallet="margin", free=Decimal(0), used=Decimal(0), borrowed=Decimal(5))
    assert [held(account.coins(one)) for one in (coins("5"), owed, owed, owed)] == ["5", "?", "?", "-5"]
