# SPDX-License-Identifier: Apache-2.0
"""`beamline ingest -c`: samples with weights, data with certified luminosity, parts that are
resumed, files that are bad."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import awkward as ak
import numpy as np
import pytest
import uproot
import xxhash

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from command import run  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")
N = 3000
SUMW = [2500.5, 3100.25]  # of generated events, more than those that are in the files


def write(path, seed, n=N, runs=1, extra=(), sumw=None):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(2, n)
    columns = {"run": np.full(n, runs, "u4"), "luminosityBlock": rng.integers(1, 9, n).astype("u4"),
               "event": np.arange(n, dtype="u8"), "MET": rng.exponential(40, n).astype("f4"),
               "Jet_pt": ak.unflatten(rng.exponential(30, counts.sum()).astype("f4"), counts)}
    if sumw is not None:
        columns["genWeight"] = rng.choice([-0.5, 1.5], n).astype("f4")
    columns |= {name: np.zeros(n, "f4") for name in extra}
    with uproot.recreate(path) as file:
        types = {name: "var * float32" if name == "Jet_pt" else values.dtype
                 for name, values in columns.items()}
        tree = file.mktree("Events", types)
        for first in range(0, n, 500):
            tree.extend({name: values[first:first + 500] for name, values in columns.items()})
        if sumw is not None:
            file.mktree("Runs", {"genEventSumw": "f8", "LHEScaleSumw": "var * float64"}).extend(
                {"genEventSumw": np.array([sumw]), "LHEScaleSumw": ak.Array([[1.0, sumw, 2.0]])})
    return path


@pytest.fixture
def files(tmp_path):
    """Two files of simulation and one of data."""
    return [write(tmp_path / "mc0.root", 1, sumw=SUMW[0]),
            write(tmp_path / "mc1.root", 2, sumw=SUMW[1]),
            write(tmp_path / "data.root", 3, runs=273158)]


def configure(folder, **keys):
    path = folder / "data.yaml"
    path.write_text(json.dumps(keys), "utf-8")  # YAML takes most JSON
    return path


def ttbar(files, **more):
    return {"files": [str(file) for file in files], "label": 1, "xsec_pb": 831.76, "kfactor": 1.5,
            "lumi_ifb": 36.3, "weight": "genWeight",
            "sumw": {"tree": "Runs", "branch": "genEventSumw"}, **more}


def events_of(*files):
    return ak.concatenate([uproot.open(file)["Events"].arrays() for file in files])


def test_weights_are_normalised_by_all_generated_events(files, tmp_path):
    mask = tmp_path / "golden.json"
    mask.write_text('{"273158": [[2, 3], [7, 7]], "1": [[1, 100]]}', "utf-8")
    config = configure(tmp_path, treename="Events", selection="MET > 30", samples={
        "ttbar": ttbar(files[:2]),
        "data": {"files": str(files[2]), "is_data": True, "lumi_mask": str(mask)}},
        output={"columns": ["event", "Jet_pt"]})
    said = json.loads(run("ingest", "-c", config, "-o", tmp_path / "out.root", "--json")[0])
    found = uproot.open(tmp_path / "out.root")["Events"].arrays()
    simulated, real = events_of(*files[:2]), events_of(files[2])
    factor = 831.76 * 1.5 * 36.3 * 1000 / sum(SUMW)
    expected = simulated.genWeight[simulated.MET > 30].to_numpy().astype("f8") * factor
    of_ttbar = found.sample_index == 0
    np.testing.assert_allclose(found.weight_physics[of_ttbar], expected, rtol=1e-12)
    assert ak.all(found.sample_label == np.where(of_ttbar, 1, -1))
    good = np.isin(real.luminosityBlock, [2, 3, 7])
    assert ak.all(found.event[~of_ttbar] == real.event[good & (real.MET > 30)])
    assert ak.all(found.weight_physics[~of_ttbar] == 1)
    flow = {sample["name"]: sample for sample in said["samples"]}
    assert flow["ttbar"]["weight_factor"] == pytest.approx(factor, rel=1e-15)
    assert [cut["cut"] for cut in flow["data"]["cuts"]] == ["all", "certified luminosity",
                                                            "MET > 30"]
    cut = flow["ttbar"]["cuts"][1]
    assert cut["sumw"] == pytest.approx(np.sum(expected), rel=1e-12)
    assert cut["sumw2"] == pytest.approx(np.sum(expected**2), rel=1e-12)
    assert cut["effective"] == pytest.approx(np.sum(expected)**2 / np.sum(expected**2), rel=1e-12)


def test_array_of_sums_and_a_fraction(files, tmp_path):
    sample = ttbar(files[:2], sumw={"tree": "Runs", "branch": "LHEScaleSumw", "index": 1})
    config = configure(tmp_path, treename="Events", samples={"t": sample})
    said = json.loads(run("ingest", "-c", config, "-o", tmp_path / "o.root", "--fraction", "0.25",
                          "--json")[0])["samples"][0]
    assert said["sumw"] == sum(SUMW)
    assert said["cuts"][0]["events"] == 2 * N // 4
    assert said["weight_factor"] == pytest.approx(4 * 831.76 * 1.5 * 36.3 * 1000 / sum(SUMW))


def test_special_tree_of_nanoaod(tmp_path):
    if not DATA:
        pytest.skip("BEAMLINE_DATA does not name a folder of real files")
    sample = ttbar([pathlib.Path(DATA, "root/coffea/nano_dy_SpecialTree.root")],
                   sumw={"tree": "Runs", "branch": "genEventSumw_"})
    config = configure(tmp_path, treename="Events", samples={"dy": sample},
                       output={"columns": ["event"]})
    said = json.loads(run("ingest", "-c", config, "-o", tmp_path / "o.root", "--json")[0])
    sample = said["samples"][0]
    assert sample["sumw"] == pytest.approx(15166686735.8587, rel=1e-14)
    unweighted = sample["cuts"][0]["sumw"] / sample["weight_factor"]
    assert unweighted == pytest.approx(578762.4, rel=1e-6)


def test_data_is_asked_for_simulation(files, tmp_path):
    data = {"data": {"files": str(files[2]), "is_data": True}}
    config = configure(tmp_path, treename="Events", new_variables={"w": "genWeight"}, samples=data)
    _, error = run("ingest", "-c", config, "-o", tmp_path / "o.root", code=3)
    assert "sample 'data'" in error and "only simulation has 'genWeight'" in error
    data["data"]["weight"] = "genWeight"
    config = configure(tmp_path, samples=data)
    assert "is data, which has no weight" in run("ingest", "-c", config, "-n", code=2)[1]


def parts_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def skim(files, tmp_path, output, **more):
    config = configure(tmp_path, treename="Events", selection=["MET > 20"],
                       new_variables={"HT": "sum(Jet_pt)"}, samples={
                           "ttbar": ttbar(files[:2]), "zero": {"files": str(files[1])}})
    return ["ingest", "-c", config, "-o", f"{output}/", "--part-events", "700",
            *(item for pair in more.items() for item in pair)]


def test_parts_and_manifest(files, tmp_path):
    run(*skim(files, tmp_path, tmp_path / "out"))
    manifest = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))
    assert manifest["complete"]
    assert len(manifest["parts"]) == 9 + 5  # of 6000 and 3000 events
    seen = []
    for part in manifest["parts"]:
        data = (tmp_path / "out" / part["file"]).read_bytes()
        assert (len(data), xxhash.xxh64_hexdigest(data)) == (part["bytes"], part["xxh64"])
        tree = uproot.open(tmp_path / "out" / part["file"])["Events"]
        assert tree.num_entries == part["events"] == part["cut_flow"][1]["events"] <= 700
        seen.append(tree.arrays(["event", "HT", "sample_index"]))
    seen, wanted = ak.concatenate(seen), events_of(files[0], files[1], files[1])
    wanted = wanted[wanted.MET > 20]
    assert ak.all(seen.event == wanted.event)
    np.testing.assert_allclose(seen.HT, ak.sum(wanted.Jet_pt, axis=1), rtol=1e-6)
    again = run(*skim(files, tmp_path, tmp_path / "out"), "--json")[0]
    assert json.loads(again)["resumed"] == 14
    _, error = run(*skim(files, tmp_path, tmp_path / "out"), "-w", "MET > 30", code=4)
    assert "other parts are there" in error
    run(*skim(files, tmp_path, tmp_path / "out"), "-w", "MET > 30", "--overwrite")


def test_a_friend_that_changed_is_another(tmp_path):
    main, friend = tmp_path / "main.jsonl", tmp_path / "friend.jsonl"
    main.write_text("".join(f'{{"x": {i}}}\n' for i in range(10)))
    friend.write_text("".join(f'{{"w": {i}}}\n' for i in range(10)))
    command = ["ingest", main, "--friend", friend, "-w", "Events.w > 3", "-o", f"{tmp_path}/out/"]
    run(*command)
    run(*command)  # all is there
    friend.write_text("".join(f'{{"w": {i}}}\n' for i in range(20, 30)))
    _, error = run(*command, code=4)
    assert "other parts are there" in error


def test_killed_at_any_moment_it_is_resumed(files, tmp_path):
    command = [os.environ["BEAMLINE"], *map(str, skim(files, tmp_path, tmp_path / "killed"))]
    start = time.monotonic()
    run(*skim(files, tmp_path, tmp_path / "whole"))
    takes = time.monotonic() - start
    rng = np.random.default_rng()
    for _ in range(10):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, takes))
        process.send_signal(signal.SIGKILL)
        process.wait()
        folder = tmp_path / "killed"
        for path in folder.glob("*.root") if folder.exists() else ():
            assert uproot.open(path)["Events"].num_entries > 0  # whole, or not there
        if rng.random() < 0.3 and list(folder.glob("*.root")):
            next(folder.glob("*.root")).unlink()  # a part that got lost is made again
    run(*command[1:])
    assert parts_of(tmp_path / "killed") == parts_of(tmp_path / "whole")


def damage(path):
    branch = uproot.open(path)["Events/MET"]
    data, start = bytearray(path.read_bytes()), int(branch.member("fBasketSeek")[3])
    data[start + 90:start + 500] = bytes(410)
    path.write_bytes(data)


@pytest.mark.parametrize("output", ["out/", "out.root"])
def test_bad_files(files, tmp_path, output):
    """A file without its beginning, and one with a damaged basket: no event of theirs is taken."""
    bad = write(tmp_path / "mc2.root", 4, sumw=1e6)
    bad.write_bytes(b"nothing" + bad.read_bytes()[7:])
    damaged = write(tmp_path / "mc3.root", 5, sumw=1e6)
    damage(damaged)
    config = configure(tmp_path, treename="Events", selection="MET > 20", samples={
        "first": {"files": str(files[0])},
        "ttbar": ttbar([files[0], bad, damaged, files[1]])})
    command = ["ingest", "-c", config, "-o", tmp_path / output, "--part-events", "900"]
    command[4] = f"{tmp_path}/{output}"
    assert str(bad) in run(*command, code=5)[1]
    said = json.loads(run(*command, "--bad-files", "skip", "--json", "-q")[0])["samples"][1]
    assert [skipped["url"] for skipped in said["skipped"]] == [str(bad), str(damaged)]
    assert "branch 'MET'" in said["skipped"][1]["error"]
    assert said["sumw"] == sum(SUMW)
    path = tmp_path / output
    paths = sorted(path.glob("ttbar*.root")) if path.is_dir() else [path]
    found, wanted = events_of(*paths), events_of(*files[:2])
    found = found[found.sample_index == 1]
    assert ak.all(found.event == wanted.event[wanted.MET > 20])
    if path.is_dir():
        before = parts_of(path)
        again = json.loads(run(*command, "--bad-files", "skip", "--json", "-q")[0])
        assert again["resumed"] == again["parts"]
        assert parts_of(path) == before


def test_different_schemas(files, tmp_path):
    other = write(tmp_path / "other.root", 6, sumw=1.0, extra=["more"])
    missing = write(tmp_path / "missing.root", 7)
    config = configure(tmp_path, treename="Events", samples={
        "a": {"files": str(files[0])}, "b": {"files": str(other)}})
    assert "sample 'b' has" in run("ingest", "-c", config, "-o", tmp_path / "o.root", code=6)[1]
    config = configure(tmp_path, treename="Events",
                       samples={"a": {"files": [str(files[0]), str(missing)]}})
    _, error = run("ingest", "-c", config, "-o", tmp_path / "o.root", code=3)
    assert "missing.root: column 'genWeight' is missing, but" in error
    assert not (tmp_path / "o.root").exists()


def test_full_disk(files, tmp_path):
    """Where files may have 24 KiB each, nothing is left but what was there."""
    command = " ".join(map(str, skim(files, tmp_path, tmp_path / "out")))
    script = f"ulimit -f 24; trap '' XFSZ; exec {os.environ['BEAMLINE']} {command} --codec none"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.returncode == 4 and "File too large" in done.stderr
    assert list((tmp_path / "out").glob("*.root")) == []


def test_magic(files, tmp_path):
    shutil.copy(files[0], tmp_path / "bb.root")
    config = configure(tmp_path, treename="Events", branch_magic={"missing_et": "MET"},
                       file_magic={"is_b": {r"bb\.root$": 1, r"mc\d": 0.5}},
                       selection="missing_et > 20", observers=["missing_et", "is_b"])
    run("ingest", "-c", config, files[0], tmp_path / "bb.root", files[1], "-o", tmp_path / "o.root")
    found = uproot.open(tmp_path / "o.root")["Events"].arrays()
    assert found.fields == ["missing_et", "is_b"]
    n = [ak.sum(events_of(file).MET > 20) for file in (files[0], files[0], files[1])]
    assert found.is_b.to_list() == [0.5] * n[0] + [1] * n[1] + [0.5] * n[2]


def test_preproc_of_mlaas4hep(files, tmp_path):
    (tmp_path / "preproc.json").write_text(json.dumps({
        "new_branch": {
            "HT": {"def": "sum(Jet_pt)", "type": "flat", "cut_1": "HT > 20", "cut_2": "HT < 400",
                   "remove": "False", "keys_to_remove": ["MET"]},
            "Jet_half": {"def": "Jet_pt / 2", "type": "jagged", "cut": ["Jet_half > 4", "any"],
                         "remove": "True"}},
        "flat_cut": {"luminosityBlock": {"cut": "2<=luminosityBlock<=6", "remove": "True"}},
        "jagged_cut": {"Jet_pt": {"cut": ["Jet_pt > 1", "all"], "remove": "False"}}}), "utf-8")
    run("ingest", "-c", tmp_path / "preproc.json", "-T", "Events", files[0],
        "-o", tmp_path / "o.root")
    found, e = (uproot.open(path)["Events"].arrays() for path in (tmp_path / "o.root", files[0]))
    ht = ak.sum(e.Jet_pt, axis=1)
    taken = ((ht > 20) & (ht < 400) & ak.any(e.Jet_pt > 8, axis=1) & ak.all(e.Jet_pt > 1, axis=1)
             & (e.luminosityBlock >= 2) & (e.luminosityBlock <= 6))
    assert ak.all(found.event == e.event[taken]) and 0 < ak.sum(taken) < N
    assert set(found.fields) == {"run", "event", "nJet_pt", "Jet_pt", "genWeight", "HT"}


@pytest.mark.parametrize("text, message", [
    ("selction: x > 1\n", "data.yaml:1:11: unknown key 'selction'; did you mean 'selection'"),
    ("samples: {a: {file: x}}\n", "data.yaml:1:21: a: unknown key 'file'; did you mean 'files'"),
    ("inputs: {g: {length: 1e3, vars: [x]}}\n", "length is an integer, not a text: '1e3'"),
    ("samples:\n  a: {files: x, xsec_pb: 1}\n", "data.yaml:2:6: samples.a has xsec_pb but no sumw"),
    ("recipe: topologic\n", "there is no recipe 'topologic'; did you mean 'topology'"),
    ("observers: [x]\nmonitor_variables: [x]\n", "both an observer and a monitor variable"),
    ("new_variables: {pt: pt*1e-3}\n", "'pt' needs itself"),
])
def test_wrong_configurations(files, tmp_path, text, message):
    (tmp_path / "data.yaml").write_text(text, "utf-8")
    command = [os.environ["BEAMLINE"], "ingest", "-T", "Events", "-c", tmp_path / "data.yaml",
               *([] if "samples" in text else [files[0]]), "-o", tmp_path / "o.root"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (2, 6)
    assert message in done.stderr


def weaver_tree(path, config, label):
    """A tree with the branches that a configuration of weaver names, and its arrays."""
    rng = np.random.default_rng(8)
    counts = rng.poisson(12, 500)
    particles = ("px", "py", "pz", "energy", "deta", "dphi", "charge", "isChargedHadron",
                 "isNeutralHadron", "isPhoton", "isElectron", "isMuon", "d0val", "d0err", "dzval",
                 "dzerr")
    flat = {f"jet_{name}": rng.exponential(1, 500) + 1 for name in (
        "pt", "eta", "phi", "energy", "nparticles", "sdmass", "tau1", "tau2", "tau3", "tau4")}
    text = config.read_text("utf-8")
    flat |= {name: rng.integers(0, 2, 500).astype("i4") for name in (
        "label", "label_QCD", "label_Hbb", "label_Hcc", "label_Hgg", "label_H4q", "label_Hqql",
        "label_Zqq", "label_Wqq", "label_Tbqq", "label_Tbl", "jet_isTop", "jet_isQCD",
        "is_signal_new", "ttv")
        if name in text}
    lists = {f"part_{name}": ak.unflatten(rng.normal(size=counts.sum()) if name != "energy" else
                                          rng.exponential(1, counts.sum()) + 0.1, counts)
             for name in particles}
    arrays = flat | lists
    with uproot.recreate(path) as file:
        file.mktree("tree", {name: str(ak.type(values)).split(" * ", 1)[1] if name in lists else
                             values.dtype for name, values in arrays.items()}).extend(arrays)
    return ak.Array(arrays)


@pytest.mark.parametrize("name", ["JetClass_full", "JetClass_kin", "JetClass_kinpid", "qg_kin",
                                  "top_kin"])
def test_configurations_of_weaver(tmp_path, name):
    if not DATA:
        pytest.skip("BEAMLINE_DATA does not name a folder of real files")
    config = pathlib.Path(DATA, "weaver", f"{name}.yaml")
    e = weaver_tree(tmp_path / "in.root", config, name)
    run("ingest", "-c", config, tmp_path / "in.root", "-o", tmp_path / "o.root")
    found = uproot.open(tmp_path / "o.root")["tree"].arrays()
    pt = np.hypot(e.part_px, e.part_py)
    expected = {"part_pt_log": np.log(pt), "part_e_log": np.log(e.part_energy),
                "part_logptrel": np.log(pt / e.jet_pt),
                "part_logerel": np.log(e.part_energy / e.jet_energy),
                "part_deltaR": np.hypot(e.part_deta, e.part_dphi),
                "part_mask": ak.ones_like(e.part_energy), "part_px": e.part_px}
    if name == "JetClass_full":
        expected["part_d0"] = np.tanh(e.part_d0val)
    for column, values in expected.items():
        np.testing.assert_allclose(ak.flatten(found[column]), ak.flatten(values), rtol=1e-12)
        assert ak.all(ak.num(found[column]) == ak.num(values))
    assert "jet_pt" in found.fields


def test_a_configuration_to_start_from(files, tmp_path):
    """What `init` writes, `ingest` reads; truth, counters and identifiers are no inputs."""
    path = tmp_path / "start.yaml"
    run("init", files[0], files[1], "-o", path)
    text = path.read_text("utf-8")
    assert "  mc0:  # 3,000 events" in text and "weight: genWeight" in text
    assert "# sumw: {tree: Runs, branch: genEventSumw}  # 2500.5 of all generated events" in text
    met = events_of(*files[:2]).MET
    ranges = f"{ak.min(met):.6g} to {ak.max(met):.6g}, mean {ak.mean(met):.4g}"
    assert f"- MET  # float32, {ranges}" in text
    assert "- genWeight" not in text and "- nJet_pt" not in text
    run("ingest", "-c", path, "-o", tmp_path / "o.root")
    found = uproot.open(tmp_path / "o.root")["Events"]
    assert set(found.keys()) == {"MET", "nJet_pt", "Jet_pt", "run", "event", "luminosityBlock",
                                 "sample_index", "sample_label", "weight_physics"}
    assert "already exists" in run("init", files[0], "-o", path, code=4)[1]
    assert path.read_text("utf-8") == text
    data = run("init", files[0], files[2])[0]
    assert f"#   genWeight  ({files[2]})" in data
