#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: onnx_models.py BEAMLINE BUILD FOLDER
Models in FOLDER, and more that are written there, through our reader and writer: the copy is the
same message for the onnx package, its checker takes it, tensors hold the same values, and
onnxruntime gives the same outputs. `inspect` counts what the package counts."""

import collections
import json
import pathlib
import subprocess
import sys
import warnings

import numpy as np
import onnx
import onnx_written
import onnxruntime
from onnx import TensorProto, numpy_helper

# Nobody can run these: an operator of nobody, no operator at all.
NOT_RUN = {"kinds", "tensors"}


def nodes_of(nodes):
    """Nodes and those of the graphs in their attributes."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in [attribute.g, *attribute.graphs]:
                yield from nodes_of(graph.node)


def tensors_of(graph):
    """Tensors in the order in which ours are printed."""
    yield from graph.initializer
    yield from tensors_of_nodes(graph.node)


def tensors_of_nodes(nodes):
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for graph in [attribute.g, *attribute.graphs]:
                yield from tensors_of(graph)


def initializers_of(graph):
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                yield from initializers_of(inner)


def bytes_of(tensor):
    """The values as raw_data has them, in hexadecimal."""
    if tensor.data_type == TensorProto.STRING:
        return [text.hex() for text in tensor.string_data]
    raw = numpy_helper.from_array(numpy_helper.to_array(tensor))
    return raw.raw_data.hex()


def check_values(model, printed):
    theirs = list(tensors_of(model.graph))
    for function in model.functions:
        theirs += tensors_of_nodes(function.node)
    ours = [json.loads(line) for line in printed.splitlines()]
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        assert our["name"] == their.name
        assert our["type"] == their.data_type
        assert our["dims"] == list(their.dims)
        assert our["values"] == bytes_of(their), their.name
    return len(theirs)


def shape_of(value):
    kind = value.type.tensor_type
    if not kind.HasField("shape"):
        return None
    return [d.dim_value if d.HasField("dim_value") else d.dim_param or None
            for d in kind.shape.dim]


def check_inspect(beamline, path, model):
    done = subprocess.run([beamline, "inspect", "--json", path], capture_output=True, check=True)
    ours = json.loads(done.stdout)
    initial = {tensor.name for tensor in model.graph.initializer}
    functions = [node for function in model.functions for node in nodes_of(function.node)]
    nodes = [*nodes_of(model.graph.node), *functions]
    counts = collections.Counter((node.domain or "ai.onnx", node.op_type) for node in nodes)
    assert {(o["domain"], o["name"]): o["nodes"] for o in ours["operators"]} == dict(counts)
    assert ours["nodes"] == len(nodes)
    assert ours["ir_version"] == model.ir_version
    assert (ours["producer"] or "") == model.producer_name
    assert [(o["domain"], o["version"]) for o in ours["opsets"]] == [
        (o.domain or "ai.onnx", o.version) for o in model.opset_import]
    inputs = [value for value in model.graph.input if value.name not in initial]
    for face, values in (("inputs", inputs), ("outputs", model.graph.output)):
        assert [value["name"] for value in ours[face]] == [value.name for value in values]
        for our, their in zip(ours[face], values, strict=True):
            if their.type.HasField("tensor_type"):
                assert our["shape"] == shape_of(their)
    total = sum(int(np.prod(tensor.dims)) for tensor in initializers_of(model.graph))
    assert ours["parameters"] == total
    assert subprocess.run([beamline, "inspect", path], capture_output=True, check=True).stdout


def feed(session):
    rng, given = np.random.default_rng(3), {}
    for value in session.get_inputs():
        shape = [4 if not isinstance(d, int) else d for d in value.shape]
        is_whole = "int64" in value.type
        given[value.name] = (np.array(3) if is_whole and not shape else
                             rng.integers(0, 3, shape) if is_whole else
                             rng.normal(size=shape).astype(np.float32))
    return given


def run(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    return session.run(None, feed(session))


def same(a, b):
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a == b
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def check(beamline, copier, path):
    """-> how many tensors were compared, and whether it was run."""
    copy = path.with_suffix(".copy")
    again = path.with_suffix(".again")
    printed = subprocess.run([copier, path, copy], capture_output=True, text=True, check=True)
    subprocess.run([copier, copy, again], capture_output=True, check=True)
    assert copy.read_bytes() == again.read_bytes()
    model, ours = onnx.load(path), onnx.load(copy, format="protobuf")
    if path.stem != "outside":  # the package keeps the place in "external_data" otherwise
        assert model == ours
    n = check_values(model, printed.stdout)
    onnx.checker.check_model(ours, full_check=path.stem not in NOT_RUN)
    check_inspect(beamline, path, model)
    if path.stem in NOT_RUN:
        return n, False
    assert same(run(path), run(copy))
    return n, True


def check_built(builder, path):
    """A model of our own making does what it says."""
    subprocess.run([builder, path], check=True)
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path)
    x = np.random.default_rng(4).normal(size=(6, 3)).astype(np.float32)
    w, b = (numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer)
    for n in (0, 1):
        z = 2 * x @ w + b
        z = np.exp(np.maximum(z, 0) if n else z)
        got, = session.run(None, {"x": x, "n": np.array(n)})
        np.testing.assert_allclose(got, z / z.sum(1, keepdims=True), rtol=1e-5)


def check_refused(beamline, path):
    done = subprocess.run([beamline, "inspect", path], capture_output=True, text=True)
    assert done.returncode == 6
    assert "graph 'g': sparse initializers" in done.stderr


def main():
    beamline, build, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    warnings.simplefilter("ignore")
    onnx_written.write(folder)
    n_tensors = n_run = n_models = 0
    for path in sorted(folder.glob("*.onnx")):
        if path.stem.startswith("refused"):
            check_refused(beamline, path)
            continue
        try:
            n, was_run = check(beamline, build / "tests/onnx/onnx_copy", path)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{path.name}: {error.stderr}")
        except Exception:
            print(path.name, file=sys.stderr)
            raise
        n_models, n_tensors, n_run = n_models + 1, n_tensors + n, n_run + was_run
    check_built(build / "tests/onnx/onnx_built", folder / "built.onnx")
    print(f"{n_models} models, {n_tensors} tensors, {n_run} run to the same bits; ours runs")


if __name__ == "__main__":
    main()
