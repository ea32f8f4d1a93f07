# SPDX-License-Identifier: Apache-2.0
"""Expressions that make lists of another shape: of some items, of pairs, joined, padded.

A shape knows how to make values of it (`leaf`): a list that is cut out by a mask fits others cut
out by the same mask, so all of them share its text.
"""

import awkward as ak
import expression_reference as ref
from expression_tree import CALL, SCALAR, Node, Shape, common


def derived(node, size, leaf, depth=None, parent=None):
    """The shape of a node that has new lists: those of its text with nothing for the operand."""
    node.shape = Shape(depth or node.shape.depth, node.lists, parent, size, leaf)
    return node


def make(text, lists, x, shape, function, build, args, may_miss=None, kind=None):
    """A node of a function of awkward arrays."""
    node = Node(text, CALL, kind or x.kind, shape, lambda *v: ref.on_lists(function, *v), build,
                args, may_miss)
    node.lists = lists
    return node


def subscript(x, text):
    return f"{x.within(CALL)}[{text}]"


# ---- an event's item ----

def item(x, at):
    """x[i]: at is a number or an event's number."""
    if isinstance(at, Node):
        return _item(subscript(x, at.text), f"{x.shape.key}[{at.text}]", x, ref.item, item, (x, at))
    return _item(subscript(x, at), f"{x.shape.key}[{at}]", x, lambda v: ref.item(v, at), item,
                 (x, at))


def end(name, x):
    does = ref.last if name == "last" else lambda v: ref.item(v, 0)
    return _item(f"{name}({x.text})", f"{name}({x.shape.key})", x, does, end, (name, x))


def _item(text, lists, x, value, build, args):
    node = make(text, lists, x, SCALAR, value, build, args, True)
    if x.shape.depth == 1:
        return node
    return derived(node, 4, lambda kind, g: build(*(g.value(kind, x.shape, 0) if a is x else a
                                                    for a in args)), 1, SCALAR)


# ---- some items ----

def kept(x, mask):
    """x[mask], of the lists that the mask is about."""
    node = make(subscript(x, mask.text), f"{x.shape.key}[{mask.text}]", x, x.shape, ref.keep, kept,
                (x, mask))
    node.may_miss = x.may_miss
    outer = x.shape
    parent = outer.parent
    if mask.shape.depth < outer.depth:
        parent = Shape(1, f"{parent.key}[{mask.text}]", SCALAR, parent.size,
                       lambda kind, g: kept(g.value(kind, outer.parent, 0), mask))
    return derived(node, outer.size, lambda kind, g: kept(g.value(kind, outer, 0), mask),
                   parent=parent)


def cut(x, start, stop):
    """x[start:stop]; None is left out."""
    text = f"{'' if start is None else start}:{'' if stop is None else stop}"
    text = ":, " + text if (start or 0) % 2 else text
    outer = x.shape
    parent = outer.parent
    if outer.depth == 2:
        parent = Shape(1, f"{parent.key}[{text}]", SCALAR, parent.size,
                       lambda kind, g: cut(g.value(kind, outer.parent, 0), start, stop))
    node = make(subscript(x, text), f"{outer.key}[{text}]", x, outer,
                lambda v: v[:, start:stop], cut, (x, start, stop))
    return derived(node, outer.size, lambda kind, g: cut(g.value(kind, outer, 0), start, stop),
                   parent=parent)


def taken(x, index):
    """x[index], as the lists of the index."""
    node = make(subscript(x, index.text), f"{x.shape.key}[{index.text}]", x, index.shape, None,
                taken, (x, index), True)
    node.value = ref.take
    if index.shape.depth >= x.shape.depth:
        return node
    outer = x.shape
    return derived(node, outer.size, lambda kind, g: taken(g.value(kind, outer, 0), index), 2,
                   index.shape)


# ---- lists of others ----

def padded(x, n, clips):
    outer, option = x.shape, ", clip=True" if clips else ""
    node = make(f"pad({x.text}, {n}{option})", f"pad({outer.key}, {n}{option})", x, outer,
                lambda v: ak.pad_none(v, n, axis=1, clip=clips), padded, (x, n, clips), True)
    return derived(node, max(outer.size, n),
                   lambda kind, g: padded(g.value(kind, outer, 0), n, clips), parent=SCALAR)


def joined(spelling, a, b):
    kind, first, second = common(a, b), a.shape, b.shape
    text = f"concat({a.text}, {b.text})"
    if spelling == "concatenate":
        text = f"ak.concatenate([{a.text}, {b.text}], axis=1)"
    node = make(text, f"concat({first.key}, {second.key})", a, first, None, joined,
                (spelling, a, b), kind=kind)
    node.value = lambda x, y: ref.on_lists(lambda *parts: ak.concatenate(parts, axis=1),
                                           ref.cast(x, kind), ref.cast(y, kind))
    return derived(node, first.size + second.size,
                   lambda kind, g: joined(spelling, g.value(kind, first, 0),
                                          g.value(kind, second, 0)), parent=SCALAR)


def flattened(x):
    outer = x.shape
    node = make(f"flatten({x.text})", f"flatten({outer.key})", x, outer,
                lambda v: ak.flatten(v, axis=2), flattened, (x,))
    return derived(node, outer.size * outer.parent.size,
                   lambda kind, g: flattened(g.value(kind, outer, 0)), 1, SCALAR)


def combined(x, n, k):
    """One of the items of each choice of n."""
    outer = x.shape
    size = outer.size * (outer.size - 1) // 2
    node = make(f'combinations({x.text}, {n})["{k}"]', f"combinations({outer.key}, {n})", x, outer,
                lambda v: ak.combinations(v, n, axis=1, fields=list("012"[:n]))[str(k)], combined,
                (x, n, k))
    return derived(node, size if n == 2 else size * (outer.size - 2) // 3,
                   lambda kind, g: combined(g.value(kind, outer, 0), n, g.rng.randrange(n)),
                   parent=SCALAR)


def paired(a, b, k):
    """One of the items of each pair."""
    first, second = a.shape, b.shape
    one = (a, b)[k]
    node = make(f'cartesian({a.text}, {b.text})["{k}"]', f"cartesian({first.key}, {second.key})",
                one, first, lambda x, y: ak.cartesian({"0": x, "1": y}, axis=1)[str(k)], paired,
                (a, b, k), one.may_miss)

    def leaf(kind, g):
        k = g.rng.randrange(2)
        kinds = [kind if i == k else g.rng.choice("fi") for i in range(2)]
        return paired(g.value(kinds[0], first, 0), g.value(kinds[1], second, 0), k)
    return derived(node, first.size * second.size, leaf, parent=SCALAR)
