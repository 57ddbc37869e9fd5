"""The spool keeps what it has said it keeps, and tells a good line from a torn or damaged one."""

from __future__ import annotations

import errno
import os
import random
import stat
from pathlib import Path

import pytest

from hedgewatch.storage.outage.spool import HEAD_BYTES, Spool, SpoolFullError, framed

SEED = 20261122
TEXTS = ['{"a":1}', '{"words":"Grüße"}', "{}", '{"long":"' + "x" * 5000 + '"}']


def filled(folder: Path, texts: list[str]) -> Spool:
    spool = Spool(folder)
    for text in texts:
        spool.append(text)
    return spool


def texts_in(folder: Path) -> list[str]:
    spool = Spool(folder)
    return [spool.read(place) for place in spool.scan().lines]


def the_file(folder: Path) -> Path:
    (path,) = folder.glob("*.jsonl")
    return path


def test_lines_come_back_in_order_over_several_processes(tmp_path: Path) -> None:
    filled(tmp_path / "s", TEXTS).close()
    filled(tmp_path / "s", ['{"later":1}']).close()
    assert texts_in(tmp_path / "s") == [*TEXTS, '{"later":1}']
    assert [path.name for path in sorted((tmp_path / "s").iterdir())] == ["000001.jsonl", "000002.jsonl"]


def test_a_place_is_where_the_line_lies(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    places = [spool.append(text) for text in TEXTS]
    assert [spool.read(place) for place in places] == TEXTS
    assert spool.scan().lines == tuple(places)


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    filled(tmp_path / "s", TEXTS)
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700
    assert stat.S_IMODE(the_file(tmp_path / "s").stat().st_mode) == 0o600


def test_each_line_is_synced_before_it_counts(tmp_path: Path) -> None:
    synced: list[int] = []
    spool = Spool(tmp_path, sync=lambda file: synced.append(os.fstat(file).st_size))
    sizes = []
    for text in TEXTS:
        spool.append(text)
        sizes.append(spool.size_bytes)
    assert synced == sizes


def test_a_file_cut_anywhere_gives_the_lines_before_the_cut(tmp_path: Path) -> None:
    spool = filled(tmp_path, TEXTS[:3])
    path = the_file(tmp_path)
    whole = path.read_bytes()
    ends = [sum(len(framed(text)) for text in TEXTS[: count + 1]) for count in range(3)]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        scan = spool.scan()
        assert len(scan.lines) == sum(end <= cut for end in ends)
        assert bool(scan.torn) == (cut not in {0, *ends})
        assert scan.damaged == ()


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311  a seed that can be told, not a secret
    spool = filled(tmp_path, TEXTS[:3])
    path = the_file(tmp_path)
    whole = path.read_bytes()
    cases = 0
    for at in range(len(whole)):
        bent = bytearray(whole)
        bent[at] ^= 1 << chance.randrange(8)
        path.write_bytes(bent)
        scan = spool.scan()
        assert scan.damaged or scan.torn, f"byte {at}"
        assert {spool.read(place) for place in scan.lines} < set(TEXTS[:3])
        cases += 1
    print(f"cases {cases}, unnoticed 0, seed {SEED}")  # noqa: T201  the figures of the run


def test_a_damaged_file_is_kept_aside_and_the_others_go(tmp_path: Path) -> None:
    filled(tmp_path, TEXTS).close()
    bent = the_file(tmp_path)
    raw = bytearray(bent.read_bytes())
    raw[HEAD_BYTES + 2] ^= 1
    bent.write_bytes(raw)
    spool = filled(tmp_path, ["{}"])
    scan = spool.scan()
    assert scan.damaged == (bent,)
    assert [spool.read(place) for place in scan.lines] == [*TEXTS[1:], "{}"]
    spool.clear(scan.damaged)
    assert [path.name for path in tmp_path.iterdir()] == ["000001.jsonl.damaged"]
    assert spool.set_aside() == (tmp_path / "000001.jsonl.damaged",)
    assert spool.size_bytes == 0


def test_the_cap_holds_over_all_files_and_leaves_room_for_what_matters_more(tmp_path: Path) -> None:
    Spool(tmp_path, cap_bytes=1000).append("x" * 400)
    spool = Spool(tmp_path, cap_bytes=1000)
    spool.append("x" * 300)
    with pytest.raises(SpoolFullError):
        spool.append("x" * 100, share=0.75)
    spool.append("x" * 100)
    with pytest.raises(SpoolFullError):
        spool.append("x" * 200)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


def test_a_write_that_fails_half_way_leaves_no_half_line(tmp_path: Path) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    filled(tmp_path, TEXTS[:1]).close()
    spool = Spool(tmp_path, sync=full)
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            spool.append(TEXTS[3])
    assert texts_in(tmp_path) == TEXTS[:1]
    assert spool.scan().torn == ()
