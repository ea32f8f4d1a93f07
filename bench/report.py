# SPDX-License-Identifier: Apache-2.0
"""The measurement as Markdown. A rate is the median of its runs; its spread is half the range."""

import importlib.metadata
import os
import pathlib
import platform
import re
import statistics
import subprocess

READERS = ("beamline", "uproot", "RDataFrame")
OTHERS = READERS[1:]
LIMITS = ("codec", "memcpy-hot", "memcpy-large")
SLOW_CODECS = ("zlib", "lzma")  # where the codec hides what readers do besides
LIBRARIES = ("libdeflate", "liblz4", "libzstd", "liblzma")
NEARLY_ALL = 0.95  # of the time: the rest is no larger than the noise
PEERS_CODECS = ("cramjam", "lz4", "zstandard")  # that uproot uncompresses with


class Row:
    """One input's results."""

    def __init__(self, data):
        self.data = data
        self.label = [data["tree"], data["codec"]]
        self.runs = {(run["name"], run["threads"]): run["seconds"] for run in data["runs"]}
        self.threads = sorted({threads for _, threads in self.runs})

    def seconds(self, name, threads):
        runs = self.runs.get((name, threads))
        return statistics.median(runs) if runs else None

    def rate(self, name, threads):
        runs = self.runs.get((name, threads))
        if not runs:
            return ""
        median = statistics.median(runs)
        spread = (max(runs) - min(runs)) / 2 / median
        more = f" ±{spread:.0%} ({len(runs)})" if len(runs) > 1 else " (1)"
        return f"{self.data['raw_bytes'] / median / 1e6:.0f}{more}"

    def faster(self, name, other, threads, other_threads=None):
        """How many times faster `name` is than `other`."""
        mine, theirs = self.seconds(name, threads), self.seconds(other, other_threads or threads)
        return f"{theirs / mine:.3g}" if mine and theirs else ""

    def outside(self, name, threads):
        """Seconds beyond what our codecs need for the same baskets."""
        all_of_it, codec = self.seconds(name, threads), self.seconds("codec", threads)
        return all_of_it - codec if all_of_it and codec else None


def table(head, rows):
    """Without the columns that are empty in all rows."""
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    lines = [[head[i] for i in kept], ["---" if i < 2 else "---:" for i in kept]]
    lines += [[row[i] for i in kept] for row in rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines) + "\n"


def inputs_table(rows):
    return table(["tree", "codec", "columns", "MB raw", "MB stored", "ratio", "baskets",
                  "kB raw a basket"],
                 [[*row.label, f"{row.data['columns']}", f"{row.data['raw_bytes'] / 1e6:.0f}",
                   f"{row.data['stored_bytes'] / 1e6:.0f}",
                   f"{row.data['raw_bytes'] / row.data['stored_bytes']:.2f}",
                   f"{row.data['baskets']}",
                   f"{row.data['raw_bytes'] / row.data['baskets'] / 1e3:.1f}"] for row in rows])


def rates_table(rows, threads):
    names = READERS + LIMITS
    return table(["tree", "codec", *names],
                 [[*row.label, *(row.rate(name, threads) for name in names)] for row in rows])


def ratios_table(rows, threads):
    names = OTHERS + LIMITS
    return table(["tree", "codec", *(f"/ {name}" for name in names)],
                 [[*row.label, *(row.faster("beamline", name, threads) for name in names)]
                  for row in rows])


def scaling_table(rows, few, many):
    names = READERS + LIMITS
    return table(["tree", "codec", *names],
                 [[*row.label, *(row.faster(name, name, many, few) for name in names)]
                  for row in rows])


def outside_table(rows):
    head = ["tree", "codec", "threads", *READERS, *(f"{name} / beamline" for name in OTHERS)]
    lines = []
    for row in rows:
        for threads in row.threads if row.data["codec"].startswith(SLOW_CODECS) else ():
            rests = [row.outside(name, threads) for name in READERS]
            ratios = [rest / rests[0] if rest and rests[0] and rests[0] > 0 else None
                      for rest in rests[1:]]
            lines.append([*row.label, str(threads),
                          *("" if rest is None else f"{rest:.3f}" for rest in rests),
                          *("" if ratio is None else f"{ratio:.1f}" for ratio in ratios)])
    return table(head, lines) if lines else ""


def limit_of(row, threads):
    """One sentence of what limits us, where the numbers say it."""
    ours, codec = row.seconds("beamline", threads), row.seconds("codec", threads)
    hot, large = (row.seconds(f"memcpy-{kind}", threads) for kind in ("hot", "large"))
    raw = row.data["raw_bytes"] / 1e9
    if not ours:
        return ""
    if codec and codec > NEARLY_ALL * ours:
        return f"the codec: it alone takes {codec / ours:.0%} of the time of reading"
    if codec:
        return (f"codec {codec / ours:.0%} of the time; the rest is opening, fetching and decoding "
                f"at {raw / (ours - codec):.1f} GB/s")
    if hot and large:
        return f"memory: {ours / large:.1f} times a copy of the file in memory, {ours / hot:.1f} " \
               "times one that stays in the caches"
    return ""


def limits_list(rows):
    return "".join(f"- {row.label[0]}, {row.label[1]}, {threads} thread{'s' * (threads > 1)}: "
                   f"{limit_of(row, threads)}.\n"
                   for row in rows for threads in row.threads if limit_of(row, threads)) + "\n"


def processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text("utf-8")
        return re.search(r"model name\s*:\s*(.*)", text).group(1)
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def library_version(name):
    run = subprocess.run(["pkg-config", "--modversion", name], capture_output=True, text=True)
    return f"{name} {run.stdout.strip()}" if run.returncode == 0 else name


def versions_line(versions):
    ours = ", ".join(library_version(name) for name in LIBRARIES)
    theirs = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PEERS_CODECS)
    peers = ", ".join(f"{name.replace('RDataFrame', 'ROOT')} {version}"
                      for name, version in versions.items())
    return f"beamline with {ours}; {peers or 'no peers'}; uproot's codecs: {theirs}."


INTRODUCTION = """\
# How fast trees are read

Written by `make bench` (bench/read.py says how). {processor}, {processors} processors.
{versions}

Every column of every entry is read, from the page cache, each run from opening the file on. Rates
are MB/s of uncompressed baskets (10^6 bytes): median, half the range of the runs, number of runs.
The subjects took turns. Before, the number of values of each column and their sum were compared
between the readers, for one file of each tree.

- *beamline* makes columns of offsets and values; *uproot* makes awkward arrays, 100 MB of entries
  at a time, on two threads with its own executors.
- *RDataFrame* hands every value to compiled code of the column's own type, one typed action a
  column, in one pass; nothing is interpreted. The work on a value is one addition, on a list the
  addition of its size.
- *codec* only uncompresses the same baskets with the same libraries as beamline, out of memory into
  one place a thread.
- *memcpy-hot* copies the stored bytes into one place a thread, *memcpy-large* into as much memory
  as they are. They are measured for uncompressed files.

"""


def markdown(data, inspect, versions):
    rows = [Row(one) for one in data]
    threads = sorted({n for row in rows for n in row.threads})
    text = INTRODUCTION.format(processor=processor(), processors=os.cpu_count(),
                               versions=versions_line(versions))
    text += "## Inputs\n\n" + inputs_table(rows)
    for n in threads:
        text += f"## Rates, {n} thread{'s' * (n > 1)}: MB/s\n\n" + rates_table(rows, n)
        text += "beamline over the others:\n\n" + ratios_table(rows, n)
    for n in threads[1:]:
        text += f"## {n} threads over {threads[0]}\n\n" + scaling_table(rows, threads[0], n)
    outside = outside_table(rows)
    if outside:
        text += ("## Outside the codec\n\nSeconds of reading less those of *codec*, which is ours: "
                 f"for the others, what they need beyond our codec.\n\n{outside}")
    text += "## What limits beamline\n\n" + limits_list(rows)
    text += ("## `beamline inspect`\n\nThe whole process, for a file with 2,000 columns: "
             f"{inspect['seconds'] * 1e3:.1f} ms (median of {inspect['runs']}, the least "
             f"{inspect['least'] * 1e3:.1f} ms).\n")
    return text
