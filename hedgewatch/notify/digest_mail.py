"""The daily digest in words: each hedge in one line, what changed, what comes next; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from hedgewatch.domain.numbers import exact, plain
from hedgewatch.notify.letter import CODE, GREY, MailText, heading, html_page, one_line, subject_line
from hedgewatch.notify.wording import BASIS, FUNDING, NO_ORDERS, Facts, dollars, known, moment, percent

COLOURS = {"ok": "#2e7d32", "firing": "#b3261e", "unknown": "#7b1fa2"}
HEDGES = "Hedges"
WORDS = {"ok": "OK", "firing": "ALERT", "unknown": "UNKNOWN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A caption, and one line for each thing."""

    caption: str
    lines: tuple[str, ...]


def digest_mail(payload: Facts, timezone: ZoneInfo) -> MailText:
    """Word a digest (the parsed webhook body) for a person in ``timezone``."""
    data = payload["data"]
    subject = subject_line(f"[digest] {data['message']}")
    span = f"From {moment(data['since'], timezone)} to {moment(data['until'], timezone)}."
    sections = [section for section in _sections(data, timezone) if section.lines]
    return MailText(
        subject=subject,
        text=_as_text(data, span, sections),
        html=_as_html(data, span, sections, subject=subject),
        brief=_in_lines([one_line(data["message"]), *(_captioned(one) for one in sections if one.caption == HEDGES)]),
        headline=one_line(data["message"]),
    )


def _sections(data: Facts, timezone: ZoneInfo) -> Iterable[_Section]:
    yield _Section(caption=HEDGES, lines=tuple(_hedge_line(hedge) for hedge in data["hedges"]))
    yield _Section(caption="What changed", lines=tuple(_changes(data["hedges"])))
    yield _Section(caption="Alerts", lines=tuple(_alert_line(alert, timezone) for alert in data["alerts"]))
    yield _Section(caption="What you told hedgewatch", lines=tuple(_said_line(said, timezone) for said in data["said"]))
    yield _Section(caption="Coins that no hedge covers", lines=tuple(data["unhedged"]))
    yield _Section(caption="What comes next", lines=tuple(_coming_line(one, timezone) for one in data["coming"]))
    yield _Section(caption="Readings", lines=tuple(_readings(data["hedges"])))


def _hedge_line(hedge: Facts) -> str:
    """Say a hedge in one line: its state, then ratio, basis, funding, liquidation and cost."""
    asset = hedge["asset"] or ""
    ratio = known(percent(1), hedge["hedge_ratio"])
    parts = [
        f"{ratio} of {known(_coins, hedge['exposure'])} {asset} hedged",
        f"basis {known(BASIS, hedge['basis_rate'])}",
        f"coming funding {known(FUNDING, hedge['funding_rate_8h'])} per 8 h",
        _funding(hedge),
        f"liquidation {_distance(hedge)}",
    ]
    if hedge["cost_ratio"] is not None:
        parts.append(f"expected to cost {percent(1)(hedge['cost_ratio'])} of its protection")
    if hedge["unrealised_pnl_usd"] is not None:
        parts.append(f"futures at {dollars(hedge['unrealised_pnl_usd'])}")
    state = WORDS[hedge["state"]] if hedge["state"] == "ok" else f"{WORDS[hedge['state']]}: it {hedge['words']}"
    old = " As last read:" if hedge["quality"] in {"stale", "unknown"} else ""
    return f"{hedge['hedge']}: {state}.{old} {'; '.join(parts)}."


def _coins(text: str) -> str:
    return plain(exact(text, "coins"), 8)


def _funding(hedge: Facts) -> str:
    received, paid = hedge["funding_received_usd"], hedge["funding_paid_usd"]
    if received is None or paid is None:
        return "no funding payment is known"
    return f"funding received {dollars(received)}, paid {dollars(paid)}"


def _distance(hedge: Facts) -> str:
    if hedge["liquidation_distance"] is not None:
        return f"{percent(1)(hedge['liquidation_distance'])} away"
    return "not known, or out of reach"


def _changes(hedges: Iterable[Facts]) -> Iterable[str]:
    for hedge in hedges:
        for name, label, write in (
            ("hedge_ratio", "hedge ratio", percent(1)),
            ("futures_coins", "futures", _coins),
            ("exposure", "coins", _coins),
        ):
            before, now = hedge[f"{name}_before"], hedge[name]
            if before is not None and now is not None and write(before) != write(now):
                yield f"{hedge['hedge']}: {label} {write(before)}, now {write(now)}"


def _alert_line(alert: Facts, timezone: ZoneInfo) -> str:
    what = " ".join(part for part in (alert["rule"], alert["leg"] or alert["account"] or alert["exchange"]) if part)
    ended = f", {alert['state']} {_clock(alert['resolved_at'], timezone)}" if alert["resolved_at"] else ", still open"
    began = f"since {_clock(alert['fired_at'], timezone)}{ended}"
    about = f"{alert['hedge']}: " if alert["hedge"] else ""
    message = str(alert["message"] or "")
    return one_line(f"[{alert['severity']}] {about}{what} {began}: {message.removeprefix(about)}")


def _said_line(said: Facts, timezone: ZoneInfo) -> str:
    return one_line(f"{_clock(said['at'], timezone)} {said['by']}: {said['action']} {said['what']}")


def _coming_line(one: Facts, timezone: ZoneInfo) -> str:
    return one_line(f"{moment(one['at'], timezone)} {one['hedge']}: {one['what']}")


def _readings(hedges: Iterable[Facts]) -> Iterable[str]:
    for hedge in hedges:
        if hedge["unknown_samples"]:
            yield f"{hedge['hedge']}: {hedge['unknown_samples']} of {hedge['samples']} readings were not complete"


def _clock(text: str, timezone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(timezone):%d %b %H:%M}"


def _as_text(data: Facts, span: str, sections: Iterable[_Section]) -> str:
    parts = [one_line(data["message"]), span, *(_captioned(section) for section in sections)]
    parts += [f"Dashboard\n{data['links']['dashboard']}", f"History (SQL on the views)\n{data['sql']}"]
    return _in_lines([*parts, f"-- \n{NO_ORDERS}"])


def _captioned(section: _Section) -> str:
    return "\n".join([section.caption, *(f"  - {one_line(line)}" for line in section.lines)])


def _in_lines(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _as_html(data: Facts, span: str, sections: Iterable[_Section], *, subject: str) -> str:
    states = {hedge["state"] for hedge in data["hedges"]}
    worst = next((state for state in ("firing", "unknown") if state in states), "ok")
    parts = [
        f'<p style="margin:0 0 4px;font-size:18px">{escape(one_line(data["message"]))}</p>',
        f'<p style="margin:0;color:{GREY}">{escape(span)}</p>',
    ]
    for section in sections:
        items = "".join(f'<li style="margin:0 0 6px">{escape(one_line(line))}</li>' for line in section.lines)
        parts.append(heading(section.caption) + f'<ul style="margin:0;padding-left:20px">{items}</ul>')
    link = escape(data["links"]["dashboard"])
    parts.append(heading("Dashboard") + f'<p style="margin:0"><a href="{link}">{link}</a></p>')
    parts.append(heading("History (SQL on the views)") + f'<p style="margin:0;{CODE}">{escape(data["sql"])}</p>')
    parts.append(f'<p style="margin:22px 0 0;color:{GREY};font-size:12px">{escape(NO_ORDERS)}</p>')
    return html_page(subject, parts, colour=COLOURS[worst])
