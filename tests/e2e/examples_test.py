#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of examples/README.md, on few events, and what they leave."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import zipfile

import pytest

BEAMLINE = pathlib.Path(os.environ["BEAMLINE"])
SOURCE = pathlib.Path(os.environ["BEAMLINE_SOURCE"])
DATA = os.environ.get("BEAMLINE_DATA")
NETWORKS = ("hlf", "sequence", "inclusive")


def commands():
    text = (SOURCE / "examples/README.md").read_text()
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.S)
            for line in block.strip().split("\n")]


def run(folder, line, *more):
    words = [str(BEAMLINE) if word == "beamline" else word for word in shlex.split(line)]
    done = subprocess.run([*words, *more], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """After all commands but those of NanoAOD, with fewer events and epochs."""
    path = tmp_path_factory.mktemp("examples")
    (path / "examples").symlink_to(SOURCE / "examples")
    for line in commands():
        line = line.replace("--events 100000", "--events 300")
        if "tagger" not in line:
            run(path, line, *(("--epochs", "1") if line.startswith("beamline train") else ()))
    return path


def member(path, name):
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def weights(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if "weights/" in name}


@pytest.mark.parametrize("name", NETWORKS)
def test_topology(folder, name):
    about = json.loads(member(folder / f"runs/{name}/model.blm", "bundle.json"))
    assert about["name"] == name and about["classes"] == ["qcd", "ttbar", "wjets"]
    assert 0 < about["metrics"]["val_loss"] < 3
    assert about["dataset"]["parts"]["train"]["events"] > 200


def test_published_sizes(folder):
    """Parameters of the published networks: reset_after, two biases, where BigDL has one."""
    for name, n in (("hlf", 2013), ("sequence", 10803), ("inclusive", 12353)):
        told = run(folder, f"beamline inspect runs/{name}/model.blm")
        assert f"{n:,} parameters" in told


@pytest.mark.parametrize("name", NETWORKS)
def test_same_as_keras(folder, name):
    """YAML and Keras's JSON are one graph, and train to the same bits."""
    line = (f"beamline train -c prepared -m examples/{name}.json --training examples/{name}.yaml "
            f"--epochs 1 -o keras-{name}")
    run(folder, line)
    ours, theirs = folder / f"runs/{name}/model.blm", folder / f"keras-{name}/model.blm"
    assert member(ours, "network.yaml") == member(theirs, "network.yaml")
    assert weights(ours) == weights(theirs)


def test_at_once(folder):
    """From ROOT to a model in one command: the bits of two."""
    for shard in (folder / "prepared").glob("*.arrow"):
        assert (folder / "runs/direct/data" / shard.name).read_bytes() == shard.read_bytes()
    assert (folder / "runs/direct/model.blm").read_bytes() == \
        (folder / "runs/hlf/model.blm").read_bytes()


@pytest.mark.skipif(not DATA, reason="BEAMLINE_DATA is not set")
def test_tagger(tmp_path):
    (tmp_path / "examples").symlink_to(SOURCE / "examples")
    files = {"dy.root": "coffea/nano_dy_SpecialTree.root",
             "tt.root": "skhep/nanoAOD_2015_CMS_Open_Data_ttbar.root"}
    for name, real in files.items():
        (tmp_path / name).symlink_to(pathlib.Path(DATA, "root", real))
    line, = (line for line in commands() if "tagger" in line)
    told = run(tmp_path, line, "--json")
    assert json.loads(told[told.index('{"runs"'):])["runs"][0]["val_auc"] > 0.8
    about = json.loads(member(tmp_path / "runs/tagger/model.blm", "bundle.json"))
    assert about["classes"] == ["ttbar"]
    assert about["dataset"]["identity"] == ["run", "luminosityBlock", "event"]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
