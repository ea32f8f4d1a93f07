#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: onnx_bundles.py BEAMLINE FOLDER
Networks that were trained on scaled numbers are exported to ONNX. What onnxruntime gives of raw
numbers is what beamline gives of the bundle, to 1e-6, and beamline gives the same of both files.
Training goes on from either, as it is scaled alike."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime

N, N_RUN, STEPS = 600, 200, 4
SCALES = ("none", "minmax", "standard", "robust", "auto")
# Of each column what is done beside scaling; numbers are drawn to have use for it.
COLUMNS = {"mass": {}, "pt": {"curve": "log"}, "charge": {"curve": "asinh", "clip": [-0.5, 0.7]},
           "ratio": {"curve": "log1p", "clip": [None, 0.5]}, "score": {"missing": -1.5},
           "time": {"curve": "log", "missing": 0.25, "clip": [0.1, None]}}


def draw(rng, shape, label):
    """Masses that hardly differ; logarithms of numbers below 0; numbers that are missing."""
    columns = {"mass": rng.normal(91.19 + label / 10, 0.2, shape),
               "pt": 20 + rng.exponential(40 + 10 * label, shape),
               "charge": rng.normal(0, 1000, shape), "ratio": rng.exponential(3, shape),
               "score": rng.normal(label, 1, shape), "time": rng.normal(2 + label, 2, shape)}
    columns["score"][rng.random(shape) < 0.1] = np.nan
    return {name: values.astype(np.float32) for name, values in columns.items()}


def with_null(values):
    if isinstance(values, list):
        return [with_null(value) for value in values]
    return values if np.isfinite(values) else None


def lines_of(columns):
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return "".join(json.dumps(dict(zip(columns, map(with_null, row), strict=True))) + "\n"
                   for row in values)


def beamline(*words, **more):
    """-> what it prints; it warns of nothing"""
    done = subprocess.run([sys.argv[1], *map(str, words)], capture_output=True, text=True, **more)
    if done.returncode or done.stderr:
        sys.exit(f"beamline {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def train(folder, scale, shape, tables):
    """-> the bundle"""
    variables = [{"name": name, **more} for name, more in COLUMNS.items()]
    config = {"samples": {f"sample_{k}": {"files": [str(path)], "label": k}
                          for k, path in enumerate(tables)},
              "inputs": {"x": {"vars": variables, "scale": scale}},
              "split": {"train": 0.8, "validation": 0.2, "seed": 1}, "seed": 1}
    network = {"inputs": {"x": shape},
               "layers": [*([] if len(shape) == 1 else ["Flatten"]),
                          {"Dense": {"units": 16, "activation": "tanh"}},
                          {"Dense": {"units": 2, "activation": "softmax"}}],
               "training": {"epochs": 2, "batch_size": 32, "seed": 1}}
    (folder / "config.yaml").write_text(json.dumps(config))
    (folder / "network.yaml").write_text(json.dumps(network))
    beamline("train", "--quiet", "-c", folder / "config.yaml", "-m", folder / "network.yaml", "-o",
             folder / "run")
    return folder / "run/model.blm"


def scores_of(model, lines):
    answers = [json.loads(line)["scores"] for line in
               beamline("predict", model, "-", input=lines).splitlines()]
    assert list(answers[0]) == ["sample_0", "sample_1"], answers[0]
    return np.array([list(answer.values()) for answer in answers], np.float32)


def check(folder, scale, shape):
    """-> the largest difference to onnxruntime"""
    rng = np.random.default_rng(3)
    folder.mkdir()
    more = shape[:-1]
    tables = [folder / f"{label}.jsonl" for label in range(2)]
    for label, path in enumerate(tables):
        path.write_text(lines_of(draw(rng, (N, *more), label)))
    bundle = train(folder, scale, shape, tables)
    written, again = folder / "model.onnx", folder / "again.blm"
    beamline("export", bundle, "-o", written, "--quiet")
    beamline("export", written, "-o", again, "--quiet")
    onnx.checker.check_model(written, full_check=True)
    told = [json.loads(beamline("inspect", "--json", path))["transform"]
            for path in (bundle, again)]
    assert told[0] == told[1], told
    events = draw(rng, (N_RUN, *more), 1)
    lines, rows = lines_of(events), np.stack([events[name] for name in COLUMNS], axis=-1)
    ours = scores_of(bundle, lines)
    for path in (written, again):
        np.testing.assert_array_equal(scores_of(path, lines), ours)
    beamline("train", "--quiet", "-c", folder / "config.yaml", "-m", written, "-o",
             folder / "tuned", "--epochs", 1)
    theirs, = onnxruntime.InferenceSession(written).run(None, {"x": rows})
    assert np.isfinite(theirs).all()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    return float(np.abs(ours - theirs).max())


def main():
    folder = pathlib.Path(sys.argv[2])
    largest, n = 0, 0
    for scale in SCALES:
        for name, shape in (("vector", [len(COLUMNS)]), ("list", [STEPS, len(COLUMNS)])):
            largest, n = max(largest, check(folder / f"{scale}_{name}", scale, shape)), n + 1
    print(f"{n} bundles with transforms: onnxruntime gives to {largest:.1e} what we give, "
          "and we give the same bits of both files")


if __name__ == "__main__":
    main()
