# SPDX-License-Identifier: Apache-2.0
"""Random tables of every type that text holds, and comparing them: floats bit for bit but NaN."""

import datetime
import math
import struct

import pyarrow as pa

TEXTS = ["", "muon", "a,b", 'say "hi"', "two\nlines", "cr\r", " edge ", "é", "\U0001f600", "7",
         "NA", "true", "x" * 300, '"', '""', "\\", "\t", "\x01", "[1", "nan", "\u2028"]


def any_float(rng, width=8):
    kind = "d" if width == 8 else "f"
    if rng.random() < 0.3:
        value = rng.choice([0.0, -0.0, 1.5, 1e300 if width == 8 else 1e30, 100.0, 0.1, 12345.678])
        return struct.unpack(kind, struct.pack(kind, value))[0]
    while True:
        value = struct.unpack(kind, rng.randbytes(width))[0]
        if math.isfinite(value):
            return value


def whole(rng, bits, is_signed):
    value = rng.getrandbits(bits) >> rng.randrange(bits)
    return value - (1 << bits - 1) if is_signed and rng.random() < 0.5 and value < 1 << bits - 1 \
        else value & ((1 << bits - 1) - 1) if is_signed else value


def some(rng, n, make, nulls=0.1):
    return [None if rng.random() < nulls else make() for _ in range(n)]


def table(rng, n, nulls=0.1, specials=True):
    """`specials`: with NaN and infinities."""
    odd = [math.nan, math.inf, -math.inf]

    def f64():
        return rng.choice(odd) if specials and rng.random() < 0.05 else any_float(rng)

    def text():
        return rng.choice(TEXTS)

    def lists(make):
        return lambda: [make() if rng.random() > nulls else None for _ in range(rng.randrange(4))]

    columns = {"f": pa.array(some(rng, n, lambda: any_float(rng, 4), nulls), pa.float32()),
               "f64": pa.array(some(rng, n, f64, nulls), pa.float64()),
               "b": pa.array(some(rng, n, lambda: rng.random() < 0.5, nulls), pa.bool_()),
               "t": pa.array(some(rng, n, text, nulls), pa.string())}
    for bits in 8, 16, 32, 64:
        for sign in "iu":
            columns[f"{sign}{bits}"] = pa.array(
                some(rng, n, lambda bits=bits, sign=sign: whole(rng, bits, sign == "i"), nulls),
                getattr(pa, f"{'u' if sign == 'u' else ''}int{bits}")())
    days = some(rng, n, lambda: datetime.date.fromordinal(rng.randrange(1, 3650000)), nulls)
    columns["d"] = pa.array(days, pa.date32())
    columns["ts"] = pa.array(some(rng, n, lambda: rng.getrandbits(50), nulls), pa.timestamp("us"))
    columns["l"] = pa.array(some(rng, n, lists(lambda: any_float(rng)), nulls),
                            pa.list_(pa.float64()))
    columns["l32"] = pa.array(some(rng, n, lists(lambda: any_float(rng, 4)), nulls),
                              pa.list_(pa.float32()))
    columns["ll"] = pa.array(some(rng, n, lists(lists(lambda: rng.randrange(-5, 6))), nulls),
                             pa.list_(pa.list_(pa.int64())))
    member = pa.struct([("x", pa.int32()), ("y", pa.list_(pa.string()))])
    columns["s"] = pa.array(some(rng, n, lambda: {"x": rng.randrange(9), "y": lists(text)()},
                                 nulls), member)
    return pa.table(columns)


def same(left, right):
    if isinstance(left, float) and isinstance(right, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or struct.pack("d", left) == struct.pack("d", right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def difference(ours, wanted):
    """None, or a sentence on the first difference of two tables."""
    if ours.column_names != wanted.column_names:
        return f"columns {ours.column_names}, not {wanted.column_names}"
    for name in wanted.column_names:
        if str(ours[name].type) != str(wanted[name].type):
            return f"{name} is {ours[name].type}, not {wanted[name].type}"
        left, right = ours[name].to_pylist(), wanted[name].to_pylist()
        if len(left) != len(right):
            return f"{name} has {len(left)} rows, not {len(right)}"
        for i, pair in enumerate(zip(left, right, strict=True)):
            if not same(*pair):
                return f"{name}, row {i}: {pair[0]!r}, not {pair[1]!r}"
    return None
