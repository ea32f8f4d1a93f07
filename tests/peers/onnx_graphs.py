#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: onnx_graphs.py BUILD FOLDER
Networks in FOLDER, by PyTorch, tf2onnx and Keras, and more by scikit-learn that are written there,
run by our engine and by onnxruntime: the same to 1e-5. What we write of them as ONNX passes the
onnx package's checker, and onnxruntime gives of it what ours gives."""

import json
import pathlib
import subprocess
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import sklearn_writes_graphs

N = 13
TOLERANCE = 1e-5
# What we write of these is more than we read: products of two values.
NOT_READ = "attention"


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options)


def draw(rng, value, is_whole=False):
    """Numbers for an input; whole ones are below 11, as tables of embeddings have so many rows."""
    shape = [N if not isinstance(d, int) else d for d in value.shape]
    if is_whole:
        return rng.integers(0, 11, shape).astype(np.float32)
    if "int" in value.type:
        return rng.integers(0, 11, shape).astype(np.int32 if "int32" in value.type else np.int64)
    return rng.normal(size=shape).astype(np.float32)


def close(ours, theirs, what):
    theirs = theirs.astype(np.float32).reshape(N, -1)
    ours = ours.reshape(N, -1)
    assert ours.shape == theirs.shape, f"{what}: {ours.shape} {theirs.shape}"
    error = np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))
    assert np.isfinite(theirs).all() and error.max() <= TOLERANCE, f"{what}: {error.max()}"
    return float(error.max())


def run_ours(program, path, inputs, *flags):
    """-> [(name, values)], names of classes. Inputs are arrays, or pairs of one and lengths."""
    names = []
    for i, given in enumerate(inputs):
        array, lengths = given if isinstance(given, tuple) else (given, None)
        name = path.with_suffix(f".in{i}")
        array.astype(np.float32).tofile(name)
        if lengths is not None:
            lengths.astype(np.int64).tofile(f"{name}.lengths")
            name = f"{name}:{name}.lengths"
        names.append(name)
    out = path.with_suffix(".out")
    done = subprocess.run([program, *flags, path, str(N), out, *names], capture_output=True,
                          text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    lines = done.stdout.splitlines()
    classes = lines.pop().removeprefix("classes ")
    values = [np.fromfile(f"{out}.{i}", np.float32) for i in range(len(lines))]
    return [(line.split()[0], v) for line, v in zip(lines, values, strict=True)], classes


def table(output):
    """Probabilities of a ZipMap as an array."""
    return (np.array([list(row.values()) for row in output]) if isinstance(output, list)
            else output)


def check_read(program, path):
    """Ours is onnxruntime's. -> the largest error"""
    session = session_of(path)
    rng = np.random.default_rng(5)
    feed = {value.name: draw(rng, value) for value in session.get_inputs()}
    theirs = {value.name: table(output) for value, output in
              zip(session.get_outputs(), session.run(None, feed), strict=True)}
    ours, _ = run_ours(program, path, list(feed.values()))
    assert ours
    return max(close(values, theirs[name], name) for name, values in ours)


def ragged(values):
    """The inputs of a model of ours: each with its lengths where it has some."""
    names = {value.name for value in values}
    return [(value, f"{value.name}_lengths" if f"{value.name}_lengths" in names else None)
            for value in values if not value.name.endswith("_lengths")]


def draw_written(rng, session, path):
    """What onnxruntime and we are given. Padding, where there is some, is zeros at the end."""
    feed, inputs = {}, []
    for value, lengths in ragged(session.get_inputs()):
        array = draw(rng, value, "embedding" in path.stem and "float" in value.type)
        feed[value.name] = array
        n = rng.integers(1, array.shape[1] + 1, N)
        if array.ndim == 3 and (lengths or "mask" in path.stem):
            array[np.arange(array.shape[1])[None] >= n[:, None]] = 0
        if "mask" in path.stem and array.ndim == 2 and path.stem.startswith("keras_embedding"):
            array[array == 0] = 1
            array[np.arange(array.shape[1])[None] >= n[:, None]] = 0
        if lengths:
            feed[lengths] = n
        inputs.append((array, n) if lengths else array)
    return feed, inputs


def check_ragged(program, path):
    return check_written(program, path, "--ragged")


def check_transformed(program, path):
    """With a transform of every kind of column in front."""
    value, = session_of(path).get_inputs()
    columns = [{"curve": ["identity", "log", "log1p", "asinh"][i % 4], "offset": i / 4,
                "scale": 1.5 - i / 8, **({"low": -0.5, "high": 2.0} if i % 3 == 0 else {}),
                "missing": 0.25 if i % 2 else -1.0} for i in range(value.shape[-1])]
    transform = path.with_suffix(".transform.json")
    inputs = [{"name": value.name, "columns": columns}]
    transform.write_text(json.dumps({"version": 1, "inputs": inputs}))
    return check_written(program, path, "--transform", transform)


def check_written(program, path, *flags):
    """onnxruntime of ours is ours, and so is ours of ours. -> the largest error"""
    written = path.with_name(f"{path.stem}_written.onnx")
    done = subprocess.run([program, *flags, "--write", path, written], capture_output=True,
                          text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    onnx.checker.check_model(written, full_check=True)
    session = session_of(written)
    feed, inputs = draw_written(np.random.default_rng(6), session, path)
    theirs = session.run(None, feed)
    ours, _ = run_ours(program, path, inputs, *flags)
    assert len(ours) == len(theirs)
    errors = [close(o[1], t, o[0]) for o, t in zip(ours, theirs, strict=True)]
    if NOT_READ not in path.stem:
        again, _ = run_ours(program, written, inputs)
        errors += [close(a[1], t, a[0]) for a, t in zip(again, theirs, strict=True)]
    return max(errors)


def check_all(program, paths, check):
    """-> how many passed, the largest error; failures are printed."""
    largest, n, failed = 0, 0, []
    for path in paths:
        try:
            largest = max(largest, check(program, path))
            n += 1
        except Exception as error:
            failed.append(f"{path.name}: {type(error).__name__} {error}")
    if failed:
        sys.exit("\n".join(failed))
    return n, largest


def check_refused(program, path):
    done = subprocess.run([program, path, "1", path.with_suffix(".out"), path],
                          capture_output=True, text=True)
    assert done.returncode == 1, path
    assert "node " in done.stderr or "input " in done.stderr, done.stderr


def main():
    build, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    warnings.simplefilter("ignore")
    program = build / "tests/onnx/onnx_run"
    sklearn_writes_graphs.write(folder)
    for path in folder.glob("*_written.onnx"):
        path.unlink()
    for path in folder.glob("refused_*.onnx"):
        check_refused(program, path)
    models = sorted(set(folder.glob("*.onnx")) - set(folder.glob("refused_*.onnx")))
    n, error = check_all(program, models, check_read)
    print(f"{n} models of others: to {error:.1e} what onnxruntime gives")
    n, error = check_all(program, [*models, *sorted(folder.glob("*.keras"))], check_written)
    names = ("last", "all", "before", "two_ways", "each_step", "stack", "sequence", "two_inputs")
    ragged_ones = [path for path in sorted(folder.glob("keras_*.keras"))
                   if path.stem.endswith(names) and path.stem != "keras_causal"]
    n_ragged, error_ragged = check_all(program, ragged_ones, check_ragged)
    transformed = [folder / f"torch_{name}.onnx" for name in ("relu", "norms", "deep_sets")]
    n_transformed, error_transformed = check_all(program, transformed, check_transformed)
    print(f"{n} written by us, {n_ragged} with ragged inputs, {n_transformed} with transforms: "
          f"onnxruntime gives to {max(error, error_ragged, error_transformed):.1e} what we give")


if __name__ == "__main__":
    main()
