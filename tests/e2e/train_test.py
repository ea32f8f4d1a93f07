#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`beamline train`: what is learned, what is left in a run's folder, and that no interruption, nor
the number of threads, changes a bit of it."""

import csv
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

import made_prepared  # noqa: E402
from opened import opened  # noqa: E402

BEAMLINE = os.environ["BEAMLINE"]
CLASSES = ["QCD", "tt", "W"]
CENTERS = np.array([[0, 0, 0, 0, 0], [1, 1, 0, 0, 1], [-1, 0, 1, 1, 0]])

HLF = """
inputs: {features: [5]}
layers:
  - Dense: {units: 16, activation: relu}
  - Dropout: 0.1
  - Dense: {units: 3, activation: softmax}
training: {epochs: 3, batch_size: 64, seed: 3, optimizer: {adam: {learning_rate: 0.01}}}
"""

SEQUENCE = """
inputs: {particles: {shape: [12, 4], ragged: true}, features: [5]}
layers:
  - GRU: {units: 8, input: particles, name: gru}
  - BatchNormalization: {input: features, name: norm}
  - Concatenate: {input: [gru, norm]}
  - Dense: {units: 3, activation: softmax}
training:
  {epochs: 4, batch_size: 100, early_stopping: {patience: 3, restore_best: true},
   plateau: {patience: 0, factor: 0.5, min_delta: 1}, checkpoint: {every_seconds: 0.02}}
"""


def events(n, seed=1, shift=1.0):
    """Events whose classes differ by a shift of their features."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    features = rng.normal(shift * CENTERS[labels], 1).astype(np.float32)
    particles = [rng.normal(shift * labels[i], 1, (rng.integers(1, 12), 4)).astype(np.float32)
                 for i in range(n)]
    return {"features": features, "particles": particles}, labels


def area(scores, is_signal):
    ranks = scores.argsort().argsort() + 1
    n = is_signal.sum()
    return (ranks[is_signal].sum() - n * (n + 1) / 2) / (n * (len(scores) - n))


def best_area(inputs, labels):
    """The mean area of those who know what events are drawn from: nobody is better for long."""
    off = inputs["features"][:, None] - CENTERS
    likely = np.exp(-(off ** 2).sum(-1) / 2)
    likely /= likely.sum(1, keepdims=True)
    return np.mean([area(likely[:, k], labels == k) for k in range(3)])


def write(folder, parts, model=HLF, **options):
    data = made_prepared.write(folder / "data", parts, CLASSES, **options)
    (folder / "model.yaml").write_text(model)
    return data


def command(folder, *more, run="run", data=None, model=None):
    return [BEAMLINE, "train", "-c", data or folder / "data", "-m", model or folder / "model.yaml",
            "-o", folder / run, *map(str, more)]


def train(folder, *more, expected=0, **options):
    done = subprocess.run(command(folder, *more, **options), capture_output=True, text=True)
    assert done.returncode == expected, done.stderr
    return done


def history(folder):
    return json.loads((folder / "history.json").read_text())


def same_runs(one, other):
    """Whether two runs left the same, but for seconds."""
    for name in ("model.blm", "best.blm"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    first, second = history(one), history(other)
    for name in ("seconds", "waited"):
        first.pop(name), second.pop(name)
    assert first == second


@pytest.fixture(scope="module")
def separable(tmp_path_factory):
    folder = tmp_path_factory.mktemp("separable")
    write(folder, {"train": events(6000), "validation": events(2000, 2)})
    return folder


def test_learns(separable):
    done = train(separable, "--json")
    told = json.loads(done.stdout)["runs"][0]
    rows = history(separable / "run")
    assert rows["epoch"] == [0, 1, 2] and told["epochs"] == 3
    assert rows["loss"][0] > rows["loss"][-1]
    assert best_area(*events(2000, 2)) - 0.01 < told["val_auc"] < 1
    assert told["val_accuracy"] > 0.6
    assert told["val_auc"] == pytest.approx(
        np.mean([told[f"val_auc_{name}"] for name in CLASSES]), rel=1e-6)
    with open(separable / "run/history.csv") as file:
        table = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in table] == rows["val_loss"]
    with zipfile.ZipFile(separable / "run/model.blm") as archive:
        about = json.loads(archive.read("bundle.json"))
    assert about["classes"] == CLASSES
    assert about["metrics"]["val_loss"] == rows["val_loss"][-1]
    assert about["dataset"]["files"] == ["first.root", "second.root"]
    assert about["dataset"]["parts"]["train"]["events"] == 6000
    assert about["seeds"]["training"] == 3
    assert about["configuration"]["training"]["batch_size"] == 64
    assert list((separable / "run").glob("events.out.tfevents.*"))


def test_learns_nothing_from_chance(tmp_path):
    """Shuffled labels: areas of 0.5 within three of their standard deviations."""
    inputs, labels = events(3000)
    checked, checked_labels = events(3000, 2)
    rng = np.random.default_rng(5)
    write(tmp_path, {"train": (inputs, rng.permutation(labels)),
                     "validation": (checked, rng.permutation(checked_labels))})
    told = json.loads(train(tmp_path, "--json").stdout)["runs"][0]
    for k, name in enumerate(CLASSES):
        n = (checked_labels == k).sum()
        sigma = np.sqrt((len(labels) + 1) / (12 * n * (len(labels) - n)))
        assert abs(told[f"val_auc_{name}"] - 0.5) < 3 * sigma


def test_loss_of_weights(tmp_path):
    """The loss is Σwℓ/n: with all weights 2, and no step that changes anything, it is twice."""
    inputs, labels = events(500)
    for run, weight in (("one", 1.0), ("two", 2.0)):
        folder = tmp_path / run
        folder.mkdir()
        part = (inputs, labels, np.full(500, weight))
        write(folder, {"train": part, "validation": part},
              HLF.replace("Dropout: 0.1", "Dropout: 0"))
        train(folder, "--learning-rate", 1e-30, "--epochs", 1)
    one, two = (history(tmp_path / run / "run") for run in ("one", "two"))
    assert two["val_loss"][0] == pytest.approx(2 * one["val_loss"][0], rel=1e-6)
    assert two["loss"][0] == pytest.approx(2 * one["loss"][0], rel=1e-6)
    assert one["loss"][0] == pytest.approx(one["val_loss"][0], rel=1e-5)


def test_two_classes_one_output(tmp_path):
    inputs, labels = events(3000)
    model = HLF.replace("units: 3, activation: softmax", "units: 1, activation: sigmoid")
    made_prepared.write(tmp_path / "data", {"train": (inputs, labels % 2)}, ["even", "odd"])
    (tmp_path / "model.yaml").write_text(model)
    done = train(tmp_path)
    assert "no val_loss here; loss is monitored" in done.stderr
    rows = history(tmp_path / "run")
    assert rows["loss"][-1] < rows["loss"][0] < 0.7
    assert not any(name.startswith("val") for name in rows)


def test_numbers(tmp_path):
    inputs, _ = events(2000)
    wanted = inputs["features"][:, :2].astype(np.float64) * 2
    made_prepared.write(tmp_path / "data", {"train": (inputs, wanted),
                                            "validation": (inputs, wanted)}, ["a", "b"],
                        numbers=True)
    (tmp_path / "model.yaml").write_text(HLF.replace("units: 3, activation: softmax", "units: 2")
                                         .replace("Dropout: 0.1", "Dropout: 0"))
    train(tmp_path, "--epochs", 8)
    rows = history(tmp_path / "run")
    assert rows["val_loss"][-1] < 0.2 < rows["val_loss"][0]
    assert "val_auc" not in rows


def test_threads_and_memory(tmp_path):
    """One thread or two, events kept or read again: the same bytes."""
    write(tmp_path, {"train": events(2000), "validation": events(700, 2)}, SEQUENCE)
    train(tmp_path, "-t", 1, run="one")
    train(tmp_path, "-t", 2, run="two")
    train(tmp_path, "-t", 2, "--keep-in-memory", run="kept")
    same_runs(tmp_path / "one", tmp_path / "two")
    same_runs(tmp_path / "one", tmp_path / "kept")


def batch_of(checkpoint):
    """At which batch of its epoch a checkpoint was written; 0: there is none, or between epochs."""
    try:
        with zipfile.ZipFile(checkpoint) as archive:
            return json.loads(archive.read("state.json"))["state"]["batch"]
    except FileNotFoundError:
        return 0


def kill_behind(process, checkpoint, n_changes, seconds):
    """Kills a process some time behind so many changes of a file, if it has not ended before."""
    def looks():
        try:
            return checkpoint.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    last = looks()
    while n_changes > 0 and process.poll() is None:
        now = looks()
        n_changes -= now != last
        last = now
    time.sleep(seconds)
    process.kill()
    return process.wait() != 0


def test_resume_after_kills(tmp_path):
    """Killed ten times, anywhere, also within epochs; fewer where looking on is slow."""
    write(tmp_path, {"train": events(12000), "validation": events(3000, 2)},
          SEQUENCE.replace("every_seconds: 0.02", "every_seconds: 1.0e-9"))
    train(tmp_path, run="whole")
    rng, batches, more = random.Random(1), [], []
    checkpoint = tmp_path / "killed/checkpoint"
    for _ in range(10):
        process = subprocess.Popen(command(tmp_path, *more, run="killed"),
                                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if not kill_behind(process, checkpoint, rng.randint(0, 12), rng.uniform(0, 0.003)):
            break
        batches.append(batch_of(checkpoint))
        more = ["--resume"] if (tmp_path / "killed/run.json").exists() else []
    assert any(batches) and len(batches) > 2
    train(tmp_path, "--resume", run="killed")
    same_runs(tmp_path / "whole", tmp_path / "killed")
    train(tmp_path, "--resume", run="killed")  # nothing is left to do
    same_runs(tmp_path / "whole", tmp_path / "killed")


def interrupt(folder, number, *more):
    """Ends a run that has many epochs before it, behind its first in this process."""
    process = subprocess.Popen(command(folder, "--epochs", 100000, *more, run="stopped"),
                               stderr=subprocess.PIPE, text=True)
    assert "epoch" in process.stderr.readline()
    process.send_signal(number)
    said = process.communicate()[1]
    assert process.returncode == 130 and "--resume goes on" in said, said
    assert not (folder / "stopped/model.blm").exists()


def test_interrupted(tmp_path):
    """Ctrl-C and SIGTERM write a checkpoint; that of seconds is far away."""
    write(tmp_path, {"train": events(8000), "validation": events(2000, 2)},
          SEQUENCE.replace("patience: 3", "patience: 0").replace("0.02", "0"))
    interrupt(tmp_path, signal.SIGINT)
    interrupt(tmp_path, signal.SIGTERM, "--resume")
    with zipfile.ZipFile(tmp_path / "stopped/checkpoint") as archive:
        n = json.loads(archive.read("state.json"))["state"]["epoch"] + 2
    train(tmp_path, "--epochs", n, "--resume", run="stopped")
    train(tmp_path, "--epochs", n, run="whole")
    same_runs(tmp_path / "whole", tmp_path / "stopped")


def test_more_epochs(tmp_path):
    """A run that is over may be given more epochs, and is then as if it had had them at once."""
    write(tmp_path, {"train": events(1000), "validation": events(500, 2)})
    train(tmp_path, "--epochs", 4, run="once")
    train(tmp_path, "--epochs", 2, run="twice")
    train(tmp_path, "--epochs", 4, "--resume", run="twice")
    same_runs(tmp_path / "once", tmp_path / "twice")


def test_refused(tmp_path):
    write(tmp_path, {"train": events(500), "validation": events(200, 2)})
    train(tmp_path)
    done = train(tmp_path, expected=4)
    assert "there is a run already" in done.stderr and "--resume" in done.stderr
    done = train(tmp_path, "--resume", "--batch-size", 65, expected=2)
    assert "'batch_size' was 64, and is 65" in done.stderr
    done = train(tmp_path, "--resume", "--seed", 4, expected=2)
    assert "'seed' was 3, and is 4" in done.stderr
    (tmp_path / "other.yaml").write_text(HLF.replace("units: 16", "units: 17"))
    done = train(tmp_path, "--resume", model=tmp_path / "other.yaml", expected=2)
    assert "other layers" in done.stderr
    write(tmp_path, {"train": events(501), "validation": events(200, 2)}, fingerprint="other")
    done = train(tmp_path, "--resume", expected=2)
    assert "the data of" in done.stderr
    done = train(tmp_path, data=tmp_path, run="none", expected=5)
    assert "no prepared.json" in done.stderr
    done = train(tmp_path, "--fold", 0, run="none", expected=2)
    assert "no folds" in done.stderr and not (tmp_path / "none").exists()


def transform():
    """Of features, with offset, scale, a curve that has no value everywhere, and cuts."""
    columns = [{"name": f"features_{i}", "offset": 0.1 * i, "scale": 1 + 0.2 * i}
               for i in range(5)]
    columns[2].update(low=-1.5, high=1.5)
    columns[4].update(curve="log", missing=-0.5)
    return [{"version": 1, "inputs": [{"name": "features", "columns": columns}]}]


def test_model_takes_physical_values(tmp_path):
    """What model.blm gives for the numbers of shards has the area that its training told."""
    validation = events(2000, 2)
    write(tmp_path, {"train": events(2000), "validation": validation},
          HLF.replace("features: [5]", "hlf: [5]").replace("epochs: 3", "epochs: 5"),
          transforms=transform())
    about = json.loads((tmp_path / "data/prepared.json").read_text())
    about["inputs"] = about["inputs"][:1]  # the only one needs no name
    (tmp_path / "data/prepared.json").write_text(json.dumps(about))
    told = json.loads(train(tmp_path, "--json").stdout)["runs"][0]
    model = opened(tmp_path / "run/model.blm")
    scores = model.run(validation[0]["features"])[0]
    model.close()
    onnx = tmp_path / "model.onnx"
    subprocess.run([BEAMLINE, "export", "--quiet", tmp_path / "run/model.blm", "-o", onnx],
                   check=True)
    model = opened(onnx)
    np.testing.assert_array_equal(model.run(validation[0]["features"])[0], scores)
    model.close()
    for k, start in enumerate((tmp_path / "run/model.blm", onnx)):
        tuned = train(tmp_path, "--epochs", 1, run=f"tuned-{k}", model=start)
        assert "another transform" not in tuned.stderr
    about["transforms"][0]["inputs"][0]["columns"][0]["offset"] = 1
    (tmp_path / "data/prepared.json").write_text(json.dumps(about))
    tuned = train(tmp_path, "--epochs", 1, run="moved", model=tmp_path / "run/model.blm")
    assert "trained with another transform" in tuned.stderr
    for k, name in enumerate(CLASSES):
        assert area(scores[:, k], validation[1] == k) == pytest.approx(
            told[f"val_auc_{name}"], abs=1e-6)
    assert told["val_accuracy"] == pytest.approx((scores.argmax(1) == validation[1]).mean())


def test_full_disk(tmp_path):
    """Where nothing more can be written it says so, and goes on from there when there is room."""
    write(tmp_path, {"train": events(1500), "validation": events(500, 2)}, SEQUENCE)
    train(tmp_path, run="whole")

    def little():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    for more in ([], ["--resume"]):
        done = subprocess.run(command(tmp_path, *more, run="full"), preexec_fn=little,
                              capture_output=True, text=True)
        assert done.returncode == 4 and "File too large" in done.stderr, done.stderr
        assert str(tmp_path / "full") in done.stderr
        assert not (tmp_path / "full/model.blm").exists()
    train(tmp_path, "--resume", run="full")
    same_runs(tmp_path / "whole", tmp_path / "full")


def test_missing_shard(tmp_path):
    data = write(tmp_path, {"train": events(500), "validation": events(200, 2)}, shard=200)
    (data / "train-00001.arrow").unlink()
    done = train(tmp_path, expected=3)
    assert "train-00001.arrow" in done.stderr and not (tmp_path / "run").exists()
    (data / "train-00001.arrow").write_bytes((data / "train-00000.arrow").read_bytes()[:-100])
    assert "train-00001.arrow" in train(tmp_path, expected=5).stderr


@pytest.mark.parametrize("part", ["train", "validation"])
def test_nan(tmp_path, part):
    parts = {"train": events(640), "validation": events(640, 2)}
    parts[part][0]["features"][123, 2] = np.nan
    write(tmp_path, parts)
    done = train(tmp_path, expected=6)
    place = f"second.root: entry {123 + (640 if part == 'validation' else 0)}"
    assert f"{place}: input 'features', column 'features_2' is nan" in done.stderr
    assert "epoch 1, batch" in done.stderr if part == "train" else "validation:" in done.stderr
    done = train(tmp_path, "--resume", "--on-nan", "skip", "--json")
    rows, told = history(tmp_path / "run"), json.loads(done.stdout)["runs"][0]
    assert np.isfinite(rows["val_loss"]).all() and np.isfinite(rows["loss"]).all()
    if part == "train":
        assert rows["events"] == [576] * 3 and rows["skipped"] == [64] * 3
        assert told["skipped_batches"] == 3 and told["skipped_events"] == 192
    else:
        assert rows["events"] == [640] * 3 and rows["skipped"] == [1] * 3


def test_loss_is_lost(tmp_path):
    """A learning rate that leads nowhere ends with words, also where batches may be skipped."""
    write(tmp_path, {"train": events(1000)})
    (tmp_path / "model.yaml").write_text(
        "inputs: {features: [5]}\nlayers: [{Dense: {units: 3}}, {Dense: {units: 3}}]\n"
        "training: {loss: mean_squared_error, optimizer: sgd, batch_size: 50, epochs: 20}\n")
    for skip in ([], ["--on-nan", "skip"]):
        done = train(tmp_path, "--learning-rate", 1e6, *skip, run=f"run{len(skip)}", expected=6)
        assert "a smaller learning rate, or clipping" in done.stderr or "its loss is" in done.stderr


def test_folds(tmp_path):
    parts = {f"fold-{k}": events(600, k + 1) for k in range(4)}
    write(tmp_path, parts, folds=4)
    done = train(tmp_path)
    assert done.stdout.count("\n") == 5
    about = json.loads((tmp_path / "run/folds.json").read_text())
    assert about["models"] == [f"fold-{k}/model.blm" for k in range(4)]
    assert about["rule"] == "xxh3" and about["folds"] == 4 and about["identity"] == []
    for k, name in enumerate(about["models"]):
        with zipfile.ZipFile(tmp_path / "run" / name) as archive:
            dataset = json.loads(archive.read("bundle.json"))["dataset"]
        left = {f"fold-{i}" for i in range(4)} - {f"fold-{k}", f"fold-{(k + 1) % 4}"}
        assert set(dataset["trained_on"]) == left
        assert dataset["validated_on"] == [f"fold-{(k + 1) % 4}"] and dataset["fold"] == k
    train(tmp_path, "--fold", 2, run="alone")
    same_runs(tmp_path / "run/fold-2", tmp_path / "alone")
    train(tmp_path, "--resume")
    assert "folds 0 to 3" in train(tmp_path, "--fold", 4, run="none", expected=2).stderr


def test_stops_early(tmp_path):
    """Labels by chance are soon learned by heart, and validation no longer improves."""
    inputs, labels = events(300)
    parts = {"train": (inputs, np.random.default_rng(3).permutation(labels)),
             "validation": events(300, 2)}
    write(tmp_path, parts, HLF.replace("epochs: 3", "epochs: 200, early_stopping: "
                                       "{patience: 4, restore_best: true}"))
    train(tmp_path)
    rows = history(tmp_path / "run")
    best = int(np.argmin(rows["val_loss"]))
    assert len(rows["epoch"]) == best + 5 < 200
    assert (tmp_path / "run/model.blm").read_bytes() == (tmp_path / "run/best.blm").read_bytes()


@pytest.fixture(scope="module")
def trained(separable):
    """A model that has learned, and the loss of its last epoch."""
    train(separable, run="trained")
    return separable / "trained/model.blm", history(separable / "trained")["loss"][-1]


@pytest.mark.parametrize("start, is_low", [("weights", True), ("fresh", False)])
def test_goes_on_from_a_model(separable, trained, tmp_path, start, is_low):
    """A trained model starts where it was; afresh it does not."""
    model, last = trained
    train(separable, "--start", start, "--epochs", 1, "--learning-rate", 1e-5, run=tmp_path / "run",
          model=model)
    assert (history(tmp_path / "run")["loss"][0] < 1.1 * last) == is_low


@pytest.mark.parametrize("kind", ["onnx", "keras", "h5"])
def test_goes_on_from_others(separable, trained, tmp_path, kind):
    model, last = trained
    exported = tmp_path / f"model.{kind}"
    done = subprocess.run([BEAMLINE, "export", model, "-o", exported], capture_output=True,
                          text=True)
    if "not built" in done.stderr or "module" in done.stderr:
        pytest.skip("there is no HDF5")
    assert done.returncode == 0, done.stderr
    told = json.loads(train(separable, "--json", "--epochs", 1, "--learning-rate", 1e-5,
                            run=tmp_path / "run", model=exported).stdout)["runs"][0]
    assert told["loss"] < 1.1 * last and told["val_auc"] > 0.8


def test_trees_are_not_trained(separable, tmp_path):
    trees = tmp_path / "trees.txt"
    trees.write_text("""tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=4
objective=regression
feature_names=a b c d e
feature_infos=none none none none none
tree_sizes=1

Tree=0
num_leaves=2
num_cat=0
split_feature=0
threshold=0.5
decision_type=2
left_child=-1
right_child=-2
leaf_value=1 2
shrinkage=1

end of trees
""")
    done = train(separable, run=tmp_path / "run", model=trees, expected=6)
    assert "trees are not trained" in done.stderr


def test_kept_checkpoints(tmp_path):
    write(tmp_path, {"train": events(300)}, HLF.replace("epochs: 3",
                                                        "epochs: 5, checkpoint: {every_epochs: 2}"))
    train(tmp_path)
    assert sorted(path.name for path in (tmp_path / "run").glob("checkpoint-*")) == \
        ["checkpoint-0002", "checkpoint-0004"]


def test_settings_of_a_file(tmp_path):
    write(tmp_path, {"train": events(300)})
    (tmp_path / "fast.yaml").write_text("epochs: 1\nbatch_size: 100\n")
    train(tmp_path, "--training", tmp_path / "fast.yaml")
    assert history(tmp_path / "run")["epoch"] == [0]
    (tmp_path / "wrong.yaml").write_text("epoch: 1\n")
    done = train(tmp_path, "--training", tmp_path / "wrong.yaml", run="none", expected=2)
    assert "wrong.yaml:1" in done.stderr and "epochs" in done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
