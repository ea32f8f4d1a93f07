# SPDX-License-Identifier: Apache-2.0
"""Prepared folders read by pyarrow, and what must be in them computed anew."""

import json
import pathlib
import struct

import numpy as np
import pyarrow as pa
import xxhash


def description(folder):
    return json.loads(pathlib.Path(folder, "prepared.json").read_text("utf-8"))


def part(folder, name):
    """All rows of a part as one table, its shards one after the other."""
    said = {one["name"]: one for one in description(folder)["parts"]}[name]
    tables = []
    for shard in said["shards"]:
        path = pathlib.Path(folder, shard["file"])
        data = path.read_bytes()
        assert len(data) == shard["bytes"]
        assert xxhash.xxh64_hexdigest(data) == shard["xxh64"]
        tables.append(pa.ipc.open_file(pa.BufferReader(data)).read_all())
        assert tables[-1].num_rows == shard["events"]
    assert sum(table.num_rows for table in tables) == said["events"]
    return pa.concat_tables(tables) if tables else None


def numbers(table, name):
    """A column without lists, or of lists of one length as a matrix."""
    column = table[name].combine_chunks()
    if pa.types.is_fixed_size_list(column.type):
        return column.flatten().to_numpy(zero_copy_only=False).reshape(-1, column.type.list_size)
    return column.to_numpy(zero_copy_only=False)


def rows(table, name):
    """A sequence: all rows of all events as a matrix, and how many each event has."""
    column = table[name].combine_chunks()
    width = column.type.value_type.list_size
    values = column.flatten().flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
    return values, np.diff(column.offsets.to_numpy())


def fate(seed, split_seed, dataset, identity):
    """Key and share of an event, by the rule of prepared.json."""
    def half(of_seed, is_low):
        of_dataset = xxhash.xxh3_64_intdigest(dataset.encode(), seed=of_seed)
        packed = struct.pack(f"<{len(identity)}q", *[signed(number) for number in identity])
        hashed = xxhash.xxh3_128_intdigest(packed, seed=of_dataset)
        return hashed & (2**64 - 1) if is_low else hashed >> 64
    return half(seed, True), (half(split_seed, False) >> 11) * 2.0**-53


def signed(number):
    return number - 2**64 if number >= 2**63 else number


def transform(said, name, values):
    """What transform 'said' makes of rows of an input, in double."""
    columns = {one["name"]: one for one in said["inputs"]}[name]["columns"]
    out = np.empty(values.shape, dtype="f8")
    curves = {"identity": lambda x: x, "log": np.log, "log1p": np.log1p, "asinh": np.arcsinh}
    for i, column in enumerate(columns):
        x = curves[column.get("curve", "identity")](values[:, i].astype("f8"))
        y = (x - column.get("offset", 0)) * column.get("scale", 1)
        y = np.clip(y, column.get("low", -np.inf), column.get("high", np.inf))
        missing = column.get("missing")
        out[:, i] = np.where(np.isnan(y), np.nan if missing is None else missing, y)
    return out
