# SPDX-License-Identifier: Apache-2.0
"""ROOT reads what beamline_writes.py wrote; every value must be the one that was written.

usage: root_reads_ours.py FILE EXPECTED
"""

import json
import os
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")
import ROOT  # noqa: E402  (it warns when it is imported)


def plain(value):
    """A value as JSON has it."""
    if isinstance(value, (int, float, bool)):
        return value
    if isinstance(value, (str, ROOT.std.string)):
        return str(value)
    if hasattr(value, "tolist"):  # numpy
        return value.tolist()
    return [plain(item) for item in value]


def flat(value):
    if not isinstance(value, list):
        return [value]
    return [item for part in value for item in flat(part)]


def objects(tree, branch):
    """The values of a branch of vectors or strings."""
    kind, found = branch.GetClassName(), []
    held = (ROOT.std.string() if kind == "string" else
            ROOT.std.vector[kind.removeprefix("vector<")[:-1].strip()]())
    tree.SetBranchAddress(branch.GetName(), held)
    for i in range(tree.GetEntries()):
        branch.GetEntry(i)
        found.append(plain(held))
    tree.ResetBranchAddress(branch)
    return found


def column(tree, frame, name):
    """The values of a branch, entry by entry; of several dimensions flat."""
    if name == "score":
        return [entry.score for entry in tree]
    branch = tree.GetBranch(name)
    leaf = branch.GetLeaf(name)
    if isinstance(leaf, ROOT.TLeafElement):
        return objects(tree, branch)
    if isinstance(leaf, ROOT.TLeafL):  # 64 bits do not fit GetValue's double
        return [plain(value) for value in frame.AsNumpy([name])[name]]
    found = []
    for i in range(tree.GetEntries()):
        branch.GetEntry(i)
        if isinstance(leaf, ROOT.TLeafC):
            found.append(leaf.GetValueString())
        elif leaf.GetLeafCount() or leaf.GetLenStatic() > 1:
            found.append([leaf.GetValue(k) for k in range(leaf.GetLen())])
        else:
            found.append(leaf.GetValue())
    return found


def know_nested_vectors():
    """ROOT has dictionaries of few of them; it leaves what it compiles in the present folder."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for inner in ("vector<double>", "vector<int>", "vector<vector<int> >", "vector<string>"):
            ROOT.gInterpreter.GenerateDictionary(f"vector<{inner} >", "vector;string")
        os.chdir(here)


def main():
    sys.argv[1:] = map(os.path.abspath, sys.argv[1:])
    know_nested_vectors()
    file = ROOT.TFile(sys.argv[1])
    if file.IsZombie() or file.TestBit(ROOT.TFile.kRecovered):
        sys.exit("not a whole file")
    tree, frame = file.Get("Events"), ROOT.RDataFrame("Events", sys.argv[1])
    wrong, n = [], 0
    for line in open(sys.argv[2], encoding="utf-8"):
        row = json.loads(line)
        found = column(tree, frame, row["branch"])
        is_fixed = row["branch"].endswith("fixed2") or row["branch"] == "jagged_fixed"
        ours = [flat(value) if is_fixed else value for value in row["values"]]
        theirs = [flat(value) if is_fixed else value for value in found]
        n += 1
        if ours != theirs:
            at = [i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b][:1]
            wrong.append(f"{row['branch']}: differs at {at}: "
                         f"{[(ours[i], theirs[i]) for i in at]}"[:300])
    print("\n".join(wrong), end="\n" if wrong else "")
    print(f"{n - len(wrong)} of {n} branches agree")
    sys.exit(1 if wrong else 0)


main()
