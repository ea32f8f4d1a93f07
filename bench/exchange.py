#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other formats beside the libraries that people use for them: the same data, one run, one thread
each unless a row says otherwise; what is read and written is compared first.

usage: exchange.py BUILD [--output FILE] [--megabytes N] [--only A,B]

Each row is made by exchange_NAME.py: the best of several runs of each side.
"""

import argparse
import importlib
import os
import pathlib
import platform
import sys
import tempfile

NAMES = ["parquet", "nano", "arrow", "tfrecord", "hdf5", "text"]
HEAD = """# Other formats

Made by `make bench` on {machine}; seconds are the best of several runs. "ratio" is the peer's
seconds over ours: above 1 we are faster. One thread each unless a row says otherwise.
"""


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as about:
        names = [line.split(":", 1)[1].strip() for line in about if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} threads"


def rows_of(name, build, megabytes):
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        module = importlib.import_module(f"exchange_{name}")
        for row in module.measure(build, folder, megabytes):
            row["ratio"] = row["peer_s"] / row["ours_s"]
            print(f"{row['what']:44} {row['ours_s']:8.3f} s  {row['peer_s']:8.3f} s  "
                  f"{row['ratio']:6.2f}x  {row['peer']}  {row['note']}",
                  file=sys.stderr, flush=True)
            yield row


def table(name, rows):
    lines = [f"\n## {name}\n", "| what | ours, s | peer, s | ratio | peer | |",
             "|---|--:|--:|--:|---|---|"]
    lines += [f"| {row['what']} | {row['ours_s']:.3f} | {row['peer_s']:.3f} | "
              f"{row['ratio']:.2f} | {row['peer']} | {row['note']} |" for row in rows]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--only", help="names with commas: " + ",".join(NAMES))
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    os.environ.setdefault("BEAMLINE_LIBRARY", str(build / "src" / "libbeamline.so"))
    support = pathlib.Path(__file__).resolve().parents[1] / "tests" / "support"
    sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(support)]
    text = HEAD.format(machine=machine())
    for name in arguments.only.split(",") if arguments.only else NAMES:
        text += table(name, list(rows_of(name, build, arguments.megabytes)))
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
