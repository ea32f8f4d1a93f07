#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`beamline evaluate` of columns and of folds: areas, curves, variations and compositions against
NumPy on what shards hold; whatever the threads; classes of which there is hardly anything."""

import json
import os
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

import prepared  # noqa: E402
from command import run  # noqa: E402
from opened import opened  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")

CONFIGURATION = """
samples:
  background: {files: FOLDER/background.parquet, label: 0, weight: w}
  signal: {files: FOLDER/signal.parquet, label: 1, weight: w}
inputs: {features: {vars: [x, y], scale: standard}}
observers: [x, y, some]
negative_weights: keep
variations: {shift: {x: x_shift}, double: '1 + label', scale: 'scales[*]'}
split: {SPLIT}
"""

NETWORK = """
inputs: {features: [2]}
layers:
  - Dense: {units: 8, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
training: {epochs: 1, batch_size: 64, seed: 3}
"""


def write_events(path, n, label, seed, weights=None):
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(label, 1, n), 2)
    w = rng.choice([1.0, 1.5, -0.5], n, p=[0.5, 0.3, 0.2]) if weights is None else weights
    table = pa.table({
        "run": np.full(n, label, np.int32), "luminosityBlock": np.zeros(n, np.int32),
        "event": np.arange(n, dtype=np.int64), "x": x, "y": rng.normal(-label, 2, n),
        "x_shift": x + 0.1 * label + 0.01, "w": np.asarray(w, float),
        "label": np.full(n, label, np.int32),
        "some": pa.array([[1.0, 2.0]] * n, pa.list_(pa.float64())),
        "scales": pa.array([list(1 + 0.1 * rng.normal(size=2 + label)) for _ in range(n)],
                           pa.list_(pa.float64()))})
    pa.parquet.write_table(table, path, row_group_size=1000)


def make(folder, split, n=(3000, 2000), weights=(None, None)):
    """A prepared folder. \\return its path"""
    folder.mkdir(parents=True, exist_ok=True)
    for label, name in enumerate(["background", "signal"]):
        write_events(folder / f"{name}.parquet", n[label], label, label + 1, weights[label])
    text = CONFIGURATION.replace("FOLDER", str(folder)).replace("SPLIT", split)
    (folder / "data.yaml").write_text(text)
    run("prepare", "-q", "-c", folder / "data.yaml", "-o", folder / "prepared")
    return folder / "prepared"


def evaluate(data, *words, replicas=0, threads=2):
    out = data.parent / "numbers.json"
    run("evaluate", "-q", "-c", data, *words, "-o", data.parent / "page.html", "--json", out,
        "--overwrite", "--replicas", replicas, "--threads", threads)
    return json.loads(out.read_text("utf-8"))


def area(scores, weights, is_signal):
    """A and σ: what is below each event and what equals it, by sums of sorted weights."""
    sums = {}
    for kind in True, False:
        of = is_signal == kind
        order = np.argsort(scores[of], kind="stable")
        sums[kind] = scores[of][order], np.concatenate([[0], np.cumsum(weights[of][order])])

    def below(kind, values):
        of, sum_ = sums[kind]
        first, last = (np.searchsorted(of, values, side) for side in ("left", "right"))
        return (sum_[first] + sum_[last]) / 2 / sum_[-1]

    ws, wb = weights[is_signal], weights[~is_signal]
    q, p = below(False, scores[is_signal]), 1 - below(True, scores[~is_signal])
    a = (ws * q).sum() / ws.sum()
    variance = ((ws / ws.sum() * (q - a)) ** 2).sum() + ((wb / wb.sum() * (p - a)) ** 2).sum()
    return a, np.sqrt(variance)


def near(found, wanted):
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    return make(tmp_path_factory.mktemp("columns"), "train: 0.3, validation: 0.1, test: 0.6")


def rows(data, part="test"):
    table = prepared.part(data, part)
    return (table, np.float32(prepared.numbers(table, "x")),
            prepared.numbers(table, "weight_physics"), prepared.numbers(table, "label") == 1)


def test_area_of_a_column(columns):
    numbers = evaluate(columns, "--score", "x", "--score", "y")["sections"]
    table, x, weights, is_signal = rows(columns)
    for subject, scores in ("x", x), ("y", np.float32(prepared.numbers(table, "y"))):
        roc, = [one for one in numbers["roc"]["classes"] if one["model"] == subject]
        a, sigma = area(scores, weights, is_signal)
        near(roc["physical"]["auc"], a)
        near(roc["physical"]["sigma"], sigma)
        assert roc["equal"] == roc["physical"]
        assert roc["signal"] == "signal" and roc["background"] is None
        near(roc["physical"]["signal_effective"],
             weights[is_signal].sum() ** 2 / (weights[is_signal] ** 2).sum())
    assert numbers["roc"]["pairs"] == []
    assert numbers["summary"]["events"] == len(x)


def test_curve_is_that_of_thresholds(columns):
    roc, = evaluate(columns, "--score", "x")["sections"]["roc"]["classes"]
    _, x, weights, is_signal = rows(columns)
    curve = roc["curve"]
    assert curve["thresholds"][0] is None and 50 < len(curve["thresholds"]) <= 500
    for at, signal, background in zip(curve["thresholds"][1:], curve["signal"][1:],
                                      curve["background"][1:], strict=True):
        selected = x >= np.float32(at)
        near(signal, weights[is_signal & selected].sum() / weights[is_signal].sum())
        near(background, weights[~is_signal & selected].sum() / weights[~is_signal].sum())


def test_variations(columns):
    roc, = evaluate(columns, "--score", "x")["sections"]["roc"]["classes"]
    table, x, weights, is_signal = rows(columns)
    varied = {one["name"]: one["auc"] for one in roc["variations"]}
    assert list(varied) == ["double", "scale[0]", "scale[1]", "scale[2]", "test.shift"]
    near(varied["double"], area(x, weights * (1 + is_signal), is_signal)[0])
    lists = table["weight_scale"].to_pylist()
    for k in range(3):  # background has two: there the third is what it was
        of = np.array([one[k] if k < len(one) else w
                       for one, w in zip(lists, weights, strict=True)])
        near(varied[f"scale[{k}]"], area(x, of, is_signal)[0])
    near(varied["test.shift"], area(*rows(columns, "test.shift")[1:])[0])
    for low, at, high in zip(roc["curve"]["varied_low"], roc["curve"]["background"],
                             roc["curve"]["varied_high"], strict=True):
        assert low <= at <= high


def test_replicas_are_as_wide_as_the_error_and_the_same_for_any_threads(columns):
    one = evaluate(columns, "--score", "x", replicas=300, threads=1)
    two = evaluate(columns, "--score", "x", replicas=300, threads=2)
    assert one == two
    roc = one["sections"]["roc"]["classes"][0]["physical"]
    assert roc["low"] < roc["auc"] < roc["high"]
    assert (roc["high"] - roc["low"]) / 2 == pytest.approx(roc["sigma"], rel=0.25)
    other = evaluate(columns, "--score", "x", "--seed", 5, replicas=300)
    assert other["sections"]["roc"]["classes"][0]["physical"]["low"] != roc["low"]


def test_other_labels_turn_the_area_round(columns, tmp_path):
    there, = evaluate(columns, "--score", "x")["sections"]["roc"]["classes"]
    text = (columns.parent / "data.yaml").read_text()
    text = text.replace("label: 0", "label: 2").replace("label: 1", "label: 0")
    (tmp_path / "data.yaml").write_text(text.replace("label: 2", "label: 1"))
    run("prepare", "-q", "-c", tmp_path / "data.yaml", "-o", tmp_path / "prepared")
    back, = evaluate(tmp_path / "prepared", "--score", "x")["sections"]["roc"]["classes"]
    assert back["signal"] == "background"
    near(back["physical"]["auc"], 1 - there["physical"]["auc"])
    near(back["physical"]["sigma"], there["physical"]["sigma"])


def test_folds(tmp_path):
    data = make(tmp_path, "folds: 3")
    (tmp_path / "model.yaml").write_text(NETWORK)
    run("train", "-q", "-c", data, "-m", tmp_path / "model.yaml", "-o", tmp_path / "run")
    found = evaluate(data, tmp_path / "run", "--score", "x")["sections"]
    scores, everything = [], []
    for k in range(3):
        table, x, weights, is_signal = rows(data, f"fold-{k}")
        model = opened(tmp_path / "run" / f"fold-{k}" / "model.blm")
        scores.append(model.run(prepared.numbers(table, "features"))[0][:, 0])
        model.close()
        everything.append((x, weights, is_signal))
    x, weights, is_signal = (np.concatenate(one) for one in zip(*everything, strict=True))
    near([one["physical"]["auc"] for one in found["roc"]["classes"]],
         [area(np.concatenate(scores), weights, is_signal)[0], area(x, weights, is_signal)[0]])
    assert found["summary"]["events"] == 5000
    alone = evaluate(data, tmp_path / "run" / "fold-1")["sections"]["roc"]["classes"][0]
    near(alone["physical"]["auc"], area(scores[1], *everything[1][1:])[0])
    _, err = run("evaluate", "-q", "-c", data, tmp_path / "run" / "fold-1",
                 tmp_path / "run" / "fold-2", "-o", tmp_path / "page2.html", code=2)
    assert "'fold-1' has not seen fold 1, 'fold-2' fold 2" in err


@pytest.mark.parametrize("what", ["one event", "all negative", "all zero"])
def test_hardly_anything(tmp_path, what):
    n = (1000, 4 if what == "one event" else 500)
    weights = {"one event": None, "all negative": -np.ones(500), "all zero": np.zeros(500)}[what]
    data = make(tmp_path, "train: 0.5, test: 0.5", n=n, weights=(None, weights))
    _, x, w, is_signal = rows(data)
    found = evaluate(data, "--score", "x", replicas=20)["sections"]
    roc, = found["roc"]["classes"]
    page = (tmp_path / "page.html").read_text("utf-8")
    if what == "all zero":
        assert roc["physical"]["auc"] is None and roc["physical"]["low"] is None
        assert "add up to 0" in page
    else:
        near(roc["physical"]["auc"], area(x, w, is_signal)[0])
    if what == "all negative":
        assert "All weights of signal in test are negative" in page


def test_what_is_no_score(columns):
    data = columns.parent
    _, err = run("evaluate", "-c", columns, "--score", "some", "-o", data / "no.html", code=6)
    assert "observer 'some' is not a number an event" in err
    _, err = run("evaluate", "-c", columns, "--score", "z", "-o", data / "no.html", code=3)
    assert "no observer 'z'" in err
    assert not (data / "no.html").exists()


def test_real_files(tmp_path):
    if not DATA:
        pytest.skip("BEAMLINE_DATA is not set")
    (tmp_path / "data.yaml").write_text(f"""
treename: Events
samples:
  dy: {{files: {DATA}/root/coffea/nano_dy_SpecialTree.root, label: 0, weight: genWeight}}
  ttbar:
    {{files: {DATA}/root/skhep/nanoAOD_2015_CMS_Open_Data_ttbar.root, label: 1, weight: genWeight}}
inputs: {{met: {{vars: [MET_pt]}}}}
observers: [MET_pt]
negative_weights: keep
split: {{folds: 3}}
""")
    run("prepare", "-q", "-c", tmp_path / "data.yaml", "-o", tmp_path / "prepared")
    roc, = evaluate(tmp_path / "prepared", "--score", "MET_pt")["sections"]["roc"]["classes"]
    assert roc["physical"]["auc"] == pytest.approx(0.452124, abs=5e-7)
    assert roc["physical"]["sigma"] == pytest.approx(0.10549, abs=5e-6)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
