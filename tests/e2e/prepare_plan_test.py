# SPDX-License-Identifier: Apache-2.0
"""What `beamline prepare` says before it does anything: help, wrong usage, and --dry-run."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from dataset_test import DATA, N, configure, weaver_tree, write

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from command import run  # noqa: E402

INPUTS = {"jets": {"length": 4, "order": {"by": "Jet_pt"},
                   "vars": [{"name": "Jet_pt", "curve": "log1p", "scale": "standard"}]},
          "met": {"scale": "minmax", "vars": ["MET"]}}


@pytest.fixture
def samples(tmp_path):
    """Two samples with labels."""
    return {"ttbar": {"files": str(write(tmp_path / "a.root", 1, sumw=2500.0)), "label": 1,
                      "weight": "genWeight"},
            "qcd": {"files": str(write(tmp_path / "b.root", 2, sumw=3000.0)), "label": 0,
                    "part": "test"}}


def prepare(*arguments):
    command = [os.environ["BEAMLINE"], "prepare", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_help():
    text, _ = run("prepare", "--help")
    for option in ("--config", "--input", "--output", "--seed", "--memory", "--overwrite",
                   "--bad-files", "--fraction", "--max-events", "--dry-run", "--json"):
        assert option in text
    assert "beamline prepare -c data.yaml -o prepared" in text


@pytest.mark.parametrize("arguments, message", [
    (["-o", "x"], "--config is missing"),
    (["-c", "none.yaml"], "--output is missing"),
    (["-c", "none.yaml", "-o", "x", "file.root"], "file.root"),
    (["-c", "none.yaml", "-o", "x", "--bad-files", "keep"], "--bad-files: 'keep' is none of"),
    (["-c", "none.yaml", "-o", "x", "--max-events", "0"], "--max-events: '0' is no whole number"),
])
def test_wrong_usage(arguments, message):
    done = prepare(*arguments)
    assert done.returncode == 2 and message in done.stderr and not done.stdout


def test_wrong_numbers(samples, tmp_path):
    config = configure(tmp_path, treename="Events", samples=samples, inputs=INPUTS)
    for option, value in (("--seed", "-1"), ("--seed", "x"), ("--fraction", "0")):
        done = prepare("-c", config, "-n", option, value)
        assert done.returncode == 2 and f"{option} '{value}'" in done.stderr


@pytest.mark.parametrize("keys, message", [
    ({"negative_weights": "kep"}, "negative_weights is 'keep', 'abs', 'drop' or 'error', not 'kep'"
                                  "; did you mean 'keep'?"),
    ({"inputs": {"e": {"vars": ["MTE"]}}}, "no column 'MTE'; did you mean 'MET'"),
    ({"variations": {"up": {"Jet_pt": "Jet_p"}}}, "variation 'up': sample 'ttbar': no column"),
    ({"variations": {"pu": "MET +"}}, "weight_pu"),
    ({"inputs": {}}, "data.yaml: there are no inputs"),
    ({"weights": {"reweight_classes": ["qcdd"]}}, "no class is called 'qcdd'"),
    ({"split": {"folds": 3}}, "sample 'qcd' has a part, but split has folds"),
])
def test_wrong_configurations(samples, tmp_path, keys, message):
    config = configure(tmp_path, **{"treename": "Events", "samples": samples, "inputs": INPUTS,
                                    **keys})
    done = prepare("-c", config, "-n")
    assert done.returncode in (2, 3, 6) and message in done.stderr and not done.stdout


def test_samples_without_labels(tmp_path):
    file = write(tmp_path / "a.root", 1)
    config = configure(tmp_path, treename="Events", inputs=INPUTS)
    done = prepare("-c", config, "-n", "-i", f"ttbar={file}")
    assert done.returncode == 2 and "sample 'ttbar' has no label" in done.stderr


def test_plan(samples, tmp_path):
    config = configure(tmp_path, treename="Events", samples=samples, inputs=INPUTS,
                       selection="MET > 10", observers=["event"],
                       variations={"up": {"Jet_pt": "MET"}, "pu": "2 * genWeight"})
    before = sorted(tmp_path.iterdir())
    text, _ = run("prepare", "-c", config, "-o", tmp_path / "out", "-n")
    assert sorted(tmp_path.iterdir()) == before
    lines = [line.strip() for line in text.splitlines()]
    for line in (f"sample ttbar  1 files  {N} events  weight factor 1  class 1",
                 f"sample qcd  1 files  {N} events  weight factor 1  class 0  all test",
                 "where  MET > 10", "column weight_pu  float64", "column event  uint64",
                 "input  jets, by Jet_pt, the largest first, 4 rows", "Jet_pt  log1p standard",
                 "MET  identity minmax", "class  qcd", "class  ttbar",
                 "varied up  Jet_pt = MET", "varied pu  weights 2 * genWeight"):
        assert line in lines


def test_what_only_preparation_needs_is_not_ingested(samples, tmp_path):
    config = configure(tmp_path, treename="Events", samples=samples, inputs=INPUTS,
                       variations={"pu": "2 * genWeight"})
    text, _ = run("ingest", "-c", config, "-n")
    assert "write  Jet_pt" in text and "weight_pu" not in text and "genWeight" not in [
        line.split()[1] for line in text.splitlines() if line.strip().startswith("write")]
    said = json.loads(run("ingest", "-c", config, "-o", tmp_path / "o.root", "--json")[0])
    assert said["columns"] == 5  # Jet_pt, MET and what tells samples apart


@pytest.mark.parametrize("name", ["JetClass_full", "top_kin"])
def test_configurations_of_weaver(tmp_path, name):
    if not DATA:
        pytest.skip("BEAMLINE_DATA does not name a folder of real files")
    config = pathlib.Path(DATA, "weaver", f"{name}.yaml")
    weaver_tree(tmp_path / "in.root", config, name)
    text, _ = run("prepare", "-c", config, "-i", f"jets={tmp_path / 'in.root'}", "-n")
    assert "input  pf_features, 128 rows\n    part_pt_log  identity manual\n" in text
    assert text.count("  class  ") == (10 if name == "JetClass_full" else 2)
