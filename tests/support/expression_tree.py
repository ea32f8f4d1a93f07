# SPDX-License-Identifier: Apache-2.0
"""Typed expressions as trees, each with its text for us and its value by expression_reference."""

import awkward as ak
import expression_reference as ref
import numpy as np

# How tightly a text binds, as in Python.
TERNARY, OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, PRODUCT, UNARY, POWER, \
    NUMBER, CALL = range(15)
LEVELS = {"|": BIT_OR, "^": BIT_XOR, "&": BIT_AND, "<<": SHIFT, ">>": SHIFT, "+": SUM, "-": SUM,
          "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "%": PRODUCT, "**": POWER}
COMPARISONS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
               "==": np.equal, "!=": np.not_equal}
BITS = {"&": np.bitwise_and, "|": np.bitwise_or, "^": np.bitwise_xor, "<<": np.left_shift,
        ">>": np.right_shift}
ARITHMETIC = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.true_divide,
              "//": np.floor_divide, "%": np.remainder}
EXACT = {"sqrt": np.sqrt, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint}
INEXACT = {name: getattr(np, name) for name in (
    "cbrt exp expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh "
    "arccosh arctanh degrees radians").split()}
TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}
SAME_KIND = {"abs": np.abs, "sign": np.sign, "square": np.square, "ones_like": np.ones_like,
             "zeros_like": np.zeros_like}
TWO_FLOATS = {"delta_phi": ref.delta_phi, "hypot": np.hypot, "arctan2": np.arctan2,
              "copysign": np.copysign, "fmod": np.fmod}


def nan_to_num(x):
    """NumPy's makes numbers of infinities, too."""
    return np.where(np.isnan(x), 0.0, x)


FLOAT_FUNCTIONS = {**EXACT, **INEXACT, **TESTS, **TWO_FLOATS, "nan_to_num": nan_to_num,
                   "float32": lambda x: x.astype("f4").astype("f8")}


class Shape:
    """Which lists a value has: two values of one key have the same ones."""

    def __init__(self, depth, key, parent=None, size=1, leaf=None):
        self.depth, self.key, self.parent, self.size, self.leaf = depth, key, parent, size, leaf


SCALAR = Shape(0, "")


class Node:
    """A value. `build(*args)` makes it; those of args that are nodes are its operands."""

    def __init__(self, text, level, kind, shape, value, build, args, may_miss=None):
        self.text, self.level, self.kind, self.shape, self.value = text, level, kind, shape, value
        self.build, self.args = build, args
        self.children = [a for a in args if isinstance(a, Node)]
        self.may_miss = any(c.may_miss for c in self.children) if may_miss is None else may_miss

    def within(self, level):
        return self.text if self.level >= level else f"({self.text})"


def evaluate(node, data, memory):
    """The value over expression_data.Data; memory: values by text."""
    if node.text not in memory:
        values = [evaluate(child, data, memory) for child in node.children]
        memory[node.text] = node.value(*values) if values else node.value(data)
    return memory[node.text]


def deepest(*nodes):
    return max((n.shape for n in nodes), key=lambda shape: shape.depth)


def common(*nodes):
    return max((n.kind for n in nodes), key="bif".index)


# ---- leaves ----

def column(name, kind, shape):
    return Node(name, CALL, kind, shape, lambda data: data.values(name), column,
                (name, kind, shape), False)


def literal(value):
    kind = {bool: "b", int: "i", float: "f"}[type(value)]
    text = repr(value)
    return Node(text, UNARY if text[0] == "-" else NUMBER, kind, SCALAR,
                lambda data: ref.Value([], np.full(data.n, value, ref.DTYPES[kind])), literal,
                (value,), False)


# ---- operators ----

def unary(sign, a):
    kind = "i" if a.kind == "b" and sign in "+-" else a.kind
    does = {"-": np.negative, "+": np.positive, "~": np.invert}[sign]
    return Node(sign + a.within(UNARY), UNARY, kind, a.shape,
                lambda x: ref.each(does, ref.cast(x, kind)), unary, (sign, a))


def inverted(spelling, a):
    level = NOT if spelling == "not " else UNARY
    return Node(spelling + a.within(level), level, "b", a.shape,
                lambda x: ref.each(np.invert, ref.cast(x, "b")), inverted, (spelling, a))


def arithmetic(sign, a, b):
    kind = "f" if sign == "/" else max(common(a, b), "i", key="bif".index)
    does, level = ARITHMETIC[sign], LEVELS[sign]
    may_miss = None

    def value(x, y):
        return ref.each(does, ref.cast(x, kind), ref.cast(y, kind))
    if sign in ("//", "%") and kind == "i":
        may_miss = True

        def value(x, y):
            return ref.divide_ints(does, ref.cast(x, "i"), ref.cast(y, "i"))
    return Node(f"{a.within(level)} {sign} {b.within(level + 1)}", level, kind, deepest(a, b),
                value, arithmetic, (sign, a, b), may_miss)


def power(a, b):
    is_whole = b.build is literal and b.kind == "i" and b.level == NUMBER and a.kind != "f"
    kind = "i" if is_whole else "f"

    def raised(x, y):
        return np.power(x, y) if is_whole else ref.inexact(np.power(x, y))

    def value(x, y):
        return ref.each(raised, ref.cast(x, kind), ref.cast(y, kind))
    return Node(f"{a.within(NUMBER)} ** {b.within(UNARY)}", POWER, kind, deepest(a, b), value,
                power, (a, b))


def compared(signs, *nodes):
    """a < b, or a chain a < b <= c."""
    def value(*values):
        result = None
        for i, sign in enumerate(signs):
            kind = common(nodes[i], nodes[i + 1])
            one = ref.each(COMPARISONS[sign], *(ref.cast(x, kind) for x in values[i:i + 2]))
            result = one if result is None else ref.logic(result, one, False)
        return result
    text = nodes[0].within(COMPARE + 1)
    for sign, node in zip(signs, nodes[1:], strict=True):
        text += f" {sign} {node.within(COMPARE + 1)}"
    return Node(text, COMPARE, "b", deepest(*nodes), value, compared, (signs, *nodes))


def logical(spelling, a, b):
    is_or = spelling in ("or", "||")
    level = OR if is_or else AND
    return Node(f"{a.within(level)} {spelling} {b.within(level + 1)}", level, "b", deepest(a, b),
                lambda x, y: ref.logic(ref.cast(x, "b"), ref.cast(y, "b"), is_or), logical,
                (spelling, a, b))


def bits(sign, a, b):
    kind, level = common(a, b), LEVELS[sign]
    kind = "i" if kind == "b" and sign in ("<<", ">>") else kind

    def value(x, y):
        if kind == "b" and sign in "&|":
            return ref.logic(x, y, sign == "|")
        return ref.each(BITS[sign], ref.cast(x, kind), ref.cast(y, kind))
    return Node(f"{a.within(level)} {sign} {b.within(level + 1)}", level, kind, deepest(a, b),
                value, bits, (sign, a, b))


def chosen(spelling, c, a, b):
    kind = common(a, b)
    text = {"where": f"where({c.text}, {a.text}, {b.text})",
            "if": f"{a.within(OR)} if {c.within(OR)} else {b.text}",
            "?": f"{c.within(OR)} ? {a.text} : {b.text}"}[spelling]
    return Node(text, CALL if spelling == "where" else TERNARY, kind, deepest(c, a, b),
                lambda x, y, z: ref.where(ref.cast(x, "b"), ref.cast(y, kind), ref.cast(z, kind)),
                chosen, (spelling, c, a, b))


# ---- functions ----

def call(style, name, a, *others):
    """name(a, …), np.name(a, …), ak.name(a, …) or a.name(…)."""
    rest = [o.text if isinstance(o, Node) else o for o in others]
    if style == "method":
        return f"{a.within(CALL)}.{name}({', '.join(rest)})"
    return f"{style}{name}({', '.join([a.text, *rest])})"


def function(style, name, *nodes):
    """Functions of single elements."""
    a, kind, does, may_miss = nodes[0], common(*nodes), None, None
    number = "i" if kind == "b" else kind
    if name in FLOAT_FUNCTIONS:
        number, does = "f", FLOAT_FUNCTIONS[name]
    elif name in SAME_KIND:
        does = SAME_KIND[name]
    elif name in ("minimum", "min", "maximum", "max"):
        does = np.minimum if name.startswith("min") else np.maximum
    elif name in ("float", "int", "bool"):
        number, does = name[0], np.positive if name != "bool" else np.array
    else:
        number = kind
        may_miss = {"fill_none": nodes[-1].may_miss, "mask": True, "is_none": False}[name]

    def value(*values):
        if name == "mask":
            return ref.mask(values[0], ref.cast(values[1], "b"))
        if does is None:
            return getattr(ref, name)(*(ref.cast(x, number) for x in values))
        result = ref.each(does, *(ref.cast(x, number) for x in values))
        is_rough = name in INEXACT or name in ("hypot", "arctan2")
        return ref.each(ref.inexact, result) if is_rough else result
    result_kind = {"mask": a.kind, "is_none": "b"}.get(name, "b" if name in TESTS else number)
    return Node(call(style, name, *nodes), CALL, result_kind, deepest(*nodes), value, function,
                (style, name, *nodes), may_miss)


def clipped(x, low, high):
    kind = "f" if float in (type(low), type(high)) or x.kind == "f" else "i"
    return Node(f"clip({x.text}, {low}, {high})", CALL, kind, x.shape,
                lambda v: ref.each(lambda a: np.clip(a, low, high), ref.cast(v, kind)), clipped,
                (x, low, high))


def whole(x):
    """int(x) of numbers that fit."""
    def convert(v):
        return np.clip(nan_to_num(v), -1e6, 1e6).astype("i8")
    return Node(f"int(clip(nan_to_num({x.text}), -1e6, 1e6))", CALL, "i", x.shape,
                lambda v: ref.each(convert, v), whole, (x,))


# ---- lists ----

def reduced(style, name, axis, x):
    kind = ("b" if name in ("any", "all") else "i" if name in ("count", "argmin", "argmax") else
            "f" if name in ("mean", "var", "std") else "i" if x.kind == "b" else x.kind)
    may_miss = name in ("min", "max", "argmin", "argmax")
    return Node(call(style, name, x, *axis), CALL, kind, x.shape.parent,
                lambda v: ref.reduce(name, v), reduced, (style, name, axis, x), may_miss)


def number_of(name, axis, x):
    """num(x) of an event's list, or of the innermost ones."""
    inner = axis == "-1"
    shape = x.shape.parent if inner or x.shape.depth == 1 else SCALAR
    text = f"{name}({x.text})" if axis is None else f"num({x.text}, axis={axis})"
    return Node(text, CALL, "i", shape,
                lambda v: ref.on_lists(lambda a: ak.num(a, axis=-1 if inner else 1), v),
                number_of, (name, axis, x), False)


def local_index(x):
    return Node(f"local_index({x.text})", CALL, "i", x.shape,
                lambda v: ref.on_lists(lambda a: ak.local_index(a, axis=-1), v), local_index,
                (x,), False)


def in_order(name, ascending, x):
    option = "" if ascending else ", ascending=False"
    does = ref.argsort if name == "argsort" else ref.sort
    return Node(f"{name}({x.text}{option})", CALL, "i" if name == "argsort" else x.kind, x.shape,
                lambda v: does(v, ascending), in_order, (name, ascending, x),
                False if name == "argsort" else None)
