"""Column types: numbers and times as they lie in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Dialect, Double, Numeric, Text
from sqlalchemy.dialects.sqlite import REAL
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Return whole milliseconds since 1970, UTC; ``at`` is aware."""
    return (at - EPOCH) // MILLISECOND


def from_ms(ms: int) -> datetime:
    """Return the aware moment of an epoch millisecond, UTC."""
    return EPOCH + ms * MILLISECOND


def maybe_ms(at: datetime | None) -> int | None:
    """Return ``to_ms(at)``, None for None."""
    return None if at is None else to_ms(at)


def maybe_at(ms: int | None) -> datetime | None:
    """Return ``from_ms(ms)``, None for None."""
    return None if ms is None else from_ms(ms)


def to_float(value: Decimal | None) -> float | None:
    """Return the 8-byte float that stands for a market number: exact for up to 15 significant digits."""
    return None if value is None else float(value)


def to_decimal(value: float | None) -> Decimal | None:
    """Bring a stored market number back through its shortest text."""
    return None if value is None else Decimal(repr(value))


def to_text(value: Decimal | None) -> str | None:
    """Write an exact number with all its digits; both databases take this text for it."""
    return None if value is None else format(value, "f")


class MarketNumber(TypeDecorator[Decimal]):
    """A price, rate or ratio: an 8-byte float, so that SQL can sort, sum and average it."""

    impl = Double
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use REAL on SQLite, DOUBLE PRECISION elsewhere."""
        return dialect.type_descriptor(REAL() if dialect.name == "sqlite" else Double())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> float | None:  # noqa: ARG002  SQLAlchemy's signature
        """Turn a Decimal into the nearest float."""
        return to_float(value)

    def process_result_value(self, value: float | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002  SQLAlchemy's signature
        """Turn the float back into the Decimal of its shortest text."""
        return to_decimal(value)


class ExactNumber(TypeDecorator[Decimal]):
    """A number that keeps every digit: NUMERIC on PostgreSQL, text on SQLite (whose NUMERIC would lose some)."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use TEXT on SQLite, NUMERIC elsewhere."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | Decimal | None:
        """Write the digits out on SQLite; PostgreSQL takes the Decimal."""
        return to_text(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: str | Decimal | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002  SQLAlchemy's signature
        """Read all digits back."""
        return None if value is None else Decimal(value)
