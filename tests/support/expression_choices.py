# SPDX-License-Identifier: Apache-2.0
"""What a random expression may be, by the kind of its value: bool, int or float.

Each choice is (name, make); make(generator, shape, budget) gives a value of that shape, or None
where there is nothing that it could be made of.
"""

import functools

import expression_lists as lists
import expression_tree as tree

STYLES = ("", "", "np.", "ak.", "method")
FLOAT_FUNCTIONS = [*tree.EXACT, *tree.INEXACT, "float32"]


def _style(g):
    return g.rng.choice(STYLES)


def arithmetic(sign, kind):
    def make(g, shape, budget):
        kinds = [kind, g.rng.choice("fi" if kind == "f" else "iib")]
        if sign == "/":
            kinds[0] = g.rng.choice("fi")
        g.rng.shuffle(kinds)
        return tree.arithmetic(sign, *g.operands(kinds, shape, budget))
    return sign, make


def power(kind):
    def make(g, shape, budget):
        if kind == "i" or g.rng.random() < 0.4:
            base = g.value(g.rng.choice("ib") if kind == "i" else "f", shape, budget - 1)
            return tree.power(base, tree.literal(g.rng.choice([0, 1, 2, 3, 5])))
        kinds = g.rng.choice(["fi", "if", "ff"])
        return tree.power(*g.operands(kinds, shape, budget))
    return "**", make


def unary(sign, kind):
    return sign, lambda g, shape, budget: tree.unary(sign, g.value(kind, shape, budget - 1))


def one(names, kinds):
    """Functions of one element."""
    def make(g, shape, budget):
        return tree.function(_style(g), g.rng.choice(names),
                             g.value(g.rng.choice(kinds), shape, budget - 1))
    return names[0], make


def several(name, *kinds, style=None):
    def make(g, shape, budget):
        given = [g.rng.choice(k) for k in kinds]
        return tree.function(_style(g) if style is None else style, name,
                             *g.operands(given, shape, budget))
    return name, make


def copysign(g, shape, budget):
    """NaN has a sign, which depends on the processor."""
    size, sign = g.operands("ff", shape, budget)
    return tree.function(_style(g), "copysign", size, tree.function("", "nan_to_num", sign))


def smaller_or_larger(kind):
    def make(g, shape, budget):
        name = g.rng.choice(["minimum", "maximum", "min", "max"])
        kinds = [kind] + [g.rng.choice("fi" if kind == "f" else "ib")]
        style = _style(g) if len(name) > 3 else ""
        return tree.function(style, name, *g.operands(kinds, shape, budget))
    return "minimum", make


def clip(kind):
    def make(g, shape, budget):
        low, high = g.rng.choice([(-1, 1), (0, 5), (2, 2)] if kind == "i" else
                                 [(-1.5, 20.0), (0.0, 1e300)])
        return tree.clipped(g.value(kind, shape, budget - 1), low, high)
    return "clip", make


def mask(kind):
    def make(g, shape, budget):
        return tree.function("", "mask", *g.operands([kind, "b"], shape, budget))
    return "mask", make


def where(kind):
    def make(g, shape, budget):
        kinds = [g.rng.choice("bbbif"), kind, kind]
        values = g.operands(kinds, shape, budget)
        return tree.chosen(g.rng.choice(["where", "where", "if", "?"]), *values)
    return "where", make


def bits(sign, kind):
    def make(g, shape, budget):
        if sign in ("<<", ">>"):
            return tree.bits(sign, g.value("i", shape, budget - 1),
                             tree.literal(g.rng.choice([0, 1, 3, 40, 63])))
        kinds = ["b", "b"] if kind == "b" else [kind, g.rng.choice("iib")]
        return tree.bits(sign, *g.operands(kinds, shape, budget))
    return sign, make


def logical(spellings):
    def make(g, shape, budget):
        kinds = [g.rng.choice("bbbif") for _ in range(2)]
        return tree.logical(g.rng.choice(spellings), *g.operands(kinds, shape, budget))
    return spellings[0], make


def inverted(g, shape, budget):
    return tree.inverted(g.rng.choice(["not ", "!"]),
                         g.value(g.rng.choice("bbif"), shape, budget - 1))


def compared(g, shape, budget):
    n = g.rng.choice([2, 2, 2, 3])
    kinds = [g.rng.choice("ffib") for _ in range(n)]
    signs = tuple(g.rng.choice(list(tree.COMPARISONS)) for _ in range(n - 1))
    return tree.compared(signs, *g.operands(kinds, shape, budget))


# ---- lists ----

def reduction(names, kinds):
    def make(g, shape, budget):
        above = g.above(shape)
        if not above:
            return None
        x = g.value(g.rng.choice(kinds), g.rng.choice(above), budget - 1)
        name = g.rng.choice(names)
        axis = g.rng.choice([(), (), ("axis=-1",), (f"axis={x.shape.depth}",)])
        return tree.reduced(_style(g), name, axis, x)
    return names[0], make


def number_of(g, shape, budget):
    above = g.above(shape)
    if not above:
        return None
    x = g.value(g.kind(), g.rng.choice(above), budget - 1)
    if x.shape.depth == 2:
        return tree.number_of("num", "-1", x)
    return tree.number_of(g.rng.choice(["num", "len"]), g.rng.choice([None, "1", "-1"]), x)


def outer_number(g, shape, budget):
    if shape.depth:
        return None
    return tree.number_of("num", "1", g.value(g.kind(), g.with_depth(2), budget - 1))


def local_index(g, shape, budget):
    return tree.local_index(g.value(g.kind(), shape, budget - 1)) if shape.depth else None


def in_order(name, kind):
    def make(g, shape, budget):
        if not shape.depth:
            return None
        x = g.value(kind or g.kind(), shape, budget - 1)
        if g.rng.random() < 0.3:
            x = tree.function("", "mask", x, g.value("b", shape, 0))
        return tree.in_order(name, g.rng.random() < 0.5, x)
    return name, make


def item(kind):
    def make(g, shape, budget):
        if shape.depth:
            return None
        x = g.value(kind, g.with_depth(1), budget - 1)
        what = g.rng.random()
        if what < 0.4:
            return lists.end(g.rng.choice(["first", "firsts", "last"]), x)
        return lists.item(x, g.rng.randrange(3) if what < 0.7 else g.index(shape))
    return "item", make


def taken(kind):
    def make(g, shape, budget):
        if not shape.depth:
            return None
        fitting = [s for s in g.shapes if s.depth == 1 or
                   (shape.depth == 2 and s.parent.key == shape.parent.key)]
        return lists.taken(g.value(kind, g.rng.choice(fitting), budget - 1), g.index(shape))
    return "taken", make


def whole(g, shape, budget):
    return tree.whole(g.value("f", shape, budget - 1))


def of_kind(kind):
    """Choices that every kind has."""
    return [where(kind), several("fill_none", kind, kind, style=""), mask(kind), in_order(
        "sort", kind), item(kind), taken(kind), taken(kind)]


@functools.cache
def choices(kind):
    if kind == "b":
        return [*of_kind("b"), *[("compared", compared)] * 4, *[("not", inverted)] * 2,
                *[logical(["and", "&&"]), logical(["or", "||"])] * 2,
                *[bits(sign, "b") for sign in "&|^"], unary("~", "b"), one(["is_none"], "fib"),
                one(["isnan", "isinf", "isfinite"], "ffi"), several("bool", "fi", style=""),
                *[reduction(["any", "all"], "bbif")] * 6]
    if kind == "i":
        return [*of_kind("i"), *[arithmetic(s, "i") for s in ("+", "-", "*", "//", "%")],
                power("i"), unary("-", "i"), unary("+", "b"), unary("~", "i"),
                *[bits(s, "i") for s in ("&", "|", "^", "<<", ">>")],
                one(["abs", "sign", "square", "ones_like", "zeros_like"], "ib"),
                smaller_or_larger("i"), clip("i"), ("int", whole), several("int", "b", style=""),
                *[reduction(["sum", "prod", "min", "max"], "iib")] * 4, *[("num", number_of)] * 2,
                *[reduction(["count"], "fib"), reduction(["argmin", "argmax"], "ffib")] * 2,
                ("num", outer_number), ("local_index", local_index), in_order("argsort", None)]
    return [*of_kind("f"), *[arithmetic(s, "f") for s in ("+", "-", "*", "/", "//", "%")],
            power("f"), unary("-", "f"), unary("+", "f"),
            *[one(FLOAT_FUNCTIONS, "ffi")] * 3,
            one(["abs", "sign", "square", "ones_like", "zeros_like"], "f"),
            several("nan_to_num", "f"), several("float", "fib", style=""),
            smaller_or_larger("f"), clip("f"),
            *[several(name, "fi", "fi") for name in ("hypot", "arctan2", "fmod")],
            ("copysign", copysign),
            several("delta_phi", "f", "f", style=""),
            *[reduction(["sum", "prod", "min", "max"], "f")] * 6,
            *[reduction(["mean", "var", "std"], "ffib")] * 4]
