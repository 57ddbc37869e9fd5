"""What the worker's process gives away: no memory image, to nobody but the system's owner."""

from __future__ import annotations

import ctypes
import sys

import structlog

PR_SET_DUMPABLE = 4  # linux/prctl.h

log = structlog.stdlib.get_logger("hedgewatch.daemon")


def keep_memory_private() -> None:
    """Write no core file, and let no other process of the same user read our memory or first environment.

    Where the platform lacks the means, nothing happens: Windows has no core files of this kind, and only Linux can be
    asked the second. Both are the worker's own: it holds the keys.
    """
    _no_core_file()
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
            log.warning("memory_not_private", error=ctypes.get_errno())


def _no_core_file() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
