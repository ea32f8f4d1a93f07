# SPDX-License-Identifier: Apache-2.0
"""Writes TClonesArrays with every type of number, for peers to read back.

usage: beamline_writes_clones.py FILE EXPECTED   (BEAMLINE_LIBRARY names the library)
EXPECTED gets one JSON line a branch of tree Events: its name and the value of each entry.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "conformance" / "written"))
from clones_test import expected, random_table, write  # noqa: E402


def main():
    batch = random_table(400, 7)
    write(sys.argv[1], [batch], "zstd:1", cluster_rows=77, chunk_bytes=1000)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        for name, values in expected(batch).items():
            print(json.dumps({"branch": name, "values": values}), file=file)


main()
