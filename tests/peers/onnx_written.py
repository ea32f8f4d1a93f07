# SPDX-License-Identifier: Apache-2.0
"""Models for onnx_models.py: by hand, with everything that the format can hold, and by skl2onnx."""

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn import ensemble
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

IR = 10
TYPES = [t for t in TensorProto.DataType.values() if t not in (0, TensorProto.STRING)]


def save(folder, name, graph, opsets=(("", 15),), **more):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*o) for o in opsets],
                              producer_name="by hand", ir_version=IR, **more)
    onnx.save(model, folder / f"{name}.onnx")


def values(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def tensors(folder):
    """Every type of elements, in its own field and raw, with 5 elements, none, and one."""
    rng, all_of_them = np.random.default_rng(1), []
    for kind in TYPES:
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        for shape in ((5,), (0, 3), (), (3, 2)):
            array = rng.integers(0, 2, shape).astype(dtype)
            raw = numpy_helper.from_array(array, f"raw_{kind}_{len(all_of_them)}")
            raw.data_type = kind
            all_of_them.append(raw)
            all_of_them.append(helper.make_tensor(f"own_{kind}_{len(all_of_them)}", kind, shape,
                                                  array.flatten()))
    all_of_them.append(helper.make_tensor("texts", TensorProto.STRING, (2,), [b"a", b"\xff\x00"]))
    save(folder, "tensors", helper.make_graph([], "g", [values("x", [1])], [values("x", [1])],
                                              all_of_them))


def kinds(folder):
    """Every kind of attribute, on an operator that nobody knows."""
    inner = helper.make_graph([helper.make_node("Relu", ["x"], ["inner"])], "inner", [],
                              [values("inner", ["n", 3])])
    weights = numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(2, 3), "w")
    types = [helper.make_tensor_type_proto(TensorProto.FLOAT, ["n", 3, None]),
             helper.make_sequence_type_proto(helper.make_tensor_type_proto(7, [])),
             helper.make_optional_type_proto(helper.make_tensor_type_proto(1, None)),
             helper.make_map_type_proto(TensorProto.STRING,
                                        helper.make_tensor_type_proto(1, [1])),
             helper.make_sparse_tensor_type_proto(1, [4, 4])]
    attributes = {"f": -0.0, "i": -(1 << 62), "s": b"\xff\x00text", "t": weights, "g": inner,
                  "floats": [1.5, float("inf")], "ints": [0, -1, 1 << 40], "strings": [b"", b"b"],
                  "tensors": [weights, weights], "graphs": [inner], "type": types[0],
                  "types": types}
    node = helper.make_node("Everything", ["x", "", "x"], ["", "y"], name="n0",
                            domain="com.example", doc_string="doc", **attributes)
    for kind, name in ((AttributeProto.FLOATS, "no_floats"), (AttributeProto.STRINGS, "no_texts")):
        node.attribute.append(AttributeProto(name=name, type=kind))
    graph = helper.make_graph([node], "g", [values("x", ["n", 3])], [values("y", ["n", 3])],
                              doc_string="of the graph", value_info=[values("z", [1])])
    graph.metadata_props.add(key="k", value="v")
    graph.quantization_annotation.add(tensor_name="x").quant_parameter_tensor_names.add(
        key="SCALE_TENSOR", value="s")
    save(folder, "kinds", graph, (("", 15), ("com.example", 3)), doc_string="of the model")


def functions(folder):
    leak = helper.make_function(
        "local", "Leak", ["a"], ["r"], [helper.make_node("LeakyRelu", ["a"], ["r"])],
        [helper.make_opsetid("", 15)], ["slope"])
    reference = leak.node[0].attribute.add(name="alpha", type=AttributeProto.FLOAT)
    reference.ref_attr_name = "slope"
    graph = helper.make_graph([helper.make_node("Leak", ["x"], ["y"], domain="local", slope=0.25)],
                              "g", [values("x", ["n", 3])], [values("y", ["n", 3])])
    save(folder, "functions", graph, (("", 15), ("local", 1)), functions=[leak])


def branches(folder):
    """A condition whose branches use values around them, with weights of their own."""
    weights = numpy_helper.from_array(np.eye(3, dtype=np.float32) * 2, "w")
    yes = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["a"])], "yes", [],
                            [values("a", ["n", 3])], [weights])
    no = helper.make_graph([helper.make_node("Neg", ["x"], ["b"])], "no", [],
                           [values("b", ["n", 3])])
    sums = helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0)
    zero = helper.make_node("Constant", [], ["zero"], value_float=0.0)
    nodes = [sums, zero, helper.make_node("Greater", ["sum", "zero"], ["is"]),
             helper.make_node("If", ["is"], ["y"], then_branch=yes, else_branch=no)]
    save(folder, "branches", helper.make_graph(nodes, "g", [values("x", ["n", 3])],
                                               [values("y", ["n", 3])]))


def outside(folder):
    """Values in a file beside the model."""
    weights = numpy_helper.from_array(np.arange(300, dtype=np.float32).reshape(3, 100), "w")
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g",
                              [values("x", ["n", 3])], [values("y", ["n", 100])], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=IR)
    onnx.save_model(model, folder / "outside.onnx", save_as_external_data=True,
                    location="outside.bin", size_threshold=0)


def sparse(folder):
    """What is refused."""
    flat = numpy_helper.from_array(np.array([1], np.float32), "s")
    places = numpy_helper.from_array(np.array([2], np.int64), "i")
    graph = helper.make_graph([], "g", [values("x", [1])], [values("x", [1])])
    graph.sparse_initializer.append(helper.make_sparse_tensor(flat, places, [4]))
    save(folder, "refused_sparse", graph)


def of_sklearn(folder):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(200, 6)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] ** 2 > 0.5).astype(int)
    models = {"mlp": make_pipeline(StandardScaler(), MLPClassifier((8, 4), max_iter=20)),
              "forest": ensemble.RandomForestClassifier(5, max_depth=4, random_state=1),
              "boosting": ensemble.GradientBoostingClassifier(n_estimators=5, random_state=1),
              "regression": ensemble.GradientBoostingRegressor(n_estimators=5, random_state=1)}
    for name, model in models.items():
        written = to_onnx(model.fit(x, y), x[:1], target_opset={"": 15, "ai.onnx.ml": 3})
        onnx.save(written, folder / f"sklearn_{name}.onnx")


def write(folder):
    for writer in (tensors, kinds, functions, branches, outside, sparse, of_sklearn):
        writer(folder)
