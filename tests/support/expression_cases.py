# SPDX-License-Identifier: Apache-2.0
"""Random data, and random expressions over it."""

import random

import awkward as ak
import expression_lists as lists
import expression_tree as tree
import numpy as np
import pyarrow as pa
from expression_choices import choices
from expression_reference import cast, of_array
from expression_tree import SCALAR, Shape

# Operators, functions and list operations that are known to be wrong: none of them is generated.
SKIPPED_UNTIL_FIXED = ()

COLUMNS = {  # family: {name: type}; an index points at the lists of another family, or at none
    "event": {"met": "f8", "met32": "f4", "run": "i4", "big": "i8", "flag": "?", "at": "index",
              "nvtx": "u1"},
    "jet": {"Jet_pt": "f8", "Jet_phi": "f8", "Jet_eta": "f4", "Jet_id": "i4", "Jet_big": "i8",
            "Jet_tag": "?", "Jet_mu": "index"},
    "mu": {"Mu_pt": "f8", "Mu_eta": "f4", "Mu_q": "i2", "Mu_big": "i8", "Mu_tight": "?",
           "Mu_jet": "index"},
    "hit": {"Jet_hits": "f8", "Jet_cells": "i4", "Jet_near": "index"},
}
DTYPES = {name: "i4" if kind == "index" else kind
          for family in COLUMNS.values() for name, kind in family.items()}
KINDS = {name: {"f": "f", "i": "i", "u": "i", "?": "b"}[dtype[0]]
         for name, dtype in DTYPES.items()}
FLOATS = [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -1e-310, 1e300, -1e300, 1.0, -1.0, 0.5, 2.5]


# ---- data ----

class Data:
    """Columns as awkward arrays of the types that are read."""

    def __init__(self, arrays):
        self.arrays, self.n = arrays, len(next(iter(arrays.values())))
        self._values = {}

    def values(self, name):
        if name not in self._values:
            self._values[name] = cast(of_array(self.arrays[name]), KINDS[name])
        return self._values[name]

    def rows(self, which):
        return Data({name: array[which] for name, array in self.arrays.items()})

    def batch(self, before=0):
        """As a record batch; with `before`, a slice behind so many other rows."""
        arrays = [to_arrow(array) for array in self.arrays.values()]
        if before:
            arrays = [pa.concat_arrays([a.slice(0, before), a]) for a in arrays]
        fields = [pa.field(name, array.type, nullable=False)
                  for name, array in zip(self.arrays, arrays, strict=True)]
        return pa.record_batch(arrays, schema=pa.schema(fields)).slice(before)


def to_arrow(array):
    def convert(layout):
        if layout.is_list:
            items = convert(layout.content)
            return pa.ListArray.from_arrays(
                pa.array(layout.offsets.data.astype("i4")), items,
                type=pa.list_(pa.field("item", items.type, nullable=False)))
        return pa.array(layout.data)
    layout = ak.to_packed(array).layout
    return convert(layout.to_ListOffsetArray64(True) if layout.is_list else layout)


def numbers(rng, dtype, n, specials):
    is_special = rng.random(n) < specials
    if dtype == "index":
        return rng.integers(-2, 7, n, "i4")
    if dtype == "?":
        return rng.random(n) < 0.5
    if dtype[0] == "f":
        return np.where(is_special, rng.choice(FLOATS, n), rng.normal(0, 40, n)).astype(dtype)
    info = np.iinfo(dtype)
    rare = rng.choice(np.array([info.min, info.max, info.max - 1], dtype), n)
    return np.where(is_special, rare, rng.integers(max(-9, info.min), 9, n)).astype(dtype)


def random_data(seed, n_rows=None):
    rng = np.random.default_rng(seed)
    n_rows = n_rows or int(rng.integers(20, 61))
    specials = rng.choice([0, 0.03, 0.2])
    counts = {"jet": rng.integers(0, 7, n_rows), "mu": rng.integers(0, 5, n_rows)}
    counts["hit"] = rng.integers(0, 5, counts["jet"].sum())
    arrays = {}
    with np.errstate(all="ignore"):
        for family, columns in COLUMNS.items():
            n = n_rows if family == "event" else counts[family].sum()
            for name, dtype in columns.items():
                array = ak.Array(numbers(rng, dtype, n, specials))
                if family != "event":
                    array = ak.unflatten(array, counts[family])
                if family == "hit":
                    array = ak.unflatten(array, counts["jet"])
                arrays[name] = array
    return Data(arrays)


# ---- expressions ----

class Generator:
    """Expressions over lists of a few shapes, which are chosen when it is made."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.event = Shape(0, "", None, 1, lambda kind, g: g.column("event", kind, g.event))
        jet, mu = (Shape(1, name, SCALAR, n, lambda kind, g, name=name:
                         g.column(name, kind, g.base[name])) for name, n in (("jet", 6), ("mu", 4)))
        hit = Shape(2, "hit", jet, 4, lambda kind, g: g.column("hit", kind, g.base["hit"]))
        self.base = {"event": self.event, "jet": jet, "mu": mu, "hit": hit}
        self.shapes = [jet, mu, hit]
        for _ in range(6):
            shape = self.new_shape()
            if shape.size <= 60:
                self.shapes.append(shape)

    def column(self, family, kind, shape):
        names = [name for name in COLUMNS[family] if KINDS[name] == kind]
        if not names:  # no bools there
            return tree.compared(self.rng.choice("<>"), self.value("f", shape, 0),
                                 tree.literal(1.5))
        return tree.column(self.rng.choice(names), kind, shape)

    def with_depth(self, depth):
        return self.rng.choice([s for s in self.shapes if s.depth == depth])

    def kind(self):
        return self.rng.choice("fffiib")

    def new_shape(self):
        """The shape of something made of lists of others."""
        rng, what = self.rng, self.rng.choice(
            [w for w in "kept kept kept cut padded joined combined combined paired item taken "
             "flattened end".split() if w not in SKIPPED_UNTIL_FIXED])
        if what in ("kept", "cut"):
            shape = rng.choice(self.shapes)
        else:
            shape = self.with_depth(2 if what in ("item", "taken", "flattened", "end") else 1)
        x = self.value(self.kind(), shape, 0)
        if what == "kept":
            known = any(s.key == shape.parent.key for s in self.shapes)
            of = shape.parent if shape.depth == 2 and known and rng.random() < 0.4 else shape
            return lists.kept(x, self.value("b", of, 2)).shape
        if what == "cut":
            return lists.cut(x, rng.choice([None, 0, 1, 2]), rng.choice([None, 0, 2, 3])).shape
        if what == "padded":
            return lists.padded(x, rng.randrange(6), rng.random() < 0.5).shape
        if what == "combined":
            return lists.combined(x, rng.choice([2, 2, 3]), 0).shape
        if what == "item":
            at = rng.randrange(3) if rng.random() < 0.5 else self.index(self.event)
            return lists.item(x, at).shape
        if what == "end":
            return lists.end(rng.choice(["first", "firsts", "last"]), x).shape
        if what == "flattened":
            return lists.flattened(x).shape
        if what == "taken":
            return lists.taken(x, self.index(self.with_depth(1))).shape
        other = self.value(self.kind(), self.with_depth(1), 0)
        if what == "joined":
            return lists.joined(rng.choice(["concat", "concatenate"]), x, other).shape
        return lists.paired(x, other, 0).shape

    def index(self, shape):
        """Whole numbers, of which some point at items."""
        rng = self.rng
        what = rng.random()
        above = self.above(shape)
        if above and what < 0.2:
            return tree.reduced("", rng.choice(["argmin", "argmax"]), (),
                                self.value("f", rng.choice(above), 1))
        if shape.depth and what < 0.35:
            return tree.in_order("argsort", rng.random() < 0.5, self.value("f", shape, 1))
        if what < 0.45:
            return tree.arithmetic("%", self.value("i", shape, 1), tree.literal(3))
        family = next((f for f, s in self.base.items() if s.key == shape.key), None)
        if family:
            names = [n for n, kind in COLUMNS[family].items() if kind == "index"]
            return tree.column(rng.choice(names), "i", shape)
        return self.value("i", shape, 1)

    def above(self, shape):
        """Shapes whose innermost lists are reduced to this one."""
        return [s for s in self.shapes if s.depth == shape.depth + 1 and
                s.parent.key == shape.key]

    def operand(self, kind, shape, budget):
        """A value that fits a shape: of it, or one for many of its elements."""
        chance = self.rng.random()
        if chance < 0.15:
            return tree.literal({"b": self.rng.random() < 0.5,
                                 "i": self.rng.choice([0, 1, 2, 3, -1, -3, 7, 100]),
                                 "f": self.rng.choice([0.0, 0.5, 2.0, -1.5, 30.0, 1e-3])}[kind])
        if chance < 0.3:
            return self.value(kind, self.event, budget)
        if chance < 0.4 and shape.depth == 2:
            return self.value(kind, shape.parent, budget)
        return self.value(kind, shape, budget)

    def operands(self, kinds, shape, budget):
        """Values of kinds of which one has the shape."""
        full = self.rng.randrange(len(kinds))
        return [(self.value if i == full else self.operand)(kind, shape, budget - 1)
                for i, kind in enumerate(kinds)]

    def value(self, kind, shape, budget):
        if budget <= 0 or self.rng.random() < 0.15:
            return shape.leaf(kind, self) if shape.key else self.event.leaf(kind, self)
        made = None
        while made is None:  # some choices have nothing to work on
            name, make = self.rng.choice(choices(kind))
            if name not in SKIPPED_UNTIL_FIXED:
                made = make(self, shape, budget)
        return made

    def expression(self):
        shape = self.rng.choice([self.event, *self.shapes])
        while True:
            node = self.value(self.kind(), shape, self.rng.randrange(1, 6))
            if any(name in node.text for name in KINDS) and len(node.text) < 3000:
                return node
