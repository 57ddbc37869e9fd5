"""The first page: every hedge at a glance, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from hedgewatch.domain.thresholds import Severity
from hedgewatch.web.pages.rendering import Renderer
from hedgewatch.web.ports import HistoryReader, PageOptions, Row, Rows
from hedgewatch.web.present import rule_name
from hedgewatch.web.state import FIRING, WORDS, HedgeStanding, State, concerning, stale_words, standing_of, worst_first

MOST_ALERTS = 10_000
MOST_DELIVERIES = 200
NO_CYCLE = "No cycle has been recorded yet: is the worker running?"
CALM = "All clear"
NO_FRESH_DATA = "No fresh data"
MOST_NAMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeLine:
    """One hedge as the first page shows it."""

    row: Row
    standing: HedgeStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLine:
    """How a channel's latest messages fared. waiting: not delivered; delivered_at None: none of them was."""

    channel: str
    waiting: int
    error: str | None
    delivered_at: datetime | None


def overview_page(history: HistoryReader, options: PageOptions, renderer: Renderer, *, now: datetime) -> Response:
    """Write the page of all hedges. Raises StoreUnavailableError."""
    alerts = worst_first(history.alerts(open_only=True, limit=MOST_ALERTS))
    lines = hedge_lines(history, alerts, options, now=now)
    cycles = history.cycles_now()
    last = max((row["committed_at"] for row in cycles), default=None)
    stale = NO_CYCLE if last is None else stale_words(last, now, options.poll_seconds)
    mark = worst_state(lines, alerts, stale)
    facts = {
        "lines": lines,
        "alerts": alerts,
        "cycles": cycles,
        "channels": channel_lines(history.deliveries(limit=MOST_DELIVERIES)),
        "last": last,
        "stale": stale,
        "mark": mark,
        "headline": headline(lines, alerts, mark, stale),
        "worst_words": worst_words(lines, alerts, mark),
        "counted": counted(lines),
        "no_fresh_data": NO_FRESH_DATA,
        "firing": FIRING,
    }
    return renderer.page("overview.html", facts, now=now)


def hedge_lines(history: HistoryReader, alerts: Rows, options: PageOptions, *, now: datetime) -> list[HedgeLine]:
    """Return every hedge with how it stands, the worst first."""
    outcomes, legs = history.outcomes_now(), history.legs_now()
    lines = []
    for row in history.hedges_now():
        name = row["hedge"]
        exchanges = {leg["exchange"] for leg in legs if leg["hedge"] == name}
        standing = standing_of(
            row,
            concerning(outcomes, name, exchanges),
            concerning(alerts, name, exchanges),
            now=now,
            poll_seconds=options.poll_seconds,
        )
        lines.append(HedgeLine(row=row, standing=standing))
    return sorted(lines, key=lambda line: (line.standing.state.rank, line.row["hedge"]))


def worst_state(lines: Iterable[HedgeLine], alerts: Rows, stale: str | None) -> State:
    """Return the state that marks the whole page; without a hedge nothing is known."""
    states = [line.standing.state for line in lines] or [State.UNKNOWN]
    states += [FIRING[Severity(alert["severity"])] for alert in alerts]
    states += [State.UNKNOWN] if stale else []
    return min(states, key=lambda state: state.rank)


def headline(lines: Sequence[HedgeLine], alerts: Rows, mark: State, stale: str | None) -> str:
    """Say the worst first, by name: which hedges, or which alert where no hedge of its own has it."""
    if not lines:
        return stale or "No hedge is being watched"
    if mark is State.OK:
        return CALM
    if stale and mark is State.UNKNOWN:
        return NO_FRESH_DATA
    names = [str(line.row["hedge"]) for line in lines if line.standing.state is mark]
    names = names or [rule_name(row["rule"]) for row in alerts if FIRING[Severity(row["severity"])] is mark]
    shown = ", ".join(names[:MOST_NAMES])
    return f"{WORDS[mark]}: {shown}" + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")


def worst_words(lines: Sequence[HedgeLine], alerts: Rows, mark: State) -> str | None:
    """Say what is wrong with the hedge that is named first, else the worst alert; None if there is no more to say."""
    firing = [str(row["message"]) for row in alerts if FIRING[Severity(row["severity"])] is mark]
    reasons = [line.standing.reasons[0] for line in lines if line.standing.state is mark and not line.standing.stale]
    return next(iter(reasons + firing), None) if mark is not State.OK else None


def counted(lines: Sequence[HedgeLine]) -> str:
    """Say how many hedges stand how, the worst first."""
    counts = Counter(line.standing.state for line in lines)
    words = {**{state: WORDS[state].lower() for state in State}, State.OK: WORDS[State.OK]}
    hedges = "1 hedge" if len(lines) == 1 else f"{len(lines)} hedges"
    return f"{hedges}: " + ", ".join(f"{counts[state]} {words[state]}" for state in State if counts[state])


def channel_lines(deliveries: Rows) -> list[ChannelLine]:
    """Return how each channel's messages fared, from its deliveries, newest first."""
    lines = []
    for channel in sorted({row["channel"] for row in deliveries}):
        own = [row for row in deliveries if row["channel"] == channel]
        waiting = [row for row in own if row["delivered_at"] is None]
        errors = [str(row["last_error"]) for row in waiting if row["last_error"]]
        delivered = max((row["delivered_at"] for row in own if row["delivered_at"]), default=None)
        lines.append(
            ChannelLine(
                channel=channel, waiting=len(waiting), error=errors[0] if errors else None, delivered_at=delivered
            )
        )
    return lines
