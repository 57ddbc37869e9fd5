"""The ballast: a file beside an SQLite database that is given up on a full disk, so that alerts can still be stored."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from hedgewatch.monitoring.health import DiskRoom

SMALLEST_BYTES, LARGEST_BYTES = 600_000, 8_000_000
SHARE_OF_DISK = 20  # a twentieth, between these
ROOM_FOR_IT = 2  # times its size must be free before it is made
CHUNK = bytes(65_536)

log = logging.getLogger(__name__)


class Ballast:
    """Watches the disk that the database, or the spool of a server's database, lies on.

    Blocks; methods that write are to be run in a thread. Raises nothing: it is there for the time when nothing works.
    """

    def __init__(self, path: Path | None, folder: Path) -> None:
        """Take where the file is to be (None: there is none) and which folder's disk is watched."""
        self._path = path
        self._folder = folder
        self.is_given_up = False

    def room(self) -> DiskRoom | None:
        """Tell how much room there is, None if that cannot be told."""
        usage = _usage(self._folder)
        if usage is None:
            return None
        total, free = usage
        return DiskRoom(folder=str(self._folder), free_bytes=free, total_bytes=total, ballast_given_up=self.is_given_up)

    def prepare(self) -> None:
        """Make the file if it is not there and there is room for it and more."""
        usage = _usage(self._folder)
        if self._path is None or usage is None or self._path.exists():
            return
        total, free = usage
        size = max(SMALLEST_BYTES, min(LARGEST_BYTES, total // SHARE_OF_DISK))
        if free < ROOM_FOR_IT * size:
            return
        try:
            _fill(self._path, size)
        except OSError as error:
            log.warning("the ballast %s cannot be made: %s", self._path, error)
            self._path.unlink(missing_ok=True)
            return
        if self.is_given_up:
            log.warning("there is room again: the ballast %s is back", self._path)
        self.is_given_up = False

    def give_up(self) -> bool:
        """Take the file away; tell whether that made room."""
        if self._path is None:
            return False
        try:
            self._path.unlink()
        except OSError:
            return False
        self.is_given_up = True
        log.error("the disk is full: the ballast %s was given up", self._path)
        return True


def _usage(folder: Path) -> tuple[int, int] | None:
    """Return total and free bytes of a folder's disk, or of the nearest folder above it that is there."""
    for place in (folder, *folder.parents):
        try:
            usage = shutil.disk_usage(place)
        except OSError:
            continue
        return usage.total, usage.free
    return None


def _fill(path: Path, size: int) -> None:
    """Write real bytes: a file with holes would hold no room."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        left = size
        while left > 0:
            left -= os.write(handle, CHUNK[: min(left, len(CHUNK))])
        os.fsync(handle)
    finally:
        os.close(handle)
