"""The body that Alertmanager posts to webhooks, version 4, made of our own frozen body; pure.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

import hashlib
import json
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from hedgewatch.notify.message import mail_of
from hedgewatch.notify.wording import Facts

VERSION = "4"
FIRING, RESOLVED = "firing", "resolved"
NOT_OVER = "0001-01-01T00:00:00Z"  # how Alertmanager writes that there is no end yet
ENDED = ("resolved", "closed", "daily")  # a digest is no alert: what opens nothing stays closed
IDENTITY = ("hedge", "leg", "account", "exchange")
FINGERPRINT_LENGTH = 16
TOLD = ("action", "value", "threshold", "condition", "sql", "event_id")


def alertmanager_body(payload: Facts, receiver: str) -> bytes:
    """Return the version 4 body of one alert: every event is a group of its own.

    payload: the parsed webhook body. receiver: the channel's name. The fingerprint is the same from firing to resolved,
    whatever the severity; labels and annotations are texts, what is not known is left out.
    """
    data = payload["data"]
    kind = str(payload["type"])
    status = RESOLVED if kind.rpartition(".")[2] in ENDED else FIRING
    group = _texts({"alertname": data.get("rule") or kind, **{name: data.get(name) for name in IDENTITY}})
    labels = group | _texts({"severity": data.get("severity"), "asset": data.get("asset")})
    annotations = _annotations(payload)
    link = (data.get("links") or {}).get("dashboard") or ""
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": data.get("since") or payload["timestamp"],
        "endsAt": payload["timestamp"] if status == RESOLVED else NOT_OVER,
        "generatorURL": link,
        "fingerprint": _fingerprint(data.get("episode"), group),
    }
    whole = {
        "receiver": receiver,
        "status": status,
        "alerts": [alert],
        "groupLabels": group,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": _origin(link),
        "version": VERSION,
        "groupKey": "{}:{" + ", ".join(f"{name}={json.dumps(text)}" for name, text in sorted(group.items())) + "}",
        "truncatedAlerts": 0,
    }
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def _annotations(payload: Facts) -> dict[str, str]:
    words = mail_of(payload, ZoneInfo("UTC"))
    data = payload["data"]
    told = _texts({name: data.get(name) for name in TOLD})
    return {"summary": words.subject, "description": words.brief, **told, "event_type": str(payload["type"])}


def _texts(facts: Facts) -> dict[str, str]:
    """Keep what is known."""
    return {name: str(value) for name, value in facts.items() if value is not None}


def _fingerprint(episode: str | None, group: dict[str, str]) -> str:
    """Return the alert's own fingerprint, with which an episode's name begins; without one, that of its labels."""
    whole = str(episode or "").partition("-")[0]
    if len(whole) == FINGERPRINT_LENGTH:
        return whole
    return hashlib.sha256(json.dumps(sorted(group.items())).encode()).hexdigest()[:FINGERPRINT_LENGTH]


def _origin(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
