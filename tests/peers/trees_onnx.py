# SPDX-License-Identifier: Apache-2.0
"""ONNX models of trees for trees_models.py: of scikit-learn's ensembles, and by hand what those do
not make."""

import itertools

import numpy as np
import trees_boosted
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn import ensemble, tree

N_FEATURES = trees_boosted.N_FEATURES
MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]


def sklearn_models():
    e, few = ensemble, {"n_estimators": 20, "random_state": 1}
    yield "forest", e.RandomForestClassifier(max_depth=7, **few), "two"
    yield "forest3", e.RandomForestClassifier(**few), "three"
    yield "forest_real", e.RandomForestRegressor(max_depth=8, **few), "real"
    yield "forest_many", e.RandomForestRegressor(max_depth=5, **few), "many"
    yield "extra", e.ExtraTreesClassifier(**few), "three"
    yield "extra_real", e.ExtraTreesRegressor(**few), "real"
    yield "boosted", e.GradientBoostingClassifier(**few), "two"
    yield "boosted3", e.GradientBoostingClassifier(**few), "three"
    yield "boosted_real", e.GradientBoostingRegressor(**few), "real"
    yield "tree", tree.DecisionTreeClassifier(random_state=1), "two"


def write_sklearn(folder):
    x, score = trees_boosted.events()
    given = np.nan_to_num(x)
    for name, model, y in sklearn_models():
        model.fit(given, trees_boosted.targets(score)[y])
        options = {"zipmap": False} if hasattr(model, "predict_proba") else None
        onnx = to_onnx(model, given[:1], options=options, target_opset={"": 15, "ai.onnx.ml": 3})
        path = folder / f"sklearn_{name}.onnx"
        path.write_bytes(onnx.SerializeToString())
        yield path


def model_of(node, n_results, ml=3):
    is_class = node.op_type == "TreeEnsembleClassifier"
    label = [helper.make_tensor_value_info("label", TensorProto.INT64, [None])]
    graph = helper.make_graph(
        [node], "trees", [helper.make_tensor_value_info("x", TensorProto.FLOAT,
                                                        [None, N_FEATURES])],
        label * is_class + [helper.make_tensor_value_info("y", TensorProto.FLOAT,
                                                          [None, n_results])])
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", ml)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def draw(rng, n_trees, depth, modes):
    """Arrays of full trees, roots first, as onnxruntime wants them, and other nodes in any order;
    leaves are (tree, node)."""
    nodes, leaves = [], []
    for t in range(n_trees):
        n = 2 ** depth - 1
        for i in [0, *(1 + rng.permutation(2 * n)).tolist()]:
            if i >= n:
                leaves.append((t, i))
            nodes.append((t, i, int(rng.integers(N_FEATURES)) if i < n else 0,
                          float(rng.integers(-4, 5) / 4) if i < n else 0.0,
                          str(rng.choice(modes)) if i < n else "LEAF",
                          2 * i + 1 if i < n else 0, 2 * i + 2 if i < n else 0,
                          int(rng.integers(2)) if i < n else 0))
    names = ["treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
             "missing_value_tracks_true"]
    kinds = [int, int, int, float, str, int, int, int]
    columns = zip(*nodes, strict=True)
    return {f"nodes_{name}": [kind(v) for v in column] for name, kind, column in
            zip(names, kinds, columns, strict=True)}, leaves


def weights(rng, leaves, ids, prefix, low):
    # of two classes, onnxruntime takes one without a weight for a margin
    chosen = [(t, i, k) for t, i in leaves for k in ids if len(ids) < 3 or rng.random() < 0.9]
    rng.shuffle(chosen)
    return {f"{prefix}_treeids": [int(t) for t, _, _ in chosen],
            f"{prefix}_nodeids": [int(i) for _, i, _ in chosen],
            f"{prefix}_ids": [int(k) for _, _, k in chosen],
            f"{prefix}_weights": [float(rng.uniform(low, 0.2)) for _ in chosen]}


def write_by_hand(folder):
    """Every mode, function and way of joining, as arrays in any order."""
    rng = np.random.default_rng(5)
    for i, mode in enumerate([*MODES, None]):
        nodes, leaves = draw(rng, 7, 4, [mode] if mode else MODES)
        node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml",
                                **nodes, **weights(rng, leaves, [0], "target", -0.2), n_targets=1)
        path = folder / f"mode_{i}.onnx"
        path.write_bytes(model_of(node, 1).SerializeToString())
        yield path
    joints, functions = ["SUM", "AVERAGE", "MIN", "MAX"], ["NONE", "SOFTMAX", "LOGISTIC",
                                                           "SOFTMAX_ZERO"]
    for n, joint, function in itertools.product([1, 3], joints, functions):
        nodes, leaves = draw(rng, 5, 3, MODES[:2])
        node = helper.make_node(
            "TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", **nodes,
            **weights(rng, leaves, range(n), "target", -0.2), n_targets=n,
            aggregate_function=joint, post_transform=function,
            base_values=[0.1, -0.3, 0.2][:n])
        path = folder / f"joint_{n}_{joint}_{function}.onnx"
        path.write_bytes(model_of(node, n).SerializeToString())
        yield path
    for function, low, base, n in itertools.product(functions, [0, -0.2], [[], [0.1]], [1, 2, 3]):
        nodes, leaves = draw(rng, 5, 3, MODES[:1])
        more = {"base_values": base if n == 1 else [0.1, -0.3, 0.2]} if base and n != 2 else {}
        node = helper.make_node(
            "TreeEnsembleClassifier", ["x"], ["label", "y"], domain="ai.onnx.ml", **nodes,
            **weights(rng, leaves, range(n), "class", low), post_transform=function,
            classlabels_int64s=list(range(max(n, 2))), **more)
        path = folder / f"class_{n}_{function}_{low}_{len(base)}.onnx"
        path.write_bytes(model_of(node, max(n, 2)).SerializeToString())
        yield path
    # probabilities, as those of weights are none
    nodes, leaves = draw(rng, 1, 3, MODES)
    node = helper.make_node(
        "TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", **nodes,
        **weights(rng, leaves, [0], "target", 0.01), n_targets=1, post_transform="PROBIT")
    path = folder / "probit.onnx"
    path.write_bytes(model_of(node, 1).SerializeToString())
    yield path
    yield from write_ensembles(folder, rng)


def write_ensembles(folder, rng):
    """TreeEnsemble: full trees, and one that is but a leaf."""
    for joint, n in itertools.product(range(4), [1, 2]):
        names = ("featureids", "splits", "modes", "truenodeids", "trueleafs", "falsenodeids",
                 "falseleafs", "missing_value_tracks_true")
        columns = {name: [] for name in names}
        roots, n_leaves, depth = [], 0, 3
        for _ in range(4):
            first = len(columns["modes"])
            roots.append(first)
            for i in range(2 ** depth - 1):
                is_last = i >= 2 ** (depth - 1) - 1
                for side, child in (("true", 2 * i + 1), ("false", 2 * i + 2)):
                    columns[f"{side}nodeids"].append(n_leaves if is_last else first + child)
                    columns[f"{side}leafs"].append(int(is_last))
                    n_leaves += is_last
                columns["featureids"].append(int(rng.integers(N_FEATURES)))
                columns["splits"].append(float(rng.integers(-4, 5) / 4))
                columns["modes"].append(int(rng.integers(6)))
                columns["missing_value_tracks_true"].append(int(rng.integers(2)))
        roots.append(len(columns["modes"]))
        for name, value in zip(names, (0, 0.0, 0, n_leaves, 1, n_leaves, 1, 0), strict=True):
            columns[name].append(value)
        n_leaves += 1
        attributes = {f"nodes_{name}": column for name, column in columns.items()}
        attributes["nodes_modes"] = helper.make_tensor(
            "m", TensorProto.UINT8, [len(columns["modes"])], columns["modes"])
        attributes["nodes_splits"] = helper.make_tensor(
            "s", TensorProto.FLOAT, [len(columns["splits"])], columns["splits"])
        values = rng.uniform(-1, 1, n_leaves).astype(np.float32)
        node = helper.make_node(
            "TreeEnsemble", ["x"], ["y"], domain="ai.onnx.ml", **attributes, tree_roots=roots,
            leaf_targetids=[int(v) for v in rng.integers(0, n, n_leaves)], n_targets=n,
            leaf_weights=helper.make_tensor("w", TensorProto.FLOAT, [n_leaves], values),
            aggregate_function=joint)
        path = folder / f"ensemble_{joint}_{n}.onnx"
        path.write_bytes(model_of(node, n, 5).SerializeToString())
        yield path
