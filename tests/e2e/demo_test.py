# SPDX-License-Identifier: Apache-2.0
"""`make demo`, small: every step, its results, killing it in the middle, and other files."""

import os
import pathlib
import signal
import subprocess
import time

import numpy as np
import pyarrow.parquet
import pytest
import uproot

TOP = pathlib.Path(os.environ["BEAMLINE_SOURCE"])
DEMO = [TOP / "scripts/demo", os.environ["BEAMLINE"]]
EVENTS = 240


def demo(*arguments, code=0):
    done = subprocess.run([*DEMO, *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def commands(said):
    return [line.split()[2] for line in said.splitlines() if line.startswith("$ beamline ")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "made"
    return folder, demo("--folder", folder, "--events", EVENTS)


def test_every_step_is_shown_and_timed(made):
    folder, said = made
    assert commands(said) == ["generate"] * 3 + ["ingest", "prepare"] + ["train"] * 3 + [
        "predict", "evaluate"]
    assert sum(line.startswith("# ") and line.endswith(" s") for line in said.splitlines()) == 10
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if "±" in line}
    assert list(rows) == ["hlf", "sequence", "inclusive"]
    assert f"report: {folder}/report.html" in said
    page = (folder / "report.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>") and "inclusive" in page
    assert (folder / ".beamline-demo").read_text() == "over\n"


def test_scores_stand_beside_the_events(made):
    folder, _ = made
    n_scored = 0
    for process in ("qcd", "ttbar", "wjets"):
        scores = uproot.open(folder / f"scored/{process}.root")["Delphes"]
        assert scores.num_entries == EVENTS // 3
        all_scores = np.stack([scores[f"score_{name}"].array(library="np")
                               for name in ("qcd", "ttbar", "wjets")])
        is_scored = np.isfinite(all_scores).all(axis=0)
        assert np.isnan(all_scores[:, ~is_scored]).all()
        np.testing.assert_allclose(all_scores[:, is_scored].sum(axis=0), 1, rtol=1e-5)
        n_scored += is_scored.sum()
    assert n_scored == pyarrow.parquet.read_metadata(folder / "features.parquet").num_rows


def test_killed_it_goes_on(tmp_path):
    folder = tmp_path / "killed"
    process = subprocess.Popen([*DEMO, "--folder", folder, "--events", str(EVENTS)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               stdin=subprocess.DEVNULL, start_new_session=True)
    while not (folder / "prepared/prepared.json").exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    said = demo("--folder", folder, "--events", EVENTS)
    assert "generate" not in commands(said) and "train" in commands(said)
    assert (folder / "report.html").exists()


def test_another_folder_is_left_alone(tmp_path):
    (tmp_path / "log").mkdir()
    (tmp_path / "thesis").write_text("mine")
    assert "no demo made it" in demo("--folder", tmp_path, "--events", EVENTS, code=1)
    assert (tmp_path / "thesis").read_text() == "mine"


def test_a_step_that_fails_is_told(tmp_path):
    said = demo("--folder", tmp_path / "out", "a=nowhere.root", "b=nowhere.root", code=1)
    assert "nowhere.root: No such file" in said and "stopped" in said


def test_somebodys_files(made, tmp_path):
    """Names of samples are classes, paths are seen from where the demo was started."""
    folder, _ = made
    subprocess.run([*DEMO, "--folder", tmp_path / "out", "top=ttbar.root", "multijet=qcd.root"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    for name in ("ttbar", "qcd"):
        scores = uproot.open(tmp_path / f"out/scored/{name}.root")["Delphes"]
        top, multijet = (scores[f"score_{c}"].array(library="np") for c in ("top", "multijet"))
        np.testing.assert_allclose(top + multijet, 1, rtol=1e-5)
    assert (tmp_path / "out/report.html").exists()


def test_real_files(tmp_path):
    if "BEAMLINE_DATA" not in os.environ:
        pytest.skip("BEAMLINE_DATA does not name a folder of real files")
    data = pathlib.Path(os.environ["BEAMLINE_DATA"], "root")
    top = data / "skhep/nanoAOD_2015_CMS_Open_Data_ttbar.root"
    said = demo("--folder", tmp_path / "out", f"ttbar={top}",
                f"dy={data / 'coffea/nano_dy_SpecialTree.root'}")
    assert "AUC of ttbar" in said
    assert uproot.open(tmp_path / f"out/scored/{top.name}")["Events"].num_entries == 200
