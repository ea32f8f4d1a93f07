# SPDX-License-Identifier: Apache-2.0
"""Writes the first inputs of fuzz/corpus/root_file, each about 8 KiB, with ROOT itself.

usage: root_seeds.py FOLDER
Run by hand, with a Python that has ROOT (scripts/setup --peers installs one). Every file holds one
kind of tree: numbers, counted arrays, leaf lists, strings, C++ sequences, split objects, split
collections, whole objects, packed floating point numbers; three codecs and none; directories and
cycles; branches of rare classes. One file was never closed.
"""

import array
import os
import pathlib
import signal
import sys
import tempfile

import ROOT

CODE = """
#include <bitset>
#include <string>
#include <vector>
#include <map>
#include "TClonesArray.h"
#include "TDatime.h"
#include "TFile.h"
#include "TLorentzVector.h"
#include "TObjArray.h"
#include "TRef.h"
#include "TRefArray.h"
#include "TTree.h"
#include "TVirtualStreamerInfo.h"
struct Hit { float x; Double32_t e; };
struct Base { int run; };
struct Event : Base {
    double energy; Hit hit; std::vector<Hit> hits; std::vector<short> ids; int m;
    float *list; //[m] numbers
    Event() : m(2), list(new float[2]{1, 2}) {}
    ~Event() { delete[] list; }
};
struct Packed { Double32_t a; Double32_t b; //[0,10,12]
    Float16_t c; //[-pi,pi,10]
    Float16_t d; };
struct Whole : Event {
    TString text; TString texts[2]; TNamed named; TLorentzVector p4; TRef ref; TRefArray refs;
    TDatime when; Hit two[2]; std::map<std::string, std::vector<int>> words;
    std::map<int, Hit> map; std::vector<std::pair<int, std::string>> pairs; TObjArray anything;
    Hit *pointer = nullptr; std::vector<TNamed *> nameds; TObject *object = nullptr;
    Hit *loop = nullptr; //[m]
};
void write_whole(const char *path, bool memberwise) {
    TVirtualStreamerInfo::SetStreamMemberWise(memberwise);
    TFile file(path, "recreate", "", 207);
    TTree tree("t", "whole objects");
    tree.SetDirectory(nullptr); // keeps the baskets in the tree's own record
    Whole *whole = new Whole; TLorentzVector *p4 = new TLorentzVector;
    std::vector<std::vector<Hit>> hits; std::map<int, std::map<int, Hit>> maps;
    tree.Branch("whole", &whole, 400, 0); tree.Branch("p4", &p4, 400, 0);
    tree.Branch("hits", &hits, 400, 0); tree.Branch("maps", &maps, 400, 0);
    TNamed *target = new TNamed("a", "b");
    whole->loop = new Hit[2]{};
    for (int i = 0; i < 2; i++) {
        whole->hits.assign(i + 1, Hit{0.5f, 1}); whole->words = {{"k", {i, i}}, {"l", {}}};
        whole->map = {{i, Hit{1, 2}}}; whole->pairs = {{i, "q"}}; whole->ref = target;
        whole->refs.Add(target); whole->pointer = i ? new Hit{3, 4} : nullptr;
        whole->nameds = {target, target, nullptr}; whole->object = i ? target : nullptr;
        whole->anything.Add(target); whole->texts[i] = "text";
        hits = {whole->hits, {}}; maps = {{1, whole->map}};
        tree.Fill();
    }
    file.WriteTObject(&tree);
    TVirtualStreamerInfo::SetStreamMemberWise(true);
}
void write_objects(const char *path) {
    TFile file(path, "recreate", "", 207);
    TTree tree("t", "split");
    Event *event = new Event;
    tree.Branch("event", &event, 400, 99);
    for (int i = 0; i < 3; i++) {
        event->run = i; event->energy = 2.5 * i; event->hit = {1.5f, 3};
        event->hits.assign(i, Hit{0.5f, 1}); event->ids.assign(i + 1, 5);
        tree.Fill();
    }
    tree.Write();
}
void write_sequences(const char *path) {
    TFile file(path, "recreate", "", 101);
    TTree tree("t", "sequences");
    std::vector<float> v; std::vector<std::vector<int>> vv; std::vector<std::string> vs;
    std::string s; std::bitset<5> bits; std::vector<bool> vb;
    tree.Branch("v", &v); tree.Branch("vv", &vv); tree.Branch("vs", &vs);
    tree.Branch("s", &s); tree.Branch("vb", &vb); tree.Branch("bits", &bits);
    for (int i = 0; i < 4; i++) {
        v.assign(i, 0.5f); vv.assign(2, std::vector<int>(i, i)); vs.assign(i, "abc");
        s = std::string(i, 'x'); vb.assign(3, i % 2); bits = i;
        tree.Fill();
    }
    tree.Write();
}
void write_clones(const char *path) {
    TFile file(path, "recreate", "", 207);
    TTree tree("t", "clones");
    TClonesArray *clones = new TClonesArray("TNamed", 4);
    tree.Branch("clones", &clones, 400, 99);
    for (int i = 0; i < 3; i++) {
        clones->Clear();
        for (int k = 0; k < i; k++) new ((*clones)[k]) TNamed("a", "b");
        tree.Fill();
    }
    tree.Write();
}
void write_infos(const char *path) {
    TFile file(path, "recreate", "", 101);
    Packed packed; Hit hit;
    file.WriteObject(&packed, "packed"); file.WriteObject(&hit, "hit");
}
void write_packed(const char *path) {
    TFile file(path, "recreate", "", 505);
    TTree tree("t", "packed");
    Packed *packed = new Packed;
    tree.Branch("packed", &packed, 400, 99);
    for (int i = 0; i < 3; i++) {
        packed->a = packed->b = i; packed->c = packed->d = 0.25f * i; tree.Fill();
    }
    tree.Write();
}
class Track : public TObject { public: float px; int c[2]; ClassDef(Track, 1) };
class Old : public TObject {
public:
    int id; TClonesArray *tracks;
    Old() : id(0), tracks(new TClonesArray("Track")) {}
    ClassDef(Old, 1)
};
struct Some { int a; virtual ~Some() {} };
struct More : Some { float b; };
void write_rare(const char *path) {
    TFile file(path, "recreate", "", 207);
    TTree tree("t", "branches of rare classes");
    Old *old = new Old; std::vector<Some *> *some = new std::vector<Some *>;
    tree.BranchOld("old", "Old", &old, 400, 1);
    tree.Branch("some", &some, 400, 199);
    for (int i = 0; i < 4; i++) {
        old->id = i; old->tracks->Clear(); some->clear();
        for (int k = 0; k < i; k++) {
            Track *track = new ((*old->tracks)[k]) Track;
            track->px = i + 0.5f * k; track->c[0] = k; track->c[1] = -k;
            More *more = k % 2 ? new More : nullptr;
            if (more) more->b = i;
            some->push_back(more ? more : new Some);
            some->back()->a = 10 * i + k;
        }
        tree.Fill();
    }
    tree.Write();
}
#ifdef __CLING__
#pragma link C++ class Track+;
#pragma link C++ class Old+;
#pragma link C++ class Some+;
#pragma link C++ class More+;
#pragma link C++ class std::vector<Some *>+;
#pragma link C++ class std::vector<More *>+;
#pragma link C++ class Hit+;
#pragma link C++ class Base+;
#pragma link C++ class Event+;
#pragma link C++ class Packed+;
#pragma link C++ class Whole+;
#pragma link C++ class std::vector<Hit>+;
#pragma link C++ class std::vector<std::vector<Hit>>+;
#pragma link C++ class std::map<int, Hit>+;
#pragma link C++ class std::map<int, std::map<int, Hit>>+;
#pragma link C++ class std::map<std::string, std::vector<int>>+;
#pragma link C++ class std::vector<std::pair<int, std::string>>+;
#pragma link C++ class std::vector<std::vector<int>>+;
#pragma link C++ class std::bitset<5>+;
#endif
"""


def write_leaves(path, compression):
    file = ROOT.TFile(path, "recreate", "", compression)
    file.mkdir("one").mkdir("two").cd()
    tree = ROOT.TTree("t", "leaves")
    n, values = array.array("i", [0]), array.array("f", [0] * 4)
    matrix, three = array.array("h", range(6)), array.array("d", [0] * 3)
    flag, text = array.array("b", [1]), bytearray(b"text\0")
    tree.Branch("n", n, "n/I")
    tree.Branch("values", values, "values[n]/F")
    tree.Branch("matrix", matrix, "matrix[2][3]/s")
    tree.Branch("list", three, "a/D:b/D:c/D")
    tree.Branch("flag", flag, "flag/O")
    tree.Branch("text", text, "text/C")
    for i in range(6):
        n[0] = i % 4
        tree.Fill()
    tree.Write()
    tree.Write("", ROOT.TObject.kWriteDelete if compression else 0)
    file.Close()


def write_crashed(path):
    """The writer is killed behind an AutoSave: no list of keys, and baskets that no tree knows."""
    child = os.fork()
    if child == 0:
        file = ROOT.TFile(path, "recreate", "", 207)
        file.mkdir("one").cd()
        tree = ROOT.TTree("t", "crashed")
        n, values = array.array("i", [0]), array.array("f", [0] * 4)
        tree.Branch("n", n, "n/I")
        tree.Branch("values", values, "values[n]/F")
        tree.SetAutoFlush(3)
        for i in range(9):
            n[0] = i % 4
            tree.Fill()
            if i == 5:
                tree.AutoSave()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def main():
    folder = sys.argv[1]
    with tempfile.TemporaryDirectory() as build:
        code = pathlib.Path(build, "classes.C")
        code.write_text(CODE, encoding="utf8")
        ROOT.gROOT.ProcessLine(f".L {code}+")
        write_all(folder)


def write_all(folder):
    ROOT.write_objects(f"{folder}/objects.root")
    ROOT.write_whole(f"{folder}/whole.root", False)
    ROOT.write_whole(f"{folder}/whole-memberwise.root", True)
    ROOT.write_sequences(f"{folder}/sequences.root")
    ROOT.write_clones(f"{folder}/clones.root")
    ROOT.write_packed(f"{folder}/packed.root")
    ROOT.write_infos(f"{folder}/infos.root")
    ROOT.write_rare(f"{folder}/rare.root")
    write_leaves(f"{folder}/leaves-zlib.root", 1)
    write_leaves(f"{folder}/leaves-zstd.root", 505)
    write_crashed(f"{folder}/crashed.root")


if __name__ == "__main__":
    main()
