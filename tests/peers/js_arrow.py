#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Arrow for JavaScript beside us: it reads what we write, and we read what it writes.

usage: js_arrow.py ARROW_FOLDER WORK_FOLDER
"""

import json
import math
import pathlib
import random
import subprocess
import sys

import pyarrow as pa

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))
import arrow_samples  # noqa: E402
import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402

# Types that JavaScript shows as the numbers and texts that they are.
LEAVES = [pa.bool_(), pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(),
          pa.int64(), pa.uint64(), pa.float32(), pa.float64(), pa.string(), pa.binary()]
# Of others the type alone is compared.
OTHERS = {"date": pa.date32(), "time": pa.time64("us"), "stamp": pa.timestamp("ms", "UTC"),
          "duration": pa.duration("ns")}
TYPES = {"date": "Date32<DAY>", "time": "Time64<MICROSECOND>",
         "stamp": "Timestamp<MILLISECOND, UTC>", "duration": "Duration<NANOSECOND>"}


def plain(value):
    """As js_arrow.mjs prints it."""
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def run(folder, *arguments):
    command = ["node", HERE / "js_arrow.mjs", folder, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def our_table():
    rng = random.Random(5)
    kinds = {str(kind): kind for kind in LEAVES}
    kinds |= {f"list<{kind}>": pa.list_(kind) for kind in LEAVES}
    kinds |= {f"pair<{kind}>": pa.list_(kind, 2) for kind in LEAVES if kind != pa.bool_()}
    kinds["struct"] = pa.struct([("a", pa.int32()), ("b", pa.list_(pa.string()))])
    kinds["deep"] = pa.list_(pa.list_(pa.struct([("x", pa.float32())])))
    kinds |= OTHERS
    return pa.table({name: arrow_samples.random_array(rng, kind, 200, 0.2)
                     for name, kind in kinds.items()})


def write(path, table):
    with beamline_arrow.context() as held, beamline_write.Output(held, path) as output:
        batches = table.to_batches()
        writer = output.add(batches[0], cluster_rows=70)
        for batch in batches:
            output.write(writer, batch)
        output.finish()


def read_by_us(path):
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as ours:
        arrays = ours.read([column.index for column in ours.columns])
        return {column.path: array.to_pylist()
                for column, array in zip(ours.columns, arrays, strict=True)}


def main():
    folder, work = sys.argv[1], pathlib.Path(sys.argv[2])
    n, bad = 0, []
    for name in ("ours.arrow", "ours.arrows"):
        table = our_table()
        write(work / name, table)
        found = json.loads(run(folder, "read", work / name))
        for column in table.schema.names:
            kind, values = found[column]
            same = (kind == TYPES[column] if column in TYPES
                    else values == plain(table[column].to_pylist()))
            n += 1
            if not same:
                bad.append(f"{name}: {column}: {kind}")
    run(folder, "write", work)
    expected = json.loads((work / "written.json").read_text())
    for name in ("written.arrow", "written.arrows"):
        ours = read_by_us(work / name)
        for column, (kind, values) in expected.items():
            n += 1
            if plain(ours[column]) != values:
                bad.append(f"{name}: {column}: {kind}: {ours[column]} is not {values}")
    print("\n".join(bad) if bad else f"{n} columns are the same")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
