"""How each exchange has its questions signed, checked as it checks them, and how it refuses."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from urllib.parse import parse_qsl

import orjson

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.holdings import ApiKey
from hedgewatch.simulator.listings import Exchange

AHEAD = 1_000  # a clock that is ahead is allowed so much, in milliseconds


class Wrong(StrEnum):
    """What can be wrong with a signed question."""

    NO_KEY = "no_key"
    UNKNOWN_KEY = "unknown_key"
    PASSPHRASE = "passphrase"  # noqa: S105  the name of a fault, not one
    TIME = "time"
    SIGNATURE = "signature"
    ADDRESS = "address"
    FORBIDDEN = "forbidden"


class RefusedError(Exception):
    """The exchange does not answer; ``status`` and ``body`` are what it sends."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A question as it arrived: ``path`` and ``query`` raw, without the host that leads the path."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    remote: str

    @property
    def parameters(self) -> dict[str, str]:
        """Return the query, decoded, and what a JSON body asks for."""
        asked = dict(parse_qsl(self.query, keep_blank_values=True))
        try:
            posted = orjson.loads(self.body) if self.body else {}
        except orjson.JSONDecodeError:
            return asked
        return asked | ({name: str(value) for name, value in posted.items()} if isinstance(posted, dict) else {})

    def asked(self, name: str) -> str:
        """Return one parameter; empty if it was not sent."""
        return self.parameters.get(name, "")

    @property
    def unsigned_query(self) -> str:
        """Return the query before its signature."""
        return self.query.partition("&signature=")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One exchange's way. ``signed``: the text under the signature. ``window``: milliseconds a question stays good.

    ``refusals`` hold ``{now}`` and ``{sent}`` where the exchange tells the two times.
    """

    key: Callable[[Letter], str]
    time: Callable[[Letter], str]
    signature: Callable[[Letter], str]
    signed: Callable[[Letter], str]
    window: Callable[[Letter], int]
    refusals: Mapping[Wrong, tuple[int, Mapping[str, object]]]
    is_base64: bool = False
    passphrase: Callable[[Letter], str] | None = None

    def refuse(self, wrong: Wrong, *, now: int = 0, sent: str = "") -> RefusedError:
        """Return the exchange's own words; a fault it has no words for is an unknown key."""
        status, body = self.refusals.get(wrong, self.refusals[Wrong.UNKNOWN_KEY])
        words = {
            name: value.format(now=now, sent=sent) if isinstance(value, str) else value for name, value in body.items()
        }
        return RefusedError(status, words)


def check(letter: Letter, scheme: Scheme, find: Callable[[str], Account | None], now: int) -> Account:
    """Return whose account a question may read; raise RefusedError with the exchange's own words."""
    name, sent = scheme.key(letter), scheme.time(letter)
    if not name:
        raise scheme.refuse(Wrong.NO_KEY)
    if (account := find(name)) is None:
        raise scheme.refuse(Wrong.UNKNOWN_KEY)
    late = now - int(sent) if sent.isdecimal() else None
    if late is None or not -AHEAD < late <= scheme.window(letter):
        raise scheme.refuse(Wrong.TIME, now=now, sent=sent)
    if wrong := _wrong(letter, scheme, account.key):
        raise scheme.refuse(wrong)
    return account


def _wrong(letter: Letter, scheme: Scheme, key: ApiKey) -> Wrong | None:
    if scheme.passphrase is not None and scheme.passphrase(letter) != key.password:
        return Wrong.PASSPHRASE
    digest = hmac.new(key.secret.encode(), scheme.signed(letter).encode(), sha256)
    expected = base64.b64encode(digest.digest()).decode() if scheme.is_base64 else digest.hexdigest()
    if not hmac.compare_digest(expected, scheme.signature(letter)):
        return Wrong.SIGNATURE
    if key.addresses and letter.remote not in key.addresses:
        return Wrong.ADDRESS
    return None if key.can_read else Wrong.FORBIDDEN


def scheme_of(exchange: Exchange, path: str) -> Scheme:
    """Return the scheme that a path is signed by: MEXC has one for spot and another for contracts."""
    return MEXC_CONTRACT if path.startswith("/api/v1/private") else SCHEMES[exchange]


def _header(name: str) -> Callable[[Letter], str]:
    return lambda letter: letter.headers.get(name, "")


def _asked(name: str) -> Callable[[Letter], str]:
    return lambda letter: letter.asked(name)


def _within(text: str, otherwise: int = 5_000) -> int:
    return int(text) if text.isdecimal() else otherwise


def _bybit_signed(letter: Letter) -> str:
    names = ("X-BAPI-TIMESTAMP", "X-BAPI-API-KEY", "X-BAPI-RECV-WINDOW")
    return "".join(letter.headers.get(name, "") for name in names) + (letter.body or letter.query)


def _bingx_signed(letter: Letter) -> str:
    pairs = parse_qsl(letter.unsigned_query, keep_blank_values=True)
    return "&".join(f"{name}={value}" for name, value in pairs)  # what was signed is not yet percent-encoded


def _weex_signed(letter: Letter) -> str:
    query = f"?{letter.query}" if letter.query else ""
    return f"{letter.headers.get('ACCESS-TIMESTAMP', '')}{letter.method}{letter.path}{query}{letter.body}"


def _mexc_signed(letter: Letter) -> str:
    return letter.headers.get("ApiKey", "") + letter.headers.get("Request-Time", "") + (letter.body or letter.query)


def _told(code: int, words: str, **more: object) -> dict[str, object]:
    return {"code": code, "msg": words, **more}


def _bybit_told(code: int, words: str) -> tuple[int, dict[str, object]]:
    return 200, {"retCode": code, "retMsg": words, "result": {}, "retExtInfo": {}, "time": 0}


def _contract_told(code: int, words: str) -> tuple[int, dict[str, object]]:
    return 200, {"success": False, "code": code, "message": words}


# Codes and texts: ccxt's tables and the exchanges' pages. HTTP statuses other than Binance's, and the texts of WEEX,
# were never seen live.
MEXC_CONTRACT = Scheme(
    key=_header("ApiKey"),
    time=_header("Request-Time"),
    signature=_header("Signature"),
    signed=_mexc_signed,
    window=lambda _letter: 10_000,
    refusals={
        Wrong.NO_KEY: _contract_told(401, "Not logged in or login has expired"),
        Wrong.UNKNOWN_KEY: _contract_told(402, "API Key expired, please apply again"),
        Wrong.TIME: _contract_told(10073, "Invalid Request-Time"),
        Wrong.SIGNATURE: _contract_told(602, "Signature verification failed!"),
        Wrong.ADDRESS: _contract_told(406, "Accessing IP is not in the whitelist"),
        Wrong.FORBIDDEN: _contract_told(701, "Please enable API Key read access"),
    },
)
SCHEMES = {
    Exchange.BINANCE: Scheme(
        key=_header("X-MBX-APIKEY"),
        time=_asked("timestamp"),
        signature=_asked("signature"),
        signed=lambda letter: letter.unsigned_query,
        window=lambda letter: _within(letter.asked("recvWindow")),
        refusals={
            Wrong.NO_KEY: (401, _told(-2014, "API-key format invalid.")),
            Wrong.UNKNOWN_KEY: (401, _told(-2015, "Invalid API-key, IP, or permissions for action.")),
            Wrong.TIME: (400, _told(-1021, "Timestamp for this request is outside of the recvWindow.")),
            Wrong.SIGNATURE: (400, _told(-1022, "Signature for this request is not valid.")),
        },
    ),
    Exchange.BYBIT: Scheme(
        key=_header("X-BAPI-API-KEY"),
        time=_header("X-BAPI-TIMESTAMP"),
        signature=_header("X-BAPI-SIGN"),
        signed=_bybit_signed,
        window=lambda letter: _within(letter.headers.get("X-BAPI-RECV-WINDOW", "")),
        refusals={
            Wrong.UNKNOWN_KEY: _bybit_told(10003, "API key is invalid."),
            Wrong.TIME: _bybit_told(
                10002,
                "invalid request, please check your server timestamp or recv_window param. "
                "req_timestamp[{sent}],server_timestamp[{now}],recv_window[5000]",
            ),
            Wrong.SIGNATURE: _bybit_told(10004, "error sign! please check your signature generation algorithm."),
            Wrong.ADDRESS: _bybit_told(10010, "Unmatched IP, please check your API key's bound IP addresses."),
            Wrong.FORBIDDEN: _bybit_told(10005, "Permission denied, please check your API key permissions."),
        },
    ),
    Exchange.BINGX: Scheme(
        key=_header("X-BX-APIKEY"),
        time=_asked("timestamp"),
        signature=_asked("signature"),
        signed=_bingx_signed,
        window=lambda letter: _within(letter.asked("recvWindow")),
        refusals={
            Wrong.UNKNOWN_KEY: (200, _told(100413, "Incorrect apiKey, please check your valid api key")),
            Wrong.TIME: (200, _told(100421, "Null timestamp or timestamp mismatch")),
            Wrong.SIGNATURE: (200, _told(100001, "Signature verification failed due to signature mismatch")),
            Wrong.ADDRESS: (200, _told(100419, "IP does not match IP whitelist", success=False)),
            Wrong.FORBIDDEN: (
                200,
                _told(100004, "Permission denied, the API key was created without the permission to do this"),
            ),
        },
    ),
    Exchange.WEEX: Scheme(
        key=_header("ACCESS-KEY"),
        time=_header("ACCESS-TIMESTAMP"),
        signature=_header("ACCESS-SIGN"),
        signed=_weex_signed,
        window=lambda _letter: 30_000,
        is_base64=True,
        passphrase=_header("ACCESS-PASSPHRASE"),
        refusals={
            Wrong.NO_KEY: (401, _told(-1040, "ACCESS_KEY header is required.")),
            Wrong.UNKNOWN_KEY: (401, _told(-1044, "Invalid ACCESS_KEY.")),
            Wrong.PASSPHRASE: (401, _told(-1049, "API key or passphrase incorrect.")),
            Wrong.TIME: (400, _told(-1046, "Request timestamp expired.")),
            Wrong.SIGNATURE: (401, _told(-1047, "API authentication failed.")),
            Wrong.ADDRESS: (403, _told(-1056, "Invalid IP address.")),
            Wrong.FORBIDDEN: (403, _told(-1052, "Insufficient permissions for this action.")),
        },
    ),
    Exchange.MEXC: Scheme(
        key=_header("X-MEXC-APIKEY"),
        time=_asked("timestamp"),
        signature=_asked("signature"),
        signed=lambda letter: letter.unsigned_query,
        window=lambda letter: _within(letter.asked("recvWindow")),
        refusals={
            Wrong.UNKNOWN_KEY: (400, _told(10072, "Api key info invalid")),
            Wrong.TIME: (400, _told(700003, "Timestamp for this request is outside of the recvWindow.")),
            Wrong.SIGNATURE: (400, _told(700002, "Signature for this request is not valid.")),
            Wrong.ADDRESS: (400, _told(700006, "IP non white list")),
            Wrong.FORBIDDEN: (403, _told(700007, "No permission to access the endpoint.")),
        },
    ),
}
