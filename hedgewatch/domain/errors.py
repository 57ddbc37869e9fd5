"""Errors a reader can act on, named for what must be done."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum


class HedgewatchError(Exception):
    """Any failure that hedgewatch explains in one line."""


class InvalidValueError(HedgewatchError, ValueError):
    """A value that cannot be computed with; the message names the field."""

    def __init__(self, field: str, problem: str) -> None:
        """Say which ``field`` is wrong and what the ``problem`` is."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class ConfigurationError(HedgewatchError):
    """The configuration or the request is wrong: mend it and try again (exit code 2)."""

    def __init__(self, *problems: str) -> None:
        """Carry every problem at once, one line each."""
        super().__init__("\n".join(problems))
        self.problems = problems


class StoreUnavailableError(HedgewatchError):
    """The database cannot be reached, read or written."""


class LeaseLostError(HedgewatchError):
    """Another worker leads by now: what this one was about to store must not be stored. Stand by."""


class StoreFullError(StoreUnavailableError):
    """The disk of the database is full: nothing was stored."""


class StoreLostError(StoreUnavailableError):
    """The connection broke: what was being written may be stored or not."""


class StoreRejectedError(StoreUnavailableError):
    """The database is well, and does not take these values."""


class StoreRefusedError(StoreUnavailableError):
    """The database may not be used as it is; waiting does not help."""


class ExchangeUnavailableError(HedgewatchError):
    """An exchange did not tell what is needed, and nothing else does."""


class ContractInDoubtError(HedgewatchError):
    """What an exchange lists of a contract contradicts its own trade: nothing may be sized with it."""


class DeliveryFault(StrEnum):
    """What a refusal tells of the receiver, where it tells more than that it failed."""

    OVERLOADED = "overloaded"  # it chokes: spare it
    CONFIG = "config"  # it will refuse until somebody mends its settings or ours
    GONE = "gone"  # it wants nothing any more


class DeliveryError(HedgewatchError):
    """A channel did not take a message; the outbox will try again.

    ``retry_after_seconds``: how long the receiver asked us to wait, None if it did not. ``fault``: what its refusal
    tells, None if nothing more.
    """

    def __init__(
        self, problem: str, *, retry_after_seconds: Decimal | None = None, fault: DeliveryFault | None = None
    ) -> None:
        """Say what the ``problem`` is, without any secret."""
        super().__init__(problem)
        self.retry_after_seconds = retry_after_seconds
        self.fault = fault
