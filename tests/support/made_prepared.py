# SPDX-License-Identifier: Apache-2.0
"""A folder of prepared events made by hand, as docs/prepare.md describes it."""

import json

import numpy
import pyarrow
import pyarrow.ipc
import xxhash


def fixed(values):
    flat = pyarrow.array(numpy.ascontiguousarray(values, numpy.float32).ravel())
    return pyarrow.FixedSizeListArray.from_arrays(flat, values.shape[1])


def column(values):
    """Rows of numbers of each event, or a list of such."""
    if isinstance(values, numpy.ndarray):
        return fixed(values)
    offsets = numpy.cumsum([0] + [len(rows) for rows in values]).astype(numpy.int32)
    return pyarrow.ListArray.from_arrays(pyarrow.array(offsets), fixed(numpy.concatenate(values)))


def sums(labels, weights, n_classes):
    return [{"events": int((labels == k).sum()),
             "negative": int((weights[labels == k] < 0).sum()),
             "sumw_physics": float(weights[labels == k].sum()),
             "sumw_train": float(weights[labels == k].sum()),
             "abs_train": float(numpy.abs(weights[labels == k]).sum())} for k in range(n_classes)]


def write_shard(path, first, inputs, labels, weights, cluster):
    n = len(labels)
    table = pyarrow.table({
        "key": pyarrow.array(numpy.arange(first, first + n, dtype=numpy.uint64)),
        "source_file": pyarrow.array(numpy.arange(n, dtype=numpy.int32) % 2),
        "source_entry": pyarrow.array(numpy.arange(first, first + n, dtype=numpy.int64)),
        "sample_index": pyarrow.array(numpy.zeros(n, numpy.int32)),
        "label": labels if isinstance(labels, pyarrow.Array)
        else pyarrow.array(labels.astype(numpy.int32)),
        "weight_physics": pyarrow.array(weights),
        "weight_train": pyarrow.array(weights),
        **{name: column(values) for name, values in inputs.items()}})
    with pyarrow.ipc.new_file(path, table.schema) as file:
        for batch in table.to_batches(cluster):
            file.write_batch(batch)


def write(folder, parts, classes, fingerprint="made", folds=0, transforms=None, shard=5000,
          cluster=512, numbers=False):
    """
    parts: {name: (inputs, labels)} or (inputs, labels, weights), where inputs are {name: array of
    [events, width] or a list of arrays [rows, width]}, labels the numbers of classes
    """
    folder.mkdir(parents=True, exist_ok=True)
    about, first = [], 0
    for part, (inputs, labels, *weights) in parts.items():
        weights = weights[0] if weights else numpy.ones(len(labels))
        kinds = numpy.zeros(len(labels), int) if numbers else labels
        shards = []
        for begin in range(0, len(labels), shard):
            cut = slice(begin, begin + shard)
            path = folder / f"{part}-{len(shards):05}.arrow"
            of = pyarrow.array(labels[cut].tolist(), pyarrow.list_(pyarrow.float64())) \
                if numbers else labels[cut]
            write_shard(path, first, {name: x[cut] for name, x in inputs.items()}, of,
                        weights[cut], cluster)
            data = path.read_bytes()
            shards.append({"file": path.name, "events": len(labels[cut]), "bytes": len(data),
                           "xxh64": xxhash.xxh64_hexdigest(data),
                           "classes": sums(kinds[cut], weights[cut], len(classes))})
            first += len(labels[cut])
        of = sums(kinds, weights, len(classes))
        about.append({"name": part, "events": len(labels), "classes": of, "before": of,
                      "shards": shards})
    inputs = next(iter(parts.values()))[0]
    document = {
        "format": "beamline prepared 1", "complete": True, "version": "0",
        "fingerprint": fingerprint, "type": "float32", "label": "numbers" if numbers else "sample",
        "classes": classes,
        "inputs": [{"name": name, "sequence": not isinstance(x, numpy.ndarray),
                    "most_rows": 0 if isinstance(x, numpy.ndarray) else
                    max(len(rows) for of in parts.values() for rows in of[0][name]),
                    "columns": [f"{name}_{i}" for i in range(x[0].shape[-1])]}
                   for name, x in inputs.items()],
        "observers": [], "weights": [], "identity": [], "rule": "xxh3", "seed": 0,
        "split_seed": 0, "folds": folds, "buckets": 1, "gathered": 1, "duplicates_dropped": 0,
        "files": ["first.root", "second.root"], "samples": [],
        "transforms": transforms or [{"version": 1, "inputs": []} for _ in range(folds or 1)],
        "parts": about, "configuration": "made: by hand\n"}
    (folder / "prepared.json").write_text(json.dumps(document))
    return folder
