# SPDX-License-Identifier: Apache-2.0
"""What every operator of docs/expressions.md gives.

Single elements are NumPy's, lists are awkward-array's. Where the document differs from them (logic
with missing values, NaN in extremes and in sorting, division by 0, indices outside), the rule is
spelled out here.
"""

import itertools
import math

import awkward as ak
import numpy as np

DTYPES = {"b": np.bool_, "i": np.int64, "f": np.float64}
_noise = None


class Noise:
    """Within it, functions that are not rounded correctly are off by a few units in the last place.

    What changes under noise is not determined to the last digit: log(x) > 1 where x is near e.
    """

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def __enter__(self):
        global _noise
        _noise = self.rng

    def __exit__(self, *_):
        global _noise
        _noise = None


def inexact(data):
    return data if _noise is None else data * (1 + 1e-15 * _noise.integers(-2, 3, len(data)))


class Value:
    """Numbers in lists: how many each list of each level has, and which numbers are there."""

    def __init__(self, lengths, data, valid=None):
        self.lengths, self.data = lengths, data
        self.valid = np.ones(len(data), bool) if valid is None else valid
        self._array = None

    @property
    def depth(self):
        return len(self.lengths)

    @property
    def is_plain(self):
        """Whether nothing is missing, and nothing NaN."""
        return self.valid.all() and not (self.data != self.data).any()

    @property
    def array(self):
        """As an awkward array, with None for what is missing."""
        if self._array is None:
            layout = ak.contents.NumpyArray(self.data)
            if not self.valid.all():
                layout = ak.contents.ByteMaskedArray(ak.index.Index8(self.valid.astype("i1")),
                                                     layout, valid_when=True)
            for lengths in reversed(self.lengths):
                ends = np.concatenate([[0], np.cumsum(lengths)])
                layout = ak.contents.ListOffsetArray(ak.index.Index64(ends), layout)
            self._array = ak.Array(layout)
        return self._array


def of_array(array):
    layout, lengths, valid = array.layout, [], None
    while not layout.is_numpy:
        if layout.is_list:
            layout = layout.to_ListOffsetArray64(True)
            ends = layout.offsets.data
            lengths.append(np.diff(ends))
            layout = layout.content[:ends[-1]]
        elif layout.is_option:
            layout = layout.to_IndexedOptionArray64()
            index, content = layout.index.data, layout.content
            here = index >= 0
            valid = here if valid is None else valid & here
            if not here.any() and content.length == 0:
                return Value(lengths, np.zeros(len(here), of_array(ak.Array(content)).data.dtype),
                             here)
            layout = content[np.where(here, index, 0)]
        elif layout.is_indexed:
            layout = layout.project()
        else:
            raise TypeError(f"no numbers in lists: {array.type}")
    return Value(lengths, layout.data, valid)


def on_lists(function, *values):
    """An awkward function of values."""
    return of_array(function(*(v.array for v in values)))


# ---- single elements ----

def aligned(values):
    """(lengths, copies of a value's numbers for all that are below them …)"""
    deep = max(values, key=lambda v: v.depth)
    found = []
    for v in values:
        data, valid = v.data, v.valid
        for mine, wanted in zip(v.lengths, deep.lengths, strict=False):
            if not np.array_equal(mine, wanted):
                raise ValueError("lists of different lengths")
        for lengths in deep.lengths[v.depth:]:
            data, valid = np.repeat(data, lengths), np.repeat(valid, lengths)
        found.append((data, valid))
    return deep.lengths, found


def each(function, *values):
    """A NumPy function of elements, missing where one of them is."""
    lengths, parts = aligned(values)
    return Value(lengths, function(*(data for data, _ in parts)),
                 np.logical_and.reduce([valid for _, valid in parts]))


def cast(value, kind):
    if value.data.dtype == DTYPES[kind]:
        return value
    data = value.data != 0 if kind == "b" else value.data.astype(DTYPES[kind])
    return Value(value.lengths, data, value.valid)


def logic(a, b, decides):
    """Kleene's `or` (True decides) and `and` (False decides), where NumPy's masks are missing."""
    lengths, ((x, has_x), (y, has_y)) = aligned([a, b])
    decided = has_x & (x == decides) | has_y & (y == decides)
    return Value(lengths, decided == decides, decided | has_x & has_y)


def where(condition, a, b):
    lengths, ((c, has_c), (x, has_x), (y, has_y)) = aligned([condition, a, b])
    return Value(lengths, np.where(c, x, y), has_c & np.where(c, has_x, has_y))


def fill_none(a, b):
    lengths, ((x, has_x), (y, has_y)) = aligned([a, b])
    return Value(lengths, np.where(has_x, x, y), has_x | has_y)


def mask(a, condition):
    lengths, ((x, has_x), (c, has_c)) = aligned([a, condition])
    return Value(lengths, x, has_x & has_c & c)


def is_none(a):
    return Value(a.lengths, ~a.valid)


def divide_ints(function, a, b):
    return mask(each(function, a, b), each(lambda y: y != 0, b))  # NumPy gives 0


def delta_phi(a, b):
    def wrap(v):
        return math.remainder(v, 2 * math.pi) if math.isfinite(v) else math.nan
    return np.array([wrap(v) for v in (a - b).tolist()], "f8")


# ---- reductions and order ----

def lists_of(x):
    """The innermost lists."""
    flat = [v if here else None for v, here in zip(x.data.tolist(), x.valid.tolist(), strict=True)]
    ends = [0, *np.cumsum(x.lengths[-1]).tolist()]
    return [flat[a:b] for a, b in itertools.pairwise(ends)]


def values_of(lengths, flat, dtype):
    return Value(lengths, np.array([0 if v is None else v for v in flat], dtype),
                 np.array([v is not None for v in flat], bool))


def extreme_place(items, largest):
    best = None
    for i, value in enumerate(items):
        if value is None:
            continue
        if value != value:
            return i
        if best is None or (value > items[best] if largest else value < items[best]):
            best = i
    return best


def extreme(name, x):
    """awkward skips NaN, or not, by its place."""
    if x.is_plain:
        return on_lists(lambda v: getattr(ak, name)(v, axis=-1), x)
    found = []
    for items in lists_of(x):
        i = extreme_place(items, name.endswith("max"))
        found.append(i if name.startswith("arg") or i is None else items[i])
    return values_of(x.lengths[:-1], found, np.int64 if name.startswith("arg") else x.data.dtype)


def variance(x):
    """Of two passes, as NumPy's; awkward's loses digits."""
    rest = x - ak.mean(x, axis=-1)
    return ak.mean(rest * rest, axis=-1)


def reduce(name, x):
    if name in ("any", "all"):
        x = cast(x, "b")
    elif name in ("mean", "var", "std"):
        x = cast(x, "f")
    elif x.data.dtype == bool:
        x = cast(x, "i")
    if name in ("min", "max", "argmin", "argmax"):
        return extreme(name, x)
    if name in ("var", "std"):
        found = on_lists(variance, x)
        return each(lambda v: inexact(np.sqrt(v) if name == "std" else v), found)
    return on_lists(lambda v: getattr(ak, name)(v, axis=-1), x)


def order(items, ascending):
    """Places of sorted items: NaN behind numbers, missing behind NaN, ties in their order."""
    def key(i):
        value = items[i]
        if value is None or value != value:
            return (2 if value is None else 1, 0)
        return (0, value if ascending else -value)
    return sorted(range(len(items)), key=key)


def argsort(x, ascending):
    if x.is_plain and x.data.dtype != bool:
        return on_lists(lambda v: ak.argsort(v, axis=-1, ascending=ascending, stable=True), x)
    places = [order(items, ascending) for items in lists_of(x)]
    return values_of(x.lengths, list(itertools.chain(*places)), np.int64)


def sort(x, ascending):
    if x.is_plain and x.data.dtype != bool:
        return on_lists(lambda v: ak.sort(v, axis=-1, ascending=ascending, stable=True), x)
    items = [[one[i] for i in order(one, ascending)] for one in lists_of(x)]
    return values_of(x.lengths, list(itertools.chain(*items)), x.data.dtype)


# ---- items of lists; of the first functions as awkward arrays ----

def filled(array, value):
    return ak.fill_none(array, value, axis=-1) if "?" in str(array.type) else array


def keep(x, mask):
    return x[filled(mask, False)]


def item(x, i):
    """Item i of each event's list; awkward's negative indices count from the end, others fail."""
    found = ak.firsts(keep(x, ak.local_index(x, axis=1) == i), axis=1)
    return ak.fill_none(found, [], axis=0) if x.ndim == 3 else found


def last(x):
    return item(x, ak.num(x, axis=1) - 1)


def take(x, index):
    """Items at places of the list that a place belongs to; awkward allows none outside."""
    level = index.depth - 1 if index.depth <= x.depth else 0
    if not all(map(np.array_equal, x.lengths[:level], index.lengths)):
        raise ValueError("lists of different lengths")
    sizes = x.lengths[level]
    owner = np.arange(len(sizes))
    for lengths in index.lengths[level:]:
        owner = np.repeat(owner, lengths)
    good = index.valid & (index.data >= 0) & (index.data < sizes[owner])
    at = np.where(good, (np.cumsum(sizes) - sizes)[owner] + index.data, 0)
    if level == x.depth - 1:
        data, valid = (np.append(of, of.dtype.type(0))[at] for of in (x.data, x.valid))
        return Value(index.lengths, data, valid & good)
    starts = np.append(np.cumsum(x.lengths[1]) - x.lengths[1], 0)[at]
    inner = np.where(good, np.append(x.lengths[1], 0)[at], 0)
    which = np.repeat(starts - (np.cumsum(inner) - inner), inner) + np.arange(inner.sum())
    return Value([*index.lengths, inner], x.data[which], x.valid[which])
