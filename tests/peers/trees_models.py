#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: trees_models.py BEAMLINE BUILD FOLDER
Ensembles of trees of XGBoost, LightGBM and scikit-learn (through ONNX), and ONNX models by hand:
our results are those of the library, or of onnxruntime, to 1e-6, and those of the ONNX models that
we write of them are for onnxruntime what ours are. `inspect` counts what the files hold."""

import json
import pathlib
import subprocess
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import trees_boosted
import trees_onnx

TOLERANCE = 1e-6


def run_ours(program, model, x, *copy):
    folder = model.parent
    x.tofile(folder / "rows")
    subprocess.run([program, model, folder / "rows", folder / "out", str(x.shape[1]), *copy],
                   capture_output=True, text=True, check=True)
    return np.fromfile(folder / "out", np.float32).reshape(len(x), -1)


def run_onnx(path, x):
    """The scores of the first ensemble of trees: what stands behind is not looked at."""
    model = onnx.load(path)
    node = next(n for n in model.graph.node if n.op_type.startswith("TreeEnsemble"))
    is_ours = model.graph.output[0].name == "y" and len(model.graph.output) == 1
    if not is_ours:
        scores = node.output[-1]
        del model.graph.output[:]
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(scores))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    name = session.get_inputs()[0].name
    return session.run(None, {name: x})[0].reshape(len(x), -1)


def compare(what, ours, theirs, tolerance=TOLERANCE):
    assert ours.shape == theirs.shape, (what, ours.shape, theirs.shape)
    off = np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))
    off[(ours == theirs) | (np.isnan(ours) & np.isnan(theirs))] = 0
    assert np.all(off <= tolerance), f"{what}: {off.max()}"
    return off.max()


def check_copy(program, path, x, ours):
    """False where ONNX cannot say it."""
    copy = path.with_suffix(".copy.onnx")
    try:
        run_ours(program, path, x, copy)
    except subprocess.CalledProcessError as error:
        assert "cannot say this pair" in error.stderr, error.stderr
        return False
    onnx.checker.check_model(copy, full_check=True)
    compare(copy.name, run_onnx(copy, x), ours, 2 * TOLERANCE)
    if len(onnx.load(copy).graph.node) == 1:
        compare(copy.name, run_ours(program, copy, x), run_onnx(copy, x))
    return True


def check_inspect(beamline, path):
    done = subprocess.run([beamline, "inspect", "--json", path], capture_output=True, check=True)
    ours = json.loads(done.stdout)
    if path.suffix == ".json":
        learner = json.loads(path.read_text())["learner"]
        booster = learner["gradient_booster"]
        trees = booster.get("gbtree", booster)["model"]["trees"]
        n_leaves = [tree["left_children"].count(-1) for tree in trees]
        deleted = [int(tree["tree_param"]["num_deleted"]) for tree in trees]
        assert ours["objective"] == learner["objective"]["name"]
        assert ours["features"] == trees_boosted.N_FEATURES
        assert ours["trees"] == len(trees)
        assert ours["leaves"] == sum(n_leaves) - sum(deleted)
    if path.suffix == ".txt":
        lines = path.read_text().splitlines()
        assert ours["trees"] == sum(line.startswith("Tree=") for line in lines)
        assert ours["leaves"] == sum(int(line[11:]) for line in lines
                                     if line.startswith("num_leaves="))
        assert ours["feature_names"] == [f"Column_{i}" for i in range(trees_boosted.N_FEATURES)]
    shown = subprocess.run([beamline, "inspect", path], capture_output=True, text=True, check=True)
    assert f"{ours['trees']} trees" in shown.stdout


def main():
    beamline, build, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    program = build / "tests/trees/trees_run"
    warnings.simplefilter("ignore")
    x = trees_boosted.rows()
    n_models = n_copies = 0
    worst = 0.0
    for write in (trees_boosted.write_xgboost, trees_boosted.write_lightgbm):
        for _, path, theirs in write(folder):
            ours = run_ours(program, path, x)
            worst = max(worst, compare(path.name, ours, theirs))
            check_inspect(beamline, path)
            n_copies += check_copy(program, path, x, ours)
            n_models += 1
    whole = np.nan_to_num(x)
    for path in trees_onnx.write_sklearn(folder):
        ours = run_ours(program, path, whole)
        worst = max(worst, compare(path.name, ours, run_onnx(path, whole)))
        n_copies += check_copy(program, path, whole, ours)
        n_models += 1
    for path in trees_onnx.write_by_hand(folder):
        ours = run_ours(program, path, x)
        worst = max(worst, compare(path.name, ours, run_onnx(path, x)))
        n_copies += check_copy(program, path, x, ours)
        n_models += 1
    for path, message in trees_boosted.write_refused(folder):
        done = subprocess.run([beamline, "inspect", path], capture_output=True, text=True)
        assert done.returncode and message in done.stderr, (path.name, done.stderr)
    print(f"{n_models} models of trees within {worst:.1e}, {n_copies} written as ONNX")


if __name__ == "__main__":
    main()
