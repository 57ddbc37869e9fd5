"""The Alertmanager form of a webhook, held to the shape that its documentation gives."""
# ruff: noqa: N815  the names are of the documented form

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict
from standardwebhooks import Webhook

from hedgewatch.domain.alert import EventType
from hedgewatch.monitoring.payload import trial_payload
from hedgewatch.notify import make_notifier
from hedgewatch.notify.alertmanager import alertmanager_body
from hedgewatch.notify.channels import WebhookChannel
from tests.notify.receivers import SECRET, ToldReceiver, delivery

Status = Literal["firing", "resolved"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Alert(Strict):
    """https://prometheus.io/docs/alerting/latest/configuration/#webhook_config."""

    status: Status
    labels: dict[str, str]
    annotations: dict[str, str]
    startsAt: str
    endsAt: str
    generatorURL: str
    fingerprint: str


class Message(Strict):
    version: Literal["4"]
    groupKey: str
    truncatedAlerts: int
    status: Status
    receiver: str
    groupLabels: dict[str, str]
    commonLabels: dict[str, str]
    commonAnnotations: dict[str, str]
    externalURL: str
    alerts: list[Alert]


def payload(kind: str = "firing", **changed: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(delivery().payload)
    return {**whole, "type": f"hedge.alert.{kind}", "data": {**whole["data"], **changed}}


def told(body: dict[str, Any]) -> Message:
    return Message.model_validate_json(alertmanager_body(body, "ops"))


@pytest.mark.parametrize("kind", list(EventType))
def test_every_event_has_the_documented_shape_and_a_status(kind: EventType) -> None:
    message = told(payload(kind.value))
    status = "resolved" if kind in {EventType.RESOLVED, EventType.CLOSED} else "firing"
    assert (message.status, message.alerts[0].status) == (status, status)
    ended = datetime.fromisoformat(message.alerts[0].endsAt)
    assert (ended.year == 1) is (status == "firing")
    assert datetime.fromisoformat(message.alerts[0].startsAt) == datetime(2026, 11, 22, 17, 59, 30, tzinfo=UTC)


def test_an_alert_in_full() -> None:
    message = told(payload())
    (alert,) = message.alerts
    assert alert.labels == {
        "alertname": "drift",
        "hedge": "btc-core",
        "severity": "warning",
        "asset": "BTC",
    }
    assert message.groupLabels == {"alertname": "drift", "hedge": "btc-core"}
    assert message.groupKey == '{}:{alertname="drift", hedge="btc-core"}'
    assert (message.commonLabels, message.commonAnnotations) == (alert.labels, alert.annotations)
    assert alert.annotations["summary"].startswith("[warning] btc-core: sell 0.2 BTC")
    assert "Limit price" in alert.annotations["description"]
    assert alert.annotations["value"] == "-0.04"
    assert alert.annotations["event_id"] == delivery().event_id
    assert alert.generatorURL == "http://127.0.0.1:8710/hedges/btc-core"
    assert message.externalURL == "http://127.0.0.1:8710"
    assert (message.receiver, message.truncatedAlerts) == ("ops", 0)


def test_an_episode_keeps_its_fingerprint_whatever_its_severity() -> None:
    name = "a3939ac949e7a632-1795495969865"
    bodies = [payload("firing"), payload("escalated", severity="critical", value="-0.2"), payload("resolved")]
    for body in bodies:
        body["data"]["episode"] = name
    assert {told(body).alerts[0].fingerprint for body in bodies} == {"a3939ac949e7a632"}
    assert len({told(body).groupKey for body in bodies}) == 1


def test_what_is_no_episode_has_a_fingerprint_of_its_labels() -> None:
    at = datetime(2026, 11, 22, 18, tzinfo=UTC)
    message = told(json.loads(trial_payload("msg_1", "ops", at)))
    assert message.status == "firing"
    assert len(message.alerts[0].fingerprint) == 16
    assert message.alerts[0].labels == {"alertname": "hedgewatch.test"}


@pytest.mark.parametrize("secret", [SECRET, None])
async def test_it_is_posted_under_the_same_id_signed_if_there_is_a_secret(secret: str | None) -> None:
    async with ToldReceiver(statuses=[503]).open() as receiver:
        channel = WebhookChannel(name="ops", url=receiver.url, secret=secret, format="alertmanager")
        notifier, now, sent = make_notifier(channel), datetime.now(UTC), delivery()
        with pytest.raises(Exception, match="503"):
            await notifier.send(sent, now)
        await notifier.send(sent, now)
        await notifier.close()
    first, second = receiver.posts
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == sent.event_id
    Message.model_validate_json(first.body)
    if secret:
        Webhook(secret).verify(first.body, dict(first.headers))
    else:
        assert "webhook-signature" not in first.headers


def test_half_a_character_and_hostile_texts_stay_inside_their_strings() -> None:
    body = payload(message='<script>"}]\r\nX: 1 \ud800', hedge='a"b{}')
    message = told(body)
    assert message.groupLabels["hedge"] == 'a"b{}'
    assert "\r" not in message.alerts[0].annotations["summary"]
    assert replace(delivery()).payload == delivery().payload
