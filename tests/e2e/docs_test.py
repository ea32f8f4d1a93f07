#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of the documentation is run, and prints what the page says.

A page's commands are run one after the other in a folder of their own, which begins empty; files
that they name and no command made come from documented_files.py. In the command reference each
example stands for itself. `beamline generate` makes few events, where nothing is shown that depends
on them.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(os.environ["BEAMLINE_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests/support"))
import documented  # noqa: E402
import documented_files  # noqa: E402

if "BEAMLINE_LIBRARY" not in os.environ:
    pytest.skip("documentation is of the release build", allow_module_level=True)

PAGES = {str(path.relative_to(SOURCE)): path.read_text()
         for path in [SOURCE / "README.md", *sorted(SOURCE.glob("docs/*.md"))]}
PAGES["beamline help"] = subprocess.run([os.environ["BEAMLINE"], "help", "--markdown"],
                                        capture_output=True, text=True, check=True).stdout
# Blocks marked no-test: a model of others' libraries, hours of Pythia, lines that are typed, and
# the demo, which has a test of its own.
LEFT_OUT = 4


def blocks(name):
    return list(documented.blocks(PAGES[name]))


def names(text):
    """Names of files that a command takes, NAME= before them and redirections apart."""
    split = shlex.shlex(text, posix=True, punctuation_chars="|<>;")
    split.whitespace_split = True
    words = list(split)
    outputs = ["-o", "--output", ">", *(["-m"] if "init" in words else [])]
    is_output = [last in outputs for last in ["", *words]]
    return [re.sub(r"^\w+=", "", word) for word, skip in zip(words, is_output, strict=False)
            if not skip or "--append" in words]


def capped(text):
    return re.sub(r"(beamline generate .*(?:-n|--events) )(\d+)",
                  lambda m: m[1] + str(min(int(m[2]), documented_files.EVENTS)), text)


class Page:
    """Runs a page's commands in a folder."""

    def __init__(self, name, folder, files):
        self.name, self.folder, self.files = name, folder, files
        for path in ".config/fish/completions", "usr/local/share/man/man1":
            (folder / path).mkdir(parents=True)
        self.environment = {
            **os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8",
            "PATH": f"{pathlib.Path(os.environ['BEAMLINE']).parent}:{os.environ['PATH']}"}

    def install(self):
        prefix = self.folder / "usr/local"
        subprocess.run(["cmake", "--install", os.environ["BEAMLINE_BUILD"], "--prefix", prefix],
                       check=True, capture_output=True)
        library = next(prefix.rglob("beamline.pc")).parent.parent
        self.environment |= {"PKG_CONFIG_PATH": str(library / "pkgconfig"),
                             "LD_LIBRARY_PATH": str(library)}

    def run(self, command):
        where = f"{self.name}:{command.line}: {command.text}"
        for name in names(command.text):
            self.files.place(where, name, self.folder)
        if "pkg-config" in command.text:
            self.install()
            program, = re.findall(r"^```c\n(.*?)^```$", PAGES[self.name], re.S | re.M)
            (self.folder / "predict.c").write_text(program)
        text = capped(command.text) if command.shown is None else command.text
        text = text.replace("/usr/local", f"{self.folder}/usr/local")
        # Lines come when they are written, as on a terminal.
        done = subprocess.run(["stdbuf", "-oL", "bash", "-euo", "pipefail", "-c", text], text=True,
                              cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        # 141: what writes into `head` when that has seen enough.
        assert done.returncode in (0, 141), f"{where}: exit status {done.returncode}: {done.stdout}"
        assert not command.shown or documented.same(command.shown, done.stdout), \
            f"{where}: prints\n{done.stdout}"


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    return documented_files.Files(tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("name", [name for name in PAGES if any(b.commands for b in blocks(name))])
def test_page(name, tmp_path, files):
    pages = []
    for block in blocks(name):
        if not pages or name == "beamline help":
            folder = tmp_path / str(len(pages))
            folder.mkdir()
            pages.append(Page(name, folder, files))
        if block.file:
            (pages[-1].folder / block.file[0]).write_text(block.file[1])
        for command in block.commands if block.runs else []:
            pages[-1].run(command)


def test_left_out():
    left = [f"{name}:{block.line}" for name in PAGES for block in blocks(name) if not block.runs]
    assert len(left) <= LEFT_OUT, left


MADE = """
```console
$ beamline --version
beamline 7
```
```sh no-test
beamline cat root://server//events.root
```
```sh
beamline cat events.root |
  head
make
```
```yaml
# data.yaml
treename: Events
```
"""


def test_reading():
    """What is found in a page, and that what differs is seen."""
    console, left, shell, data = documented.blocks(MADE)
    assert [(c.line, c.text, c.shown) for c in console.commands] == \
        [(3, "beamline --version", "beamline 7\n")]
    assert console.runs and not left.runs
    assert [c.text for c in shell.commands] == ["beamline cat events.root |\n  head", "make"]
    assert data.file == ("data.yaml", "# data.yaml\ntreename: Events\n")
    assert documented.same("a  b\n…\n12 events in 3.5 s\n", "a b\nx\ny\n12  events in 99 s\n")
    assert documented.same("read 7 MB/s, 1,200 events/s", "read 8 MB/s, 3 events/s")
    assert not documented.same("12 events in 3 s", "13 events in 3 s")
    assert not documented.same("a\nb", "a\nx\nb")
    with pytest.raises(ValueError, match="console"):
        list(documented.blocks("```\n$ beamline\n```\n"))


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
