"""The audit: who said what, and what stood there before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, insert

from hedgewatch.storage.intervention_tables import audit
from hedgewatch.storage.types import to_ms, to_text

Found = RowMapping | Mapping[str, Any] | None


def note_audit(
    connection: Connection, at: datetime, by: str, *, done: tuple[str, str], before: Found, after: Found
) -> None:
    """Write the audit of one word, in the transaction that stores the word. done: the action, and to what."""
    action, what = done
    values = {"before": before and _text(before), "after": after and _text(after)}
    connection.execute(insert(audit).values(at_ms=to_ms(at), actor=by, action=action, object=what, **values))


def _text(row: Mapping[str, Any] | RowMapping) -> str:
    return json.dumps({name: to_text(value) if isinstance(value, Decimal) else value for name, value in row.items()})
