# SPDX-License-Identifier: Apache-2.0
"""What the command takes at most of memory."""

import os
import subprocess
import sys
from typing import NamedTuple

# A process inherits the peak of the one that started it, so that is a small one, not pytest.
LAUNCHER = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)])
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


class Run(NamedTuple):
    code: int
    peak_kib: int
    stderr: str


def run(*arguments, output="/dev/null"):
    """Runs `beamline ARGUMENTS…`; its output goes to that file."""
    command = [os.environ["BEAMLINE"], *map(str, arguments)]
    done = subprocess.run([sys.executable, "-S", "-E", "-c", LAUNCHER, output, *command],
                          capture_output=True, text=True, check=True)
    code, peak = map(int, done.stdout.split())
    return Run(code, peak, done.stderr)
