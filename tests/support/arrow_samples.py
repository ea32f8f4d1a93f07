# SPDX-License-Identifier: Apache-2.0
"""Random Arrow types and tables with fixed seeds, and what we make of their values."""

import datetime
import decimal

import pyarrow as pa

TEXTS = ["", "a", "eta", "µ→eγ", "more than twelve bytes of text", "x" * 40]
# What can be written by us and read back as it was.
PLAIN = [pa.bool_(), pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(),
         pa.int64(), pa.uint64(), pa.float32(), pa.float64(), pa.string(), pa.binary(),
         pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"),
         pa.time64("ns"), pa.timestamp("s"), pa.timestamp("ms", "UTC"),
         pa.timestamp("us", "Europe/Zurich"), pa.timestamp("ns"), pa.duration("s"),
         pa.duration("ms"), pa.duration("us"), pa.duration("ns")]
# What becomes something else when it is read.
OTHER = [pa.null(), pa.float16(), pa.large_string(), pa.large_binary(), pa.binary(3),
         pa.string_view(), pa.binary_view(), pa.decimal32(7, 2), pa.decimal64(16, 3),
         pa.decimal128(30, 5), pa.decimal256(60, 20), pa.decimal128(20, -2),
         pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.uint32(), pa.int64()),
         pa.dictionary(pa.int16(), pa.large_string())]
DAY = 86400


def random_type(rng, leaves, depth=3):
    """A type of at most `depth` levels of lists and structs."""
    kind = rng.choice(["leaf", "leaf", "list", "large", "fixed", "struct", "map"])
    if depth == 0 or kind == "leaf":
        return rng.choice(leaves)

    def inner():
        return random_type(rng, leaves, depth - 1)

    if kind == "list":
        return pa.list_(pa.field("item", inner(), nullable=True))
    if kind == "large":
        return pa.large_list(inner())
    if kind == "fixed":
        return pa.list_(inner(), rng.randrange(4))
    if kind == "map" and leaves is not PLAIN:
        return pa.map_(pa.string(), inner())
    return pa.struct([pa.field(f"m{i}", inner()) for i in range(rng.randrange(1, 4))])


def _number(rng, kind):
    if pa.types.is_integer(kind):
        bits = kind.bit_width
        low, high = (0, 2**bits) if str(kind)[0] == "u" else (-2**(bits - 1), 2**(bits - 1))
        return rng.choice([rng.randrange(low, high), low, high - 1, 0])
    if pa.types.is_float16(kind):
        return rng.choice([0.5, -2.0, 65504.0, 6e-8, 0.0, 6.1035e-05])
    if pa.types.is_float32(kind):
        return rng.randrange(-2**24, 2**24) / 2.0**rng.randrange(30)
    return rng.uniform(-1e10, 1e10)


def _time(rng, kind):
    if pa.types.is_date(kind):
        return datetime.date(1970, 1, 1) + datetime.timedelta(rng.randrange(-30000, 30000))
    if pa.types.is_time(kind):
        seconds, rest = rng.randrange(DAY), rng.randrange(10**6)
        rest = {"s": 0, "ms": rest // 1000 * 1000}.get(kind.unit, rest)
        return (datetime.datetime(1970, 1, 1)
                + datetime.timedelta(seconds=seconds, microseconds=rest)).time()
    steps = rng.randrange(-10**9, 10**9) * (1000 if kind.unit == "ns" else 1)
    return pa.scalar(steps, pa.int64()).cast(kind).as_py()


def _leaf(rng, kind):
    if pa.types.is_boolean(kind):
        return rng.random() < 0.5
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _number(rng, kind)
    if pa.types.is_decimal(kind):
        digits = rng.randrange(1, kind.precision + 1)
        whole = rng.randrange(-10**digits + 1, 10**digits)
        context = decimal.Context(prec=100)
        return context.scaleb(decimal.Decimal(whole), -kind.scale)
    if pa.types.is_temporal(kind):
        return _time(rng, kind)
    if pa.types.is_fixed_size_binary(kind):
        return bytes(rng.randrange(256) for _ in range(kind.byte_width))
    text = rng.choice(TEXTS)
    if "binary" in str(kind):
        return text.encode("utf-16")
    return text


def random_value(rng, kind, nulls):
    """A Python value of that type; None with a probability of `nulls`."""
    if pa.types.is_null(kind) or rng.random() < nulls:
        return None
    if pa.types.is_dictionary(kind):
        if pa.types.is_integer(kind.value_type):
            return rng.randrange(20)
        return rng.choice(TEXTS)
    if pa.types.is_map(kind):
        return [(rng.choice(TEXTS), random_value(rng, kind.item_type, nulls))
                for _ in range(rng.randrange(3))]
    if pa.types.is_struct(kind):
        return {field.name: random_value(rng, field.type, nulls) for field in kind}
    if pa.types.is_fixed_size_list(kind):
        return [random_value(rng, kind.value_type, nulls) for _ in range(kind.list_size)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        n = rng.choice([0, 0, 1, 2, 5])
        return [random_value(rng, kind.value_type, nulls) for _ in range(n)]
    return _leaf(rng, kind)


def random_array(rng, kind, n, nulls):
    return pa.array([random_value(rng, kind, nulls) for _ in range(n)], kind)


def random_table(rng, leaves, n, n_columns=4):
    columns, fields = [], []
    for i in range(n_columns):
        nulls = rng.choice([0, 0, 0.2, 0.9])
        kind = random_type(rng, leaves)
        columns.append(random_array(rng, kind, n, nulls))
        fields.append(pa.field(f"c{i}", kind, nullable=nulls > 0 or pa.types.is_null(kind)))
    return pa.table(columns, schema=pa.schema(fields))


def cut(rng, table):
    """Record batches of a table, some of them empty."""
    batches, row = [], 0
    while row < table.num_rows or not batches:
        n = rng.choice([0, 1, 3, 8, 17, 64, table.num_rows])
        part = table.slice(row, n).combine_chunks()
        batches += part.to_batches() or [pa.RecordBatch.from_arrays(
            [pa.array([], field.type) for field in table.schema], schema=table.schema)]
        row += n
    return batches


def expected(kind, values):
    """What we make of Python values of a type: decimals are floats, maps lists of structs."""
    if pa.types.is_decimal(kind):
        return [None if v is None else float(v) for v in values]
    if pa.types.is_map(kind):
        return [None if v is None else
                [{"key": key, "value": item} for (key, _), item in
                 zip(v, expected(kind.item_type, [item for _, item in v]), strict=True)]
                for v in values]
    if pa.types.is_struct(kind):
        return [None if v is None else
                {field.name: expected(field.type, [v[field.name]])[0] for field in kind}
                for v in values]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [None if v is None else expected(kind.value_type, v) for v in values]
    return values
