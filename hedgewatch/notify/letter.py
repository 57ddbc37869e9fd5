"""The form of a mail: lines and tables, as text and as HTML that plain clients show; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

LONGEST_SUBJECT = 150
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


def one_line(text: str) -> str:
    """Return the text without line breaks and control characters: nothing in it can start another header."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def subject_line(text: str) -> str:
    """Return a text as a subject: one line that is not too long for a phone's list."""
    line = one_line(text)
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 3].rstrip() + "..."


def text_table(rows: Rows) -> str:
    """Write labels and values below each other."""
    width = max(len(label) for label, _ in rows) + 1
    return "\n".join(f"  {label + ':':<{width}} {one_line(text)}" for label, text in rows)


def heading(text: str) -> str:
    """Write a heading as HTML."""
    return f'<p style="margin:18px 0 4px;font-weight:bold">{escape(text)}</p>\n'


def html_table(rows: Rows, *, boxed: bool = False) -> str:
    """Write labels and values as HTML. boxed: in a frame."""
    box = ";border:1px solid #dadce0;background:#f8f9fa;padding:6px 10px" if boxed else ""
    lines = [
        f'<tr><th scope="row" style="{CELL};color:{GREY}">{escape(label)}</th>'
        f'<td style="{CELL}">{escape(one_line(text))}</td></tr>'
        for label, text in rows
    ]
    table = f'<table role="presentation" cellspacing="0" cellpadding="0" style="border-collapse:collapse;{FONT}">'
    return f'<div style="display:block{box}">{table}\n' + "\n".join(lines) + "\n</table></div>"


def html_page(title: str, parts: Iterable[str], *, colour: str) -> str:
    """Put the parts of a mail together as HTML that needs nothing from outside."""
    head = f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    body = "\n".join(parts)
    frame = f"max-width:640px;padding:18px;border-top:4px solid {colour};{FONT}"
    return (
        f'<!DOCTYPE html>\n<html lang="en">{head}\n<body style="margin:0;background:#ffffff">\n'
        f'<div style="{frame}">\n{body}\n</div>\n</body></html>\n'
    )
