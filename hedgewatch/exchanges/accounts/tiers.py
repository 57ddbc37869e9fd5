"""Tiers: the leverage tiers of one contract, asked once: of the listing, of a public call, or of an account."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from hedgewatch.domain.account import LeverageTiers
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.accounts.asking import Topic, ask, unreadable
from hedgewatch.exchanges.accounts.shape import Known, Part, Question, Sheet, side_of
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.accounts.table import ACCOUNT_QUIRKS
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.parse import UnreadableError
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import Clock

PUBLIC = "public"  # how ccxt's endpoints begin that take no key


async def read_tiers(
    market: CcxtSource, instrument: Instrument, account: CcxtAccountSource | None, clock: Clock, *, seconds: Decimal
) -> LeverageTiers | Fault:
    """Return the leverage tiers of a contract that ``market`` knows, within ``seconds``, or why there are none.

    account: whose keys may be used where the exchange tells its tiers to accounts only; None: there is none.
    """
    where = f"{market.exchange} {instrument.ref.symbol}"
    quirk = ACCOUNT_QUIRKS.get(market.exchange)
    questions = quirk.questions["classic"] if quirk else ()
    asked = (one for one in questions if Part.TIERS in one.tells and one.side is side_of(instrument))
    question = next(asked, None)
    if quirk is None or question is None:
        return Fault(reason=UnknownReason.NOT_AVAILABLE, text=f"{where}: we know no call for its leverage tiers")
    market_id = market.markets.market_id(instrument.ref.symbol)
    topic, desk = Topic(question, market_id), market.desk
    if quirk.lists_tiers:
        sheet = Sheet(question=question, rows=(), whole={}, received_at=clock.now(), subject=market_id)
        return _read(market, topic, sheet, instrument)
    if not question.method.startswith(PUBLIC):
        if account is None:
            words = f"{where}: its leverage tiers are told to accounts only, and none is configured"
            return Fault(reason=UnknownReason.NOT_AVAILABLE, text=words)
        desk = account.desk
        if market.skew.is_due():
            await market.skew.measure()
    try:
        async with asyncio.timeout(float(seconds)):
            answer = await ask(desk, clock, topic)
    except TimeoutError:
        text = f"{where}: its leverage tiers did not come within {seconds:f} s"
        return Fault(reason=UnknownReason.TIMEOUT, text=text)
    return answer if isinstance(answer, Fault) else _read(market, topic, answer, instrument)


def _read(market: CcxtSource, topic: Topic, sheet: Sheet, instrument: Instrument) -> LeverageTiers | Fault:
    question: Question = topic.question
    listed = {topic.subject: instrument} if topic.subject else {}
    known = Known(
        exchange=market.exchange,
        listed={side_of(instrument): listed},
        assets=frozenset(),
        name_asset=str,
        listing=market.markets.info,
    )
    try:
        told = dict(question.tells[Part.TIERS](sheet, known))
    except UnreadableError as error:
        return unreadable(market.desk, str(topic), error)
    tiers = told.get(instrument.ref)
    if isinstance(tiers, LeverageTiers):
        return tiers
    return Fault(reason=UnknownReason.MISSING, text=f"{market.exchange} {topic}: no tiers of {instrument.ref.symbol}")
