"""Faults of an exchange: every error in our words, with our reason, and without a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from hedgewatch.domain.errors import HedgewatchError
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.quirks.shape import Quirk

LONGEST_TEXT = 160
MILLISECONDS_LONG = 13  # digits of a moment, where a duration was expected
LONGEST_WAIT = timedelta(days=3)  # Binance's longest ban
PLAIN_WAITS = {UnknownReason.BANNED: timedelta(minutes=2), UnknownReason.RATE_LIMITED: timedelta(seconds=20)}

# Binance says "banned until", BingX "will be unblocked after"
BANNED_UNTIL = re.compile(r"(?:banned until|unblocked after) (\d{10,13})", re.IGNORECASE)
RESET_HEADERS = ("retry-after", "x-bapi-limit-reset-timestamp")
SECRET_PAIR = re.compile(
    r"(?i)\b(signature|sign|api_?key|access-?key|secret|passphrase|token)([\"']?\s*[=:]\s*)[^&\s,}]+"
)
QUERY = re.compile(r"(?<=[\w/])\?[^\s\"']+")
LONG_TOKEN = re.compile(r"\b[A-Za-z0-9+_-]{28,}={0,2}")

FORBIDDEN = 403  # the one status whose meaning differs by exchange
BY_STATUS = {
    418: UnknownReason.BANNED,
    429: UnknownReason.RATE_LIMITED,
    451: UnknownReason.GEO_BLOCKED,
    503: UnknownReason.MAINTENANCE,
}
BY_WORDS = (
    ("banned until", UnknownReason.BANNED),
    ("restricted location", UnknownReason.GEO_BLOCKED),
    ("your country", UnknownReason.GEO_BLOCKED),
    ("too many", UnknownReason.RATE_LIMITED),
    ("access too frequent", UnknownReason.RATE_LIMITED),
    ("maintenance", UnknownReason.MAINTENANCE),
    ("restricted from api trading", UnknownReason.UNKNOWN_SYMBOL),
    ("recvwindow", UnknownReason.CLOCK_SKEW),
    ("timestamp", UnknownReason.CLOCK_SKEW),
    ("api-key", UnknownReason.BAD_KEY),
    ("apikey", UnknownReason.BAD_KEY),
    ("api key", UnknownReason.BAD_KEY),
    ("signature", UnknownReason.BAD_KEY),
    ("permission denied", UnknownReason.NO_PERMISSION),
    ("whitelist", UnknownReason.NO_PERMISSION),
)
# what words say against a code: BingX gives 100421 to a clock that is off and to a pair that is closed to the API
WORDS_FIRST = frozenset({UnknownReason.BANNED, UnknownReason.GEO_BLOCKED, UnknownReason.UNKNOWN_SYMBOL})
BY_CLASS = {
    "DDoSProtection": UnknownReason.RATE_LIMITED,
    "RateLimitExceeded": UnknownReason.RATE_LIMITED,
    "OnMaintenance": UnknownReason.MAINTENANCE,
    "RequestTimeout": UnknownReason.TIMEOUT,
    "TimeoutError": UnknownReason.TIMEOUT,
    "BadSymbol": UnknownReason.UNKNOWN_SYMBOL,
    "InvalidNonce": UnknownReason.CLOCK_SKEW,
    "RestrictedLocation": UnknownReason.GEO_BLOCKED,
    "BadResponse": UnknownReason.NOT_JSON,
    "AuthenticationError": UnknownReason.BAD_KEY,
    "PermissionDenied": UnknownReason.NO_PERMISSION,
    "AccountSuspended": UnknownReason.NO_PERMISSION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What went wrong with one call. text: one scrubbed line. retry_at: nothing may be asked before then."""

    reason: UnknownReason
    text: str
    retry_at: datetime | None = None


class RefusedError(HedgewatchError):
    """An exchange, or our own door, refused a call; the fault says why."""

    def __init__(self, fault: Fault) -> None:
        """Carry the ``fault``."""
        super().__init__(fault.text)
        self.fault = fault


class BlockedRequestError(HedgewatchError):
    """A request that is not on the read-only list: it was never sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of a failed call: ccxt's class, HTTP status, the exchange's code and words, headers."""

    where: str
    error_class: str
    status: int | None = None
    code: str | None = None
    words: str = ""
    headers: Mapping[str, str] | None = None


def scrub(text: str) -> str:
    """Make one line of a foreign text: no secrets, no queries, no control characters, no more than a line."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:2000]).split())
    line = SECRET_PAIR.sub(r"\1\2***", line)
    line = QUERY.sub("", line)
    line = LONG_TOKEN.sub("***", line)
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def judge_evidence(evidence: Evidence, quirk: Quirk, now: datetime) -> Fault:
    """Turn the evidence into a fault: status first, then the exchange's code, its words, then ccxt's class."""
    reason = _reason(evidence, quirk)
    parts = (
        evidence.where,
        f"HTTP {evidence.status}" if evidence.status else "",
        f"code {evidence.code}" if evidence.code else "",
        evidence.words or evidence.error_class,
    )
    text = scrub(": ".join((parts[0], " ".join(part for part in parts[1:] if part))))
    return Fault(reason=reason, text=text, retry_at=_retry_at(evidence, reason, quirk, now))


def _reason(evidence: Evidence, quirk: Quirk) -> UnknownReason:
    words = evidence.words.lower()
    by_words = next((reason for piece, reason in BY_WORDS if piece in words), None)
    if by_words in WORDS_FIRST:
        return by_words
    if evidence.status in BY_STATUS:
        return BY_STATUS[evidence.status]
    if evidence.code is not None and evidence.code in quirk.codes:
        return quirk.codes[evidence.code]
    if by_words is not None and evidence.error_class != "BadResponse":
        return by_words
    if evidence.status == FORBIDDEN:
        return quirk.forbidden_means
    return BY_CLASS.get(evidence.error_class, UnknownReason.FETCH_ERROR)


def _retry_at(evidence: Evidence, reason: UnknownReason, quirk: Quirk, now: datetime) -> datetime | None:
    if reason not in PLAIN_WAITS:
        return None
    told = _banned_until(evidence.words) or _retry_after(evidence.headers or {}, now)
    if told is None or told <= now:
        is_forbidden = evidence.status == FORBIDDEN and quirk.forbidden_wait is not None
        return now + (quirk.forbidden_wait if is_forbidden and quirk.forbidden_wait else PLAIN_WAITS[reason])
    return min(told, now + LONGEST_WAIT)


def _banned_until(words: str) -> datetime | None:
    match = BANNED_UNTIL.search(words)
    if match is None:
        return None
    stamp = int(match[1])
    return datetime.fromtimestamp(stamp / 1000 if len(match[1]) > 10 else stamp, UTC)  # noqa: PLR2004  10 digits: s


def _retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    lower = {name.lower(): value for name, value in headers.items()}
    told = next((lower[name] for name in RESET_HEADERS if name in lower), None)
    if told is None:
        return None
    if told.strip().isdecimal():
        number = told.strip()
        if len(number) == MILLISECONDS_LONG:
            return datetime.fromtimestamp(int(number) / 1000, UTC)
        return now + min(timedelta(seconds=int(number[:9])), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
