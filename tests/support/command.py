# SPDX-License-Identifier: Apache-2.0
"""The command `beamline` for tests: the one that the environment's BEAMLINE names."""

import os
import subprocess


def run(*arguments, code=0):
    """What the command prints on standard output and error; its exit code must be `code`."""
    done = subprocess.run([os.environ["BEAMLINE"], *map(str, arguments)], capture_output=True,
                          text=True)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr
