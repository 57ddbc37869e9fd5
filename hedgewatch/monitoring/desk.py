"""The port at which people speak: acknowledgements, silences, closed hedges, messages sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from hedgewatch.domain.intervention import Acknowledgement, Closing, Silence
from hedgewatch.domain.told import ToldHolding, ToldPosition


class Desk(Protocol):
    """Where people say what they have seen and done. Everything said is stored, with its audit, when a call returns.

    Every method raises StoreUnavailableError; those that name something raise ConfigurationError if there is no such.
    """

    def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """Note that somebody has seen an open episode; the latest word on an episode holds."""
        ...

    def silence(self, silence: Silence) -> None:
        """Begin a silence."""
        ...

    def unsilence(self, silence_id: str, by: str, now: datetime) -> None:
        """End a silence now."""
        ...

    def close_hedge(self, closing: Closing) -> None:
        """Note that somebody has closed a hedge."""
        ...

    def open_hedge(self, hedge: str, by: str, now: datetime, *, note: str = "") -> None:
        """Take a closing back. note: why."""
        ...

    def set_position(self, told: ToldPosition) -> None:
        """Note what a declared position is now; the latest word on a leg holds."""
        ...

    def set_holding(self, told: ToldHolding) -> None:
        """Note what a declared holding is now; the latest word on it holds."""
        ...

    def replay(self, event_id: str, by: str, now: datetime) -> int:
        """Make an event's dead deliveries due again, under the same id, and return how many there were."""
        ...
