# SPDX-License-Identifier: Apache-2.0
"""What an export of a prepared folder must hold, computed anew from its shards."""

import numpy as np
import prepared


def inputs(folder, part, fold=0):
    """{input: float64 [events × width], or of a sequence a list of [rows × width]}, transformed;
    padded where the transform says so."""
    said = prepared.description(folder)
    table = prepared.part(folder, part)
    found = {}
    for one in said["inputs"]:
        name = one["name"]
        if not one["sequence"]:
            values = prepared.numbers(table, name)
            found[name] = rounded(said, prepared.transform(said["transforms"][fold], name, values))
            continue
        values, counts = prepared.rows(table, name)
        values = rounded(said, prepared.transform(said["transforms"][fold], name, values))
        found[name] = padded(said["transforms"][fold], name,
                             np.split(values, np.cumsum(counts)[:-1]))
    return found


def rounded(said, values):
    return values if said["type"] == "float64" else values.astype("f4").astype("f8")


def padded(transform, name, events):
    """One array where the transform fills sequences up to a length."""
    of_input = {one["name"]: one for one in transform["inputs"]}[name]
    said = of_input.get("rows", {})
    how, length = said.get("padding"), said.get("length")
    if not how:
        return events
    fill = np.array([column.get("pad", 0) for column in of_input["columns"]])
    return np.stack([fill_up(event, length, fill, how == "wrap") for event in events])


def fill_up(event, length, fill, wraps):
    if wraps and len(event):
        return event[np.arange(length) % len(event)]
    return np.concatenate([event, np.tile(fill, (length - len(event), 1))])


def one_hot(folder, part):
    n = len(prepared.description(folder)["classes"])
    return np.eye(n)[prepared.numbers(prepared.part(folder, part), "label")]
