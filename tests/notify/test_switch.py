"""The switch over HTTP: only a 2xx answer counts, and nothing that is said shows its address."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgewatch.domain.errors import ConfigurationError, DeliveryError
from hedgewatch.notify.switch import HttpSwitch
from tests.notify.receivers import ToldReceiver


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_it_asks_once(method: str) -> None:
    async with ToldReceiver(statuses=[200]).open() as server:
        switch = HttpSwitch(server.url, method=method)
        await switch.tell()
        await switch.tell()
        await switch.close()
    assert len(server.posts) == 2
    assert server.posts[0].headers["user-agent"].startswith("hedgewatch/")


@pytest.mark.parametrize("status", [301, 404, 429, 500])
async def test_no_other_answer_counts_and_the_address_stays_hidden(status: int) -> None:
    async with ToldReceiver(statuses=[status], headers={"Location": "http://127.0.0.1:1/"}).open() as server:
        switch = HttpSwitch(server.url, method="GET")
        with pytest.raises(DeliveryError) as refused:
            await switch.tell()
        await switch.close()
    assert str(refused.value) == f"the heartbeat's address answered {status}"
    assert len(server.posts) == 1


async def test_it_waits_no_longer_than_its_deadline() -> None:
    async with ToldReceiver(hangs=True).open() as server:
        switch = HttpSwitch(server.url, method="GET", total_seconds=Decimal("0.1"))
        with pytest.raises(DeliveryError, match="did not answer in time"):
            await switch.tell()
        await switch.close()


async def test_nobody_there_is_told_without_the_address() -> None:
    switch = HttpSwitch("http://127.0.0.1:1/ping/canary-path", method="GET")
    with pytest.raises(DeliveryError) as refused:
        await switch.tell()
    await switch.close()
    assert "canary" not in str(refused.value)


def test_what_is_no_web_address_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"heartbeat\.url"):
        HttpSwitch("ftp://example.com/canary", method="GET")
