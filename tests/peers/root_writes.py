# SPDX-License-Identifier: Apache-2.0
"""ROOT writes what other writers cannot, for root_written.py to read back.

usage: root_writes.py FOLDER
Beside the files it leaves expected.jsonl: one JSON line a column, with the file, the tree, the
column's path and its values, which are formulas of the entry's number and exact in every type.
"""

import array
import functools
import json
import os
import signal
import sys
import warnings

import root_writes_classes

warnings.simplefilter("ignore")
import ROOT  # noqa: E402  (it warns when it is imported)

N = 250  # entries, where a case has no reason for another number
BIG_ROWS, BIG_VALUES = 5, 600_000

# In a file, because ROOT compiles what streams a vector of them.
HIT = """
#include <Rtypes.h>
#include <string>
#include <vector>

struct Inner { int a; float b[2]; std::vector<double> v; };
struct Base { short base; };
struct Hit : public Base {
    int n; float x[3]; float m[2][2]; std::string s; std::vector<int> v; std::vector<std::string> w;
    Double32_t ranged; //[0,10,16]
    Double32_t plain;
    Float16_t half; //[0,10,12]
    Inner in; unsigned char u; bool flag;
};
"""

FUNCTIONS = """
#include <TClonesArray.h>
#include <TFile.h>
#include <TLorentzVector.h>
#include <TNtuple.h>
#include <TNtupleD.h>
#include <TParticle.h>
#include <TTree.h>
#include <bitset>

void set_hit(Hit &h, int i) {
    h.base = -i; h.n = i; h.s = std::string(i % 300, 's'); h.u = i; h.flag = i % 3 == 0;
    for (int k = 0; k < 3; k++) h.x[k] = i + 0.25f * k;
    for (int k = 0; k < 4; k++) h.m[k / 2][k % 2] = i - k;
    h.v.assign(i % 4, i); h.w.assign(i % 3, "w" + std::to_string(i));
    h.ranged = i % 10; h.plain = 0.5 * i; h.half = i % 10;
    h.in.a = 2 * i; h.in.b[0] = i; h.in.b[1] = -i; h.in.v.assign(i % 2, i);
}

void write_split(const char *path, int n_rows, int level) {
    TFile file(path, "RECREATE");
    TTree tree("tree", "");
    Hit one; std::vector<Hit> many; TClonesArray particles("TParticle"), vectors("TLorentzVector");
    Hit *p_one = &one; std::vector<Hit> *p_many = &many;
    TClonesArray *p_particles = &particles, *p_vectors = &vectors;
    tree.Branch("one.", &p_one, 4000, level);
    tree.Branch("many", &p_many, 4000, level);
    tree.Branch("particles", &p_particles, 4000, level);
    tree.Branch("vectors", &p_vectors, 4000, level);
    for (int i = 0; i < n_rows; i++) {
        set_hit(one, i);
        many.resize(i % 4);
        for (int k = 0; k < i % 4; k++) set_hit(many[k], i + k);
        particles.Clear(); vectors.Clear();
        for (int k = 0; k < i % 5; k++) {
            new (particles[k]) TParticle(i, k, 0, 0, 0, 0, i, k, 0.5, 4, 1, 2, 3, 4);
            new (vectors[k]) TLorentzVector(i, k, 0.25 * k, -i);
        }
        tree.Fill();
    }
    tree.Write();
}

void write_arrays(const char *path, int n_rows, bool generate_offsets) {
    TFile file(path, "RECREATE");
    TTree tree("tree", "");
    if (generate_offsets) {
        ROOT::TIOFeatures features;
        features.Set("kGenerateOffsetMap");
        tree.SetIOFeatures(features);
    }
    int n; unsigned char few; float x[8]; double m[8][2]; short s[8]; bool flags[8];
    tree.Branch("n", &n, "n/I", 2000);
    tree.Branch("few", &few, "few/b", 2000);
    tree.Branch("x", x, "x[n]/F", 2000);
    tree.Branch("m", m, "m[n][2]/D", 2000);
    tree.Branch("s", s, "s[few]/S", 2000);
    tree.Branch("flags", flags, "flags[few]/O", 2000);
    for (int i = 0; i < n_rows; i++) {
        n = i % 8; few = i % 3;
        for (int k = 0; k < 8; k++) {
            x[k] = i + 0.5f * k; s[k] = i - k; flags[k] = k == 1;
            m[k][0] = i; m[k][1] = k;
        }
        tree.Fill();
    }
    tree.Write();
}

void write_leaves(const char *path, int n_rows) {
    TFile file(path, "RECREATE");
    TTree tree("tree", "");
    struct { float x; int n; unsigned short u; bool flag; } list;
    struct { char text[16]; } text;
    Long64_t l; ULong64_t L; Long_t g; Char_t b; Double32_t d[3]; Float16_t f;
    std::bitset<5> bits; std::vector<std::vector<float>> nested; std::map<int, double> map;
    tree.Branch("list", &list, "x/F:n/I:u/s:flag/O");
    tree.Branch("text", text.text, "text/C", 3000);
    tree.Branch("l", &l, "l/L"); tree.Branch("L", &L, "L/l"); tree.Branch("g", &g, "g/G");
    tree.Branch("b", &b, "b/B");
    tree.Branch("d", d, "d[3]/d[0,10,16]");
    tree.Branch("f", &f, "f/f[0,10,12]");
    tree.Branch("nested", &nested);
    for (int i = 0; i < n_rows; i++) {
        list.x = 0.5f * i; list.n = -i; list.u = i; list.flag = i % 2;
        snprintf(text.text, sizeof text.text, "%.*s", i % 12, "abcdefghijkl");
        l = -(1LL << 60) - i; L = (1ULL << 63) + i; g = i; b = i % 100 - 50;
        for (int k = 0; k < 3; k++) d[k] = (i + k) % 10;
        f = i % 10;
        nested.assign(i % 3, std::vector<float>(i % 4, i));
        tree.Fill();
    }
    tree.Write();
}

void write_tuples(const char *path, int n_rows) {
    TFile file(path, "RECREATE");
    TNtuple small("small", "", "a:b");
    TNtupleD wide("wide", "", "c");
    for (int i = 0; i < n_rows; i++) { double c = 0.5 * i; small.Fill(i, -i); wide.Fill(&c); }
    small.Write();
    wide.Write();
}

void write_friend(const char *path, const char *other, int n_rows) {
    TFile file(path, "RECREATE");
    TTree tree("tree", "");
    int i;
    tree.Branch("i", &i, "i/I");
    for (i = 0; i < n_rows; i++) tree.Fill();
    tree.AddFriend("other = tree", other);
    tree.Write();
}

// Baskets in a second file; a payload of many compressed blocks; baskets inside the tree's record.
void write_second_file(const char *path, const char *other, int n_rows) {
    TFile file(path, "RECREATE");
    TTree tree("tree", "");
    int here, there;
    tree.Branch("here", &here, "here/I", 400);
    tree.Branch("there", &there, "there/I", 400)->SetFile(other);
    for (int i = 0; i < n_rows; i++) { here = i; there = -i; tree.Fill(); }
    tree.Write();
}

void write_big(const char *path, int algorithm, int n_rows, int n_values) {
    TFile file(path, "RECREATE", "", algorithm * 100 + 1);
    TTree tree("tree", "");
    tree.SetAutoFlush(0);
    std::vector<double> big(n_values);
    tree.Branch("big", big.data(), Form("big[%d]/D", n_values), 64 << 20);
    for (int i = 0; i < n_rows; i++) {
        for (int k = 0; k < n_values; k++) big[k] = (k * 7919LL + i) % 100003;
        tree.Fill();
    }
    tree.Write();
}

void write_embedded(const char *path, int n_rows) {
    TFile file(path, "RECREATE");
    TTree tree("tree", "");
    tree.SetDirectory(nullptr);
    int n; float x[4]; std::string s;
    tree.Branch("n", &n, "n/I"); tree.Branch("x", x, "x[n]/F"); tree.Branch("s", &s);
    for (int i = 0; i < n_rows; i++) {
        n = i % 4; s = std::to_string(i);
        for (int k = 0; k < 4; k++) x[k] = i + k;
        tree.Fill();
    }
    file.WriteTObject(&tree);
}

void write_clusters(const char *path, int n_rows) {
    TFile file(path, "RECREATE");
    TTree tree("tree", "");
    int i;
    tree.Branch("i", &i, "i/I");
    tree.SetAutoFlush(100);
    for (i = 0; i < n_rows; i++) {
        if (i == 450) tree.SetAutoFlush(70);
        tree.Fill();
    }
    tree.Write();
}
"""


def quantised(value, low, high, bits):
    """What a ranged Double32_t or Float16_t keeps of a value."""
    factor = (1 << bits) / (high - low)
    return int(0.5 + factor * (value - low)) / factor + low


def hit_columns(of):
    """Members of Hit, each a function of the number it was made from."""
    made = {
        "Base.base": lambda i: -i, "n": lambda i: i, "x[3]": lambda i: [i, i + 0.25, i + 0.5],
        "m[2][2]": lambda i: [[i, i - 1], [i - 2, i - 3]], "s": lambda i: "s" * (i % 300),
        "v": lambda i: [i] * (i % 4), "w": lambda i: [f"w{i}"] * (i % 3),
        "ranged": lambda i: quantised(i % 10, 0, 10, 16), "plain": lambda i: 0.5 * i,
        "half": lambda i: quantised(i % 10, 0, 10, 12), "in.a": lambda i: 2 * i,
        "in.b[2]": lambda i: [i, -i], "in.v": lambda i: [i] * (i % 2), "u": lambda i: i % 256,
        "flag": lambda i: i % 3 == 0,
    }
    return {name: of(make) for name, make in made.items()}


def split(path):
    ROOT.write_split(path, N, 99)
    for name, values in hit_columns(lambda make: [make(i) for i in range(N)]).items():
        inner = f"one.{name.split('.')[0]}/" if "." in name else ""
        yield "tree", f"one./{inner}one.{name}", values
    counted = hit_columns(lambda make: [[make(i + k) for k in range(i % 4)] for i in range(N)])
    for name, values in counted.items():
        yield "tree", f"many/many.{name.removeprefix('Base.')}", values
    sizes = [i % 5 for i in range(N)]
    particles = {"fPdgCode": lambda i, k: i, "fStatusCode": lambda i, k: k, "fPx": lambda i, k: i,
                 "fPy": lambda i, k: k, "fE": lambda i, k: 4, "fVt": lambda i, k: 4}
    for name, make in particles.items():
        yield "tree", f"particles/particles.{name}", [
            [make(i, k) for k in range(n)] for i, n in enumerate(sizes)]
    yield "tree", "vectors/vectors.fE", [[-i] * n for i, n in enumerate(sizes)]
    yield "tree", "particles", sizes
    yield "tree", "many", [i % 4 for i in range(N)]


def arrays(path, generate_offsets):
    ROOT.write_arrays(path, N, generate_offsets)
    yield "tree", "n", [i % 8 for i in range(N)]
    yield "tree", "few", [i % 3 for i in range(N)]
    yield "tree", "x", [[i + 0.5 * k for k in range(i % 8)] for i in range(N)]
    yield "tree", "m", [[[i, k] for k in range(i % 8)] for i in range(N)]
    yield "tree", "s", [[i - k for k in range(i % 3)] for i in range(N)]
    yield "tree", "flags", [[k == 1 for k in range(i % 3)] for i in range(N)]


def leaves(path):
    ROOT.write_leaves(path, N)
    yield "tree", "list", [{"x": 0.5 * i, "n": -i, "u": i, "flag": i % 2 == 1} for i in range(N)]
    yield "tree", "text", ["abcdefghijkl"[:i % 12] for i in range(N)]
    yield "tree", "l", [-(1 << 60) - i for i in range(N)]
    yield "tree", "L", [(1 << 63) + i for i in range(N)]
    yield "tree", "g", list(range(N))
    yield "tree", "b", [i % 100 - 50 for i in range(N)]
    yield "tree", "d", [[quantised((i + k) % 10, 0, 10, 16) for k in range(3)] for i in range(N)]
    yield "tree", "f", [quantised(i % 10, 0, 10, 12) for i in range(N)]
    yield "tree", "nested", [[[i] * (i % 4)] * (i % 3) for i in range(N)]


def second_file(path):
    ROOT.write_second_file(path, path.replace(".root", "_baskets.root"), N)
    yield "tree", "here", list(range(N))
    yield "tree", "there", [-i for i in range(N)]


def big(path, algorithm):
    """Read by its first values and its sum: the whole is 24 MB."""
    ROOT.write_big(path, algorithm, BIG_ROWS, BIG_VALUES)
    yield "tree", "big", {"first": list(range(BIG_ROWS)), "values": BIG_ROWS * BIG_VALUES,
                          "sum": sum((k * 7919 + i) % 100003 for i in range(BIG_ROWS)
                                     for k in range(BIG_VALUES))}


def embedded(path):
    ROOT.write_embedded(path, N)
    yield "tree", "n", [i % 4 for i in range(N)]
    yield "tree", "x", [[i + k for k in range(i % 4)] for i in range(N)]
    yield "tree", "s", [str(i) for i in range(N)]


def clusters(path):
    ROOT.write_clusters(path, 1000)
    with ROOT.TFile(path) as file:
        tree, found, first = file["tree"], [], 0
        steps = tree.GetClusterIterator(0)
        while (first := steps()) < tree.GetEntries():
            found.append([int(first), int(steps.GetNextEntry())])
    yield "tree", "i", list(range(1000))
    yield "tree", "", {"clusters": found}


def tuples(path):
    ROOT.write_tuples(path, N)
    yield "small", "a", list(range(N))
    yield "small", "b", [-i for i in range(N)]
    yield "wide", "c", [0.5 * i for i in range(N)]


def friends(path):
    """The friend is in a file of its own, and the tree names it."""
    other = path.replace(".root", "_other.root")
    ROOT.write_arrays(other, N, False)
    ROOT.write_friend(path, other, N)
    yield "tree", "i", list(range(N))
    yield "tree", "other.x", [[i + 0.5 * k for k in range(i % 8)] for i in range(N)]


def crash(path, write):
    """Another process writes and is killed in the middle of it."""
    child = os.fork()
    if child == 0:
        file = ROOT.TFile(path, "RECREATE")
        write(file)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def rows_of(first):
    return {"x": lambda i: first + 0.5 * i, "n": lambda i: i % 5,
            "v": lambda i: [first + k for k in range(i % 5)]}


def crashed_tree(first, n_saved, n_more, option=""):
    """The entries behind the last AutoSave are found by their baskets."""
    tree = ROOT.TTree("tree" + str(first), "")
    x, n = array.array("f", [0]), array.array("i", [0])
    v = array.array("i", range(first, first + 5))
    for name, place, leaves in ("x", x, "x/F"), ("n", n, "n/I"), ("v", v, "v[n]/I"):
        tree.Branch(name, place, leaves, 1000)
    tree.SetAutoFlush(100)
    rows = rows_of(first)
    for i in range(n_saved + n_more):
        if i == n_saved:
            tree.AutoSave(option)
        x[0], n[0] = rows["x"](i), rows["n"](i)
        tree.Fill()


def expect_crashed(first, n_rows, folder=""):
    for column, value in rows_of(first).items():
        yield f"{folder}tree{first}", column, [value(i) for i in range(n_rows)]


def crashed(path, settings):
    def write(file):
        file.SetCompressionSettings(settings)
        crashed_tree(0, 250, 770)
    crash(path, write)
    yield from expect_crashed(0, 1000)


def crashed_open_list(path):
    """The list of keys was saved, but names a record that the next AutoSave gave up."""
    def write(file):
        crashed_tree(0, 250, 200, "SaveSelf")
        file.Get("tree0").AutoSave()
    crash(path, write)
    yield from expect_crashed(0, 450)


def crashed_folders(path):
    def write(file):
        crashed_tree(0, 100, 250)
        file.mkdir("sub").cd()
        crashed_tree(1, 200, 10)
        ROOT.gDirectory.mkdir("deep").cd()
        crashed_tree(2, 300, 100)
    crash(path, write)
    yield from expect_crashed(0, 300)
    yield from expect_crashed(1, 200, "sub/")
    yield from expect_crashed(2, 400, "sub/deep/")


CASES = {
    "crashed_zlib": lambda path: crashed(path, 101),
    "crashed_lzma": lambda path: crashed(path, 201),
    "crashed_lz4": lambda path: crashed(path, 404),
    "crashed_zstd": lambda path: crashed(path, 505),
    "crashed_stored": lambda path: crashed(path, 0),
    "crashed_open_list": crashed_open_list, "crashed_folders": crashed_folders,
    "split": split, "leaves": leaves, "second_file": second_file, "embedded": embedded,
    "clusters": clusters, "tuples": tuples, "friends": friends,
    "arrays": lambda path: arrays(path, False), "arrays_generated": lambda path: arrays(path, True),
    "big_zlib": lambda path: big(path, 1), "big_lzma": lambda path: big(path, 2),
    "big_lz4": lambda path: big(path, 4), "big_zstd": lambda path: big(path, 5),
    **{name: functools.partial(write, ROOT) for name, write in root_writes_classes.CASES.items()},
}


def compile_classes(name, classes, header, functions):
    """Gives ROOT classes with all that streams them, and functions that use them."""
    with open(name, "w", encoding="utf-8") as out:
        out.write(header)
    if ROOT.gInterpreter.GenerateDictionary(classes, name) != 1:
        sys.exit("ROOT cannot compile what streams a class")
    if not ROOT.gInterpreter.Declare(functions):
        sys.exit("ROOT cannot compile the writers")


def main():
    if sys.argv[1] == "--version":  # see root_writes_classes.evolution
        version, path, memberwise = sys.argv[2:]
        root_writes_classes.write_version(ROOT, int(version), path, memberwise == "1")
        return
    folder = sys.argv[1]
    os.chdir(folder)  # names of second files are kept as they are given
    compile_classes("hit.h", "vector<Hit>", HIT, FUNCTIONS)
    compile_classes("classes.h", root_writes_classes.COMPILED, root_writes_classes.HEADER,
                    root_writes_classes.FUNCTIONS)
    with open("expected.jsonl", "w", encoding="utf-8") as out:
        for name, write in CASES.items():
            for tree, column, values in write(f"{name}.root"):
                print(json.dumps({"file": f"{name}.root", "tree": tree, "column": column,
                                  "values": values}), file=out)


if __name__ == "__main__":
    main()
