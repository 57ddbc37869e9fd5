from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, resource
from hedgewatch.cli.hardening import keep_memory_private
keep_memory_private()
PR_GET_DUMPABLE = 3
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_the_worker_leaves_no_image_of_its_memory() -> None:
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.split() == ["0", "0"]
