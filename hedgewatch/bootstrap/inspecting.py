"""Compose an inspection: every exchange and account of the configuration, asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from hedgewatch import __version__
from hedgewatch.bootstrap.accounts import make_account_source
from hedgewatch.bootstrap.sources import make_source, one_look
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.exchanges.accounts.inspection import AccountInspection, inspect_account
from hedgewatch.exchanges.door import Door
from hedgewatch.exchanges.inspection import Inspection, inspect
from hedgewatch.exchanges.recording import Recorder
from hedgewatch.monitoring.collect import by_exchange
from hedgewatch.monitoring.ports import Clock
from hedgewatch.settings import Settings, listable_instruments
from hedgewatch.storage.memory import MemoryStore

LOOK_SECONDS = Decimal(12)  # a person who asks once would rather wait than read "no answer yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspections:
    """All that was found, exchanges first."""

    exchanges: tuple[Inspection, ...]
    accounts: tuple[AccountInspection, ...]


def make_recorder(folder: Path, clock: Clock) -> Recorder:
    """Make what keeps raw answers. Raises ConfigurationError if the folder holds anything."""
    about = {"hedgewatch": __version__, "ccxt": version("ccxt")}
    return Recorder(folder, clock.now(), about)


async def inspect_everything(
    settings: Settings, environ: Mapping[str, str], clock: Clock, *, recorder: Recorder | None = None
) -> Inspections:
    """Ask every exchange and account, side by side, what they offer of what is wanted.

    Raises ConfigurationError for keys that cannot be read. recorder: is told of every answer.
    """
    wanted = by_exchange(listable_instruments(settings))
    exchanges = dict.fromkeys([*wanted, *(section.exchange for section in settings.accounts.values())])
    look = _Look(settings=settings, environ=environ, clock=clock, recorder=recorder)
    results = await asyncio.gather(*(look.at(exchange, wanted.get(exchange, ())) for exchange in exchanges))
    return Inspections(
        exchanges=tuple(found for found, _ in results), accounts=tuple(one for _, told in results for one in told)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    settings: Settings
    environ: Mapping[str, str]
    clock: Clock
    recorder: Recorder | None

    async def at(
        self, exchange: str, refs: Sequence[InstrumentRef]
    ) -> tuple[Inspection, tuple[AccountInspection, ...]]:
        """Inspect an exchange, then its accounts, which need to know its markets and its clock."""
        async with AsyncExitStack() as stack:
            market = make_source(self.settings, exchange, MemoryStore(), self.clock, patience=one_look(LOOK_SECONDS))
            stack.push_async_callback(market.close)
            self._listen(market.door, refs)
            readers = [
                make_account_source(
                    self.settings, name, market, environ=self.environ, clock=self.clock, timeout_seconds=LOOK_SECONDS
                )
                for name, section in self.settings.accounts.items()
                if section.exchange == exchange
            ]
            for reader in readers:
                stack.push_async_callback(reader.close)
                self._listen(reader.door, refs)
            found = await inspect(market, refs, self.clock.now())
            told = await asyncio.gather(*(inspect_account(reader, refs, self.clock.now()) for reader in readers))
            return found, tuple(told)

    def _listen(self, door: Door, refs: Sequence[InstrumentRef]) -> None:
        if self.recorder is not None:
            self.recorder.hide(door.hide)
            self.recorder.want(refs)
            door.listener = self.recorder.keep
