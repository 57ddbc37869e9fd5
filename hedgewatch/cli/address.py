"""Addresses on the command line: where to listen, and who could reach it."""

from __future__ import annotations

from dataclasses import dataclass

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings.sections import is_loopback


def split_address(listen: str) -> tuple[str, int]:
    """Split ``HOST:PORT``; raises ConfigurationError."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:  # noqa: PLR2004  the highest port there is
        raise ConfigurationError(f"--listen: expected HOST:PORT, found {listen!r}")
    return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the pages are asked to listen: None is the configuration's own. trusted: a container stands around it."""

    asked: str | None
    trusted: bool

    def chosen(self, configured: str) -> str:
        """Return the address; raises ConfigurationError if it would show the pages to others, who need no token yet."""
        if self.asked is None:
            return configured
        host, _ = split_address(self.asked)
        if not self.trusted and not is_loopback(host):
            raise ConfigurationError(
                f"--listen: {self.asked} can be reached from other machines, and a token for the pages is not built"
                " yet; use 127.0.0.1, or --insecure-inside-container where a container publishes the port on loopback"
            )
        return self.asked
