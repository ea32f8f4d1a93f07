# SPDX-License-Identifier: Apache-2.0
"""Compares expressions with their reference; a disagreement is made small and told."""

import re

import beamline_arrow
import beamline_expr
import expression_reference as ref
import numpy as np
import pyarrow as pa
from expression_cases import COLUMNS, KINDS, SKIPPED_UNTIL_FIXED
from expression_tree import Node, column, evaluate

TYPES = {"b": pa.bool_(), "i": pa.int64(), "f": pa.float64()}


def parts_of_ours(array):
    """([lengths of the lists of a level, …], numbers)"""
    lengths = []
    while pa.types.is_list(array.type):
        lengths.append(np.diff(array.offsets.to_numpy()))
        array = array.flatten()
    if array.null_count:
        raise AssertionError("nulls in a result")
    return lengths, array.to_numpy(zero_copy_only=False)


def parts_of_reference(value, is_float):
    """The same; what is missing is NaN."""
    if is_float:
        return value.lengths, np.where(value.valid, ref.cast(value, "f").data, np.nan)
    return value.lengths, value.data


def differs(ours, theirs):
    """Where numbers are not the same: exactly for bools and ints, else to 1e-12."""
    if ours.dtype.kind != "f":
        return ours != theirs
    near = np.abs(ours - theirs) <= 1e-12 * np.abs(theirs)
    return ~((ours == theirs) | near | (np.isnan(ours) & np.isnan(theirs)))


def same_lists(a, b):
    return len(a) == len(b) and all(map(np.array_equal, a, b))


def is_within_noise(node, data, ours, theirs, wrong):
    """Whether the reference changes as well where its functions are off by some last digits."""
    explained = ~wrong if wrong is not None else None
    for seed in range(6):
        with ref.Noise(seed):
            lists, noisy = parts_of_reference(evaluate(node, data, {}), ours.dtype.kind == "f")
        if theirs[0] and not same_lists(lists, theirs[0]):
            return True
        if wrong is None:
            continue
        changed = differs(noisy, theirs[1])
        if ours.dtype.kind == "f":
            gap, moved = np.abs(ours - theirs[1]), np.abs(noisy - theirs[1])
            changed = np.where(np.isfinite(gap) & np.isfinite(moved), moved * 20 >= gap, changed)
        explained |= changed
    return explained is not None and bool(explained.all())


def problem(node, data, ours, memory=None):
    """What is wrong with our result, or None; "noise" where it is the reference's last digits."""
    expected = evaluate(node, data, {} if memory is None else memory)
    kind = ours.type
    while pa.types.is_list(kind):
        kind = kind.value_type
    if kind != TYPES[node.kind] and not (node.may_miss and kind == pa.float64()):
        return f"type {ours.type}, not {TYPES[node.kind]}"
    is_float = kind == pa.float64()
    if not is_float and not expected.valid.all():
        return f"type {ours.type} cannot say that a value is missing"
    theirs = parts_of_reference(expected, is_float)
    lists, numbers = parts_of_ours(ours)
    if not same_lists(lists, theirs[0]):
        return "noise" if is_within_noise(node, data, numbers, theirs, None) else "other lists"
    wrong = differs(numbers, theirs[1])
    if not wrong.any():
        return None
    if is_within_noise(node, data, numbers, theirs, wrong):
        return "noise"
    i = int(np.argmax(wrong))
    return f"{numbers[i]!r} where the reference has {theirs[1][i]!r}"


def run(held, nodes, data, before=0):
    texts = {f"e{i}": node.text for i, node in enumerate(nodes)}
    result = beamline_expr.evaluate(held, data.batch(before), **texts)
    return [result.column(name) for name in texts]


def columns_of(node):
    return [name for name in KINDS if re.search(rf"\b{name}\b", node.text)]


def is_skipped(node, data):
    return "no inner lists" in SKIPPED_UNTIL_FIXED and any(
        len(data.values(name).lengths[-1]) == 0
        for name in columns_of(node) if data.values(name).lengths)


def fails(held, node, data):
    """What is wrong with one expression, or None; an expression that has no reference is right."""
    if not columns_of(node) or is_skipped(node, data):
        return None
    try:
        evaluate(node, data, {})
    except Exception:  # the shrinker's lists may not fit each other
        return None
    try:
        found = problem(node, data, run(held, [node], data)[0])
        return None if found == "noise" else found
    except (beamline_arrow.Failure, AssertionError) as error:
        return str(error)


# ---- making failures small ----

def rebuilt(node, text, new):
    """The tree with a subtree replaced wherever its text is."""
    if node.text == text:
        return new
    args = [rebuilt(a, text, new) if isinstance(a, Node) else a for a in node.args]
    same = all(a is b for a, b in zip(args, node.args, strict=True))
    return node if same else node.build(*args)


def subtrees(node):
    for child in node.children:
        yield child
        yield from subtrees(child)


def on_columns(node, key, family):
    """The tree with columns of a family for all that makes the lists of a shape."""
    names = {KINDS[name]: name for name in COLUMNS[family]}
    makes_lists = node.children and all(child.shape.key != key for child in node.children)
    if node.shape.key == key and makes_lists and node.kind in names:
        return column(names[node.kind], node.kind, node.shape)
    args = [on_columns(a, key, family) if isinstance(a, Node) else a for a in node.args]
    return node.build(*args)


def smaller(node):
    """Trees with less in them, those with the least first."""
    yield from sorted(subtrees(node), key=lambda n: len(n.text))
    for key, depth in sorted({(n.shape.key, n.shape.depth) for n in (node, *subtrees(node))}):
        for family in (("event",), ("jet", "mu"), ("hit",))[depth]:
            yield on_columns(node, key, family)
    unique = {n.text: n for n in subtrees(node)}
    for part in sorted(unique.values(), key=lambda n: -len(n.text)):
        for family in (("event",), ("jet", "mu"), ("hit",))[part.shape.depth]:
            yield from (rebuilt(node, part.text, column(name, part.kind, part.shape))
                        for name in COLUMNS[family] if KINDS[name] == part.kind)
        for inner in sorted(subtrees(part), key=lambda n: len(n.text)):
            if inner.kind == part.kind and inner.shape.depth == part.shape.depth:
                yield rebuilt(node, part.text, inner)


def shrunk(held, node, data, budget=1000):
    """The smallest expression and rows that still fail."""
    def still_fails(n, d):
        nonlocal budget
        budget -= 1
        return budget > 0 and fails(held, n, d)
    changed = True
    while changed:
        changed = False
        for other in smaller(node):
            if len(other.text) < len(node.text) and still_fails(other, data):
                node, changed = other, True
                break
    for i in range(data.n):
        if still_fails(node, data.rows(slice(i, i + 1))):
            return node, data.rows(slice(i, i + 1))
    return node, data


def told(held, node, data, where):
    """A failure as a text, with what to paste into a test."""
    what = fails(held, node, data)
    if what is None:
        return f"{where}: fails only beside other expressions: {node.text}"
    node, data = shrunk(held, node, data)
    lines = [f"{where}: {fails(held, node, data)}", f"  {node.text}"]
    for name in columns_of(node):
        kind = next(family[name] for family in COLUMNS.values() if name in family)
        lines.append(f"  {name} ({kind}) = {data.arrays[name].to_list()}")
    expected = evaluate(node, data, {})
    lines.append(f"  expected {expected.array.to_list()}")
    try:
        lines.append(f"  got      {run(held, [node], data)[0].to_pylist()}")
    except beamline_arrow.Failure as error:
        lines.append(f"  got      {error}")
    return "\n".join(lines)
