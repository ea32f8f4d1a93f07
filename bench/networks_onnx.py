# SPDX-License-Identifier: Apache-2.0
"""onnxruntime's side of bench/networks.py, in the Python that has it.

usage: networks_onnx.py models DATA_DIR    writes NETWORK.onnx with the initial weights
       networks_onnx.py WORKLOAD DATA_DIR BATCH THREADS SECONDS

Models are made here, with the operator GRU and its lengths: what converters make of Keras's mask is
a loop, and slower. A run takes numpy's arrays, or tensors that are bound before.
"""

import networks_inputs as inputs
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Nodes and weights of a graph as it grows."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def add(self, kind, sources, target, **options):
        self.nodes.append(helper.make_node(kind, sources, [target], **options))
        return target

    def weight(self, name, values):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def gru(self, weights, units):
        """The state after each event's last row; gates are z, r, h as in Keras."""
        kernel, recurrent, bias = weights
        names = [self.weight("gru.kernel", kernel.T[None]),
                 self.weight("gru.recurrent", recurrent.T[None]),
                 self.weight("gru.bias", bias.reshape(1, -1))]
        turned = self.add("Transpose", ["particles"], "turned", perm=[1, 0, 2])
        self.nodes.append(helper.make_node("GRU", [turned, *names, "lengths"], ["", "states"],
                                           hidden_size=units, linear_before_reset=1))
        return self.add("Squeeze", ["states", self.weight("axes", np.array([0]))], "state")


def model(folder, network):
    graph, weights, x = Graph(), inputs.weights(folder, network), "features"
    found = {"features": (TensorProto.FLOAT, ["n", inputs.DENSE[network][0][1]])}
    if network in inputs.RECURRENT:
        x = graph.gru(weights["gru"], inputs.UNITS)
        found = {"particles": (TensorProto.FLOAT, ["n", "steps", inputs.FEATURES]),
                 "lengths": (TensorProto.INT32, ["n"])}
    if network == "inclusive":
        x = graph.add("Concat", [x, "features"], "joined", axis=1)
        found["features"] = TensorProto.FLOAT, ["n", 14]
    for layer, _, outputs in inputs.DENSE[network]:
        names = [graph.weight(f"{layer}.{i}", values) for i, values in enumerate(weights[layer])]
        last = layer == "output"
        x = graph.add("Gemm", [x, *names], f"{layer}.product")
        kind = ("Sigmoid" if outputs == 1 else "Softmax") if last else "Relu"
        x = graph.add(kind, [x], "probabilities" if last else layer)
    made = helper.make_graph(
        graph.nodes, network, [helper.make_tensor_value_info(name, *one)
                               for name, one in found.items()],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["n", outputs])], graph.weights)
    made = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


def prepare(folder):
    for network in inputs.SIZES:
        onnx.save(model(folder, network), folder / f"{network}.onnx")


def feed(work, batch):
    values = {"particles": batch.particles, "lengths": batch.lengths} if work.recurrent else {}
    if work.network != "gru":
        values["features"] = batch.features
    return values


def run(work, folder, size, threads, seconds):
    if work.trains:
        raise SystemExit("onnxruntime: inference only")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(folder / f"{work.network}.onnx", options,
                                           providers=["CPUExecutionProvider"])
    batches = inputs.batches(work, folder, size)
    feeds = [feed(work, batch) for batch in batches]
    losses = [inputs.loss(work, session.run(None, feeds[i])[0], batches[i].targets)
              for i in range(min(inputs.CHECKED, len(batches)))]

    def bound():
        bindings = []
        for values in feeds:
            binding = session.io_binding()
            for name, value in values.items():
                binding.bind_cpu_input(name, value)
            outputs = np.empty((size, batches[0].targets.shape[1]), np.float32)
            binding.bind_ortvalue_output(
                "probabilities", onnxruntime.OrtValue.ortvalue_from_numpy(outputs))
            bindings.append(binding)
        return (lambda i: session.run_with_iobinding(bindings[i])), losses
    forms = {"arrays": lambda: ((lambda i: session.run(None, feeds[i])), losses), "bound": bound}
    return inputs.measure(work, forms, len(feeds), seconds)


if __name__ == "__main__":
    inputs.main(__doc__, run, f"onnxruntime {onnxruntime.__version__}", prepare)
