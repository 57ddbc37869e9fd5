"""The spool: a folder of files into which lines are only appended, each with its length and checksum."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".jsonl"
DAMAGED = ".damaged"
CAP_BYTES = 64 * 1024 * 1024
HEAD_BYTES = 18  # eight hexadecimal digits of the length, a blank, eight of the CRC-32, a blank


class SpoolFullError(OSError):
    """The spool has reached its cap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePlace:
    """Where a line lies. length: of its text in bytes."""

    path: Path
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolScan:
    """What a folder holds: good lines, oldest first; files with a damaged line; whether a last line was torn."""

    lines: tuple[LinePlace, ...]
    damaged: tuple[Path, ...]
    torn: tuple[Path, ...]


def framed(text: str) -> bytes:
    """Return a line: length and CRC-32 of the text, and the text."""
    body = text.encode()
    return f"{len(body):08x} {zlib.crc32(body):08x} ".encode() + body + b"\n"


class Spool:
    """Appends lines durably and reads them back. Every process writes a file of its own, readable by its owner only.

    Blocks: run it in a thread. Methods raise OSError.
    """

    def __init__(self, folder: Path, *, cap_bytes: int = CAP_BYTES, sync: Callable[[int], None] = os.fsync) -> None:
        """Use a folder, which need not be there yet. cap_bytes: of all its files together. sync: makes a file last."""
        self._folder = folder
        self._cap = cap_bytes
        self._sync = sync
        self._file: int | None = None
        self._path = folder
        self._end = 0
        self._before = 0

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    @property
    def size_bytes(self) -> int:
        """What the files take together."""
        return self._before + self._end

    def prepare(self) -> None:
        """Make the folder, private to its owner."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def append(self, text: str, *, share: float = 1) -> LinePlace:
        """Add a line; it is on the disk when this returns. share: of the cap that may be used for this one.

        Raises SpoolFullError, or OSError; then nothing was added.
        """
        line = framed(text)
        if self.size_bytes + len(line) > self._cap * share:
            raise SpoolFullError(f"the spool {self._folder} has reached its {self._cap} bytes")
        file = self._file if self._file is not None else self._begin()
        start = self._end
        try:
            _write_all(file, line)
            self._sync(file)
        except OSError:
            os.ftruncate(file, start)  # half a line must not stand before the next one
            os.lseek(file, start, os.SEEK_SET)
            raise
        self._end += len(line)
        return LinePlace(path=self._path, offset=start + HEAD_BYTES, length=len(line) - HEAD_BYTES - 1)

    def _begin(self) -> int:
        self.prepare()
        old = self._files()
        self._before = sum(path.stat().st_size for path in old)
        number = 1 + max((int(path.stem) for path in old), default=0)
        self._path = self._folder / f"{number:06d}{SUFFIX}"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _sync_folder(self._folder)
        return self._file

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(path for path in self._folder.glob(f"*{SUFFIX}") if path.stem.isdecimal())

    def scan(self) -> SpoolScan:
        """Look through all files: a torn last line is passed over, a damaged one too, and its file is named."""
        lines: list[LinePlace] = []
        damaged, torn = [], []
        for path in self._files():
            found, is_damaged, is_torn = _scanned(path)
            lines += found
            damaged += [path] if is_damaged else []
            torn += [path] if is_torn else []
        return SpoolScan(lines=tuple(lines), damaged=tuple(damaged), torn=tuple(torn))

    def read(self, place: LinePlace) -> str:
        """Return the text of a line."""
        with place.path.open("rb") as file:
            file.seek(place.offset)
            return file.read(place.length).decode()

    def clear(self, aside: Sequence[Path] = ()) -> None:
        """Take all files away, as everything in them is stored; those in ``aside`` are kept under another name."""
        self.close()
        for path in self._files():
            if path in aside:
                path.rename(_free_name(path))
            else:
                path.unlink()
        self._before = self._end = 0

    def set_aside(self) -> tuple[Path, ...]:
        """Return the files that were kept because a line of them was damaged."""
        return tuple(sorted(self._folder.glob(f"*{DAMAGED}*"))) if self._folder.is_dir() else ()

    def close(self) -> None:
        """Let go of the file that is being written; the next line begins another one."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._before, self._end = self._before + self._end, 0


def _write_all(file: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(file, rest) :]


def _sync_folder(folder: Path) -> None:
    """Make a new file's name last; where a folder cannot be opened (Windows) the system does so by itself."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}{DAMAGED}{number or ''}") for number in range(1_000_000))
    return next(name for name in names if not name.exists())


def _scanned(path: Path) -> tuple[list[LinePlace], bool, bool]:
    """Return the good lines of a file, whether another one is damaged, and whether the last was torn."""
    lines: list[LinePlace] = []
    is_damaged, offset = False, 0
    with path.open("rb") as file:
        for line in file:
            start, offset = offset, offset + len(line)
            if not line.endswith(b"\n"):
                return lines, is_damaged, True
            if _is_good(line):
                place = LinePlace(path=path, offset=start + HEAD_BYTES, length=len(line) - HEAD_BYTES - 1)
                lines.append(place)
            else:
                is_damaged = True
    return lines, is_damaged, False


def _is_good(line: bytes) -> bool:
    body = line[HEAD_BYTES:-1]
    return line[:HEAD_BYTES] == f"{len(body):08x} {zlib.crc32(body):08x} ".encode()
