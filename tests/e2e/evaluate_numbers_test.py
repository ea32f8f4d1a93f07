#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`beamline evaluate` of models that predict numbers: every number of its JSON computed anew by
NumPy from the files and from what `beamline predict` writes of them."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

import made_prepared  # noqa: E402
import prepared  # noqa: E402

BEAMLINE = os.environ["BEAMLINE"]
N, REPLICAS, SEED = 6000, 40, 7
MEASURES = ["bias", "rmse", "mae", "r2", "correlation", "median", "half_width", "response",
            "resolution"]
DATA = """
treename: Events
samples:
  jets: {files: FILE, weight: w}
observers: [eta, pt]
labels: {type: custom, value: {TARGETS}}
inputs:
  jet: {scale: standard, vars: [pt, eta, rho]}
negative_weights: abs
variations: {pileup: pu, jesUp: {pt: pt_up}}
split: {train: 0.5, validation: 0.2, test: 0.3, by: [event]}
"""
MODEL = """
inputs: {jet: [3]}
layers:
  - Dense: {units: 12, activation: relu}
  - Dense: {units: UNITS}
training: {epochs: 4, batch_size: 64, loss: huber, optimizer: {adam: {learning_rate: 0.01}}}
"""
ONE, TWO = "true_pt: gen_pt", "true_pt: gen_pt, offset: pt - gen_pt"


def run(folder, *words, expected=0):
    done = subprocess.run([BEAMLINE, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == expected, done.stderr
    return done


def write_jets(path, n, seed, n_infinite=0):
    """Jets whose momentum is measured too low, and too high where there is pile-up."""
    rng = np.random.default_rng(seed)
    true, eta, rho = 20 + rng.exponential(30, n), rng.uniform(-2.5, 2.5, n), rng.gamma(8, 2.5, n)
    pt = true * (0.8 + 0.04 * abs(eta) + 0.1 * rng.normal(size=n)) + 0.3 * rho
    pt[:n_infinite] = np.inf
    jets = {"pt": pt, "pt_up": 1.05 * pt, "eta": eta, "rho": rho, "gen_pt": true,
            "w": rng.choice([1, -1], n, p=[0.85, 0.15]) * rng.uniform(0.5, 1.5, n),
            "pu": rng.uniform(0.8, 1.3, n), "event": np.arange(n)}
    with uproot.recreate(path) as file:
        file.mktree("Events", {name: values.dtype for name, values in jets.items()}).extend(jets)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Jets, and networks that predict one number of them, and two."""
    path = tmp_path_factory.mktemp("numbers")
    write_jets(path / "jets.root", N, 1)
    write_jets(path / "bad.root", 400, 2, n_infinite=30)
    write_jets(path / "single.root", 1, 3)
    write_jets(path / "none.root", 0, 4)
    for name, targets, seeds in ("one", ONE, (1, 2)), ("two", TWO, (3,)):
        (path / f"{name}.yaml").write_text(
            DATA.replace("FILE", "jets.root").replace("TARGETS", targets))
        (path / f"{name}-model.yaml").write_text(
            MODEL.replace("UNITS", str(len(targets.split(",")))))
        run(path, "prepare", "-c", f"{name}.yaml", "-o", f"{name}-data")
        for seed in seeds:
            run(path, "train", "-c", f"{name}-data", "-m", f"{name}-model.yaml", "--seed", seed,
                "-o", f"run{seed}")
    options = ("--replicas", REPLICAS, "--seed", SEED)
    run(path, "evaluate", "run1", "run2", "--score", "pt", "-o", "one.html", "--json", "one.json",
        "--plots", "plots", *options)
    run(path, "evaluate", "run3", "--json", "two.json", *options)
    return path


# ---- what NumPy finds ----


def mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
    return z ^ (z >> np.uint64(31))


def counts(keys, replica):
    """How often each event counts in a replica: 16 bits of SplitMix64 as a Poisson variable."""
    with np.errstate(over="ignore"):
        golden, lane = np.uint64(0x9e3779b97f4a7c15), replica % 16
        start = mix(keys + mix(np.uint64(SEED) + golden))
        word = mix(start + np.uint64(replica // 16 * 4 + lane % 4 + 1) * golden)
    uniform = (word >> np.uint64(lane // 4 * 16)) & np.uint64(0xffff)
    return sum((uniform < np.uint64(edge)).astype(float)
               for edge in (41427, 17317, 5263, 1244, 240, 39, 5, 1))


def quantile(x, w, q):
    """The middle of where F first is at least q, and of where F is at most q for the last time."""
    values, place = np.unique(x, return_inverse=True)
    up_to = np.cumsum(np.bincount(place, w)) / w.sum()
    before = np.concatenate([[0], up_to[:-1]])
    return (values[up_to >= q][0] + values[before <= q][-1]) / 2


def half_width(x, w):
    return (quantile(x, w, 0.84) - quantile(x, w, 0.16)) / 2


def measure(truth, prediction, w, has_response):
    """None where there is no number: with signed weights a mean of squares may be negative."""
    def mean(x):
        return (w * x).sum() / w.sum()
    r, t, p = prediction - truth, truth - mean(truth), prediction - mean(prediction)
    squares, of_t, of_p = mean(r * r), mean(t * t), mean(p * p)
    response = quantile(prediction / truth, w, 0.5) if has_response else None
    return {"bias": mean(r), "mae": mean(abs(r)),
            "rmse": np.sqrt(squares) if squares >= 0 else None,
            "r2": 1 - squares / of_t if of_t > 0 else None,
            "correlation": mean(t * p) / np.sqrt(of_t * of_p) if min(of_t, of_p) > 0 else None,
            "median": quantile(r, w, 0.5), "half_width": half_width(r, w), "response": response,
            "resolution": half_width(prediction / truth, w) / response
            if has_response and response > 0 else None}


def errors(truth, prediction, w, keys, has_response):
    replicas = [measure(truth, prediction, w * counts(keys, k), has_response)
                for k in range(REPLICAS)]
    found = {}
    for name in MEASURES:
        values = [one[name] for one in replicas if one[name] is not None]
        found[name] = np.diff(np.quantile(values, [0.16, 0.84]))[0] / 2 if values else None
    return found


def agree(said, wanted, name):
    assert said == (None if wanted is None else pytest.approx(wanted, rel=1e-9)), name


def check_measures(said, truth, prediction, w, keys):
    has_response = bool((truth > 0).all())
    values = measure(truth, prediction, w, has_response)
    of_replicas = errors(truth, prediction, w, keys, has_response)
    for name in MEASURES:
        agree(said[name], values[name], name)
        agree(said[f"{name}_error"], of_replicas[name], f"{name}_error")


class Events:
    """A part of what was prepared: numbers of the file, predictions of `beamline predict`."""

    def __init__(self, folder, data, part, runs):
        table = prepared.part(folder / data, part)
        entries = prepared.numbers(table, "source_entry")
        jets = uproot.open(folder / "jets.root")["Events"].arrays(library="np")
        self.keys = prepared.numbers(table, "key").astype(np.uint64)
        self.jets = {name: values[entries] for name, values in jets.items()}
        self.w = self.jets["w"]
        self.truth = {"true_pt": self.jets["gen_pt"],
                      "offset": self.jets["pt"] - self.jets["gen_pt"]}
        self.predicted = {}
        for name in runs:
            out = folder / f"{name}-predicted.root"
            run(folder, "predict", name, "jets.root", "-o", out, "--variation", "*", "--overwrite")
            columns = uproot.open(out)["Events"].arrays(library="np")
            self.predicted[name] = {column.removeprefix("pred_"): values[entries].astype(float)
                                    for column, values in columns.items()
                                    if column.startswith("pred_")}


@pytest.fixture(scope="module")
def one(folder):
    test = Events(folder, "one-data", "test", ["run1", "run2"])
    test.predicted["pt"] = {"true_pt": test.jets["pt"].astype(np.float32).astype(float)}
    return json.loads((folder / "one.json").read_text()), test


@pytest.fixture(scope="module")
def two(folder):
    return (json.loads((folder / "two.json").read_text()),
            Events(folder, "two-data", "test", ["run3"]))


@pytest.fixture(params=["one", "two"])
def both(request):
    return request.getfixturevalue(request.param)


# ---- numbers ----


def test_summary(both):
    report, test = both
    summary = report["sections"]["summary"]
    assert (test.w < 0).any() and report["classes"] == []
    assert summary["events"] == len(test.w) == report["data"]["events"]
    assert summary["negative"] == (test.w < 0).sum()
    agree(summary["effective"], test.w.sum() ** 2 / (test.w ** 2).sum(), "effective")
    assert [subject["name"] for subject in summary["subjects"]] == list(test.predicted)
    for subject in summary["subjects"]:
        assert [one["target"] for one in subject["targets"]] == report["targets"]
        for said in subject["targets"]:
            assert said["events"] == len(test.w)
            assert said["without_prediction"] == said["without_truth"] == 0
            check_measures(said, test.truth[said["target"]],
                           test.predicted[subject["name"]][said["target"]], test.w, test.keys)
    assert report["targets"] == list(test.truth)[:len(report["targets"])]


def test_response(both):
    """In bins of the truth, which have as many events each, and of observers."""
    report, test = both
    seen = set()
    for said in report["sections"]["response"]:
        truth = test.truth[said["target"]]
        along = truth if said["observer"] is None else test.jets[said["observer"]]
        edges = np.array(said["edges"])
        seen.add((said["model"], said["target"], said["observer"]))
        if said["observer"] is None:
            assert np.ptp(said["events"]) <= 2 and sum(said["events"]) == len(truth)
        for k in range(len(edges) - 1):
            is_in = (along >= edges[k]) & (along < edges[k + 1])
            if k + 2 == len(edges):
                is_in |= along == edges[-1]
            assert said["events"][k] == is_in.sum()
            if is_in.sum() < 10:
                continue
            agree(said["means"][k], along[is_in].mean(), "means")
            wanted = measure(truth[is_in],
                             test.predicted[said["model"]][said["target"]][is_in], test.w[is_in],
                             said["target"] == "true_pt")
            for name in MEASURES:
                agree(said[name][k], wanted[name], name)
    assert len(seen) == len(report["sections"]["response"])
    assert len(seen) == 3 * len(test.predicted) * len(report["targets"])


def test_residuals(both, folder):
    report, test = both
    section = report["sections"]["residuals"]
    train = Events(folder, "one-data" if "run1" in test.predicted else "two-data", "train",
                   [name for name in test.predicted if name != "pt"])
    cut = slice(0, len(test.w))  # as many as there are in the test
    for said in section["distributions"]:
        for histogram in said["histograms"]:
            events = test if histogram["part"] == "test" else train
            residuals = (events.predicted[histogram["model"]][said["target"]]
                         - events.truth[said["target"]])[cut]
            wanted = np.histogram(residuals, said["edges"], weights=events.w[cut])[0]
            assert histogram["sumw"] == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    for said in section["matrices"]:
        wanted = np.histogram2d(test.truth[said["target"]],
                                test.predicted[said["model"]][said["target"]],
                                [said["edges"]] * 2, weights=test.w)[0]
        assert np.array(said["sumw"]) == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    for said in section["overtraining"]:
        for part, events in ("train", train), ("test", test):
            of = measure(events.truth[said["target"]][cut],
                         events.predicted[said["model"]][said["target"]][cut], events.w[cut],
                         said["target"] == "true_pt")
            agree(said[f"rmse_{part}"], of["rmse"], "rmse")
            agree(said[f"half_width_{part}"], of["half_width"], "half width")
        assert 0 <= said["p"] <= 1


def test_variations(both):
    report, test = both
    model = next(iter(test.predicted))
    for said in report["sections"]["variations"]:
        target, name = said["target"], said["name"]
        w = test.w * test.jets["pu"] if name == "pileup" else test.w
        of = f"{target}_jesUp" if name == "jesUp" else target
        truth = test.truth[target]
        if name == "jesUp" and target == "offset":
            truth = test.jets["pt_up"] - test.jets["gen_pt"]
        wanted = measure(truth, test.predicted[model][of], w, target == "true_pt")
        agree(said["sumw"], w.sum(), "sumw")
        for measured in MEASURES:
            agree(said[measured], wanted[measured], f"{name} {measured}")
    names = [said["name"] for said in report["sections"]["variations"]]
    assert names == ["nominal", "pileup", "jesUp"] * len(report["targets"])


def test_importance(both):
    report, test = both
    for model, said in report["sections"]["importance"].items():
        assert said["events"] == len(test.w)
        for target, of in said["targets"].items():
            wanted = measure(test.truth[target], test.predicted[model][target], test.w, False)
            agree(of["rmse"], wanted["rmse"], "rmse")
            assert len(of["losses"]) == 4
            assert of["losses"][0]["loss"] > 10 * abs(of["losses"][-1]["loss"])


def test_other_sections(both):
    """Those of classes leave themselves out; the others say of all events what they say of one."""
    report, test = both
    sections = report["sections"]
    assert set(sections) == {"summary", "residuals", "response", "importance", "correlation",
                             "variations", "yields", "history", "dataset", "cutflow",
                             "configuration", "lineage"}
    [matrix] = sections["correlation"]
    columns = np.array([test.jets[name] for name in matrix["columns"]], np.float32)
    wanted = np.cov(columns.astype(float), aweights=abs(test.w)) * 0
    mean = (columns * test.w).sum(1) / test.w.sum()
    for i, x in enumerate(columns - mean[:, None]):
        for k, y in enumerate(columns - mean[:, None]):
            wanted[i, k] = (test.w * x * y).sum()
    wanted /= np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    assert np.array(matrix["matrix"]) == pytest.approx(wanted, rel=1e-5, abs=1e-7)
    [of_part] = [one for one in sections["yields"]["parts"] if one["part"] == "test"]
    assert of_part["class"] == "all" and of_part["events"] == len(test.w)
    agree(of_part["sumw"], test.w.sum(), "sumw")
    assert sections["yields"]["selected"] == []
    for parts in sections["dataset"]["parts"]:
        assert [one["class"] for one in parts["classes"]] == ["all"]
    assert all(len(history["loss"]) == 4 for history in sections["history"].values())


# ---- what is written ----


def test_threads(folder):
    for n in 1, 3:
        run(folder, "evaluate", "run1", "-t", n, "-o", f"{n}.html", "--json", f"{n}.json")
    assert (folder / "1.json").read_bytes() == (folder / "3.json").read_bytes()
    assert (folder / "1.html").read_bytes() == (folder / "3.html").read_bytes()


def test_page_and_plots(folder):
    page = (folder / "one.html").read_text()
    for words in "run1, run2, pt", "Predicted", "true_pt", "Response and resolution":
        assert words in page
    for words in "nan", "ROC", "Classes</dt>":
        assert words not in page.replace("on_nan", "")
    names = {path.stem for path in (folder / "plots").iterdir()}
    assert len(names) == page.count("<svg")
    assert {"residuals-true_pt", "response-true_pt", "resolution-true_pt-eta",
            "matrix-true_pt-run1", "importance-run2-true_pt", "history-loss"} <= names


def test_terminal(folder):
    lines = run(folder, "evaluate", "run3").stdout.split("\n")
    assert lines[0].split()[:4] == ["Model", "Target", "Bias", "RMSE"]
    assert [line.split()[:2] for line in lines[1:3]] == [["run3", "true_pt"], ["run3", "offset"]]
    assert max(map(len, lines)) < 110


def test_folds(folder):
    """Each event is predicted by the model that has not seen it, as `beamline predict` does it."""
    text = (folder / "one.yaml").read_text()
    (folder / "folds.yaml").write_text(
        text.replace("train: 0.5, validation: 0.2, test: 0.3", "folds: 3"))
    run(folder, "prepare", "-c", "folds.yaml", "-o", "folds-data")
    run(folder, "train", "-c", "folds-data", "-m", "one-model.yaml", "-o", "folds", "--epochs", 1)
    run(folder, "evaluate", "folds", "--json", "folds.json", "--replicas", 0)
    run(folder, "predict", "folds", "-i", "jets=jets.root", "-o", "folds.root")
    jets = uproot.open(folder / "jets.root")["Events"].arrays(library="np")
    predicted = uproot.open(folder / "folds.root")["Events"].arrays(library="np")
    assert set(predicted["fold"]) == {0, 1, 2}
    sections = json.loads((folder / "folds.json").read_text())["sections"]
    [said] = sections["summary"]["subjects"][0]["targets"]
    wanted = measure(jets["gen_pt"], predicted["pred_true_pt"].astype(float), jets["w"], True)
    assert said["events"] == N
    for name in MEASURES:
        agree(said[name], wanted[name], name)
        assert said[f"{name}_error"] is None
    agree(sections["importance"]["folds"]["targets"]["true_pt"]["rmse"], wanted["rmse"], "rmse")


# ---- what is odd ----


def of_file(folder, name, *words, said=None):
    """What is said of the events of another file."""
    done = run(folder, "evaluate", "run1/model.blm", "-i", f"jets={name}.root", "--json", "-",
               "-o", f"{name}.html", "--overwrite", *words)
    page = (folder / f"{name}.html").read_text()
    assert said is None or said in page
    return json.loads(done.stdout)["sections"]


def test_numbers_that_are_none(folder):
    sections = of_file(folder, "bad",
                       said="predicts no finite number for true_pt in 30 of 400 events")
    [said] = sections["summary"]["subjects"][0]["targets"]
    assert (said["events"], said["without_prediction"], said["without_truth"]) == (370, 30, 0)
    assert said["rmse"] > 0 and said["response"] > 0


def test_no_events_and_one(folder):
    said = of_file(folder, "single", said="There is one event in test")["summary"]
    [one] = said["subjects"][0]["targets"]
    assert one["events"] == 1 and one["bias"] is not None and one["half_width"] == 0
    assert one["r2"] is None and one["bias_error"] is None
    said = of_file(folder, "none", said="There are no events in test")["summary"]
    [one] = said["subjects"][0]["targets"]
    assert one["events"] == 0 and all(one[name] is None for name in MEASURES)


def test_classifier_and_regression(folder):
    """Both are refused on one page, whichever comes first."""
    x = np.random.default_rng(1).normal(size=(300, 3)).astype(np.float32)
    made_prepared.write(folder / "classes", {"train": ({"jet": x}, np.arange(300) % 2),
                                             "test": ({"jet": x}, np.arange(300) % 2)},
                        ["no", "yes"])
    (folder / "classifier.yaml").write_text(
        "inputs: {jet: [3]}\nlayers: [Dense: {units: 2, activation: softmax}]\n"
        "training: {epochs: 1}\n")
    run(folder, "train", "-c", "classes", "-m", "classifier.yaml", "-o", "classifier")
    done = run(folder, "evaluate", "run1", "classifier", "-o", "page.html", expected=6)
    assert "evaluate: classifier on one-data: the model tells classes apart" in done.stderr
    done = run(folder, "evaluate", "classifier", "run1", "-o", "page.html", expected=6)
    assert "evaluate: run1 on classes: the model predicts numbers" in done.stderr
    assert "both cannot be on one page" in done.stderr and not (folder / "page.html").exists()


def test_column_of_two_targets(folder):
    done = run(folder, "evaluate", "run3", "--score", "pt", "-o", "x.html", expected=2)
    assert "column 'pt' can be a prediction of one number" in done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
