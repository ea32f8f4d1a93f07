#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`beamline predict`: scores are those that NumPy finds, beside the entries they are of, and no
interruption changes a byte of the outputs."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
import types
import zipfile

import numpy as np
import pyarrow.parquet
import pytest
import uproot
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import command  # noqa: E402

BEAMLINE = os.environ["BEAMLINE"]
CLASSES = ["qcd", "top"]
N = {"qcd": 3000, "top": 2000}
NETWORK = """
inputs: {hlf: [3]}
layers:
  - Dense: {units: 8, activation: relu, name: first}
  - Dense: {units: 2, activation: softmax, name: output}
training: {epochs: 2, batch_size: 64, seed: SEED, optimizer: {adam: {learning_rate: 0.01}}}
"""


def run(*arguments, code=0):
    stdout, stderr = command.run(*arguments, code=code)
    return types.SimpleNamespace(stdout=stdout, stderr=stderr)


def write_events(path, first, n, label, seed, leave_out=()):
    rng = np.random.default_rng(seed)
    pt = 20 + rng.exponential(40 if label else 25, n)
    events = {"event": np.arange(first, first + n), "pt": pt.astype("f4"),
              "pt_up": (1.2 * pt).astype("f4"), "eta": rng.normal(0, 1.5, n).astype("f4"),
              "w": rng.uniform(0.5, 1.5, n), "scales": rng.uniform(0.9, 1.1, (n, 3)),
              "nearby": rng.integers(0, 5, n).astype("i4")}
    with uproot.recreate(path) as file:
        tree = file.mktree("Events", {name: (values.dtype, values.shape[1:])
                                      for name, values in events.items() if name not in leave_out})
        for part in np.array_split(np.arange(n), 3):
            tree.extend({name: values[part] for name, values in events.items()
                         if name not in leave_out})


def config(folder, **changes):
    return {"treename": "Events", "selection": "pt > 30",
            "new_variables": {"wide": "abs(eta) * pt", "twice": "2 * w"},
            "samples": {name: {"files": [f"{folder}/{name}.root"], "label": label}
                        for label, name in enumerate(CLASSES)},
            "inputs": {"hlf": {"vars": ["pt", "eta", "wide"], "scale": "standard"}},
            "observers": ["event", "twice"],
            "variations": {"up": {"pt": "pt_up"}, "heavy": "w * 1.5", "scale": "scales[*]"},
            "split": {"train": 0.6, "validation": 0.2, "test": 0.2, "seed": 5, "by":
                      ["event"]},
            "seed": 7, **changes}


def train(folder, name, seed=3, **changes):
    """\\return the folder of a run"""
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(config(folder, **changes)))
    (folder / f"{name}-network.yaml").write_text(NETWORK.replace("SEED", str(seed)))
    run("train", "-q", "-c", folder / f"{name}.yaml", "-m", folder / f"{name}-network.yaml", "-o",
        folder / name)
    return folder / name


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("predict")
    for label, name in enumerate(CLASSES):
        write_events(where / f"{name}.root", 10000 * label, N[name], label, label)
    train(where, "run")
    train(where, "folds", split={"folds": 3, "seed": 9, "by": ["event"]})
    return where


def events_of(path):
    return {name: np.asarray(values) for name, values in
            uproot.open(path)["Events"].arrays(library="np").items()}


def scores_of(model, events, pt="pt"):
    """The model's own numbers, by NumPy; NaN where the selection does not take an event."""
    x = {"pt": events[pt].astype(float), "eta": events["eta"].astype(float)}
    x["wide"] = np.abs(events["eta"]).astype(float) * x["pt"]
    archive = zipfile.ZipFile(model)
    columns = json.loads(archive.read("transform.json"))["inputs"][0]["columns"]
    y = np.stack([(x[c["name"]] - c.get("offset", 0)) * c.get("scale", 1) for c in columns], 1)
    weights = np.load(model)
    y = np.maximum(y @ weights["weights/first/kernel"] + weights["weights/first/bias"], 0)
    y = np.exp(y @ weights["weights/output/kernel"] + weights["weights/output/bias"])
    y /= y.sum(1, keepdims=True)
    y[~(x["pt"] > 30)] = np.nan
    return y


def predict(*arguments, code=0):
    return run("predict", "-q", *arguments, code=code)


def same_scores(output, wanted, end=""):
    for k, name in enumerate(CLASSES):
        values = output[f"score_{name}{end}"]
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, wanted[:, k], rtol=1e-4, atol=2e-6)


# ---- what is written ----

def test_aligned(folder, tmp_path):
    events = events_of(folder / "qcd.root")
    told = json.loads(predict(folder / "run", folder / "qcd.root", "-o", tmp_path / "out.root",
                              "--json").stdout)
    output = events_of(tmp_path / "out.root")
    assert list(output) == ["score_qcd", "score_top", "event", "twice"]
    wanted = scores_of(folder / "run/model.blm", events)
    assert 500 < np.isnan(wanted[:, 0]).sum() < 2500
    same_scores(output, wanted)
    assert (output["event"] == events["event"]).all()
    assert (output["twice"] == 2 * events["w"]).all()
    assert told["events"] == N["qcd"] and told["selected"] == (events["pt"] > 30).sum()
    assert told["classes"] == CLASSES and told["rate"] > 0 and told["input_bytes"] > 0
    assert told["outputs"][0]["bytes"] == (tmp_path / "out.root").stat().st_size
    assert sorted(os.listdir(tmp_path)) == ["out.root"]


def test_only_selected(folder, tmp_path):
    events = events_of(folder / "top.root")
    predict(folder / "run/model.blm", folder / "top.root", "-o", tmp_path / "out.parquet",
            "--only-selected", "--copy", "pt*", "--no-observers")
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["score_qcd", "score_top", "pt", "pt_up"]
    output = {name: table[name].to_numpy() for name in table.column_names}
    takes = events["pt"] > 30
    assert (output["pt_up"] == events["pt_up"][takes]).all()
    same_scores(output, scores_of(folder / "run/model.blm", events)[takes])


def test_formats_and_names(folder, tmp_path):
    """The same numbers in every format, under another tree's name, and all columns."""
    predict(folder / "run", folder / "top.root", "-o", tmp_path / "out.root", "--as", "a/Scores",
            "--copy", "*")
    tree = uproot.open(tmp_path / "out.root")["a/Scores"]
    wanted, events = tree.arrays(library="np"), events_of(folder / "top.root")
    for name, values in events.items():
        assert (wanted[name] == values).all(), name
    for end in ("arrow", "parquet", "csv", "jsonl"):
        predict(folder / "run", folder / "top.root", "-o", tmp_path / f"out.{end}")
        rows = run("cat", "-q", tmp_path / f"out.{end}", "--format", "jsonl").stdout.splitlines()
        values = [json.loads(row)["score_top"] for row in rows]
        values = np.array([np.nan if v is None else v for v in values], "f4")
        assert np.array_equal(values, wanted["score_top"], equal_nan=True), end


def test_folder_mirrors(folder, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    shutil.copy(folder / "qcd.root", tmp_path / "a/x.root")
    shutil.copy(folder / "top.root", tmp_path / "b/x.root")
    predict(folder / "run", f"{tmp_path}/?/x.root", "-o", f"{tmp_path}/out/", "-f", "Parquet")
    assert sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*")) \
        == ["a/x.parquet", "b/x.parquet", "predict.json"]
    predict(folder / "run", tmp_path / "a/x.root", "-o", f"{tmp_path}/one/")
    assert sorted(os.listdir(tmp_path / "one")) == ["predict.json", "x.root"]
    for name, source in (("a", "qcd"), ("b", "top")):
        rows = pyarrow.parquet.read_table(tmp_path / f"out/{name}/x.parquet")
        same_scores({c: rows[c].to_numpy() for c in rows.column_names},
                    scores_of(folder / "run/model.blm", events_of(folder / f"{source}.root")))
    done = json.loads((tmp_path / "out/predict.json").read_text())
    assert all(one["events"] in N.values() for one in done["outputs"])


def test_files_behind_each_other(folder, tmp_path):
    files = [folder / f"{name}.root" for name in ("top", "qcd", "top")]
    wanted = np.concatenate([scores_of(folder / "run/model.blm", events_of(f)) for f in files])
    for threads in "12":
        (tmp_path / threads).mkdir()
        predict(folder / "run", *files, "-o", tmp_path / threads / "out.root", "-t", threads)
    same_scores(events_of(tmp_path / "1/out.root"), wanted)
    assert (tmp_path / "1/out.root").read_bytes() == (tmp_path / "2/out.root").read_bytes()
    predict(folder / "run", *files, "-o", tmp_path / "few.root", "--max-events", 2500)
    same_scores(events_of(tmp_path / "few.root"), wanted[:2500])


def test_variations(folder, tmp_path):
    events = events_of(folder / "qcd.root")
    predict(folder / "run", folder / "qcd.root", "-o", tmp_path / "out.root", "--variation", "*")
    output = events_of(tmp_path / "out.root")
    model = folder / "run/model.blm"
    same_scores(output, scores_of(model, events))
    up = scores_of(model, events, "pt_up")
    same_scores(output, up, "_up")
    assert (np.isnan(output["score_qcd"]) & ~np.isnan(output["score_qcd_up"])).any()
    assert (output["weight_heavy"] == events["w"] * 1.5).all()
    assert (np.stack(output["weight_scale"]) == events["scales"]).all()
    done = predict(folder / "run", folder / "qcd.root", "-o", tmp_path / "o.root", "--variation",
                   "upp", code=3)
    assert "no variation 'upp'; did you mean 'up'?" in done.stderr


def test_folds(folder, tmp_path):
    """Each event has the score of the model that has not seen it."""
    events = [f"qcd={folder}/qcd.root", f"top={folder}/top.root"]
    inputs = [word for one in events for word in ("-i", one)]
    predict(folder / "folds", *inputs, "-o", tmp_path / "out.root")
    output = events_of(tmp_path / "out.root")
    takes = ~np.isnan(output["score_qcd"])
    assert (output["fold"][~takes] == -1).all()
    for k in range(3):
        predict(folder / f"folds/fold-{k}", *inputs, "-o", tmp_path / f"{k}.root")
        of_fold = output["fold"] == k
        assert 0.25 < of_fold.sum() / takes.sum() < 0.42
        one = events_of(tmp_path / f"{k}.root")
        assert (one["score_top"][of_fold] == output["score_top"][of_fold]).all()
        assert (one["score_top"][takes & ~of_fold] != output["score_top"][takes & ~of_fold]).any()
        # a prepared part holds just these events
        column = run("cat", "-q", *sorted((folder / "folds/data").glob(f"fold-{k}-*.arrow")),
                     "-c", "event", "--format", "jsonl").stdout.splitlines()
        assert sorted(json.loads(row)["event"] for row in column) == \
            sorted(output["event"][of_fold].tolist())


def test_friends(folder, tmp_path):
    """A column of a friend is an input; and the output is a friend of its input."""
    write_events(tmp_path / "main.root", 0, 2000, 1, 5, leave_out=("eta",))
    write_events(tmp_path / "whole.root", 0, 2000, 1, 5)
    with uproot.recreate(tmp_path / "extra.root") as file:
        file.mktree("Extra", {"eta": "f4"}).extend(
            {"eta": events_of(tmp_path / "whole.root")["eta"]})
    predict(folder / "run", tmp_path / "whole.root", "-o", tmp_path / "wanted.root")
    (tmp_path / "data.yaml").write_text(
        yaml.safe_dump(config(folder, branch_magic={"eta": "Extra.eta"})))
    predict(folder / "run", tmp_path / "main.root", "--friend", f"{tmp_path}/extra.root:Extra",
            "-c", tmp_path / "data.yaml", "-o", tmp_path / "out.root")
    wanted, output = (events_of(tmp_path / f"{name}.root") for name in ("wanted", "out"))
    assert np.array_equal(wanted["score_top"], output["score_top"], equal_nan=True)
    rows = run("cat", "-q", tmp_path / "main.root", "--friend", f"{tmp_path}/out.root:Events",
               "-c", "event,Events.score_top", "--format", "jsonl", "-e", ":2000").stdout
    rows = [json.loads(row) for row in rows.splitlines()]
    assert len(rows) == 2000
    key = next(name for name in rows[0] if name.endswith("score_top"))
    values = np.array([np.nan if r[key] is None else r[key] for r in rows], "f4")
    assert np.array_equal(values, output["score_top"], equal_nan=True)


def test_the_tree_that_was_prepared_is_taken(folder, tmp_path):
    """A tree that only the command line named is kept with the model, for predict and evaluate."""
    for label, name in enumerate(CLASSES):
        write_events(tmp_path / f"{name}.root", 0, 300, label, 50 + label)
        with uproot.update(tmp_path / f"{name}.root") as file:
            file.mktree("Other", {"number": "i4"}).extend({"number": np.arange(9, dtype="i4")})
    with_tree = config(tmp_path)
    without = {key: value for key, value in with_tree.items() if key != "treename"}
    (tmp_path / "data.yaml").write_text(yaml.safe_dump(without))
    data, model = tmp_path / "prepared", tmp_path / "run"
    run("prepare", "-q", "-c", tmp_path / "data.yaml", "-T", "Events", "-o", data)
    assert json.loads((data / "prepared.json").read_text())["treename"] == "Events"
    run("prepare", "-q", "-c", tmp_path / "data.yaml", "-T", "Other", "-o", data, code=3)
    run("train", "-q", "-c", data, "-m", folder / "run-network.yaml", "-o", model)
    file = tmp_path / f"{CLASSES[0]}.root"
    predict(model, file, "-o", tmp_path / "out.root")
    assert len(events_of(tmp_path / "out.root")["event"]) == 300
    error = predict(model, file, "-T", "Other", "-o", tmp_path / "other.root", code=3).stderr
    assert "no column" in error
    inputs = [word for name in CLASSES for word in ("-i", f"{name}={tmp_path}/{name}.root")]
    run("evaluate", "-q", model, *inputs, "-o", tmp_path / "page.html")


def test_a_friend_that_changed_is_another(folder, tmp_path):
    """What is done of an output is not gone on with beside another friend of the same name."""
    write_events(tmp_path / "main.root", 0, 500, 1, 5, leave_out=("eta",))
    write_events(tmp_path / "whole.root", 0, 500, 1, 5)
    (tmp_path / "data.yaml").write_text(
        yaml.safe_dump(config(folder, branch_magic={"eta": "Extra.eta"})))
    words = ["predict", "-q", folder / "run", tmp_path / "main.root", "--friend",
             f"{tmp_path}/extra.root:Extra", "-c", tmp_path / "data.yaml", "-o", f"{tmp_path}/out/"]

    def write_friend(**more):
        with uproot.recreate(tmp_path / "extra.root") as file:
            eta = events_of(tmp_path / "whole.root")["eta"]
            file.mktree("Extra", {"eta": "f4", **dict.fromkeys(more, "f8")}).extend(
                {"eta": eta, **more})

    write_friend()
    run(*words)
    (tmp_path / "out" / "main.root").unlink()  # is to be done again
    write_friend(other=np.arange(500) / 3)
    assert "friends of the input that have changed" in run(*words, code=4).stderr
    write_friend()
    run(*words)


# ---- interruptions ----

@pytest.fixture(scope="module")
def many(folder, tmp_path_factory):
    """Enough events for some tenths of a second."""
    where = tmp_path_factory.mktemp("many")
    for i in range(3):
        write_events(where / f"{i}.root", 0, 60000, i % 2, 20 + i)
    return where


def kill_until_done(words, rng, seconds):
    """\\return how often it was killed"""
    kills = 0
    while True:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _, text = process.communicate(timeout=rng.uniform(0, seconds) if kills < 60 else None)
            # who is killed at the very end has left a file that is complete
            assert process.returncode == 0 or (kills and b"exists; --overwrite" in text), text
            return kills
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1


@pytest.mark.parametrize("to", ["out.root", "out.parquet", "out/"])
def test_killed(folder, many, tmp_path, to):
    """Killed at random moments, ten times at least, it goes on and ends with the same bytes."""
    words = [BEAMLINE, "predict", "-q", folder / "run", *sorted(many.glob("*.root")),
             "--variation", "*", "--copy", "eta", "-t", "1", "--part-events", "3000", "-o"]
    begun = time.monotonic()
    (tmp_path / "whole").mkdir()
    subprocess.run([*words, f"{tmp_path}/whole/{to}"], check=True)
    seconds = time.monotonic() - begun
    rng, kills = random.Random(to), 0
    for attempt in range(100):
        here = tmp_path / str(attempt)
        here.mkdir()
        kills += kill_until_done([*words, f"{here}/{to}"], rng, seconds)
        if to.endswith("/"):
            names = sorted(p.name for p in (here / to).iterdir())
            assert names == ["0.root", "1.root", "2.root", "predict.json"]
            for name in names:
                assert (here / to / name).read_bytes() == \
                    (tmp_path / "whole" / to / name).read_bytes()
        else:
            assert os.listdir(here) == [to]
            assert (here / to).read_bytes() == (tmp_path / "whole" / to).read_bytes()
        shutil.rmtree(here)
        if kills >= 10 and attempt >= 2:
            break
    assert kills >= 10


def stop_soon(folder, many, to, number):
    """Stops a prediction that was begun, with a part of it done.
    \\return its exit status and what it said"""
    words = [BEAMLINE, "predict", folder / "run", *sorted(many.glob("*.root")), "-o", to,
             "--part-events", "3000"]
    for _ in range(20):  # it may be done sooner than it is seen
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not any(pathlib.Path(f"{to}.parts").glob("0*.arrow")):
            time.sleep(0.001)
        process.send_signal(number)
        _, text = process.communicate()
        if process.returncode != 0:
            return process.returncode, text
        os.remove(to)
    raise AssertionError("it is always done before it can be stopped")


def test_interrupted(folder, many, tmp_path):
    """Ctrl-C ends it soon, says so, and is gone on from."""
    to = tmp_path / "out.root"
    code, text = stop_soon(folder, many, to, signal.SIGINT)
    assert code == 130 and "the same command goes on" in text
    done = run("predict", folder / "run", *sorted(many.glob("*.root")), "-o", to)
    assert "events were done already" in done.stderr


def test_goes_on_with_the_same_only(folder, many, tmp_path):
    to = tmp_path / "out.root"
    files = sorted(many.glob("*.root"))
    stop_soon(folder, many, to, signal.SIGKILL)
    other = tmp_path / "other"
    shutil.copytree(folder / "run", other)
    shutil.copy(folder / "folds/fold-0/model.blm", other / "model.blm")
    (tmp_path / "data.yaml").write_text(yaml.safe_dump(config(folder)))
    for words, message in (
            ((other, *files), "was begun with another model"),
            ((folder / "run", *files, "-c", tmp_path / "data.yaml"), "another configuration"),
            ((folder / "run", *files, "-w", "eta > 0"), "another configuration"),
            ((folder / "run", *files[:2]), "3 inputs, not 2"),
            ((folder / "run", files[1], files[0], files[2]), f"the input '{files[0]}', not"),
            ((folder / "run", *files, "--only-selected"), "other options")):
        done = predict(*words, "-o", to, "--part-events", 3000, code=4)
        assert message in done.stderr and "--overwrite begins anew" in done.stderr
    copy = tmp_path / "copy.root"
    shutil.copy(files[0], copy)
    shutil.move(tmp_path / "out.root.parts", tmp_path / "kept.parts")
    done = json.loads(predict(folder / "run", *files, "-o", to, "--json").stdout)
    assert done["resumed"] == 0 and done["events"] == 180000
    wanted = to.read_bytes()
    os.remove(to)
    shutil.move(tmp_path / "kept.parts", tmp_path / "out.root.parts")
    done = json.loads(predict(folder / "run", *files, "-o", to, "--json").stdout)
    assert done["resumed"] > 0 and done["events"] + done["resumed"] == 180000
    assert done["outputs"][0]["selected"] == (~np.isnan(events_of(to)["score_top"])).sum()
    assert to.read_bytes() == wanted
    stop_soon(folder, many, tmp_path / "2.root", signal.SIGKILL)
    predict(folder / "run", files[0], "-o", tmp_path / "2.root", "--overwrite")
    assert len(events_of(tmp_path / "2.root")["score_top"]) == 60000
    assert not (tmp_path / "2.root.parts").exists()


def test_folder_goes_on(folder, many, tmp_path):
    """What is done is not done again; what is gone is."""
    files = sorted(many.glob("*.root"))
    predict(folder / "run", *files, "-o", f"{tmp_path}/out/")
    whole = (tmp_path / "out/1.root").read_bytes()
    done = json.loads(predict(folder / "run", *files, "-o", f"{tmp_path}/out/", "--json").stdout)
    assert done["events"] == 0 and done["resumed"] == 180000
    os.remove(tmp_path / "out/1.root")
    done = json.loads(predict(folder / "run", *files, "-o", f"{tmp_path}/out/", "--json").stdout)
    assert done["events"] == 60000 and done["resumed"] == 120000
    assert (tmp_path / "out/1.root").read_bytes() == whole


# ---- what is refused ----

def test_outputs_that_are_there(folder, tmp_path):
    shutil.copy(folder / "qcd.root", tmp_path / "qcd.root")
    before = (tmp_path / "qcd.root").read_bytes()
    for to in (tmp_path / "qcd.root", f"{tmp_path}/"):
        for more in ((), ("--overwrite",)):
            done = predict(folder / "run", tmp_path / "qcd.root", "-o", to, *more, code=2)
            assert "is an input, and stays" in done.stderr
    done = predict(folder / "run", folder / "top.root", "-o", tmp_path / "qcd.root", code=4)
    assert "exists; --overwrite replaces it" in done.stderr
    assert (tmp_path / "qcd.root").read_bytes() == before
    assert os.listdir(tmp_path) == ["qcd.root"]


def test_bad_input(folder, tmp_path):
    shutil.copy(folder / "qcd.root", tmp_path / "0.root")
    (tmp_path / "1.root").write_bytes(b"no file of ROOT's")
    bad = bytearray((folder / "top.root").read_bytes())
    with uproot.open(folder / "top.root") as file:
        basket = file["Events/pt"].basket_key(1)
    bad[basket.data_cursor.index + 12:basket.data_cursor.index + 60] = bytes(48)
    (tmp_path / "2.root").write_bytes(bad)
    files = [tmp_path / f"{i}.root" for i in range(3)]
    done = predict(folder / "run", *files, "-o", f"{tmp_path}/out/", code=5)
    assert "1.root" in done.stderr
    told = json.loads(predict(folder / "run", *files, "-o", f"{tmp_path}/out/", "--bad-files",
                              "skip", "--json").stdout)
    assert [pathlib.Path(one["url"]).name for one in told["skipped"]] == ["1.root", "2.root"]
    assert sorted(os.listdir(tmp_path / "out")) == ["0.root", "predict.json"]
    done = predict(folder / "run", files[0], files[2], "-o", tmp_path / "out.root", code=5)
    assert "2.root" in done.stderr and "'pt'" in done.stderr
    assert not (tmp_path / "out.root").exists()


@pytest.mark.parametrize("words, code, message", [
    (("RUN", "QCD"), 2, "--output is missing"),
    (("RUN", "-o", "OUT"), 2, "there are no files"),
    (("RUN", "QCD", "-i", "a=QCD", "-o", "OUT"), 2, "belongs to no sample"),
    (("RUN", "QCD", "-o", "OUT", "--copy", "ptt"), 3, "did you mean 'pt'"),
    (("RUN", "QCD", "-o", "OUT", "--copi", "pt"), 2, "did you mean '--copy'"),
    (("RUN", "QCD", "-o", "OUT", "-T", "Evnts"), 3, "did you mean 'Events'"),
    (("FOLDS", "QCD", "-o", "OUT"), 2, "--input NAME=URL"),
    (("QCD", "QCD", "-o", "OUT"), 5, "no model"),
    (("RUN", "-", "-o", "OUT"), 2, "answers on standard output"),
    (("FOLDS", "-"), 6, "fold-0"),
])
def test_usage(folder, tmp_path, words, code, message):
    names = {"RUN": folder / "run", "FOLDS": folder / "folds", "OUT": tmp_path / "out.root"}
    words = [names.get(w, str(w).replace("QCD", f"{folder}/qcd.root")) for w in words]
    done = predict(*words, code=code)
    assert message in done.stderr, done.stderr
    assert os.listdir(tmp_path) == []


# ---- JSON lines ----

def answer(model, lines, code=0):
    done = subprocess.run([BEAMLINE, "predict", "-q", model, "-"], input="\n".join(lines),
                          capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_json_lines(folder, tmp_path):
    """The scores of files, of inputs whole and as columns."""
    predict(folder / "run", folder / "top.root", "-o", tmp_path / "out.root", "--copy",
            "pt,eta,wide")
    events = events_of(tmp_path / "out.root")
    rows = [{name: float(events[name][i]) for name in ("pt", "eta", "wide")}
            for i in np.flatnonzero(events["pt"] > 30)]
    wanted = events["score_top"][events["pt"] > 30]
    for lines in ([json.dumps(row) for row in rows],
                  [json.dumps({"hlf": list(row.values())}) for row in rows]):
        scores = answer(folder / "run", lines)
        assert (np.array([one["scores"]["top"] for one in scores], "f4") == wanted).all()
        assert list(scores[0]["scores"]) == CLASSES


def test_json_lines_that_are_wrong(folder):
    right = '{"hlf": [1, 2, 3]}'
    answers = answer(folder / "run", [right, '{"hlf": [1, 2]}', "", '{"ptt": 3}', right,
                                      '{"hlf": [NaN, 1, 2]}', '{"hlf": [null, 1, 2]}'], code=6)
    assert [list(one) for one in answers] == \
        [["scores"], ["error"], ["error"], ["scores"], ["error"], ["scores"]]
    assert answers[1]["error"] == "line 2: 'hlf' has 2 numbers where 3 are wanted"
    assert "line 4: the model has no input and no column 'ptt'" in answers[2]["error"]


def test_json_lines_at_once(folder):
    """An answer comes before the next line is there."""
    process = subprocess.Popen([BEAMLINE, "predict", folder / "run", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, bufsize=1)
    for i in range(5):
        process.stdin.write(json.dumps({"pt": 40 + i, "eta": 0.5, "wide": 20}) + "\n")
        process.stdin.flush()
        assert "scores" in json.loads(process.stdout.readline())
    process.stdin.close()
    assert process.wait(timeout=60) == 0


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q"]))
