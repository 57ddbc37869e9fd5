"""What one value in the file may look like: numbers, durations, patience, thresholds, names."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.numbers import exact, plain
from hedgewatch.domain.thresholds import Patience

LARGEST_POWER = 30
SECONDS_PER_UNIT = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
_PART = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h|d)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_NAME = re.compile(r"[^\s:@/\[\]\"'\\\x00-\x1f]+")
DURATION_PATTERN = r"^((\d+(\.\d+)?|\.\d+)(ms|s|m|h|d))+$"
DURATION_HELP = 'write a duration such as "30s", "15m", "8h" or "30d"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A length of time, in seconds."""

    seconds: Decimal

    def __str__(self) -> str:
        for unit in ("d", "h", "m"):
            count = self.seconds / SECONDS_PER_UNIT[unit]
            if self.seconds and count == count.to_integral_value():
                return f"{plain(count)}{unit}"
        return f"{plain(self.seconds)}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A rule's ``fire`` or ``clear`` as written: a number in the rule's unit, or a duration (then in seconds)."""

    value: Decimal
    is_duration: bool = False

    def __str__(self) -> str:
        return str(Span(seconds=self.value)) if self.is_duration else decimal_text(self.value)


def decimal_text(value: Decimal) -> str:
    """Write a Decimal whole, without exponent."""
    return format(value, "f")


def problem_of(error: InvalidValueError) -> ValueError:
    """Hand an InvalidValueError to pydantic without its field: the key path is put before it later."""
    return ValueError(error.problem)


def read_decimal(value: object) -> Decimal:
    """Read a decimal, bare or quoted, exactly."""
    try:
        number: Decimal = exact(value, "")  # type: ignore[call-overload]  # exact refuses every other type itself
    except InvalidValueError as error:
        raise problem_of(error) from None
    if abs(number.adjusted()) > LARGEST_POWER:
        raise ValueError(f"a number of 10 to the power {number.adjusted()} is nothing that is owned or paid")
    return number


def read_positive(value: object) -> Decimal:
    """Read a decimal above zero."""
    number = read_decimal(value)
    if number <= 0:
        raise ValueError(f"must be above zero, found {decimal_text(number)}")
    return number


def read_not_negative(value: object) -> Decimal:
    """Read a decimal of zero or more."""
    number = read_decimal(value)
    if number < 0:
        raise ValueError(f"must not be negative, found {decimal_text(number)}")
    return number


def read_share(value: object) -> Decimal:
    """Read a share: above 0, at most 1."""
    number = read_positive(value)
    if number > 1:
        raise ValueError(f"a share is at most 1, found {decimal_text(number)}")
    return number


def read_ratio(value: object) -> Decimal:
    """Read a hedge ratio: above 0, at most 2."""
    number = read_positive(value)
    if number > 2:  # noqa: PLR2004  nobody hedges twice over: this is a percentage
        raise ValueError(f"is a ratio (1 is fully hedged), found {decimal_text(number)}")
    return number


def read_beta(value: object) -> Decimal | str:
    """Read a proxy's beta: "ewma", "ols" or a number above zero."""
    if isinstance(value, str) and value in {"ewma", "ols"}:
        return value
    try:
        return read_positive(value)
    except ValueError as error:
        raise ValueError(f'expected "ewma", "ols" or a number: {error}') from None


def read_span(value: object) -> Span:
    """Read a duration."""
    if isinstance(value, Span):
        return value
    if not isinstance(value, str) or not _DURATION.fullmatch(value.strip()):
        raise ValueError(f"found {value!r}: {DURATION_HELP}")
    parts = _PART.findall(value)
    if len(value) > LARGEST_POWER:
        raise ValueError(f"found a duration of {len(value)} signs: {DURATION_HELP}")
    return Span(seconds=sum((Decimal(count) * SECONDS_PER_UNIT[unit] for count, unit in parts), Decimal(0)))


def read_poll(value: object) -> Span:
    """Read a polling interval: a duration of at least one second."""
    span = read_span(value)
    if span.seconds < 1:
        raise ValueError(f"must be 1s or more, found {value}")
    return span


def read_patience(value: object) -> Patience:
    """Read how long something must last: a duration, or whole polls; blank is at once."""
    if isinstance(value, Patience):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError(f"must not be negative, found {value}")
        return Patience(polls=value)
    text = value.strip() if isinstance(value, str) else None
    if text == "":
        return Patience()
    if text is not None and text.isdecimal():
        return Patience(polls=int(text))
    if text is not None and _DURATION.fullmatch(text):
        return Patience(seconds=read_span(text).seconds)
    raise ValueError(f'found {value!r}: write a duration such as "15m", or whole polls such as 2')


def patience_text(value: Patience) -> str | int:
    """Write a patience as the file would."""
    return value.polls if not value.seconds else str(Span(seconds=value.seconds))


def read_threshold(value: object) -> Threshold:
    """Read a threshold: a number in the rule's unit, or a duration."""
    if isinstance(value, Threshold):
        return value
    if isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        return Threshold(value=read_span(value).seconds, is_duration=True)
    return Threshold(value=read_decimal(value))


def read_flag(value: object) -> bool:
    """Read true or false; the words come from environment variables."""
    words = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise ValueError(f"expected true or false, found {value!r}")


def read_name(value: object) -> str:
    """Read a name that people and addresses can carry: no spaces, no : @ / or brackets."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(f"expected a name without spaces, quotes, brackets or : @ /, found {value!r}")
    return value


def read_timezone(value: object) -> str:
    """Read the name of a time zone, such as UTC or Europe/Berlin."""
    try:
        return zoneinfo.ZoneInfo(str(value)).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError(
            f'found {value!r}, which is no time zone; write one such as "UTC" or "Europe/Berlin"'
        ) from None


def read_moment(value: object) -> datetime:
    """Read a moment with its offset from UTC."""
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        shown = value.isoformat() if isinstance(value, date) else repr(value)
        raise ValueError(f"found {shown}: write a moment with its time zone, such as 2026-12-31T00:00:00Z")
    return moment


def as_list(value: object) -> object:
    """Let one value stand for a list of one."""
    return [value] if isinstance(value, str) else value


_NUMBER: dict[str, Any] = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[-+]?[0-9.]+([eE][-+]?\d+)?\s*$"}]
}
_LASTING: dict[str, Any] = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": r"^(\d*|((\d+(\.\d+)?|\.\d+)(ms|s|m|h|d))+)$"},
    ]
}
_TIME: dict[str, Any] = {"type": "string", "pattern": DURATION_PATTERN}
_FLAG: dict[str, Any] = {"type": "boolean"}
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
_BOUND: dict[str, Any] = {"anyOf": [_NUMBER, _TIME]}
_BETA: dict[str, Any] = {"anyOf": [{"enum": ["ewma", "ols"]}, _NUMBER]}

Number = Annotated[Decimal, PlainValidator(read_decimal), WithJsonSchema(_NUMBER)]
Positive = Annotated[Decimal, PlainValidator(read_positive), WithJsonSchema(_NUMBER)]
NotNegative = Annotated[Decimal, PlainValidator(read_not_negative), WithJsonSchema(_NUMBER)]
Share = Annotated[Decimal, PlainValidator(read_share), WithJsonSchema(_NUMBER)]
Ratio = Annotated[Decimal, PlainValidator(read_ratio), WithJsonSchema(_NUMBER)]
Beta = Annotated[Decimal | str, PlainValidator(read_beta), WithJsonSchema(_BETA)]
Duration = Annotated[Span, PlainValidator(read_span), PlainSerializer(str), WithJsonSchema(_TIME)]
PollInterval = Annotated[Span, PlainValidator(read_poll), PlainSerializer(str), WithJsonSchema(_TIME)]
Lasting = Annotated[Patience, PlainValidator(read_patience), PlainSerializer(patience_text), WithJsonSchema(_LASTING)]
Bound = Annotated[Threshold, PlainValidator(read_threshold), PlainSerializer(str), WithJsonSchema(_BOUND)]
Flag = Annotated[bool, PlainValidator(read_flag), WithJsonSchema(_FLAG)]
Name = Annotated[str, PlainValidator(read_name), WithJsonSchema({"type": "string", "minLength": 1})]
TimeZone = Annotated[str, PlainValidator(read_timezone), WithJsonSchema({"type": "string"})]
Moment = Annotated[datetime, PlainValidator(read_moment), WithJsonSchema(_MOMENT)]
Names = Annotated[tuple[Name, ...], BeforeValidator(as_list, json_schema_input_type=Name | tuple[Name, ...])]
