"""What systemd reads on its socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from hedgewatch.notify.service_manager import ServiceManager, overseer_of


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield listening


def opened(*, watchdog: bool = True) -> ServiceManager:
    environ = {"NOTIFY_SOCKET": "as set", **({"WATCHDOG_USEC": "1000"} if watchdog else {})}
    manager = overseer_of(environ)
    assert manager is not None
    return manager


def test_each_word_is_said_as_the_protocol_has_it(listener: socket.socket) -> None:
    manager = opened()
    manager.expect_within(Decimal(100))
    manager.ready("1 hedge,\nno alert")
    manager.alive("drift of “btc”")
    manager.reloading()
    manager.stopping()
    heard = [listener.recv(4096).decode().splitlines() for _ in range(5)]
    manager.close()
    assert heard[0] == ["WATCHDOG_USEC=100000000"]
    assert heard[1] == ["READY=1", "STATUS=1 hedge, no alert"]
    assert heard[2] == ["WATCHDOG=1", "STATUS=drift of ?btc?"]
    assert heard[3][0] == "RELOADING=1"
    assert heard[3][1].startswith("MONOTONIC_USEC=")
    assert heard[4][0] == "STOPPING=1"


def test_without_a_watchdog_no_deadline_is_set(listener: socket.socket) -> None:
    manager = opened(watchdog=False)
    manager.expect_within(Decimal(100))
    manager.ready("well")
    assert listener.recv(4096).startswith(b"READY=1")
    manager.close()


def test_a_manager_that_does_not_listen_holds_nobody_up(listener: socket.socket) -> None:
    manager = opened()
    for _ in range(2_000):  # more than the socket's queue takes
        manager.alive("well")
    manager.close()
    assert listener.recv(4096).startswith(b"WATCHDOG=1")


def test_who_was_started_by_hand_tells_nobody() -> None:
    assert overseer_of({}) is None
