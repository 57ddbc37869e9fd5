"""Garbage: when Python searches for what refers to itself in circles, and what it leaves out."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_later() -> Iterator[None]:
    """Hold Python's search for garbage in circles while a cycle is judged, stored and told.

    Values of the domain have no circles, and all of them live until the cycle is stored: looking through them again and
    again takes a third of the time for many hedges, and finds nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def settle_down() -> None:
    """Leave all that is there by now out of every later search for garbage: libraries, markets, the configuration.

    A search through them takes a tenth of a second, again and again, while alerts wait; and they never go.
    """
    gc.collect()
    gc.freeze()


def stir_up() -> None:
    """Search everything again."""
    gc.unfreeze()
