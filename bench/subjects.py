# SPDX-License-Identifier: Apache-2.0
"""What is measured: programs that are asked for one run at a time, as bench.h says."""

import json
import pathlib
import subprocess
import sys
from typing import NamedTuple

import inputs


class Way(NamedTuple):
    """A program doing one thing on so many threads."""
    name: str
    threads: int


class Subject:
    """A program, started when it is first asked."""

    def __init__(self, command):
        self.command = [str(word) for word in command]
        self.process = None

    def ask(self, way, threads, path):
        if not self.process:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(f"{way} {threads} {path}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.command[-1]}: no answer to {way} {threads} {path}")
        return json.loads(answer)

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def peers_python():
    """The Python that has ROOT, or None."""
    python = inputs.cache().parent / "peers" / "bin" / "python"
    return python if python.exists() else None


# What is asked of which program under which name; `hot` and `large` are of plainly stored files.
REQUESTS = {"codec": ("codec_only", "codec"), "memcpy-hot": ("codec_only", "hot"),
            "memcpy-large": ("codec_only", "large"), "beamline": ("read_columns", "read"),
            "uproot": ("uproot", "read"), "RDataFrame": ("rdataframe", "read")}
READERS = ("uproot", "RDataFrame")  # others' readers, whose values are compared with ours


class Subjects:
    """All programs of one measurement; use it in a `with`."""

    def __init__(self, build, wanted):
        here = pathlib.Path(__file__).parent
        self.build = build
        self.programs = {"codec_only": Subject([build / "bench" / "codec_only"]),
                         "read_columns": Subject([build / "bench" / "read_columns"]),
                         "uproot": Subject([sys.executable, here / "uproot_reads.py"])}
        if peers_python():
            self.programs["rdataframe"] = Subject([peers_python(), here / "rdataframe.py",
                                                   inputs.cache()])
        self.names = [name for name, (program, _) in REQUESTS.items()
                      if program in self.programs and (not wanted or name in wanted)]
        # Asked at once: ROOT may have to compile first.
        self.versions = {name: self.programs[REQUESTS[name][0]].ask("version", 1, "")["version"]
                         for name in READERS if name in self.names}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in self.programs.values():
            program.close()

    def ways(self, codec, threads):
        """Those that make sense for a file of this codec."""
        return [Way(name, n) for name in self.names for n in threads
                if (codec == "none" or not name.startswith("memcpy"))
                and (codec != "none" or name != "codec")]

    def run(self, way, path):
        program, request = REQUESTS[way.name]
        return self.programs[program].ask(request, way.threads, path)

    def sizes(self, path):
        return self.programs["codec_only"].ask("sizes", 1, path)

    def check(self, path, threads):
        """Stops where another reader has another number of values of a column, or another sum."""
        ours = self.values(path, threads)
        for name in READERS:
            if name in self.names:
                answer = self.programs[REQUESTS[name][0]].ask("check", threads, path)
                compare(path.name, name, ours, answer["columns"])

    def values(self, path, threads):
        """{column: (number of values, their sum)}, as the command `beamline stats` says."""
        run = subprocess.run([self.build / "src" / "beamline", "stats", "--json", "--threads",
                              str(threads), path], capture_output=True, text=True, check=True)
        rows = [json.loads(line) for line in run.stdout.splitlines()]
        values = {row["column"]: (row["values"], row["sum"] or 0) for row in rows}
        if "beamline" in self.names:
            read = self.programs["read_columns"].ask("read", threads, path)["values"]
            if read != sum(n for n, _ in values.values()):
                sys.exit(f"{path.name}: read_columns read {read} values")
        return values


def compare(file, name, ours, theirs):
    if set(ours) != set(theirs):
        sys.exit(f"{file}: {name} has other columns: {sorted(set(ours) ^ set(theirs))[:5]}")
    for column, (n, total) in ours.items():
        n_theirs, total_theirs = theirs[column]
        # Sums of floats depend on the order; theirs is of as many numbers as ours.
        if n != n_theirs or abs(total - total_theirs) > 1e-9 * max(n, abs(total)):
            sys.exit(f"{file}: {name}: {column} has {n_theirs} values, sum {total_theirs}; we have "
                     f"{n}, {total}")
