"""Numbers and times in words; pure. Unknown is said to be so, zero is zero."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hedgewatch.domain.numbers import exact, exactly, plain
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.domain.rules.definitions import FACT, FRACTION, RATE_8H, SECONDS
from hedgewatch.monitoring.payload import duration_text

UNKNOWN = "not known"
MINUS = "\u2212"
PER_CENT = 100
PER_BASIS_POINT = 10_000
PRICE_DIGITS = 8
SHORT_SECONDS = 180
CENTS_BELOW = 1000


@exactly
def percent(value: Decimal | None, digits: int = 2, *, signed: bool = False) -> str:
    """Write a fraction as percent: ``0.96`` is ``96.00 %``."""
    return UNKNOWN if value is None else f"{_fixed(value * PER_CENT, digits, signed=signed)} %"


@exactly
def basis_points(value: Decimal | None) -> str:
    """Write a fraction in basis points (hundredths of a percent), always signed: ``0.000333`` is ``+3.3 bp``."""
    return UNKNOWN if value is None else f"{_fixed(value * PER_BASIS_POINT, 1, signed=True)} bp"


def price(value: Decimal | None) -> str:
    """Write a price with at most 8 significant digits."""
    return UNKNOWN if value is None else _minus(plain(value, PRICE_DIGITS))


def coins(value: Decimal | None, asset: str) -> str:
    """Write an amount of coins with all its stored digits."""
    return UNKNOWN if value is None else f"{_minus(plain(value))} {asset}"


@exactly
def money(value: Decimal | None) -> str:
    """Write an amount of dollars: cents below a thousand, whole dollars above."""
    if value is None:
        return UNKNOWN
    digits = 2 if abs(value) < CENTS_BELOW else 0
    return f"{_fixed(value, digits, signed=False)} USD"


def number(value: Decimal | None) -> str:
    """Write any other number with at most 8 significant digits."""
    return price(value)


def money_text(text: str) -> str:
    """Write the decimal text of an amount of dollars as money."""
    return money(exact(text, "amount"))


def percent_text(text: str) -> str:
    """Write the decimal text of a fraction as percent."""
    return percent(exact(text, "fraction"))


def funding_flow(rate: Decimal | None, futures_coins: Decimal | None) -> str | None:
    """Say whether a position receives or pays funding (positive: longs pay shorts); None if neither or not known."""
    if not rate or not futures_coins:
        return None
    return "received" if (rate > 0) is (futures_coins < 0) else "paid"


@exactly
def in_unit_of(rule: str, value: Decimal | None) -> str:
    """Write a rule's value or threshold in the rule's unit; ``-`` where the rule has no number."""
    definition = CATALOGUE.get(rule)
    if value is None:
        return "-" if definition is not None and definition.unit == FACT else UNKNOWN
    write = UNITS.get(definition.unit) if definition else None
    return write(value) if write else number(value)


def age(seconds: Decimal) -> str:
    """Write how long ago something was."""
    return "just now" if seconds < 1 else f"{duration_text(seconds)} ago"


def seconds_between(earlier: datetime, later: datetime) -> Decimal:
    """Return the seconds from one moment to another."""
    return Decimal(repr((later - earlier).total_seconds()))


def utc_time(moment: datetime, today: datetime | None = None) -> str:
    """Write a moment in UTC, without the date if it is that of ``today``."""
    there = moment.astimezone(UTC)
    is_today = today is not None and there.date() == today.astimezone(UTC).date()
    return f"{there:%H:%M:%S} UTC" if is_today else f"{there:%Y-%m-%d %H:%M:%S} UTC"


def local_time(moment: datetime, zone: ZoneInfo) -> str | None:
    """Write a moment in the reader's time zone, with the date where it differs; None where it is the same as UTC."""
    there, here = moment.astimezone(UTC), moment.astimezone(zone)
    if there.utcoffset() == here.utcoffset():
        return None
    day = "" if there.date() == here.date() else f"{here:%Y-%m-%d} "
    return f"{day}{here:%H:%M:%S} {zone.key}"


def rule_name(rule: str) -> str:
    """Write a rule's name for a reader: ``basis_adverse`` is ``basis adverse``."""
    return rule.replace("_", " ")


def _fixed(value: Decimal, digits: int, *, signed: bool) -> str:
    """Write with so many decimals; what rounds to zero has no sign."""
    written = f"{value:+,.{digits}f}"
    if not written.strip("+-0."):
        return written[1:]
    return _minus(written if signed else written.removeprefix("+"))


def _trimmed(value: Decimal, digits: int) -> str:
    written = _fixed(value * PER_CENT, digits, signed=False)
    return f"{written.rstrip('0').rstrip('.')} %"


def _lasting(seconds: Decimal) -> str:
    """Write a limit in seconds as long as whole minutes would round it."""
    return f"{seconds:.0f} s" if seconds < SHORT_SECONDS else duration_text(seconds)


def _minus(written: str) -> str:
    return MINUS + written[1:] if written.startswith("-") else written


TIMES_IN_FORCE = {"post_only": "post only", "ioc": "immediate or cancel"}
UNITS: dict[str, Callable[[Decimal], str]] = {
    FRACTION: lambda value: _trimmed(value, 3),
    RATE_8H: lambda value: _trimmed(value, 4),
    SECONDS: _lasting,
}
