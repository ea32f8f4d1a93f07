# SPDX-License-Identifier: Apache-2.0
"""Commands in Markdown: which there are, and whether what they print is what the page shows.

Blocks fenced as `sh` have a command a line; in those fenced as `console` commands begin with "$ "
and what they print stands below. A block is run if it has a command with `beamline` or "$ ", unless
`no-test` stands behind `sh` or `console`. A block of YAML whose first line is "# NAME.yaml" is that
file.
"""

import dataclasses
import re

FENCE = re.compile(r"^```(\w*)( no-test)?\n(.*?)^```$", re.S | re.M)
# What differs from run to run: how long something took, and how fast it was.
RATE = re.compile(r"\b\d[\d,.]* (\w+ )?(?:[kMG]?B|[a-z]+)/s\b")
TIME = re.compile(r"\b\d[\d,.]* (ns|µs|ms|s|min)\b")


@dataclasses.dataclass
class Command:
    line: int
    text: str
    shown: str | None = None  # what the page says that it prints


@dataclasses.dataclass
class Block:
    line: int
    runs: bool
    commands: list = dataclasses.field(default_factory=list)
    file: tuple | None = None  # (name, text)


def joined(lines):
    """(number, command) of lines that may go on in the next one."""
    begun, text = 0, ""
    for number, line in lines:
        begun, text = (begun, text + "\n" + line) if text else (number, line)
        if not line.endswith(("\\", "|")):
            yield begun, text
            text = ""


def of_console(lines):
    commands = []
    for number, line in lines:
        if line.startswith("$ "):
            commands.append(Command(number, line[2:], ""))
        elif commands and commands[-1].text.endswith("\\"):
            commands[-1].text += "\n" + line
        elif not commands:
            raise ValueError(f"line {number}: a console block begins with a command")
        else:
            commands[-1].shown += line + "\n"
    return commands


def of_shell(lines):
    return [Command(number, text) for number, text in joined(lines)
            if text.strip() and not text.startswith("#")]


def blocks(page):
    """The blocks of a page that are commands of ours, or files for them."""
    for match in FENCE.finditer(page):
        first = page.count("\n", 0, match.start()) + 2
        lines = list(enumerate(match[3].splitlines(), first))
        is_ours = any(re.search(r"^\$ |^ *beamline ", line) for _, line in lines)
        if match[1] == "" and any(line.startswith("$ ") for _, line in lines):
            raise ValueError(f"line {first}: commands with their output are fenced as console")
        if match[1] in ("sh", "console") and is_ours:
            commands = (of_console if match[1] == "console" else of_shell)(lines)
            yield Block(first, not match[2], commands)
        if match[1] == "yaml" and (named := re.match(r"# (\S+\.yaml)\n", match[3])):
            yield Block(first, True, file=(named[1], match[3]))


def masked(text):
    text = TIME.sub(r"TIME \1", RATE.sub("RATE", text))
    return "".join(" ".join(line.split()) + "\n" for line in text.rstrip().splitlines())


def same(shown, printed):
    """Whether that was printed. A line of "…" stands for any lines, in a line it does for any
    letters; times, rates and the widths of columns do not count."""
    pattern = ""
    for line in masked(shown).splitlines():
        if line in ("…", "..."):
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(map(re.escape, line.split("…"))) + r"\n"
    return re.fullmatch(pattern, masked(printed)) is not None
