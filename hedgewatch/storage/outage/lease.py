"""The lease in an outage: the last holder keeps it, since nobody else can take it without the database."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.monitoring.leading import Tenure
from hedgewatch.storage.lease import LEASE_SECONDS, RENEWALS
from hedgewatch.storage.outage.outage import Outage
from hedgewatch.storage.outage.within import within

NO_EPOCH = 0  # of a worker that never saw the database: it may tell that, and nothing else


class LastingLease:
    """Fills the port Lease: by the database while it is there, as it was last known while it is not."""

    def __init__(self, outage: Outage, name: str) -> None:
        """Take the outage and this worker's name."""
        self._outage = outage
        self._name = name
        self._known = Tenure(holder=name, epoch=NO_EPOCH, is_mine=True)

    @property
    def name(self) -> str:
        """This worker's name."""
        return self._name

    @property
    def epoch(self) -> int | None:
        """The epoch this worker leads in as far as it knows, None while it stands by."""
        opened = self._outage.opened
        return NO_EPOCH if opened is None else opened.lease.epoch

    @property
    def renew_seconds(self) -> Decimal:
        """How often ``hold()`` is to be called."""
        return LEASE_SECONDS / RENEWALS

    async def hold(self) -> Tenure:
        """Renew the lease, or take it if it has ended, and tell who leads. Raises StoreUnavailableError."""
        opened = self._outage.opened
        if opened is not None and not self._outage.is_on:
            self._known = await within(opened.lease.hold())
        return self._known

    async def release(self) -> None:
        """Let the next worker lead at once; without a database the lease ends by itself. Raises nothing."""
        opened = self._outage.opened
        if opened is not None and not self._outage.is_on:
            await opened.lease.release()
