"""A mail's words, from the frozen payload: one set of facts, written as text and as HTML; pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from zoneinfo import ZoneInfo

from hedgewatch.notify.wording import (
    NO_ORDERS,
    Facts,
    age,
    deed,
    moment,
    order_in_words,
    order_rows,
    top_up_rows,
    value_rows,
)

LONGEST_SUBJECT = 150
ENDINGS = ("resolved", "closed")
COLOURS = {"critical": "#b3261e", "warning": "#b26a00", "info": "#3b5b92", "resolved": "#2e7d32"}
GREY = "#5f6368"
FONT = "font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:1.45;color:#202124"
CELL = "padding:3px 14px 3px 0;vertical-align:top;text-align:left;font-weight:normal"
CODE = "font-family:Consolas,Menlo,monospace;font-size:13px;word-break:break-word"

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """A mail, ready to be put into an envelope, and what is left of it where there is less room.

    subject, headline: one line, no control characters. brief: what to do, without the numbers.
    """

    subject: str
    text: str
    html: str
    brief: str
    headline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """The facts in reading order, before they take a form. orders: a caption and its rows each."""

    subject: str
    tag: str
    headline: str
    times: Rows
    numbers: Rows
    orders: list[tuple[str, Rows]]
    condition: str | None
    deed: str
    query: str | None
    link: str | None


def mail_of(payload: Facts, timezone: ZoneInfo) -> MailText:
    """Word a payload (the parsed webhook body) for a person in ``timezone``."""
    letter = _letter(payload, timezone)
    return MailText(
        subject=letter.subject,
        text=_as_text(letter),
        html=_as_html(letter),
        brief=_as_brief(letter),
        headline=letter.headline,
    )


def one_line(text: str) -> str:
    """Return the text without line breaks and control characters: nothing in it can start another header."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def _letter(payload: Facts, timezone: ZoneInfo) -> _Letter:
    data, at = payload["data"], payload["timestamp"]
    tag = ending_of(payload)
    times = [("Told", moment(at, timezone))]
    if data["since"] is not None:
        times.insert(0, ("Since", f"{moment(data['since'], timezone)}, {age(data['since'], at)} before this message"))
    orders = data["orders"]
    captions = ["Order" if len(orders) == 1 else f"Order {number}" for number in range(1, len(orders) + 1)]
    return _Letter(
        subject=_subject(payload, tag),
        tag=tag,
        headline=one_line(data["message"]),
        times=[*times, *_identity(data)],
        numbers=value_rows(data),
        orders=[
            *([("Margin to add", top_up_rows(data["top_up"]))] if data["top_up"] else []),
            *((word, order_rows(order, timezone)) for word, order in zip(captions, orders, strict=True)),
        ],
        condition=data["condition"],
        deed=deed(payload["type"], data["action"]),
        query=data["sql"],
        link=data["links"]["dashboard"],
    )


def ending_of(payload: Facts) -> str:
    """Return how a payload's alert ended, else how urgent it is: the word in the subject's brackets."""
    kind = str(payload["type"]).rpartition(".")[2]
    return kind if kind in ENDINGS else payload["data"]["severity"] or kind


def _subject(payload: Facts, tag: str) -> str:
    """Say what it is about and what to do, understandable without the mail."""
    data, kind = payload["data"], str(payload["type"]).rpartition(".")[2]
    about = data["hedge"] or data["exchange"] or "hedgewatch"
    words = one_line(data["message"])
    if data["orders"] and not data["top_up"]:
        more = f" (and {len(data['orders']) - 1} more)" if len(data["orders"]) > 1 else ""
        again = "reminder: " if kind == "reminder" else ""
        only = f"{data['condition']}: " if data["condition"] else ""
        words = f"{again}{only}{order_in_words(data['orders'][0])}{more}"
    words = words if words.startswith(about) else f"{about}: {words}"
    line = one_line(f"[{tag}] {words}")
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 3].rstrip() + "..."


def _identity(data: Facts) -> Rows:
    """Name what the alert is about, as far as it names anything."""
    named = [("Hedge", data["hedge"]), ("Leg", data["leg"]), ("Account", data["account"])]
    named += [("Exchange", data["exchange"]), ("Rule", data["rule"]), ("Severity", data["severity"])]
    rows = [(label, one_line(text)) for label, text in named if text]
    if data["hedges"] and data["hedges"] != [data["hedge"]]:
        rows.append(("Hedges concerned", one_line(", ".join(data["hedges"]))))
    return rows


def _as_text(letter: _Letter) -> str:
    parts = [letter.headline, _text_table(letter.times)]
    if letter.numbers:
        parts.append("Numbers\n" + _text_table(letter.numbers))
    if letter.condition:
        parts.append(f"Only {letter.condition}.")
    parts += [f"{caption}\n{_text_table(rows)}" for caption, rows in letter.orders]
    parts.append("What to do\n" + letter.deed)
    if letter.link:
        parts.append("Dashboard\n" + letter.link)
    if letter.query:
        parts.append("History (SQL on the views)\n" + letter.query)
    parts.append("-- \n" + NO_ORDERS)
    return "\n\n".join(parts) + "\n"


def _as_brief(letter: _Letter) -> str:
    parts = [letter.headline]
    if letter.condition:
        parts.append(f"Only {letter.condition}.")
    parts += [f"{caption}\n{_text_table(rows)}" for caption, rows in letter.orders]
    parts += [letter.deed, *([letter.link] if letter.link else [])]
    return "\n\n".join(parts) + "\n"


def _text_table(rows: Rows) -> str:
    width = max(len(label) for label, _ in rows) + 1
    return "\n".join(f"  {label + ':':<{width}} {one_line(text)}" for label, text in rows)


def _as_html(letter: _Letter) -> str:
    colour = COLOURS.get(letter.tag, GREY)
    parts = [
        f'<p style="margin:0 0 4px;color:{colour};font-weight:bold">{escape(letter.tag.upper())}</p>',
        f'<p style="margin:0 0 14px;font-size:18px">{escape(letter.headline)}</p>',
        _html_table(letter.times),
    ]
    if letter.numbers:
        parts.append(_heading("Numbers") + _html_table(letter.numbers))
    if letter.condition:
        parts.append(f'<p style="margin:14px 0 0"><strong>Only {escape(letter.condition)}.</strong></p>')
    parts += [_heading(caption) + _html_table(rows, boxed=True) for caption, rows in letter.orders]
    parts.append(_heading("What to do") + f'<p style="margin:0">{escape(letter.deed)}</p>')
    if letter.link:
        link = escape(letter.link)
        parts.append(_heading("Dashboard") + f'<p style="margin:0"><a href="{link}">{link}</a></p>')
    if letter.query:
        parts.append(_heading("History (SQL on the views)") + f'<p style="margin:0;{CODE}">{escape(letter.query)}</p>')
    parts.append(f'<p style="margin:22px 0 0;color:{GREY};font-size:12px">{escape(NO_ORDERS)}</p>')
    head = f'<head><meta charset="utf-8"><title>{escape(letter.subject)}</title></head>'
    body = "\n".join(parts)
    frame = f"max-width:640px;padding:18px;border-top:4px solid {colour};{FONT}"
    return (
        f'<!DOCTYPE html>\n<html lang="en">{head}\n<body style="margin:0;background:#ffffff">\n'
        f'<div style="{frame}">\n{body}\n</div>\n</body></html>\n'
    )


def _heading(text: str) -> str:
    return f'<p style="margin:18px 0 4px;font-weight:bold">{escape(text)}</p>\n'


def _html_table(rows: Rows, *, boxed: bool = False) -> str:
    box = ";border:1px solid #dadce0;background:#f8f9fa;padding:6px 10px" if boxed else ""
    lines = [
        f'<tr><th scope="row" style="{CELL};color:{GREY}">{escape(label)}</th>'
        f'<td style="{CELL}">{escape(one_line(text))}</td></tr>'
        for label, text in rows
    ]
    table = f'<table role="presentation" cellspacing="0" cellpadding="0" style="border-collapse:collapse;{FONT}">'
    return f'<div style="display:block{box}">{table}\n' + "\n".join(lines) + "\n</table></div>"
