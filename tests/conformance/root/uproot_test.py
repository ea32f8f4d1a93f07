# SPDX-License-Identifier: Apache-2.0
"""Every branch of every real ROOT file that both beamline and uproot read has the same values.

The files are in the folder BEAMLINE_DATA. Counts and values must be equal, floats bit for bit;
ranged floats to 1e-9. What only one of both reads is counted, and told in conformance-uproot.txt in
the build folder. Where uproot is known to be at fault the difference is listed below.
"""

import collections
import os
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

DATA = os.environ.get("BEAMLINE_DATA")
FILES = sorted(pathlib.Path(DATA, "root").rglob("*.root")) if DATA else []

if not DATA:
    pytest.skip("BEAMLINE_DATA does not name a folder of real files", allow_module_level=True)

import beamline_arrow  # noqa: E402
import same_values  # noqa: E402
import uproot  # noqa: E402
import uproot_columns  # noqa: E402
from uproot.interpretation.identify import UnknownInterpretation  # noqa: E402

# Pattern of "file: branch", pattern of the difference, whose fault and why.
KNOWN = [
    (r"\.fBits$", r"list \d+ has",
     "uproot takes fBits for 4 bytes, also where a referenced object has 6"),
    (r"/(fTotal|fNIndices|fNtracks|fNsingle|N|\w+\.fTotal)$", r"is int32, theirs uint32",
     "uproot makes a member that counts another unsigned; ROOT's are Int_t"),
    (r"tree/evt$", r"N: is int32, theirs uint32",
     "uproot makes a member that counts another unsigned; ROOT's are Int_t"),
    (r"\.jetLink$", r"m_persKey: value 0",
     "uproot reads objects that were streamed memberwise as if they lay one behind the other"),
    (r"\[\d+\]\[\d+\]$", r"list 0 has|theirs float32",
     "uproot joins the dimensions of an array inside a TClonesArray"),
]


def known_reason(where, difference):
    return next((reason for place, text, reason in KNOWN
                 if re.search(place, where) and re.search(text, difference)), None)


class Tally:
    def __init__(self):
        self.counts = collections.Counter()
        self.notes = []
        self.differences = []

    def add(self, verdict, where, note=""):
        self.counts[verdict] += 1
        if note:
            self.notes.append(f"{verdict}: {where}: {note}")


@pytest.fixture(scope="module")
def tally():
    made = Tally()
    yield made
    lines = [f"{count:>8} {verdict}" for verdict, count in made.counts.most_common()]
    text = "\n".join([*lines, "", *sorted(made.notes), ""])
    pathlib.Path(os.environ["BEAMLINE_BUILD"], "conformance-uproot.txt").write_text(text, "utf-8")
    print("\n".join(lines))


def theirs_of(branch):
    try:
        return branch.array(library="ak"), None
    except Exception as error:  # uproot raises whatever its parts raise
        return None, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def ours_of(table, column):
    if column.unreadable:
        return None, column.unreadable
    try:
        return table.read([column.index], last=column.n_rows)[0], None
    except (beamline_arrow.Failure, OSError, ValueError) as error:
        return None, str(error)


def compare_branch(tally, where, table, column, branch):
    if isinstance(branch.interpretation, uproot.AsGrouped):
        return tally.add("of its children only in uproot", where)
    if column.n_rows == 0:  # a scan to row 0 would be one to the table's end
        assert branch.num_entries == 0, where
        return tally.add("empty in both", where)
    mine, our_reason = ours_of(table, column)
    if our_reason:  # uproot takes minutes for some of these, so it is not asked for values
        knows = not isinstance(branch.interpretation, UnknownInterpretation)
        return tally.add("read by uproot alone, it says" if knows else "read by neither", where,
                         our_reason)
    theirs, their_reason = theirs_of(branch)
    if their_reason:
        return tally.add("read by beamline alone", where, their_reason)
    ranged = re.search("Double32|Float16", column.source_type)
    found = same_values.difference(mine, theirs, 1e-9 if ranged else 0.0)
    if not found:
        return tally.add("the same", where)
    reason = known_reason(where, found)
    tally.add("different, known" if reason else "different", where, f"{found}: {reason}")
    if not reason:
        tally.differences.append(f"{where}: {found}")
    return None


def compare_tree(tally, held, path, name, tree):
    with beamline_arrow.Table(held, path, name) as table:
        ours = {(column.path, column.duplicate): column for column in table.columns}
        theirs = uproot_columns.branches(tree)
        assert not set(ours) - set(theirs), f"{path.name}: {name}: columns that uproot has not"
        for key, branch in theirs.items():
            where = f"{path.name}: {name}/{key[0]}"
            if key in ours:
                compare_branch(tally, where, table, ours[key], branch)
            else:
                assert len(branch.branches) > 0, f"{where}: beamline does not list it"
                tally.add("of its children only", where)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_same_values(path, tally):
    try:
        file = uproot.open(path)
        theirs = uproot_columns.trees(file)
    except Exception as error:  # see theirs_of
        pytest.skip(f"uproot cannot open it: {str(error).splitlines()[0][:100]}")
    with beamline_arrow.context() as held:
        try:
            ours = beamline_arrow.trees(held, path)
        except beamline_arrow.Failure as error:
            tally.add("files that beamline refuses", path.name, str(error))
            assert not theirs or path.name == "crashed.root"
            return
        assert set(ours) == set(theirs)
        before = len(tally.differences)
        for name, tree in theirs.items():
            compare_tree(tally, held, path, name, tree)
        assert tally.differences[before:] == []


def test_columns_were_compared(tally):
    assert tally.counts["the same"] > 0
