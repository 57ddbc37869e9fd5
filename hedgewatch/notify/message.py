"""A mail's words, from the frozen payload: one set of facts, written as text and as HTML; pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from zoneinfo import ZoneInfo

from hedgewatch.monitoring.digest_payload import DIGEST_TYPE
from hedgewatch.notify.deeds import deed, if_nothing_is_done
from hedgewatch.notify.digest_mail import digest_mail
from hedgewatch.notify.letter import (
    CODE,
    GREY,
    MailText,
    Rows,
    heading,
    html_page,
    html_table,
    one_line,
    subject_line,
    text_table,
)
from hedgewatch.notify.wording import (
    NO_ORDERS,
    Facts,
    age,
    moment,
    order_in_words,
    order_rows,
    top_up_rows,
    value_rows,
)

ENDINGS = ("resolved", "closed")
COLOURS = {"critical": "#b3261e", "warning": "#b26a00", "info": "#3b5b92", "resolved": "#2e7d32"}


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
    otherwise: str | None
    query: str | None
    link: str | None


def mail_of(payload: Facts, timezone: ZoneInfo) -> MailText:
    """Word a payload (the parsed webhook body) for a person in ``timezone``."""
    if payload["type"] == DIGEST_TYPE:
        return digest_mail(payload, timezone)
    letter = _letter(payload, timezone)
    return MailText(
        subject=letter.subject,
        text=_as_text(letter),
        html=_as_html(letter),
        brief=_as_brief(letter),
        headline=letter.headline,
    )


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
        deed=deed(payload["type"], data["action"], data["rule"]),
        otherwise=if_nothing_is_done(payload["type"], data["rule"]),
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
    if data["orders"] and data["action"] == "rebalance":  # elsewhere the reason comes first: it is to be decided
        more = f" (and {len(data['orders']) - 1} more)" if len(data["orders"]) > 1 else ""
        again = "reminder: " if kind == "reminder" else ""
        only = f"{data['condition']}: " if data["condition"] else ""
        words = f"{again}{only}{order_in_words(data['orders'][0])}{more}"
    words = words.replace(f": {about}: ", ": ", 1)  # "reminder, ...: btc-core: ...": named once
    words = words if words.startswith(about) else f"{about}: {words}"
    return subject_line(f"[{tag}] {words}")


def _identity(data: Facts) -> Rows:
    """Name what the alert is about, as far as it names anything."""
    named = [("Hedge", data["hedge"]), ("Leg", data["leg"]), ("Account", data["account"])]
    named += [("Exchange", data["exchange"]), ("Rule", data["rule"]), ("Severity", data["severity"])]
    rows = [(label, one_line(text)) for label, text in named if text]
    if data["hedges"] and data["hedges"] != [data["hedge"]]:
        rows.append(("Hedges concerned", one_line(", ".join(data["hedges"]))))
    return rows


def _as_text(letter: _Letter) -> str:
    parts = [letter.headline, text_table(letter.times)]
    if letter.numbers:
        parts.append("Numbers\n" + text_table(letter.numbers))
    parts.append("What to do\n" + letter.deed)
    if letter.otherwise:
        parts.append("If nothing is done\n" + letter.otherwise)
    if letter.condition:
        parts.append(f"The order: only {letter.condition}.")
    parts += [f"{caption}\n{text_table(rows)}" for caption, rows in letter.orders]
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
    parts += [f"{caption}\n{text_table(rows)}" for caption, rows in letter.orders]
    parts += [letter.deed, *([letter.link] if letter.link else [])]
    return "\n\n".join(parts) + "\n"


def _as_html(letter: _Letter) -> str:
    colour = COLOURS.get(letter.tag, GREY)
    parts = [
        f'<p style="margin:0 0 4px;color:{colour};font-weight:bold">{escape(letter.tag.upper())}</p>',
        f'<p style="margin:0 0 14px;font-size:18px">{escape(letter.headline)}</p>',
        html_table(letter.times),
    ]
    if letter.numbers:
        parts.append(heading("Numbers") + html_table(letter.numbers))
    parts.append(heading("What to do") + f'<p style="margin:0">{escape(letter.deed)}</p>')
    if letter.otherwise:
        parts.append(heading("If nothing is done") + f'<p style="margin:0">{escape(letter.otherwise)}</p>')
    if letter.condition:
        parts.append(f'<p style="margin:14px 0 0"><strong>The order: only {escape(letter.condition)}.</strong></p>')
    parts += [heading(caption) + html_table(rows, boxed=True) for caption, rows in letter.orders]
    if letter.link:
        link = escape(letter.link)
        parts.append(heading("Dashboard") + f'<p style="margin:0"><a href="{link}">{link}</a></p>')
    if letter.query:
        parts.append(heading("History (SQL on the views)") + f'<p style="margin:0;{CODE}">{escape(letter.query)}</p>')
    parts.append(f'<p style="margin:22px 0 0;color:{GREY};font-size:12px">{escape(NO_ORDERS)}</p>')
    return html_page(letter.subject, parts, colour=colour)
