"""Seeded noise: a jagged price path as a pure function of a key and a time, so that any moment can be asked for."""

from __future__ import annotations

from zlib import crc32

MASK = 0xFFFF_FFFF_FFFF_FFFF

# (period in seconds, height as a fraction): slow waves carry the trend, fast ones make every poll differ.
FULL = ((43_200.0, 0.010), (3_600.0, 0.004), (300.0, 0.0012), (30.0, 0.0004), (5.0, 0.00015), (0.7, 0.00006))
COARSE = ((43_200.0, 0.010), (30.0, 0.0006))


def seed_of(*parts: object) -> int:
    """Return a 64-bit key for the named stream; the same parts give the same key in every process."""
    text = "/".join(str(part) for part in parts).encode()
    return (crc32(text) << 32) | crc32(text[::-1])


def uniform(key: int, step: int) -> float:
    """Return the stream's number at ``step``, evenly spread in [-1, 1) (splitmix64's mixer)."""
    mixed = (key + step * 0x9E37_79B9_7F4A_7C15) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB) & MASK
    return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 52) - 1.0


def wave(key: int, seconds: float, waves: tuple[tuple[float, float], ...] = FULL) -> float:
    """Return the path's height at ``seconds``: lattice noise, smooth between its points, summed over ``waves``."""
    height = 0.0
    for period, size in waves:
        place = seconds / period
        step = int(place // 1)
        rest = place - step
        weight = rest * rest * (3.0 - 2.0 * rest)
        left = uniform(key, step)
        height += size * (left + (uniform(key, step + 1) - left) * weight)
        key += 0x632B_E59B_D9B4_E019
    return height
