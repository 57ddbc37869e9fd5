"""How the file names an instrument: ``exchange:BASE/QUOTE[:SETTLE[-YYMMDD]]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema

from hedgewatch.domain.instrument import InstrumentKind, InstrumentRef
from hedgewatch.settings.exchange_ids import CCXT_IDS
from hedgewatch.settings.values import as_list

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
# One contract is one base coin there (contracts.md section 3); elsewhere its exchange says how many.
ONE_COIN_EXCHANGES = frozenset({"binance", "bybit", "bingx", "weex"})
_CLOSENESS = 0.75
_SYMBOL = re.compile(r"(?P<base>[^\s:/]+)/(?P<quote>[^\s:/-]+)(?::(?P<settle>[^\s:/-]+)(?:-(?P<expiry>\d{6}))?)?")
FORM = "exchange:BASE/QUOTE for spot, exchange:BASE/QUOTE:SETTLE for a future"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentName:
    """An instrument as named in the file, taken apart. settle None: spot. expiry None: spot or perpetual."""

    ref: InstrumentRef
    base: str
    quote: str
    settle: str | None
    expiry: date | None

    @property
    def kind(self) -> InstrumentKind:
        """Spot, perpetual or dated."""
        if self.settle is None:
            return InstrumentKind.SPOT
        return InstrumentKind.PERPETUAL if self.expiry is None else InstrumentKind.FUTURE

    @property
    def is_inverse(self) -> bool:
        """True if it is settled in the coin."""
        return self.ref.is_inverse

    def __str__(self) -> str:
        return str(self.ref)


def read_exchange(value: object) -> str:
    """Read a ccxt exchange id; an unknown one is refused with the nearest, one of the five first."""
    if not isinstance(value, str):
        raise ValueError(f"expected an exchange's name, found {value!r}")  # noqa: TRY004  pydantic gathers ValueError
    if value in CCXT_IDS:
        return value
    found = value.lower()
    near = get_close_matches(found, EXCHANGES, 1, _CLOSENESS) or get_close_matches(found, CCXT_IDS, 1, _CLOSENESS)
    hint = f'did you mean "{near[0]}"?' if near else f'write its ccxt id, such as "{EXCHANGES[0]}"'
    raise ValueError(f'unknown exchange "{value}"; {hint}')


def read_instrument(value: object) -> InstrumentName:
    """Take ``exchange:symbol`` apart; raises ValueError that says what is wrong with it."""
    if isinstance(value, InstrumentName):
        return value
    if not isinstance(value, str) or ":" not in value:
        raise ValueError(f"found {value!r}, which names no instrument; write {FORM}")
    exchange, _, symbol = value.partition(":")
    if "/" in exchange:
        raise ValueError(f'"{value}" names no exchange; did you mean "{EXCHANGES[0]}:{value}"?')
    exchange = read_exchange(exchange)
    match = _SYMBOL.fullmatch(symbol)
    if match is None:
        raise ValueError(f'{exchange} has no symbol of the form "{symbol}"; write {FORM}{_nearest(exchange, symbol)}')
    if symbol != symbol.upper():
        raise ValueError(f'"{value}" is not in capitals; did you mean "{exchange}:{symbol.upper()}"?')
    return _assembled(exchange, symbol, match)


def _assembled(exchange: str, symbol: str, match: re.Match[str]) -> InstrumentName:
    base, quote, settle, expiry = match["base"], match["quote"], match["settle"], match["expiry"]
    if settle is not None and settle not in {base, quote}:
        raise ValueError(
            f'{exchange} has no market "{symbol}"; did you mean "{base}/{quote}:{quote}" (linear) '
            f'or "{base}/{quote}:{base}" (inverse)?'
        )
    return InstrumentName(
        ref=InstrumentRef(exchange=exchange, symbol=symbol),
        base=base,
        quote=quote,
        settle=settle,
        expiry=None if expiry is None else _expiry(expiry),
    )


def _expiry(text: str) -> date:
    try:
        return datetime.strptime(text, "%y%m%d").date()  # noqa: DTZ007  a day, not a moment
    except ValueError:
        raise ValueError(f'"{text}" is no day; an expiry is written YYMMDD, such as 261225') from None


def _nearest(exchange: str, symbol: str) -> str:
    """Offer the unified symbol for an exchange's own one, such as BTCUSDT."""
    own = re.fullmatch(r"([A-Z0-9]{2,}?)[-_]?(USDT|USDC|USD)", symbol.upper())
    return f'; did you mean "{exchange}:{own[1]}/{own[2]}:{own[2]}"?' if own else ""


def read_spot(value: object) -> InstrumentName:
    """Read the name of a spot instrument."""
    name = read_instrument(value)
    if name.kind is not InstrumentKind.SPOT:
        raise ValueError(
            f'"{name}" is a future, a spot symbol belongs here; '
            f'did you mean "{name.ref.exchange}:{name.base}/{name.quote}"?'
        )
    return name


def read_future(value: object) -> InstrumentName:
    """Read the name of a perpetual or dated future."""
    name = read_instrument(value)
    if name.kind is InstrumentKind.SPOT:
        raise ValueError(f'"{name}" is a spot symbol, a future belongs here; did you mean "{name}:{name.quote}"?')
    return name


_TEXT: dict[str, Any] = {"type": "string", "pattern": r"^[a-z0-9_]+:[^\s:/]+/[^\s:/]+(:[^\s:/-]+(-\d{6})?)?$"}

ExchangeId = Annotated[
    str, PlainValidator(read_exchange), WithJsonSchema({"type": "string", "examples": list(EXCHANGES)})
]
SpotName = Annotated[InstrumentName, PlainValidator(read_spot), PlainSerializer(str), WithJsonSchema(_TEXT)]
FutureName = Annotated[InstrumentName, PlainValidator(read_future), PlainSerializer(str), WithJsonSchema(_TEXT)]
SpotNames = Annotated[
    tuple[SpotName, ...], BeforeValidator(as_list, json_schema_input_type=SpotName | tuple[SpotName, ...])
]
