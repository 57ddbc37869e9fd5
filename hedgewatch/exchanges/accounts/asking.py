"""Asking: signed questions with their pages, when each is due, and how long its answer holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.accounts.shape import Each, Known, Question, Sheet, refs_of, sheet_of
from hedgewatch.exchanges.asking import Desk
from hedgewatch.exchanges.faults import Fault, scrub
from hedgewatch.exchanges.parse import UnreadableError
from hedgewatch.monitoring.ports import Clock

MOST_PAGES = 20
RETRY_AFTER = timedelta(minutes=1)
REST_AFTER_BAD_KEY = timedelta(minutes=5)  # knocking with a bad key gets an address banned
KEY_FAULTS = frozenset({UnknownReason.BAD_KEY, UnknownReason.NO_PERMISSION})
HOLDS_FOR = 3  # times ``every``: an answer older than that is no answer
TERMS_BUDGET = 6  # questions by instrument a fetch: they are asked daily, and must not delay what is asked always


@dataclass(frozen=True, slots=True)
class Topic:
    """A question and what it is put about: a settle coin, a market id, or nothing."""

    question: Question
    subject: str | None

    def __str__(self) -> str:
        return f"{self.question.name} {self.subject or ''}".rstrip()


def topics_of(questions: Iterable[Question], known: Known) -> Iterator[Topic]:
    """Yield what is to be asked about the wanted instruments."""
    for question in questions:
        wanted = known.listed.get(question.side, {}) if question.side else {}
        if question.side is not None and not wanted:
            continue
        if question.each is Each.ACCOUNT:
            yield Topic(question, None)
        elif question.each is Each.INSTRUMENT:
            yield from (Topic(question, market_id) for market_id in wanted)
        else:
            coins = dict.fromkeys(instrument.settle for instrument in wanted.values() if instrument.settle)
            yield from (Topic(question, coin) for coin in coins)


async def ask(desk: Desk, clock: Clock, topic: Topic) -> Sheet | Fault:
    """Ask one topic, all its pages; a page that fails fails the whole."""
    question, rows = topic.question, list[Any]()
    params: dict[str, str | int] = dict(question.params)
    if topic.subject is not None:
        params[question.subject_key] = topic.subject
    for page in range(1, MOST_PAGES + 1):
        answer = await desk.attempt(str(topic), _call(desk, question.method, params))
        if isinstance(answer, Fault):
            return answer
        try:
            sheet = sheet_of(question, answer, clock.now(), topic.subject)
            follow = question.next_page(answer, page) if question.next_page else None
        except UnreadableError as error:
            return unreadable(desk, str(topic), error)
        rows += sheet.rows
        if follow is None:
            return Sheet(
                question=question,
                rows=tuple(rows),
                whole=sheet.whole,
                received_at=sheet.received_at,
                subject=topic.subject,
            )
        params |= follow
    text = f"{desk.exchange} {topic}: more than {MOST_PAGES} pages"
    return Fault(reason=UnknownReason.OUT_OF_RANGE, text=text)


def _call(desk: Desk, method: str, params: Mapping[str, str | int]) -> Any:  # noqa: ANN401  ccxt is untyped
    return lambda: getattr(desk.client, method)(dict(params))


def unreadable(desk: Desk, name: str, error: UnreadableError) -> Fault:
    """Say in a fault that an answer could not be read."""
    return Fault(reason=error.reason, text=scrub(f"{desk.exchange} {name}: {error.detail}"))


@dataclass(slots=True)
class _Entry:
    sheet: Sheet | None = None
    fault: Fault | None = None
    tried_at: datetime | None = None


@dataclass(slots=True)
class Notebook:
    """What was answered, and when each topic must be asked again."""

    entries: dict[tuple[str, str | None], _Entry] = field(default_factory=dict)

    def due(self, topics: Iterable[Topic], now: datetime) -> list[Topic]:
        """Return the topics to ask now: always, or when their time has come, or a while after they failed."""
        found, by_instrument = [], 0
        for topic in topics:
            if not self._is_due(topic, now):
                continue
            by_instrument += topic.question.each is Each.INSTRUMENT
            if topic.question.each is not Each.INSTRUMENT or by_instrument <= TERMS_BUDGET:
                found.append(topic)
        return found

    def _is_due(self, topic: Topic, now: datetime) -> bool:
        entry, every = self._entry(topic), topic.question.every
        if entry.tried_at is not None and entry.fault is not None and entry.fault.reason in KEY_FAULTS:
            return now - entry.tried_at >= REST_AFTER_BAD_KEY
        if every is None or entry.tried_at is None:
            return True
        if entry.fault is not None or entry.sheet is None:
            return now - entry.tried_at >= min(RETRY_AFTER, every)
        return now - entry.sheet.received_at >= every

    def note(self, topic: Topic, answer: Sheet | Fault, now: datetime) -> None:
        """Write down an answer; a failure does not wipe out the good answer before it."""
        entry = self._entry(topic)
        entry.tried_at = now
        if isinstance(answer, Fault):
            entry.fault = answer
        else:
            entry.sheet, entry.fault = answer, None

    def answer(self, topic: Topic, now: datetime) -> Sheet | Fault | None:
        """Return what is known of a topic: an answer that still holds, else why there is none, None if never asked."""
        entry, every = self._entry(topic), topic.question.every
        if entry.fault is None or (every is not None and entry.sheet is not None):
            holds = every is None or (entry.sheet is not None and now - entry.sheet.received_at < every * HOLDS_FOR)
            if entry.sheet is not None and holds:
                return entry.sheet
        if entry.fault is None and entry.sheet is not None:
            return Fault(reason=UnknownReason.STALE, text=f"{topic}: its last answer is too old")
        return entry.fault

    def forget(self, topics: Iterable[Topic]) -> None:
        """Have these topics asked again at the next opportunity; their answers still hold."""
        for topic in topics:
            self._entry(topic).tried_at = None

    def _entry(self, topic: Topic) -> _Entry:
        return self.entries.setdefault((topic.question.name, topic.subject), _Entry())


def refs_about(topic: Topic, known: Known) -> list[Any]:
    """Return the wanted instruments that a topic tells about."""
    side = topic.question.side
    if side is None:
        return []
    if topic.question.each is Each.SETTLE:
        listed = known.listed.get(side, {}).values()
        return [instrument.ref for instrument in listed if instrument.settle == topic.subject]
    if topic.question.each is Each.INSTRUMENT:
        listed_one = known.listed.get(side, {}).get(topic.subject or "")
        return [listed_one.ref] if listed_one else []
    return list(refs_of(known, side))
