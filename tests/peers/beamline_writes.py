# SPDX-License-Identifier: Apache-2.0
"""Writes every type that can be written, for peers to read back.

usage: beamline_writes.py FILE EXPECTED   (BEAMLINE_LIBRARY names the library)
EXPECTED gets one JSON line a branch of tree Events: its name and the value of each entry. A tree
`Friend` with a column `score` is declared as friend of Events.
"""

import json
import pathlib
import sys

import pyarrow as pa

TESTS = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "conformance" / "written")]
import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402
from types_test import SPECS, expected, random_table  # noqa: E402

N_ROWS = 300


def main():
    batch = random_table(N_ROWS, 7)
    batch = batch.set_column(batch.schema.get_field_index("float64"), "float64",
                             pa.array([i / 3 for i in range(N_ROWS)]))
    score = pa.record_batch({"score": pa.array([float(i) for i in range(N_ROWS)])})
    path = sys.argv[1]
    with beamline_arrow.context() as held:
        with beamline_write.Output(held, path, codec="lz4:5") as output:
            output.write(output.add(batch, SPECS, cluster_rows=77, chunk_bytes=3000), batch)
            output.finish()
        with beamline_write.Output(held, path, base=path, overwrite=True) as output:
            output.write(output.add(score, path="dir/Friend", friend_of="Events"), score)
            output.finish()
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        for name, values in (expected(batch) | {"score": score["score"]}).items():
            print(json.dumps({"branch": name, "values": values.to_pylist()}), file=file)


main()
