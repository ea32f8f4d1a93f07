# SPDX-License-Identifier: Apache-2.0
"""What `beamline stats` finds in real ROOT files is what other readers found there.

The expected values are `root-oracle.jsonl.zst` in the folder BEAMLINE_DATA, one row a branch (or a
leaf of a leaf list): counts, sums, extremes, and CRC-32 sums over all values. Rows that two readers
or a checksum vouch for are trusted; the others are hints. Each row is agreed, unsupported (beamline
says why) or wrong. RNTuple rows are left to the RNTuple reader's own test.
"""

import collections
import io
import json
import math
import os
import pathlib
import re
import subprocess
import zlib

import pytest
import zstandard

TRUSTED = ("two-readers", "pybask-only", "pyntuple(xxh3 ok)", "xxh3")
NEEDED_SHARE = 0.99
VERDICTS = ("agreed", "unsupported", "wrong")
DATA = os.environ.get("BEAMLINE_DATA")

pytestmark = pytest.mark.skipif(
    not DATA, reason="BEAMLINE_DATA does not name a folder of real files with expected values")


def oracle_rows():
    """Rows of TTrees by file. Raises where the oracle cannot be read."""
    rows = collections.defaultdict(list)
    with open(pathlib.Path(DATA, "root-oracle.jsonl.zst"), "rb") as packed:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed), "utf-8")
        for row in map(json.loads, text):
            if "tree" in row:
                rows[row["file"]].append(row)
    return rows


def key_of(row):
    """How a row is told apart: tree, path (with the leaf of a leaf list), repetition."""
    if "branch" not in row:
        return row.get("tree", "").strip("/"), row.get("column"), row.get("duplicate", 0)
    path = f'{row["branch"]}.{row["leaf"]}' if "leaf" in row else row["branch"]
    return row["tree"].split(";")[0].strip("/"), path, row.get("dup_index", 0)


def our_columns(path):
    run = subprocess.run([os.environ["BEAMLINE"], "stats", "--json", "--checksums", str(path)],
                         capture_output=True, text=True, timeout=300)
    assert run.returncode >= 0, f"{path.name}: ended by signal {-run.returncode}: {run.stderr}"
    return {key_of(column): column for column in map(json.loads, run.stdout.splitlines())}


def is_close(ours, theirs, tolerance):
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(float(ours), float(theirs), rel_tol=tolerance, abs_tol=0)


def numeric_differences(ours, row):
    """Names of what differs. Checksums over values only where both readers round alike."""
    exact = row.get("crc_exact") is not False
    same = {
        "entries": ours["entries"] == row["entries"],
        "values": ours["values"] == row["n_values"],
        "counts": ours["crc32_counts_u32le"] == row.get("crc32_counts_u32le",
                                                        ours["crc32_counts_u32le"]),
        "longest": ours["longest"] == row.get("max_count", ours["longest"]),
    }
    if row["n_values"]:
        same |= {
            "sum": is_close(ours["sum"], row["sum"], 1e-9),
            "min": is_close(ours["min"], row["min"], 0 if exact else 1e-9),
            "max": is_close(ours["max"], row["max"], 0 if exact else 1e-9),
            "nan": ours["nan"] == row["n_nan"],
            "inf": ours["inf"] == row["n_inf"],
        }
        if exact:
            same["crc32_f64le"] = ours["crc32_f64le"] == row["crc32_f64le"]
    return [name for name, is_same in same.items() if not is_same]


def string_differences(ours, row):
    same = {
        "entries": ours["entries"] == row["entries"],
        "strings": ours["values"] == row["n_strings"],
        "bytes": ours["bytes"] == row["str_bytes"],
        "crc32_str_nul": ours["crc32_str_nul"] == row["crc32_str_nul"],
        "counts": ours["crc32_counts_u32le"] == row.get("crc32_counts_u32le",
                                                        ours["crc32_counts_u32le"]),
    }
    return [name for name, is_same in same.items() if not is_same]


def char_array_differences(path, ours, row):
    """We give char arrays as numbers; the row has them as text up to the first NUL."""
    pattern = re.sub(r"[][*?,\\]", "?", ours["column"])
    run = subprocess.run([os.environ["BEAMLINE"], "cat", "--format", "jsonl", "--tree",
                          ours["tree"], "--columns", pattern, str(path)],
                         capture_output=True, text=True, check=True, timeout=300)
    texts = [text_of(item) for line in run.stdout.splitlines()
             for item in innermost(json.loads(line)[ours["column"]], ours["type"].count("list<"))]
    crc = 0
    for text in texts:
        crc = zlib.crc32(text + b"\0", crc)
    same = {"strings": len(texts) == row["n_strings"],
            "bytes": sum(map(len, texts)) == row["str_bytes"],
            "crc32_str_nul": crc == row["crc32_str_nul"]}
    return [name for name, is_same in same.items() if not is_same]


def innermost(value, depth):
    """The lists of numbers inside `depth` levels of lists."""
    if depth == 1:
        return [value]
    return [found for item in value for found in innermost(item, depth - 1)]


def text_of(numbers):
    return bytes(number & 255 for number in numbers).split(b"\0")[0]


def judge(path, ours, row):
    """One row's verdict and what is to be said about it."""
    if ours is None:
        return "wrong", "beamline does not list it"
    reason = ours.get("unreadable") or ours.get("error")
    if reason:
        return "unsupported", reason
    if row["what"] != "string":
        found = numeric_differences(ours, row)
    elif "int8" in ours["type"]:
        found = char_array_differences(path, ours, row)
    else:
        found = string_differences(ours, row)
    if found:
        return "wrong", f'{", ".join(found)} differ: {json.dumps(ours)} is not {json.dumps(row)}'
    return "agreed", ""


class Report:
    """Verdicts counted by file, apart for trusted rows and hints."""

    def __init__(self):
        self.counts = collections.Counter()
        self.numeric = collections.Counter()
        self.notes = []

    def add(self, row, verdict, note):
        kind = "trusted" if row["verified"].startswith(TRUSTED) else "hint"
        self.counts[row["file"], kind, verdict] += 1
        if kind == "trusted" and row["what"] != "string":
            self.numeric[verdict] += 1
        if verdict != "agreed":
            path = "/".join(key_of(row)[:2])
            self.notes.append(f'{verdict} ({kind}): {row["file"]}: {path}: {note}')

    def total(self, kind, verdict):
        return sum(count for (_, k, v), count in self.counts.items() if (k, v) == (kind, verdict))

    def text(self):
        head = ["rows", *VERDICTS]
        lines = [f'{"":>72}{"trusted":>8}{"":>28}{"hints":>8}',
                 f'{"file":<64}' + "".join(f"{name:>12}"[-12:] for name in head * 2)]
        for file in [*sorted({file for file, _, _ in self.counts}), "total"]:
            numbers = []
            for kind in ("trusted", "hint"):
                of = [self.total(kind, verdict) if file == "total"
                      else self.counts[file, kind, verdict] for verdict in VERDICTS]
                numbers += [sum(of), *of]
            lines.append(f"{file[-63:]:<64}" + "".join(f"{number:>12}" for number in numbers))
        return "\n".join([*lines, "", *self.notes, ""])


@pytest.fixture(scope="module")
def report():
    made = Report()
    for file, rows in sorted(oracle_rows().items()):
        path = pathlib.Path(DATA, "root", file)
        assert path.exists(), f"{file} is not in the data folder"
        columns = our_columns(path)
        for row in rows:
            made.add(row, *judge(path, columns.get(key_of(row)), row))
    text = made.text()
    pathlib.Path(os.environ["BEAMLINE_BUILD"], "conformance.txt").write_text(text, "utf-8")
    print(text)
    return made


def test_rows_were_compared(report):
    assert sum(report.numeric.values()) > 0


def test_no_trusted_row_is_wrong(report):
    assert report.total("trusted", "wrong") == 0


def test_nearly_every_trusted_number_is_read(report):
    assert report.numeric["agreed"] >= NEEDED_SHARE * sum(report.numeric.values())
