"""What waits for the database: on the disk where that is possible, else in memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from hedgewatch.storage.outage.codec import UnreadableError
from hedgewatch.storage.outage.entries import Entry, entry_codec, essential, is_essential, slim
from hedgewatch.storage.outage.spool import LinePlace, Spool, SpoolFullError

CYCLES_SHARE = 7 / 8  # of the cap: the rest is for alerts alone
MOST_IN_MEMORY = 10_000

log = logging.getLogger(__name__)


class Waiting:
    """Keeps entries in order until they are stored. What the disk does not take is kept in memory, alerts alone."""

    def __init__(self, spool: Spool) -> None:
        """Keep entries in ``spool``."""
        self._spool = spool
        self._items: list[LinePlace | Entry] = []
        self._aside: tuple[Path, ...] = ()
        self._turn = asyncio.Lock()
        self._about_to = 0
        self._has_complained = False

    def __len__(self) -> int:
        """Count the entries that are kept."""
        return len(self._items)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is kept, nor about to be."""
        return not self._items and not self._about_to

    @property
    def folder(self) -> Path:
        """Where the spool is."""
        return self._spool.folder

    async def keep(self, entry: Entry) -> None:
        """Add an entry; it is on the disk when this returns, or in memory if the disk does not take it."""
        self._about_to += 1
        try:
            async with self._turn:
                item = await asyncio.to_thread(self._written, entry)
                if item is not None:
                    self._items.append(item)
        finally:
            self._about_to -= 1

    def _written(self, entry: Entry) -> LinePlace | Entry | None:
        codec = entry_codec()
        try:
            return self._spool.append(codec.write(slim(entry)), share=CYCLES_SHARE)
        except SpoolFullError as error:
            self._complain("%s; from now on it takes alerts only", error)
        except OSError as error:
            self._complain("the spool %s cannot be written (%s): what is told is kept in memory", self.folder, error)
        except TypeError as error:
            self._complain("a cycle cannot be spooled whole: %s", error)
        if not is_essential(entry):
            return None
        rest = essential(slim(entry))
        try:
            return self._spool.append(codec.write(rest))
        except (OSError, TypeError):
            return rest if len(self._items) < MOST_IN_MEMORY else None

    def _complain(self, words: str, *details: object) -> None:
        """Say it once for each outage: it would be said at every poll."""
        if not self._has_complained:
            log.error(words, *details)
            self._has_complained = True

    async def find(self) -> bool:
        """Learn what an earlier process has left in the spool; tell whether any has used the database before."""
        async with self._turn:
            scan = await asyncio.to_thread(self._spool.scan)
            was_used = await asyncio.to_thread(self.folder.is_dir)
            self._items, self._aside = list(scan.lines), scan.damaged
        for path in scan.torn:
            log.warning("the last line of %s was cut off as it was written; nothing of it was told", path)
        for path in scan.damaged:
            log.error("%s has damaged lines: the good ones are used, the file is kept aside", path)
        return was_used

    async def read(self, start: int, count: int) -> list[Entry]:
        """Return entries from ``start`` on; one that this version cannot read is passed over, its file kept aside."""
        async with self._turn:
            return await asyncio.to_thread(self._read, self._items[start : start + count])

    def _read(self, items: Sequence[LinePlace | Entry]) -> list[Entry]:
        found: list[Entry] = []
        for item in items:
            if not isinstance(item, LinePlace):
                found.append(item)
                continue
            try:
                found.append(entry_codec().read(self._spool.read(item)))
            except UnreadableError as error:
                log.error("%s: %s; the file is kept aside", item.path, error)  # noqa: TRY400  the words say it all
                self._aside = (*self._aside, item.path)
        return found

    async def clear(self, done: int) -> bool:
        """Forget everything, if no more than ``done`` entries are kept; tell whether that was so."""
        async with self._turn:
            if len(self._items) != done:
                return False
            try:
                await asyncio.to_thread(self._spool.clear, self._aside)
            except OSError as error:
                log.warning(
                    "the spool %s cannot be cleared (%s): it is brought back again, which changes nothing",
                    self.folder,
                    error,
                )
            self._items, self._aside, self._has_complained = [], (), False
            return True

    async def prepare(self) -> None:
        """Make the spool's folder now: that it is there says that this database was in use."""
        try:
            await asyncio.to_thread(self._spool.prepare)
        except OSError as error:
            log.warning("the spool %s cannot be made: %s", self.folder, error)

    def set_aside(self, item: int) -> None:
        """Keep the file of an entry when the others go: something in it could not be stored."""
        place = self._items[item]
        if isinstance(place, LinePlace):
            self._aside = (*self._aside, place.path)

    def close(self) -> None:
        """Let go of the spool's file."""
        self._spool.close()
