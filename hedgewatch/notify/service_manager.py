"""What systemd is told through its notification socket: https://www.freedesktop.org/software/systemd/man/sd_notify.html."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal

import sdnotify

LONGEST_STATUS = 200


class ServiceManager:
    """Fills Overseer with systemd's protocol; a socket that takes nothing is no trouble of ours."""

    def __init__(self, *, has_watchdog: bool) -> None:
        """Connect to $NOTIFY_SOCKET. has_watchdog: the unit has a WatchdogSec."""
        self._notifier = sdnotify.SystemdNotifier()
        self._has_watchdog = has_watchdog
        if self._notifier.socket is not None:
            self._notifier.socket.settimeout(0)  # a full queue must not hold up the loop

    def ready(self, words: str) -> None:
        """READY=1, the first time and after each reload."""
        self._tell("READY=1", _status(words))

    def alive(self, words: str) -> None:
        """WATCHDOG=1, with the state in words."""
        self._tell("WATCHDOG=1", _status(words))

    def reloading(self) -> None:
        """RELOADING=1, with the moment, as newer releases want it."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def expect_within(self, seconds: Decimal) -> None:
        """WATCHDOG_USEC=…: what the polling interval asks for, whatever the unit says; nothing if it has none."""
        if self._has_watchdog:
            self._tell(f"WATCHDOG_USEC={int(seconds * 1_000_000)}")

    def stopping(self) -> None:
        """STOPPING=1."""
        self._tell("STOPPING=1", _status("stopping: the running cycle is finished first"))

    def close(self) -> None:
        """Let go of the socket."""
        if self._notifier.socket is not None:
            self._notifier.socket.close()
            self._notifier.socket = None

    def _tell(self, *lines: str) -> None:
        self._notifier.notify("\n".join(lines))


def overseer_of(environ: Mapping[str, str]) -> ServiceManager | None:
    """Return systemd, if it is who started this process."""
    if not environ.get("NOTIFY_SOCKET"):
        return None
    return ServiceManager(has_watchdog=bool(environ.get("WATCHDOG_USEC")))


def _status(words: str) -> str:
    # the library writes Latin-1 and drops a message that is not
    line = " ".join(words.split())[:LONGEST_STATUS]
    return "STATUS=" + line.encode("ascii", "replace").decode()
