# SPDX-License-Identifier: Apache-2.0
"""ROOT reads the TClonesArrays that beamline_writes_clones.py wrote, in each of its ways.

usage: root_reads_clones.py FILE EXPECTED
The class Thing is declared here, with its very members; Track too, but as a program may have it:
without one member, with one more, and with one in a base class. Point is left to the file.
"""

import ctypes
import json
import os
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")
import numpy  # noqa: E402
import ROOT  # noqa: E402  (it warns when it is imported)

CLASSES = """
#include <TObject.h>
class Thing : public TObject {
public:
    bool m_bool; char m_int8; unsigned char m_uint8; short m_int16; unsigned short m_uint16;
    int m_int32; unsigned int m_uint32; long long m_int64; unsigned long long m_uint64;
    float m_float32; double m_float64;
    int m_int8_() const { return m_int8; } // what Python takes for letters
    int m_uint8_() const { return m_uint8; }
    ClassDefInline(Thing, 2)
};
class SortableObject : public TObject {
public:
    float PT = 0;
    ClassDefInline(SortableObject, 1)
};
class Track : public SortableObject {
public:
    int PID = 0; float P = 8;
    ClassDefInline(Track, 3)
};
"""
PROBLEMS = []


def expect(what, found, wanted):
    if found != wanted:
        at = next((i for i, pair in enumerate(zip(found, wanted, strict=False))
                   if pair[0] != pair[1]), None)
        PROBLEMS.append(f"{what}: " + (f"{len(found)} for {len(wanted)} rows" if at is None else
                                       f"row {at}: {found[at]}, not {wanted[at]}")[:300])
    return 1


def flat(rows):
    return [float(item) for row in rows for item in (row if isinstance(row, list) else [row])]


def drawn(tree, name):
    n = tree.Draw(name, "", "goff")
    values = tree.GetV1()
    return [values[i] for i in range(n)]


def whole_objects(tree, wanted):
    """Loaded classes by their members, the other one through its streamer information."""
    rows = {name: [] for name in wanted if "." in name and "fBits" not in name}
    info = None
    for i in range(tree.GetEntries()):
        tree.GetEntry(i)
        for name, found in rows.items():
            array, member = name.split(".")
            items = list(getattr(tree, array))
            if array == "Large" and member == "x":
                info = info or getattr(tree, array).GetClass().GetStreamerInfo()
                offset = info.GetElement(1).GetOffset()
                found.append([ctypes.c_double.from_address(ROOT.addressof(item) + offset).value
                              for item in items])
            elif member == "fUniqueID":
                found.append([item.GetUniqueID() for item in items])
            elif member.endswith("int8"):
                found.append([getattr(item, member + "_")() for item in items])
            elif member != "Eta":  # the program's class has none
                found.append([getattr(item, member) for item in items])
    n = 0
    for name, found in rows.items():
        if not name.endswith("Eta"):
            n += expect(f"objects: {name}", found, wanted[name])
    return n


def through_reader(file, wanted):
    reader = ROOT.TTreeReader("Events", file)
    counts = ROOT.TTreeReaderValue["int"](reader, "Track_size")
    pt = ROOT.TTreeReaderArray["float"](reader, "Track.PT")
    objects = ROOT.TTreeReaderArray["Track"](reader, "Track")
    numbers, tracks, extra = [], [], set()
    while reader.Next():
        n = counts.Get()[0]
        numbers.append([pt.At(i) for i in range(pt.GetSize())])
        tracks.append([objects.At(i).PT for i in range(n)])
        extra |= {objects.At(i).P for i in range(n)}
    return (expect("TTreeReaderArray<float>", numbers, wanted["Track.PT"]) +
            expect("TTreeReaderArray<Track>", tracks, wanted["Track.PT"]) +
            expect("a member that is not in the file", list(extra), [8]))


def through_frame(path, wanted, arrays):
    frame = ROOT.RDataFrame("Events", path)
    names = [name for name in wanted  # no letters, and arrays member by member
             if name not in arrays and not name.endswith(("int8", ".Eta"))]
    found = frame.AsNumpy(names)
    return sum(expect(f"RDataFrame: {name}", [numpy.asarray(value).tolist()
                                              for value in found[name]], wanted[name])
               for name in names)


def copies(tree, path, wanted, folder):
    """Cloned basket by basket, entry by entry, by a cut, and merged: what hadd does."""
    made, n = {}, 0
    for how in ("fast", ""):
        made[how or "slow"] = os.path.join(folder, f"{how}.root")
        file = ROOT.TFile(made[how or "slow"], "recreate")
        tree.CloneTree(-1, how).Write()
        file.Close()
    merged = os.path.join(folder, "merged.root")
    merger = ROOT.TFileMerger(False)
    merger.OutputFile(merged, "recreate")
    for part in (path, *made.values()):
        merger.AddFile(part)
    merger.Merge()
    for how, copy in (*made.items(), ("merged", merged)):
        file = ROOT.TFile(copy)
        times = 3 if how == "merged" else 1
        for name in ("Thing.m_float32", "Large.x", "EFlowTrack.PID", "weight"):
            n += expect(f"{how}: {name}", drawn(file.Get("Events"), name),
                        flat(wanted[name]) * times)
        file.Close()
    return n


def main():
    path = os.path.abspath(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as lines:
        wanted = {row["branch"]: row["values"] for row in map(json.loads, lines)}
    ROOT.gErrorIgnoreLevel = ROOT.kError
    ROOT.gInterpreter.Declare(CLASSES)
    own_checksum = ROOT.TClass.GetClass("Thing").GetCheckSum()
    file = ROOT.TFile(path)
    tree, n = file.Get("Events"), 0
    infos = {info.GetName(): info for info in file.GetStreamerInfoList()}
    n += expect("checksum of Thing", [infos["Thing"].GetCheckSum()], [own_checksum])
    arrays = {name.split(".")[0] for name in wanted if "." in name}
    for name in wanted:
        if not name.endswith(".Eta"):
            drawn_as = name + "@.GetEntries()" if name in arrays else name
            n += expect(f"Draw: {name}", drawn(tree, drawn_as), flat(wanted[name]))
    n += whole_objects(tree, wanted) + through_reader(file, wanted)
    n += through_frame(path, wanted, arrays)
    with tempfile.TemporaryDirectory() as folder:
        n += copies(tree, path, wanted, folder)
    tree.Print("all")
    print("\n".join(PROBLEMS), end="\n" if PROBLEMS else "")
    print(f"{n - len(PROBLEMS)} of {n} ways to read agree")
    sys.exit(1 if PROBLEMS else 0)


main()
