# SPDX-License-Identifier: Apache-2.0
"""TFRecord written and read by us and by TensorFlow: the same rows, one thread each.

TensorFlow writes as its Python users do, a message a row, and of a tenth of the megabytes: it takes
long. It reads by tf.data and parses batches of records. We read the file that we wrote, opening
included, which goes through the file once more: TFRecord has no schema. The sums of all values are
compared before. The limit is what any reader must do: sum up the checksums and copy the bytes.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

import beamline_arrow
import beamline_write
import numpy
import pyarrow
import tfrecord_inputs as inputs

HERE = pathlib.Path(__file__).resolve().parent
RUNS = 5
BATCH_ROWS = 50000


def tensorflow_python():
    cache = os.environ.get("BEAMLINE_CACHE") or pathlib.Path(
        os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "beamline")
    return pathlib.Path(cache, "tensorflow", "bin", "python")


def tensorflow(*arguments):
    done = subprocess.run([tensorflow_python(), HERE / "tfrecord_by_tensorflow.py",
                           *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def array(values):
    """A column as pyarrow has it."""
    if not isinstance(values, tuple):
        return pyarrow.array(values)
    counts, values = values
    offsets = numpy.concatenate([[0], numpy.cumsum(counts)]).astype("i4")
    items = pyarrow.array(values.reshape(-1))
    if values.ndim == 2:
        steps = numpy.arange(len(values) + 1, dtype="i4") * values.shape[1]
        items = pyarrow.ListArray.from_arrays(pyarrow.array(steps), items)
    return pyarrow.ListArray.from_arrays(pyarrow.array(offsets), items)


def write(kind, megabytes, path, runs=RUNS):
    """The best seconds, without making the columns."""
    columns = inputs.make(kind, inputs.rows(kind, megabytes))
    whole = pyarrow.RecordBatch.from_pydict({name: array(values)
                                             for name, values in columns.items()})
    parts = [pyarrow.RecordBatch.from_pydict({  # copied: ours wants offsets that begin with 0
        name: pyarrow.concat_arrays([column.slice(at, BATCH_ROWS)])
        for name, column in zip(whole.schema.names, whole.columns, strict=True)})
        for at in range(0, whole.num_rows, BATCH_ROWS)]
    best = float("inf")
    with beamline_arrow.context(1) as held:
        for _ in range(runs):
            path.unlink(missing_ok=True)
            start = time.perf_counter()
            with beamline_write.Output(held, path) as output:
                writer = output.add(parts[0])
                for part in parts:
                    output.write(writer, part)
                output.finish()
            best = min(best, time.perf_counter() - start)
    return best


def read(build, path):
    program = subprocess.Popen([build / "bench" / "read_columns"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    answers, _ = program.communicate(f"read 1 {path}\n" * RUNS)
    return min(json.loads(line)["seconds"] for line in answers.splitlines())


def limit(build, path):
    program = subprocess.run([build / "bench" / "tfrecord_limit", path], capture_output=True,
                             text=True, check=True)
    return json.loads(program.stdout)["seconds"]


def our_sum(path):
    with beamline_arrow.context(1) as held, beamline_arrow.Table(held, path) as table:
        total = 0.0
        for column in table.read([column.index for column in table.columns]):
            while pyarrow.types.is_list(column.type):
                column = column.flatten()
            total += float(column.to_numpy().astype("f8").sum())
    return total


def check(kind, path, theirs):
    ours = our_sum(path)
    if abs(ours - theirs) > 1e-6 * max(abs(ours), abs(theirs), 1):
        sys.exit(f"exchange_tfrecord: {kind}: our sum is {ours}, TensorFlow's {theirs}")


def measure(build, folder, megabytes):
    """Yields one dict a comparison; none where scripts/setup --peers did not install TensorFlow."""
    folder = pathlib.Path(folder)
    if not tensorflow_python().exists():
        return
    peer = "TensorFlow " + tensorflow("version")["version"]
    for kind in inputs.KINDS:
        ours, theirs = folder / "ours.tfrecord", folder / "theirs.tfrecord"
        seconds = write(kind, megabytes / 10, ours)
        taken = tensorflow("write", kind, megabytes / 10, theirs)["seconds"]
        if abs(our_sum(theirs) - our_sum(ours)) > 1e-6 * abs(our_sum(ours)):
            sys.exit(f"exchange_tfrecord: {kind}: TensorFlow wrote other values")
        size = ours.stat().st_size / 1e6
        yield {"what": f"TFRecord write, {kind}", "ours_s": seconds, "peer_s": taken, "peer": peer,
               "note": f"{size:.0f} MB, ours {size / seconds:.0f} MB/s"}
        write(kind, megabytes, ours, 1)
        found = tensorflow("read", kind, RUNS, ours)
        check(kind, ours, found["sum"])
        seconds, least = read(build, ours), limit(build, ours)
        size = ours.stat().st_size / 1e6
        yield {"what": f"TFRecord read, {kind}", "ours_s": seconds, "peer_s": found["seconds"],
               "peer": peer, "note": f"{size:.0f} MB, ours {size / seconds:.0f} MB/s; checksums "
               f"and copy alone {size / least:.0f} MB/s"}
