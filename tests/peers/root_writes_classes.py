# SPDX-License-Identifier: Apache-2.0
"""What root_writes.py has ROOT write of classes: whole objects, maps, pointers, versions.

Everything is written object by object and member by member ("memberwise"), unsplit and as members
of a split object. Expected values are functions of the entry's number.
"""

import os
import pathlib
import subprocess
import sys

N = 60
REFERENCED = 0x18  # the bits of an object that something refers to

# In a file, because ROOT compiles what streams the classes.
HEADER = """
#include <TClonesArray.h>
#include <TDatime.h>
#include <TLorentzVector.h>
#include <TNamed.h>
#include <TObjArray.h>
#include <TRef.h>
#include <TRefArray.h>
#include <array>
#include <bitset>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

struct First { short first; };
struct Second { int second; std::vector<int> numbers; };
enum Colour { kRed_, kGreen_, kBlue_ };
struct Small { int a; double d; };
struct Whole : public First, public Second {
    int n; float x[3]; char text[4]; bool flag; Colour colour; unsigned long long big;
    Double32_t ranged; //[0,10,16]
    std::string s; std::string two[2]; TString t; TString three[3];
    Small in; Small ins[2][2]; std::array<float, 3> floats; std::array<Small, 2> smalls;
    std::bitset<5> bits; std::vector<int> v[2]; std::vector<int> *pv = nullptr;
    int count; float *counted = nullptr; //[count]
    Small *loop = nullptr; //[count]
    Small *pointer = nullptr; Small *pointers[2] = {nullptr, nullptr};
    std::vector<Small> many; std::vector<Small *> many_pointers;
    std::vector<std::vector<Small>> nested;
    std::vector<Colour> colours; std::vector<Double32_t> doubles; std::list<Small> list;
    std::set<std::string> set; std::pair<int, std::string> pair;
    std::vector<std::pair<int, std::string>> pairs; std::map<int, float> map;
    std::map<std::string, std::vector<int>> words; std::map<int, Small> objects;
    std::map<int, std::map<int, std::string>> maps;
    std::vector<std::map<std::string, int>> vector_of_maps;
    std::multimap<int, int> multimap; std::unordered_map<std::string, int> unordered; TDatime when;
};
class Event : public TObject {
public:
    int number = 0; TRef reference; TRefArray references; TLorentzVector p4; TVector2 flat;
    TObjArray anything; TObject *object = nullptr;
    ClassDef(Event, 2)
};
class Parent : public TObject {
public:
    int base = 1;
    ClassDef(Parent, 1)
};
class Child : public Parent {
public:
    int child = 2;
    ClassDef(Child, 1)
};
class Other : public TNamed, public Parent {
public:
    int other = 3;
    ClassDef(Other, 1)
};
struct Holder { std::unique_ptr<Small> unique; Parent *one = nullptr; std::vector<Parent *> many; };
"""

FUNCTIONS = """
#include <TFile.h>
#include <TTree.h>
#include <TVirtualStreamerInfo.h>

void set_whole(Whole &w, int i) {
    w.first = -i; w.second = i; w.numbers.assign(i % 3, i); w.n = i;
    for (int k = 0; k < 3; k++) w.x[k] = i + 0.5f * k;
    snprintf(w.text, sizeof w.text, "%03d", i % 1000); w.flag = i % 2; w.colour = Colour(i % 3);
    w.big = (1ull << 63) + i; w.ranged = i % 10; w.s = std::string(i * 20, 's');
    w.two[0] = "a"; w.two[1] = std::to_string(i); w.t = "T";
    for (int k = 0; k < 3; k++) w.three[k] = k == i % 3 ? "three" : "";
    w.in = {i, 0.5 * i};
    for (int k = 0; k < 4; k++) w.ins[k / 2][k % 2] = {i + k, 1.};
    w.floats = {1, 2, 3}; w.smalls[0] = {i, 1.}; w.smalls[1] = {-i, 2.}; w.bits = i;
    w.v[0].assign(1, i); w.v[1].assign(i % 3, i);
    delete w.pv; w.pv = new std::vector<int>(2, i);
    delete[] w.counted; delete[] w.loop;
    w.count = i % 3; w.counted = w.count ? new float[w.count] : nullptr;
    w.loop = w.count ? new Small[w.count] : nullptr;
    for (int k = 0; k < w.count; k++) { w.counted[k] = i + k; w.loop[k] = {k, 1.}; }
    w.pointer = i % 2 ? new Small{i, 3.} : nullptr; // leaks, which is no matter here
    w.pointers[0] = w.pointer; w.pointers[1] = new Small{-i, 4.};
    w.many.assign(i % 4, Small{i, 5.}); w.many_pointers.assign(i % 3, w.pointers[1]);
    w.nested.assign(2, w.many); w.colours.assign(i % 3, kBlue_); w.doubles.assign(i % 3, 0.5 * i);
    w.list = {{1, 1.}, {i, 2.}}; w.set = {"a", "b" + std::to_string(i)}; w.pair = {i, "p"};
    w.pairs = {{i, "q"}, {i, "r"}}; w.map = {{i, 1.f}, {i + 1, 2.f}};
    w.words = {{"k" + std::to_string(i), {i, i}}, {"l", {}}}; w.objects = {{i, {i, 1.}}};
    w.maps = {{1, {{2, "x"}, {3, "y"}}}}; w.vector_of_maps.assign(i % 3, {{"a", i}});
    w.multimap = {{1, i}, {1, i + 1}}; w.unordered = {{"u", i}};
    w.when.Set(2020, 1 + i % 12, 3, 4, 5, 6);
}

// \\return the number that references know their target by
unsigned write_classes(const char *path, int n_rows, bool memberwise) {
    TVirtualStreamerInfo::SetStreamMemberWise(memberwise);
    TFile file(path, "RECREATE");
    TTree tree("tree", "");
    auto one = new Whole, split = new Whole; auto many = new std::vector<Whole>;
    auto event = new Event; auto events = new std::vector<Event>; auto holder = new Holder;
    auto p4 = new TLorentzVector; auto named = new TNamed; auto small = new Small;
    auto other = new Other;
    std::map<std::string, std::vector<int>> words; std::map<int, Small> objects;
    std::vector<Small> smalls; std::vector<std::pair<int, std::string>> pairs;
    std::vector<Parent *> bases; std::map<int, std::map<int, std::string>> maps;
    tree.Branch("one", &one, 32000, 0); tree.Branch("split.", &split, 32000, 1);
    tree.Branch("many", &many, 32000, 0);
    tree.Branch("event", &event, 32000, 0); tree.Branch("events", &events, 32000, 0);
    tree.Branch("holder", &holder, 32000, 0); tree.Branch("p4", &p4, 32000, 0);
    tree.Branch("named", &named, 32000, 0); tree.Branch("small", &small, 32000, 0);
    tree.Branch("other", &other, 32000, 0); tree.Branch("words", &words, 32000, 0);
    tree.Branch("objects", &objects, 32000, 0); tree.Branch("smalls", &smalls, 32000, 0);
    tree.Branch("pairs", &pairs, 32000, 0); tree.Branch("bases", &bases, 32000, 0);
    tree.Branch("maps", &maps, 32000, 0);
    auto target = new TNamed;
    for (int i = 0; i < n_rows; i++) {
        set_whole(*one, i); set_whole(*split, i);
        many->resize(i % 3);
        for (size_t k = 0; k < many->size(); k++) set_whole((*many)[k], i + k);
        event->number = i; event->p4.SetPxPyPzE(i, 1, 2, 3); event->flat.Set(i, 2.);
        event->reference = target; event->references.Clear(); event->anything.Clear();
        for (int k = 0; k < i % 3; k++) {
            event->references.Add(target);
            event->anything.Add(named);
        }
        event->object = i % 2 ? target : nullptr;
        events->resize(i % 3);
        for (size_t k = 0; k < events->size(); k++) (*events)[k].number = i + k;
        holder->unique.reset(i % 2 ? new Small{i, 7.} : nullptr);
        holder->one = i % 3 == 0 ? nullptr : i % 3 == 1 ? new Parent : (Parent *)new Other;
        holder->many.clear();
        if (i % 4 > 0) holder->many = {new Parent, new Child};
        if (i % 4 > 1) {
            holder->many.push_back(new Other);
            holder->many.push_back(holder->many[1]);
        }
        bases = holder->many;
        for (Parent *base : bases) base->base = i;
        if (holder->one) holder->one->base = -i;
        p4->SetPxPyPzE(i, 1, 2, 3); named->SetNameTitle(Form("n%d", i), "title"); *small = {i, 0.5};
        other->other = i; words = one->words; objects = one->objects; smalls = one->many;
        pairs = one->pairs; maps = one->maps;
        tree.Fill();
    }
    tree.Write();
    return target->GetUniqueID() & 0xffffff;
}
"""

COMPILED = ("Whole;Event;Parent;Child;Other;Holder;Small;vector<Whole>;vector<Event>;"
            "vector<Small>;vector<Small*>;vector<Parent*>;vector<vector<Small> >;list<Small>;"
            "map<string,vector<int> >;map<int,Small>;map<int,map<int,string> >;"
            "vector<map<string,int> >;multimap<int,int>;unordered_map<string,int>;"
            "pair<int,string>;vector<pair<int,string> >;vector<Colour>")


def small(a, d):
    return {"a": a, "d": float(d)}


def pairs(items):
    return [{"key": key, "value": value} for key, value in items]


def text(i):
    return [ord(letter) for letter in f"{i:03d}"] + [0]


def whole(i):
    """A Whole as set_whole makes it."""
    second = small(-i, 4)
    pointer = [small(i, 3)] if i % 2 else []
    many = [small(i, 5)] * (i % 4)
    maps = pairs([(1, pairs([(2, "x"), (3, "y")]))])
    return {
        "first": -i, "second": i, "numbers": [i] * (i % 3), "n": i,
        "x": [i, i + 0.5, i + 1.0], "text": text(i), "flag": i % 2 == 1, "colour": i % 3,
        "big": (1 << 63) + i, "ranged": int(0.5 + i % 10 * 6553.6) / 6553.6, "s": "s" * (i * 20),
        "two": ["a", str(i)], "t": "T",
        "three": ["three" if k == i % 3 else "" for k in range(3)], "in": small(i, 0.5 * i),
        "ins": [[small(i, 1), small(i + 1, 1)], [small(i + 2, 1), small(i + 3, 1)]],
        "floats": [1, 2, 3], "smalls": [small(i, 1), small(-i, 2)],
        "bits": [i >> k & 1 == 1 for k in range(5)], "v": [[i], [i] * (i % 3)], "pv": [i, i],
        "count": i % 3, "counted": [i + k for k in range(i % 3)],
        "loop": [small(k, 1) for k in range(i % 3)], "pointer": pointer,
        "pointers": [pointer, [second]], "many": many, "many_pointers": [[second]] * (i % 3),
        "nested": [many, many], "colours": [2] * (i % 3), "doubles": [0.5 * i] * (i % 3),
        "list": [small(1, 1), small(i, 2)], "set": ["a", f"b{i}"],
        "pair": {"first": i, "second": "p"},
        "pairs": [{"first": i, "second": "q"}, {"first": i, "second": "r"}],
        "map": pairs([(i, 1), (i + 1, 2)]), "words": pairs([(f"k{i}", [i, i]), ("l", [])]),
        "objects": pairs([(i, small(i, 1))]), "maps": maps,
        "vector_of_maps": [pairs([("a", i)])] * (i % 3),
        "multimap": pairs([(1, i), (1, i + 1)]), "unordered": pairs([("u", i)]),
        "when": {"fDatime": 25 << 26 | (1 + i % 12) << 22 | 3 << 17 | 4 << 12 | 5 << 6 | 6},
    }


def event(i, target=0):
    """An Event; `target` is what its references have, where it was filled."""
    vector = {"fX": i, "fY": 1, "fZ": 2} if target else {"fX": 0, "fY": 0, "fZ": 0}
    is_there = target and i % 2
    return {"number": i, "reference": {"ref": target},
            "references": [target] * (i % 3 if target else 0),
            "p4": {"fP": vector, "fE": 3 if target else 0},
            "flat": {"fX": i, "fY": 2} if target else {"fX": 0, "fY": 0},
            "object": [{"fUniqueID": target, "fBits": REFERENCED}] if is_there else []}


def holder(i):
    bases = [[], [i, i], [i, i, i, i], [i, i, i, i]][i % 4]
    return {"unique": [small(i, 7)] if i % 2 else [],
            "one": [] if i % 3 == 0 else [{"base": -i}],
            "many": [[{"base": base}] for base in bases]}


def classes(root, path, memberwise):
    target = root.write_classes(path, N, memberwise)
    rows = range(N)
    yield "tree", "one", [whole(i) for i in rows]
    yield "tree", "many", [[whole(i + k) for k in range(i % 3)] for i in rows]
    for name in whole(0):
        if name not in ("first", "second", "numbers", "loop"):
            dims = {"x": "[3]", "text": "[4]", "two": "[2]", "three": "[3]", "ins": "[2][2]",
                    "v": "[2]", "floats": "[3]", "smalls": "[2]", "pointers": "[2]"}.get(name, "")
            yield "tree", f"split./split.{name}{dims}", [whole(i)[name] for i in rows]
    yield "tree", "split./split.First", [{"first": -i} for i in rows]
    yield "tree", "split./split.Second", [{"second": i, "numbers": [i] * (i % 3)} for i in rows]
    yield "tree", "event", [event(i, target) for i in rows]
    yield "tree", "events", [[event(i + k) for k in range(i % 3)] for i in rows]
    yield "tree", "holder", [holder(i) for i in rows]
    yield "tree", "p4", [event(i, target)["p4"] for i in rows]
    yield "tree", "named", [{"fName": f"n{i}", "fTitle": "title"} for i in rows]
    yield "tree", "small", [small(i, 0.5) for i in rows]
    yield "tree", "other", [{"fName": "", "fTitle": "", "base": 1, "other": i} for i in rows]
    yield "tree", "words", [whole(i)["words"] for i in rows]
    yield "tree", "objects", [whole(i)["objects"] for i in rows]
    yield "tree", "smalls", [whole(i)["many"] for i in rows]
    yield "tree", "pairs", [whole(i)["pairs"] for i in rows]
    yield "tree", "bases", [holder(i)["many"] for i in rows]
    yield "tree", "maps", [whole(i)["maps"] for i in rows]


# ---- a class that changed ----

VERSIONS = {
    1: "int a = 0; float b = 0; float gone = 0; std::vector<float> c; ClassDefNV(Changed, 1);",
    2: "std::string fresh; double b = 0; int a = 0; std::vector<float> c; std::vector<int> more;"
       " ClassDefNV(Changed, 2);",
}
SET = {1: "o.gone = 9;", 2: "o.fresh = std::to_string(i); o.more.assign(2, i);"}
WRITE = """
#include <TFile.h>
#include <TTree.h>
#include <TVirtualStreamerInfo.h>
void change(Changed &o, int i) {{ o.a = i; o.b = 0.5 * i; o.c.assign(i % 3, i); {set} }}
void write(const char *path, int n_rows, bool memberwise) {{
    TVirtualStreamerInfo::SetStreamMemberWise(memberwise);
    TFile file(path, "RECREATE");
    TTree tree("tree", "");
    auto many = new std::vector<Changed>; auto in = new Inside; auto loose = new std::list<Inside>;
    tree.Branch("many", &many, 32000, 0); tree.Branch("in", &in, 32000, 0);
    tree.Branch("loose", &loose, 32000, 0);
    for (int i = 0; i < n_rows; i++) {{
        many->resize(i % 3); loose->resize(i % 2);
        for (auto &o : *many) change(o, i);
        for (auto &o : *loose) change(o.inner, i);
        change(in->inner, i);
        tree.Fill();
    }}
    tree.Write();
}}
"""


def write_version(root, version, path, memberwise):
    """In a process and a folder of its own: a class can be declared once, and is kept compiled."""
    path = pathlib.Path(path).resolve()
    folder = pathlib.Path(f"version{version}")
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    header = pathlib.Path("changed.h")
    header.write_text("#include <Rtypes.h>\n#include <list>\n#include <string>\n#include <vector>\n"
                      f"struct Changed {{ {VERSIONS[version]} }};\n"
                      "struct Inside { int before = 1; Changed inner; int behind = 2; };\n",
                      "utf-8")
    compiled = root.gInterpreter.GenerateDictionary(
        "Changed;Inside;vector<Changed>;list<Inside>", str(header))
    if compiled != 1 or not root.gInterpreter.Declare(WRITE.format(set=SET[version])):
        sys.exit("ROOT cannot compile a class that changed")
    root.write(str(path), N, memberwise)


def changed(i, version):
    later = {"fresh": str(i), "more": [i, i]} if version == 2 else {"fresh": "", "more": []}
    return {**later, "a": i, "b": 0.5 * i, "c": [i] * (i % 3)}


def inside(i, version):
    return {"before": 1, "inner": changed(i, version), "behind": 2}


def evolution(root, path, memberwise):
    """Two files whose class changed in between, merged without looking at a single object."""
    chain = root.TChain("tree")
    for version in VERSIONS:
        part = path.replace(".root", f"_{version}.root")
        script = str(pathlib.Path(__file__).with_name("root_writes.py"))
        subprocess.run([sys.executable, script, "--version", str(version), part,
                        str(int(memberwise))], check=True)
        chain.Add(part)
    if not chain.Merge(path, "fast"):
        sys.exit("ROOT cannot merge files")
    rows = [(i, version) for version in VERSIONS for i in range(N)]
    yield "tree", "many", [[changed(*row)] * (row[0] % 3) for row in rows]
    yield "tree", "in", [inside(*row) for row in rows]
    yield "tree", "loose", [[inside(*row)] * (row[0] % 2) for row in rows]


CASES = {
    "classes": lambda root, path: classes(root, path, False),
    "classes_memberwise": lambda root, path: classes(root, path, True),
    "evolution": lambda root, path: evolution(root, path, False),
    "evolution_memberwise": lambda root, path: evolution(root, path, True),
}
