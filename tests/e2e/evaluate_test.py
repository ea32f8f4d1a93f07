#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`beamline evaluate`: the page and the files it leaves, its numbers computed anew from shards and
predictions, and what it says where something is wrong."""

import csv
import html.parser
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

import made_prepared  # noqa: E402
import prepared  # noqa: E402
from opened import opened  # noqa: E402

BEAMLINE = os.environ["BEAMLINE"]
SOURCE = pathlib.Path(os.environ["BEAMLINE_SOURCE"])
DATA = os.environ.get("BEAMLINE_DATA")
CLASSES = ["qcd", "ttbar", "wjets"]

CONFIGURATION = """
recipe: {name: topology, mode: fixed}
samples:
  qcd: {label: 0, files: qcd.root, weight: 'Event.Weight[0]'}
  ttbar: {label: 1, files: ttbar.root, weight: '2 * Event.Weight[0]'}
  wjets: {label: 2, files: wjets.root, weight: 'Event.Weight[0]'}
new_variables: {met: 'max(MissingET.MET)'}
observers: [met]
inputs:
  features: {column: hfeatures, scale: minmax}
negative_weights: keep
split: {train: 0.5, validation: 0.2, test: 0.3, by: entry}
"""


def run(folder, *words, expected=0):
    done = subprocess.run([BEAMLINE, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == expected, done.stderr
    return done


def evaluate(folder, *words, **options):
    return run(folder, "evaluate", *words, **options)


def fails(folder, status, *words):
    """The message of a command that must fail, in one line."""
    lines = evaluate(folder, *words, expected=status).stderr.strip().split("\n")
    assert len(lines) == 1 and lines[0].startswith("beamline: evaluate: ")
    return lines[0].removeprefix("beamline: evaluate: ")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Events of three processes, and two networks that were trained on them."""
    path = tmp_path_factory.mktemp("evaluate")
    for process in CLASSES:
        run(path, "generate", "-p", process, "-n", 2500, "--negative-fraction", 0.1,
            "-o", f"{process}.root")
    (path / "data.yaml").write_text(CONFIGURATION)
    run(path, "prepare", "-c", "data.yaml", "-o", "prepared")
    for name, seed in ("hlf", 1), ("other", 2):
        run(path, "train", "-c", "prepared", "-m", SOURCE / "examples/hlf.yaml", "-o", name,
            "--epochs", 3, "--seed", seed)
    evaluate(path, "hlf", "other", "-o", "page.html", "--json", "page.json", "--plots", "plots")
    return path


@pytest.fixture(scope="module")
def report(folder):
    return json.loads((folder / "page.json").read_text())


@pytest.fixture(scope="module")
def scored(folder):
    """Labels, weights and scores of the test part, by pyarrow and by the library."""
    table = prepared.part(folder / "prepared", "test")
    scores = {}
    for name in "hlf", "other":
        model = opened(folder / name / "model.blm")
        scores[name] = model.run(prepared.numbers(table, "features"))[0]
        model.close()
    return (prepared.numbers(table, "label"), prepared.numbers(table, "weight_physics"), scores)


# ---- numbers ----


def area(scores, signal, background, w):
    """A and σ by the definition, over all pairs."""
    above = (scores[signal][:, None] > scores[background][None, :]).astype(float)
    above += 0.5 * (scores[signal][:, None] == scores[background][None, :])
    of_signal, of_background = w[signal] / w[signal].sum(), w[background] / w[background].sum()
    q, p = above @ of_background, of_signal @ above
    a = of_signal @ q
    variance = (of_signal ** 2 * (q - a) ** 2).sum() + (of_background ** 2 * (p - a) ** 2).sum()
    return a, np.sqrt(variance)


def of(rows, **wanted):
    found = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    assert len(found) == 1
    return found[0]


def test_areas(report, scored):
    labels, weights, all_scores = scored
    assert (weights < 0).any()
    scaled = weights / np.array([weights[labels == k].sum() for k in range(3)])[labels]
    roc = report["sections"]["roc"]
    for name, scores in all_scores.items():
        for k, of_class in enumerate(CLASSES):
            one = of(roc["classes"], model=name, signal=of_class)
            for key, w in ("physical", weights), ("equal", scaled):
                wanted = area(scores[:, k], labels == k, labels != k, w)
                assert one[key]["auc"] == pytest.approx(wanted[0], rel=1e-9)
                assert one[key]["sigma"] == pytest.approx(wanted[1], rel=1e-9)
            for j in range(k + 1, 3):
                pair = of(roc["pairs"], model=name, signal=of_class, background=CLASSES[j])
                both = scores[:, k] / (scores[:, k] + scores[:, j])
                wanted = area(both, labels == k, labels == j, weights)
                assert pair["physical"]["auc"] == pytest.approx(wanted[0], rel=1e-9)


def test_confusion(report, scored):
    labels, weights, all_scores = scored
    for name, scores in all_scores.items():
        taken = scores.argmax(1)
        said = report["sections"]["confusion"]["models"][name]
        part = weights[taken == labels].sum() / weights.sum()
        assert said["accuracy"] == pytest.approx(part, rel=1e-12)
        counts = [[int(((labels == k) & (taken == j)).sum()) for j in range(3)] for k in range(3)]
        assert said["counts"] == [[*row, 0] for row in counts]  # none has no class


def test_run(report, folder):
    """What sections say of the run is what its files have."""
    sections, about = report["sections"], prepared.description(folder / "prepared")
    assert report["data"]["fingerprint"] == about["fingerprint"]
    assert report["data"]["part"] == "test" and report["classes"] == CLASSES
    for name in "hlf", "other":
        history = json.loads((folder / name / "history.json").read_text())
        assert sections["history"][name] == history
    for part, said in zip(about["parts"], sections["dataset"]["parts"], strict=True):
        assert said["part"] == part["name"] and said["events"] == part["events"]
        for k, one in enumerate(said["classes"]):
            assert one["class"] == CLASSES[k]
            assert one["sumw_physics"] == part["classes"][k]["sumw_physics"]
            assert one["before"]["events"] == part["before"][k]["events"]
    for sample, said in zip(about["samples"], sections["cutflow"], strict=True):
        assert said["sample"] == sample["name"]
        assert [cut["events"] for cut in said["cuts"]] == [c["events"] for c in sample["cut_flow"]]
        assert [cut["sumw"] for cut in said["cuts"]] == [c["sumw"] for c in sample["cut_flow"]]
        assert said["cuts"][0]["events"] == 2500
    assert sections["configuration"]["data"] == CONFIGURATION
    columns = sections["dataset"]["inputs"][0]["columns"]
    assert [one["name"] for one in columns] == about["inputs"][0]["columns"]
    assert sections["lineage"]["models"]["hlf"][0]["parameters"] == 2013


def test_threads(folder):
    for n in 1, 3:
        evaluate(folder, "hlf", "-t", n, "-o", f"{n}.html", "--json", f"{n}.json")
    assert (folder / "1.json").read_bytes() == (folder / "3.json").read_bytes()
    assert (folder / "1.html").read_bytes() == (folder / "3.html").read_bytes()


def test_seed(folder):
    """Replicas follow from the seed; areas do not."""
    def roc(*more):
        out = evaluate(folder, "hlf", "-q", "--json", "-", *more).stdout
        return json.loads(out)["sections"]["roc"]["classes"][0]["physical"]
    first, again, other, none = roc(), roc(), roc("--seed", 5), roc("--replicas", 0)
    assert first == again and first["auc"] == other["auc"] == none["auc"]
    assert first["low"] != other["low"] and none["low"] is None
    assert first["low"] < first["auc"] < first["high"]


# ---- the page ----


class Page(html.parser.HTMLParser):
    """What is in a page; tags that are not closed, or of no kin, are an error."""

    EMPTY = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.text = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag not in self.EMPTY:
            self.open.append(tag)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        self.links += [attrs[key] for key in ("href", "src", "xlink:href") if key in attrs]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


@pytest.fixture(scope="module")
def page(folder):
    return Page((folder / "page.html").read_text())


def test_page_is_whole(folder, page, report):
    text = (folder / "page.html").read_text()
    assert text.startswith("<!DOCTYPE html>") and len(text) < 3_000_000
    assert "http://" not in text and "https://" not in text
    assert text.count("url(") == text.count("url(#")
    assert "@import" not in text and "<script" not in text
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link == "data:," or (link[0] == "#" and link[1:] in page.ids)
    titles = [attrs["id"] for tag, attrs in page.tags if tag == "section"]
    assert titles[0] == "summary" and set(titles) == set(report["sections"])
    words = " ".join(page.text)
    assert "hlf, other" in words and "ROC curves" in words and "CONFIGURATION" not in words
    assert "prefers-color-scheme: dark" in text and "@media print" in text


def test_every_picture_is_named(page):
    pictures = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(pictures) > 10 and all(one.get("role") == "img" for one in pictures)
    assert sum(tag == "figcaption" for tag, _ in page.tags) >= len(pictures)


def test_text_is_escaped(folder):
    title = "<b>a & b</b> \"c\""
    evaluate(folder, "hlf", "-o", "escaped.html", "--title", title)
    page = Page((folder / "escaped.html").read_text())
    assert title in page.text and "b" not in [tag for tag, _ in page.tags]


def test_plots(folder, page):
    """Each chart of the page is three files that others can read."""
    names = {path.stem for path in (folder / "plots").iterdir()}
    endings = {path.suffix for path in (folder / "plots").iterdir()}
    assert len(names) == sum(tag == "svg" for tag, _ in page.tags)
    assert {".svg", ".csv"} <= endings <= {".svg", ".csv", ".pdf"}
    for name in names:
        assert xml.etree.ElementTree.parse(folder / f"plots/{name}.svg").getroot() is not None
        rows = list(csv.reader((folder / f"plots/{name}.csv").open()))
        assert len(rows) > 1 and len({len(row) for row in rows}) == 1
        if ".pdf" in endings:
            assert (folder / f"plots/{name}.pdf").read_bytes().startswith(b"%PDF-")


def test_history_of_the_page(folder):
    rows = list(csv.DictReader((folder / "plots/history-loss.csv").open()))
    history = json.loads((folder / "other/history.json").read_text())
    of_other = [float(row["y"]) for row in rows if row["series"] == "other"]
    assert of_other == history["val_loss"]


# ---- which events ----


def test_default_is_the_page_of_a_run(folder):
    (folder / "hlf/report.html").unlink(missing_ok=True)
    for _ in range(2):  # it is the run's own, and made anew
        done = evaluate(folder, "hlf")
        assert "hlf/report.html" in done.stderr
    assert Page((folder / "hlf/report.html").read_text())
    lines = done.stdout.split("\n")
    assert lines[0].split()[0] == "Model" and lines[1].split()[0] == "hlf"
    assert evaluate(folder, "hlf", "-q").stdout == ""


def test_files(folder):
    """Files are prepared by the model's own configuration: all events, in their own weights."""
    before = set(folder.iterdir())
    done = evaluate(folder, "hlf/model.blm", "-i", "ttbar=ttbar.root", "-i", "qcd=qcd.root",
                    "--json", "-")
    report = json.loads(done.stdout)
    assert set(folder.iterdir()) == before
    assert report["data"]["name"] == "ttbar=ttbar.root, qcd=qcd.root"
    parts = prepared.description(folder / "prepared")["parts"]
    for k, one in enumerate(report["sections"]["summary"]["classes"][:2]):
        assert one["events"] == sum(part["before"][k]["events"] for part in parts)
        sumw = sum(part["before"][k]["sumw_physics"] for part in parts)
        assert one["sumw"] == pytest.approx(sumw, rel=1e-12)
    nothing = of(report["sections"]["roc"]["classes"], signal="wjets")["physical"]
    assert nothing["auc"] is None and nothing["signal_events"] == 0


def test_same_events_by_configuration(folder):
    """A data configuration, and a model that knows it, give the same events."""
    words = ("--json", "-")
    one = evaluate(folder, "hlf/model.blm", "-c", "data.yaml", *words).stdout
    inputs = [word for name in CLASSES for word in ("-i", f"{name}={name}.root")]
    two = evaluate(folder, "hlf/model.blm", *inputs, *words).stdout
    one, two = json.loads(one), json.loads(two)
    assert one["sections"]["roc"] == two["sections"]["roc"]


def test_folds(tmp_path, folder):
    """Each event is scored by the model that has not seen it."""
    text = CONFIGURATION.replace("train: 0.5, validation: 0.2, test: 0.3", "folds: 3")
    (tmp_path / "data.yaml").write_text(text)
    for name in CLASSES:
        (tmp_path / f"{name}.root").symlink_to(folder / f"{name}.root")
    run(tmp_path, "prepare", "-c", "data.yaml", "-o", "prepared")
    run(tmp_path, "train", "-c", "prepared", "-m", SOURCE / "examples/hlf.yaml", "-o", "run",
        "--epochs", 1)
    evaluate(tmp_path, "run", "--json", "run.json")
    assert (tmp_path / "run/report.html").exists()
    labels, weights, scores = [], [], []
    for k in range(3):
        table = prepared.part(tmp_path / "prepared", f"fold-{k}")
        model = opened(tmp_path / f"run/fold-{k}/model.blm")
        scores.append(model.run(prepared.numbers(table, "features"))[0])
        model.close()
        labels.append(prepared.numbers(table, "label"))
        weights.append(prepared.numbers(table, "weight_physics"))
    labels, weights, scores = map(np.concatenate, (labels, weights, scores))
    roc = json.loads((tmp_path / "run.json").read_text())["sections"]["roc"]["classes"]
    for k, name in enumerate(CLASSES):
        wanted = area(scores[:, k], labels == k, labels != k, weights)
        said = of(roc, signal=name)["physical"]
        assert (said["auc"], said["sigma"]) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.skipif(not DATA, reason="needs BEAMLINE_DATA")
@pytest.mark.parametrize("weight, wanted, sigma", [
    ("genWeight", 0.452124, 0.10549), ("abs(genWeight)", 0.579031, None),
    ("max(genWeight, 0)", 0.533953, None), ("1", 0.579125, 0.05527)])
def test_real_files(tmp_path, weight, wanted, sigma):
    """Weights signed, absolute, dropped where they are negative, and none; swapped: 1 − A."""
    files = [f"{DATA}/root/coffea/nano_dy_SpecialTree.root",
             f"{DATA}/root/skhep/nanoAOD_2015_CMS_Open_Data_ttbar.root"]
    for k, swapped in enumerate((False, True)):
        samples = "".join(f"  s{label}: {{files: {path}, label: {label}, weight: '{weight}'}}\n"
                          for label, path in enumerate(files[::-1] if swapped else files))
        (tmp_path / "data.yaml").write_text(f"treename: Events\nsamples:\n{samples}")
        evaluate(tmp_path, "--score", "MET_pt", "-c", "data.yaml", "-o", f"{k}.html",
                 "--json", f"{k}.json")
        page = Page((tmp_path / f"{k}.html").read_text())
        assert "MET_pt" in page.text
        report = json.loads((tmp_path / f"{k}.json").read_text())
        said = of(report["sections"]["roc"]["classes"], signal="s1")["physical"]
        assert said["auc"] == pytest.approx(1 - wanted if swapped else wanted, abs=5e-7)
        if sigma:
            assert said["sigma"] == pytest.approx(sigma, abs=5e-6)


# ---- what is wrong ----


def made(path, labels, weights, n=200):
    """Prepared events by hand, and a network of two classes."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, 5)).astype(np.float32)
    both = rng.integers(0, 2, n)
    made_prepared.write(path / "data", {"train": ({"features": x}, both),
                                        "test": ({"features": x[:len(labels)]},
                                                 np.array(labels), np.array(weights, float))},
                        ["no", "yes"])
    (path / "model.yaml").write_text(
        "inputs: {features: [5]}\nlayers: [Dense: {units: 2, activation: softmax}]\n"
        "training: {epochs: 1}\n")
    run(path, "train", "-c", "data", "-m", "model.yaml", "-o", "run")


@pytest.mark.parametrize("labels, weights, is_known", [
    ([1] * 20, [1] * 20, False),
    ([1] + [0] * 20, [1] * 21, True),
    ([0, 1] * 10, [-1] * 20, True),
    ([0, 1] * 10, [1, 1, -1, -1] * 5, False),
    ([], [], False)])
def test_odd_classes(tmp_path, labels, weights, is_known):
    """Of no events, of one, of negative weights, of weights that add up to nothing."""
    made(tmp_path, labels, weights)
    report = json.loads(evaluate(tmp_path, "run", "--json", "-").stdout)
    said = of(report["sections"]["roc"]["classes"], signal="yes")["physical"]
    assert (said["auc"] is not None) == is_known
    assert Page((tmp_path / "run/report.html").read_text())
    counted = {one["name"]: one["events"] for one in report["sections"]["summary"]["classes"]}
    assert counted == {"no": labels.count(0), "yes": labels.count(1)}


def test_model_and_data_that_do_not_fit(tmp_path, folder):
    made(tmp_path, [0, 1] * 10, [1] * 20)
    message = fails(tmp_path, 6, folder / "hlf", "-c", "data")
    assert str(folder / "hlf") in message and "data" in message


def test_messages(folder):
    assert "nothing to be evaluated" in fails(folder, 2)
    assert fails(folder, 2, "--socre", "x").endswith("did you mean '--score'?")
    assert fails(folder, 3, "none") == "none: No such file or directory"
    assert "--input NAME=URL or --config" in fails(folder, 2, "data.yaml")
    assert fails(folder, 3, "hlf", "--part", "tset").endswith("did you mean 'test'?")
    assert fails(folder, 2, "hlf/model.blm", "-i", "tbar=ttbar.root").endswith(
        "did you mean 'ttbar'?")
    assert "prepared already" in fails(folder, 2, "hlf", "-c", "prepared", "-i", "qcd=qcd.root")
    assert fails(folder, 3, "hlf", "-o", "none/page.html").startswith(
        "none/page.html: there is no folder 'none")
    assert "--overwrite" in fails(folder, 4, "hlf", "-o", "page.html")
    assert "--overwrite" in fails(folder, 4, "hlf", "other", "--plots", "plots")
    evaluate(folder, "hlf", "-o", "page.html", "--overwrite")
    evaluate(folder, "hlf", "other", "-o", "page.html", "--overwrite")


def test_data_that_moved(tmp_path, folder):
    shutil.copytree(folder / "hlf", tmp_path / "hlf")
    assert "--config says where they are" in fails(tmp_path, 3, "hlf")
    evaluate(tmp_path, "hlf", "-c", folder / "prepared")


def test_full_disk(folder):
    """A limit for files, as a disk that is full: one error, and nothing half-written."""
    done = subprocess.run([BEAMLINE, "evaluate", "hlf", "-o", "full.html"], cwd=folder,
                          capture_output=True, text=True,
                          preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                              resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                 (20000, 20000))))
    assert done.returncode == 4 and done.stderr.startswith("beamline: evaluate: full.html: ")
    assert not list(folder.glob("full*"))


def test_interrupted(tmp_path, folder):
    """What was prepared for it goes with Ctrl-C."""
    inputs = [word for name in CLASSES for word in ("-i", f"{name}={folder}/{name}.root")]
    command = [BEAMLINE, "evaluate", folder / "hlf/model.blm", *inputs, "-o", "page.html",
               "--replicas", "100000"]
    going = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    for _ in range(1000):
        if list(tmp_path.iterdir()):
            break
        time.sleep(0.005)
    assert list(tmp_path.iterdir())
    going.send_signal(signal.SIGINT)
    _, said = going.communicate(timeout=60)
    assert going.returncode == 130, said
    assert not list(tmp_path.iterdir())


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
