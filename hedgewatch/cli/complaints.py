"""What `doctor` complains about: a line for each fault, with its mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.account import AccountFailure, AccountPosition, AccountSnapshot, PartFailure
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.key_scope import KeyVerdict, judge_key
from hedgewatch.domain.market import MarketReading, ReadingFailure, UnknownReason
from hedgewatch.domain.mends import MENDS, SIZE_MEND
from hedgewatch.domain.position import size_by_position
from hedgewatch.domain.size_check import SizeCheck
from hedgewatch.exchanges.accounts.inspection import AccountInspection
from hedgewatch.exchanges.calls import CallReport
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.inspection import Inspection

SKEW_TOLERATED_SECONDS = Decimal(1)
QUIET = frozenset({UnknownReason.NOT_AVAILABLE})


def of_exchange(found: Inspection) -> Iterator[str]:
    """Yield a line for each fault of an exchange: if it is not there at all, that one alone."""
    if found.problem:
        yield worded(f"{found.exchange} is not reachable", found.problem)
        return
    suggested = {ref: fault.text for ref, fault in found.unlisted.items() if "did you mean" in fault.text}
    for ref, fault in found.unlisted.items():
        yield suggested[ref] if ref in suggested else worded(str(ref), fault)
    skew = found.skew_seconds
    if skew is not None and abs(skew) > SKEW_TOLERATED_SECONDS:
        yield f"{found.exchange}: this machine's clock is off by {skew:.1f} s; {MENDS[UnknownReason.CLOCK_SKEW]}"
    yield from _of_calls(found.exchange, found.calls)
    called = " ".join(call.fault.text for call in found.calls if call.fault)
    for reading in found.answer.readings:
        if reading.ref not in found.unlisted:
            yield from _of_reading(reading, called)
    for one in found.instruments:
        if one.active is False:
            yield f"{one.ref}: it is listed but not trading; look for a notice about it, and choose another"
    yield from _of_sizes((ref, check) for ref, check in found.sizes.items() if isinstance(check, SizeCheck))


def _of_calls(place: str, calls: Iterable[CallReport]) -> Iterator[str]:
    lines = (worded(place, call.fault) for call in calls if call.fault and call.fault.reason not in QUIET)
    yield from dict.fromkeys(lines)


def _of_reading(reading: MarketReading | ReadingFailure, called: str) -> Iterator[str]:
    """Yield what could not be read of an instrument, and what was read and not believed; not what a call failed for."""
    if isinstance(reading, ReadingFailure):
        if reading.detail not in called:
            yield f"{reading.ref}: {reading.reason.replace('_', ' ')}: {reading.detail}; {MENDS[reading.reason]}"
        return
    for problem in reading.problems:
        part, reason, detail = problem.split(": ", 2)
        if detail not in called:
            yield f"{reading.ref}: {part} {reason.replace('_', ' ')}: {detail}; {MENDS[UnknownReason(reason)]}"


def _of_sizes(checks: Iterable[tuple[InstrumentRef, SizeCheck]]) -> Iterator[str]:
    for ref, check in checks:
        if check.doubt is not None:
            yield f"{ref}: {check.doubt}; {SIZE_MEND}"


def of_account(found: AccountInspection, market: Inspection | None, *, allow_trading_keys: bool) -> list[str]:
    """List a line for each fault of an account: if it was not read at all, that one alone."""
    place = f"accounts.{found.account}"
    if isinstance(found.answer, AccountFailure):
        failure = found.answer
        fault = Fault(reason=failure.reason, text=failure.detail, retry_at=failure.retry_at)
        return [worded(f"{place} cannot be read", fault)]
    lines = [*_of_calls(place, found.calls)]
    answer, called = found.answer, " ".join(lines)
    for part in ("positions", "balances", "wallets", "orders", "payments"):
        said = getattr(answer, part)
        if isinstance(said, PartFailure) and said.reason not in QUIET and said.detail not in called:
            lines.append(f"{place}: {part} {said.reason.replace('_', ' ')}: {said.detail}; {MENDS[said.reason]}")
    lines += _of_sizes(sizes_by_positions(answer, market).items())
    if answer.scope is not None:
        verdict, words = judge_key(answer.scope, allow_trading_keys=allow_trading_keys)
        if verdict is KeyVerdict.REFUSE:
            lines.append(f"{place}: {words}")
    return lines


def sizes_by_positions(answer: AccountSnapshot, market: Inspection | None) -> dict[InstrumentRef, SizeCheck]:
    """Return the second route to the size of every contract that the account holds; market: of its exchange."""
    listed = {one.ref: one for one in market.instruments} if market else {}
    readings = market.answer.readings if market else ()
    marks = {one.ref: one.mark.mark_price for one in readings if isinstance(one, MarketReading) and one.mark}
    held = () if isinstance(answer.positions, PartFailure) else answer.positions
    checks = {
        one.ref: size_by_position(listed[one.ref], one, marks.get(one.ref))
        for one in held
        if isinstance(one, AccountPosition) and one.ref in listed
    }
    return {ref: check for ref, check in checks.items() if check is not None}


def worded(place: str, fault: Fault) -> str:
    """Say a fault in its own words, with the end of a ban or a limit where there is one, and its mend."""
    return f"{place}: {fault.reason.replace('_', ' ')}{until(fault.retry_at)}: {fault.text}; {MENDS[fault.reason]}"


def until(retry_at: datetime | None) -> str:
    """Say when it ends, if that is known."""
    return f" until {retry_at:%Y-%m-%d %H:%M:%S} UTC" if retry_at else ""
