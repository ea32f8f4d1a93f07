# SPDX-License-Identifier: Apache-2.0
"""Random schemas and data for tests that exchange files with others, and how values compare.

What formats say differently is one thing here: a date or time is its number, a map a list of keys
and values, a decimal the nearest double, a text its bytes, NaN equal to NaN.
"""

import math

import numpy
import pyarrow

NUMBERS = [pyarrow.int8(), pyarrow.uint8(), pyarrow.int16(), pyarrow.uint16(), pyarrow.int32(),
           pyarrow.uint32(), pyarrow.int64(), pyarrow.uint64(), pyarrow.float32(),
           pyarrow.float64()]
FLAT = NUMBERS + [pyarrow.bool_(), pyarrow.string(), pyarrow.binary()]
TIMES = [pyarrow.date32(), pyarrow.timestamp("us"), pyarrow.timestamp("ms", "UTC"),
         pyarrow.timestamp("ns"), pyarrow.time32("ms"), pyarrow.time64("us")]


def random_type(random, depth=0, flat=FLAT):
    """A type with up to three levels of lists and structs."""
    kind = random.random()
    if depth == 3 or kind < 0.5:
        return flat[random.integers(len(flat))]
    if kind < 0.8:
        return pyarrow.list_(pyarrow.field("item", random_type(random, depth + 1, flat),
                                           nullable=bool(random.integers(2))))
    return pyarrow.struct([pyarrow.field(f"m{i}", random_type(random, depth + 1, flat),
                                         nullable=bool(random.integers(2)))
                           for i in range(random.integers(1, 4))])


def _flat(random, kind, n):
    few = random.random() < 0.3  # values that a dictionary pays for
    if pyarrow.types.is_floating(kind):
        values = random.normal(0, 1, n).astype(kind.to_pandas_dtype())
        if few:
            values = numpy.round(values)
        if n and random.random() < 0.3:
            special = numpy.array([numpy.nan, numpy.inf, -numpy.inf, -0.0])
            values[random.integers(n, size=max(1, n // 9))] = special[random.integers(4)]
        return pyarrow.array(values, kind)
    if pyarrow.types.is_boolean(kind):
        return pyarrow.array(random.random(n) < random.random())
    if pyarrow.types.is_string(kind) or pyarrow.types.is_binary(kind):
        words = ["", "a", "µ", "jet", "ümläut", "x" * 40] if few else None
        texts = [words[random.integers(6)] if few else "é" * int(random.integers(3)) +
                 "".join(map(chr, random.integers(32, 127, random.integers(12)))) for _ in range(n)]
        if pyarrow.types.is_binary(kind):
            texts = [text.encode() + (b"\xff" if i % 5 == 0 else b"") for i, text in
                     enumerate(texts)]
        return pyarrow.array(texts, kind)
    if pyarrow.types.is_temporal(kind):
        wide = pyarrow.int32() if kind.bit_width == 32 else pyarrow.int64()
        return pyarrow.array(random.integers(0, 86_399_999, n), wide).cast(kind)
    width = kind.bit_width
    low, high = (0, 2**width) if str(kind).startswith("u") else (-2**(width - 1), 2**(width - 1))
    shape = random.random()
    if few:
        low, high = max(low, -3), min(high, 4)
    elif shape < 0.4:  # ascending, as event numbers are
        start = int(random.integers(0, 50))
        return pyarrow.array(numpy.minimum(start + numpy.arange(n) * 3, min(high - 1, 2**62))
                             .astype(kind.to_pandas_dtype()), kind)
    dtype = numpy.uint64 if low == 0 else numpy.int64
    return pyarrow.array(random.integers(low, high, n, dtype=dtype).astype(kind.to_pandas_dtype()),
                         kind)


def random_array(random, kind, n, nullable):
    """`n` values of a type; where it is nullable some are null, or none, or all."""
    share = random.choice([0, 0, 0.1, 0.5, 1]) if nullable else 0
    mask = random.random(n) < share
    if pyarrow.types.is_list(kind):
        lengths = numpy.where(mask, 0, random.poisson(random.choice([0.5, 3]), n))
        offsets = numpy.concatenate([[0], numpy.cumsum(lengths)]).astype(numpy.int32)
        items = random_array(random, kind.value_type, int(offsets[-1]), kind.value_field.nullable)
        return pyarrow.ListArray.from_arrays(offsets, items, type=kind,
                                             mask=pyarrow.array(mask) if share else None)
    if pyarrow.types.is_struct(kind):
        members = [random_array(random, field.type, n, field.nullable) for field in kind]
        return pyarrow.StructArray.from_arrays(members, fields=list(kind),
                                               mask=pyarrow.array(mask) if share else None)
    values = _flat(random, kind, n)
    if not share:
        return values
    return pyarrow.array([None if gone else value for value, gone in
                          zip(values.to_pylist(), mask, strict=True)], kind) \
        if not pyarrow.types.is_temporal(kind) else \
        pyarrow.compute.if_else(pyarrow.array(mask), pyarrow.scalar(None, kind), values)


def random_table(random, n=None, flat=FLAT, n_columns=None):
    n = int(random.choice([0, 1, 7, 100, 1000])) if n is None else n
    fields = [pyarrow.field(f"c{i}", random_type(random, flat=flat),
                            nullable=bool(random.integers(2)))
              for i in range(n_columns or random.integers(1, 6))]
    arrays = [random_array(random, field.type, n, field.nullable) for field in fields]
    return pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields))


def plain(scalar, kind=None):
    """A value as it compares: see above."""
    kind = kind or scalar.type
    if isinstance(kind, pyarrow.ExtensionType):
        return plain(scalar.value, kind.storage_type) if scalar.is_valid else None
    if not scalar.is_valid:
        return None
    if pyarrow.types.is_map(kind):
        return [{"key": plain(kind_of[0]), "value": plain(kind_of[1])} for kind_of in scalar.values]
    if pyarrow.types.is_struct(kind):
        return {field.name: plain(scalar[i]) for i, field in enumerate(kind)}
    if hasattr(scalar, "values"):
        return [plain(item) for item in scalar.values]
    if pyarrow.types.is_decimal(kind):
        return float(scalar.as_py())
    if pyarrow.types.is_temporal(kind):
        return scalar.value
    value = scalar.as_py()
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return value.encode() if isinstance(value, str) else value


def values_of(array):
    """The values of an array or a chunked one."""
    return [plain(scalar) for scalar in array]
