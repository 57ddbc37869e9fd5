"""Position modes: whether long and short can stand side by side, asked of the exchange, held or not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.accounts.rows import at, flag_of, text_of
from hedgewatch.exchanges.accounts.shape import HOURLY, Known, Part, Question, Reader, Sheet, Side
from hedgewatch.exchanges.parse import UnreadableError

Modes = Iterable[tuple[InstrumentRef, bool]]


def mode_reader(read: Callable[[Sheet], bool | None]) -> Reader:
    """Return the reader of an account's mode, which holds for every contract of the question's side, or of all."""

    def of_all(sheet: Sheet, known: Known) -> Modes:
        is_dual = read(sheet)
        if is_dual is None:
            raise UnreadableError(UnknownReason.MISSING, "the position mode is not told")
        sides = (sheet.question.side,) if sheet.question.side else (Side.LINEAR, Side.INVERSE)
        for side in sides:
            for instrument in known.listed.get(side, {}).values():
                yield instrument.ref, is_dual

    return of_all


def flag_within(*keys: str) -> Callable[[Sheet], bool | None]:
    """Read the flag ``dualSidePosition`` of the object at the end of ``keys``."""
    return lambda sheet: flag_of(at(sheet.whole, *keys), "dualSidePosition")


def mode_question(name: str, method: str, side: Side) -> Question:
    """Return the question of exchanges that answer with ``dualSidePosition`` alone."""
    return Question(
        name=name,
        method=method,
        side=side,
        rows=None,
        needs=("dualSidePosition",),
        every=HOURLY,
        tells={Part.MODE: mode_reader(flag_within())},
    )


def read_index(sheet: Sheet, known: Known) -> Modes:
    """Read Bybit's mode from the rows of one symbol, which it lists flat as well: index 0 is one-way."""
    instrument = known.instrument(sheet, sheet.subject)
    told = {text_of(row, "positionIdx") for row in sheet.rows if row.get("symbol") == sheet.subject}
    if instrument is None or not told or not told <= {"0", "1", "2"}:
        raise UnreadableError(UnknownReason.MISSING, "no row of this symbol tells its position mode")
    yield instrument.ref, told != {"0"}
