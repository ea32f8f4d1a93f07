# SPDX-License-Identifier: Apache-2.0
"""`beamline prepare`: what is in the shards is what NumPy finds for the same events."""

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
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import prepared  # noqa: E402
from command import run  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")
CLASSES = {"qcd": (0, 6000), "top": (1, 2000)}
BIG = 2**63  # event numbers from here on need all 64 bits


def write_events(path, first, n, label, rng):
    """Events that differ by class in pt; `w` is negative for some, `late` shifts the selection."""
    counts = rng.poisson(3, n)
    tops = rng.exponential(40 if label else 25, n)
    events = {"run": np.full(n, 3, "u4"), "luminosityBlock": np.arange(first, first + n,
                                                                      dtype="u4") // 100,
              "event": BIG + np.arange(first, first + n, dtype="u8"),
              "pt": (20 + tops).astype("f4"), "pt_up": (22 + 1.1 * tops).astype("f4"),
              "eta": rng.normal(0, 1.5, n).astype("f4"),
              "w": np.where(rng.random(n) < 0.1, -1, 1) * rng.uniform(0.5, 1.5, n),
              "scales": rng.uniform(0.9, 1.1, (n, 3)),
              "is_qcd": np.full(n, label == 0, "i4"), "is_top": np.full(n, label == 1, "i4")}
    jets = ak.zip({"pt": rng.exponential(30, counts.sum()).astype("f4"),
                   "eta": rng.normal(0, 2, counts.sum()).astype("f4")})
    with uproot.recreate(path) as file:
        tree = file.mktree("Events", {**{name: (values.dtype, values.shape[1:])
                                         for name, values in events.items()},
                                      "Jet": ak.types.from_datashape(
                                          "var * {pt: float32, eta: float32}", highlevel=False)})
        half = np.cumsum(counts)[n // 2 - 1]
        tree.extend({**{name: values[:n // 2] for name, values in events.items()},
                     "Jet": ak.unflatten(jets[:half], counts[:n // 2])})
        tree.extend({**{name: values[n // 2:] for name, values in events.items()},
                     "Jet": ak.unflatten(jets[half:], counts[n // 2:])})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two files of each class."""
    where = tmp_path_factory.mktemp("prepare")
    rng = np.random.default_rng(11)
    for name, (label, n) in CLASSES.items():
        for i in range(2):
            write_events(where / f"{name}{i}.root", 10000 * label + i * n // 2, n // 2, label, rng)
    return where


@pytest.fixture(scope="module")
def events(folder):
    """All events by class: read by uproot."""
    return {name: uproot.concatenate([f"{folder}/{name}{i}.root:Events" for i in range(2)])
            for name in CLASSES}


@pytest.fixture(scope="module")
def by_event(events):
    """All events by their numbers, as plain numbers."""
    return {one["event"]: one for name in events for one in ak.to_list(events[name])}


def config(folder, **changes):
    """A configuration with these keys in place of the usual ones."""
    samples = {name: {"files": [f"{folder}/{name}{i}.root" for i in range(2)], "label": label}
               for name, (label, _) in CLASSES.items()}
    return {"treename": "Events", "samples": samples,
            "inputs": {"hlf": {"vars": ["pt", "eta"], "scale": "standard"},
                       "jets": {"length": None, "vars": ["Jet_pt", "Jet_eta"],
                                "order": {"by": "Jet_pt"}, "scale": "robust"}},
            "split": {"train": 0.6, "validation": 0.2, "test": 0.2, "seed": 5},
            "seed": 7, **changes}


def prepare(to, said, *options, code=0):
    file = pathlib.Path(f"{to}.yaml")
    file.write_text(yaml.safe_dump(said), "utf-8")
    return run("prepare", "-c", file, "-o", to, *options, code=code)


def weigh(said, policy="keep", **weights):
    """The same with weights that are negative now and then."""
    return {**said, "weights": {"weight_branches": ["w"], **weights}, "negative_weights": policy}


def wanted_parts(events, said):
    """Key, share and class of all events, computed by Python's xxhash."""
    found = []
    for name, (label, _) in CLASSES.items():
        ids = [events[name][column].to_numpy() for column in ("run", "luminosityBlock", "event")]
        for identity in zip(*ids, strict=True):
            identity = [int(number) for number in identity]
            found.append((*prepared.fate(said["seed"], said["split"]["seed"], name, identity),
                          label, identity[2]))
    return found


def names_of(share):
    return "train" if share < 0.6 else "validation" if share < 0.8 else "test"


# ---- parts, order, values ----

@pytest.fixture(scope="module")
def plain(folder, tmp_path_factory):
    to = tmp_path_factory.mktemp("plain") / "out"
    prepare(to, config(folder))
    return to


def test_parts_and_order(folder, events, plain):
    wanted = wanted_parts(events, config(folder))
    for name in ("train", "validation", "test"):
        rows = sorted(one for one in wanted if names_of(one[1]) == name)
        table = prepared.part(plain, name)
        assert table["key"].to_pylist() == [one[0] for one in rows]
        assert table["event"].to_pylist() == [one[3] for one in rows]
        assert table["label"].to_pylist() == [one[2] for one in rows]
    assert table.schema.field("event").type == "uint64"
    assert not (plain / "spool").exists()


def test_values_are_those_of_the_events(events, by_event, plain):
    said = prepared.description(plain)
    for name in ("train", "test"):
        table = prepared.part(plain, name)
        hlf = prepared.numbers(table, "hlf")
        jets, counts = prepared.rows(table, "jets")
        ends = np.cumsum(counts)
        files = said["files"]
        for i, number in enumerate(table["event"].to_pylist()):
            one = by_event[number]
            assert hlf[i].tolist() == [one["pt"], one["eta"]]
            order = np.argsort(-np.array(one["Jet_pt"]), kind="stable")
            wanted = np.stack([one["Jet_pt"], one["Jet_eta"]], axis=1)[order]
            assert (jets[ends[i] - counts[i]:ends[i]] == wanted).all()
            label = number - BIG >= 10000
            file = files[table["source_file"][i].as_py()]
            entry = number - BIG - 10000 * label - CLASSES["top" if label else "qcd"][1] // 2 * int(
                file[-6])
            assert table["source_entry"][i].as_py() == entry
    assert said["inputs"][1]["most_rows"] == max(ak.max(ak.num(events[c].Jet_pt)) for c in events)


def test_fit_is_that_of_the_training_part(plain):
    said = prepared.description(plain)["transforms"]
    table = prepared.part(plain, "train")
    assert len(said) == 1
    hlf = {one["name"]: one for one in said[0]["inputs"]}["hlf"]["columns"]
    values = prepared.numbers(table, "hlf").astype("f8")
    for i, column in enumerate(hlf):
        assert np.isclose(column["offset"], values[:, i].mean(), rtol=1e-12)
        assert np.isclose(column["scale"], 1 / values[:, i].std(), rtol=1e-12)
    scaled = prepared.transform(said[0], "hlf", values)
    assert np.allclose(scaled.mean(axis=0), 0, atol=1e-12) and np.allclose(scaled.std(axis=0), 1)
    jets, _ = prepared.rows(table, "jets")
    for i, column in enumerate({one["name"]: one for one in said[0]["inputs"]}["jets"]["columns"]):
        low, middle, high = np.quantile(jets[:, i].astype("f8"), [0.16, 0.5, 0.84])
        assert np.isclose(column["offset"], middle, rtol=1e-12)
        assert np.isclose(column["scale"], 1 / max(high - middle, middle - low), rtol=1e-12)


def test_shuffle_is_uniform(plain):
    """Place against place in the input, and share against values: χ² of ten by ten bins. Seeds are
    fixed, so that this either holds or not: 81 degrees of freedom, of which 0.01 % is above 138."""
    table = prepared.part(plain, "train")
    number = table["event"].to_numpy().astype("u8") - np.uint64(BIG)
    pt = prepared.numbers(table, "hlf")[:, 0]
    place = np.arange(len(number))

    def ranks(x):
        return np.argsort(np.argsort(x, kind="stable"), kind="stable") * 10 // len(x)
    for other in (number, pt):
        counts = np.histogram2d(ranks(place), ranks(other), bins=10)[0]
        expected = len(number) / 100
        assert ((counts - expected) ** 2 / expected).sum() < 138
    tested = prepared.numbers(prepared.part(plain, "test"), "hlf")[:, 0]
    edges = np.quantile(np.concatenate([pt, tested]), np.linspace(0, 1, 21))
    a, b = (np.histogram(x, edges)[0] for x in (pt, tested))
    share = len(pt) / (len(pt) + len(tested))
    chi2 = ((a - share * (a + b)) ** 2 / (share * (1 - share) * (a + b))).sum()
    assert chi2 < 54  # of 20, 0.01 % is above


# ---- weights ----

def sums(folder, part):
    said = {one["name"]: one for one in prepared.description(folder)["parts"]}[part]
    return said["before"], said["classes"]


def check_sums(folder, part, before, weights=None):
    """What prepared.json says of a part is what its rows have."""
    table = prepared.part(folder, part)
    label = table["label"].to_numpy()
    train = table["weight_train"].to_numpy()
    said_before, said = sums(folder, part)
    for k in (0, 1):
        mine = train[label == k]
        assert said[k]["events"] == len(mine)
        assert np.isclose(said[k]["sumw_train"], mine.sum(), rtol=1e-12)
        assert np.isclose(said[k]["abs_train"], np.abs(mine).sum(), rtol=1e-12)
        assert said_before[k]["events"] == before[k]
    return label, train, table


def natural(events, said, part):
    """Events of each class that a part has by its shares."""
    counts = [0, 0]
    for one in wanted_parts(events, said):
        counts[one[2]] += names_of(one[1]) == part
    return counts


def test_weights_have_mean_one(folder, events, by_event, tmp_path):
    said = weigh(config(folder))
    prepare(tmp_path / "out", said)
    label, train, table = check_sums(tmp_path / "out", "train", natural(events, said, "train"))
    given = np.array([by_event[number]["w"] for number in table["event"].to_pylist()])
    for k in (0, 1):
        assert np.isclose(np.abs(train[label == k]).mean(), 1, rtol=1e-12)
        assert np.allclose(train[label == k] / given[label == k],
                           1 / np.abs(given[label == k]).mean(), rtol=1e-12)
    assert (train < 0).any()
    label, train, table = check_sums(tmp_path / "out", "test", natural(events, said, "test"))
    assert (train < 0).any()


def test_negative_weights_need_a_choice(folder, tmp_path):
    for policy in (None, "error"):
        said = weigh(config(folder), policy)
        if policy is None:
            del said["negative_weights"]
        to = tmp_path / str(policy)
        _, error = prepare(to, said, code=2)
        assert "negative" in error
        assert all(word in error for word in ("keep", "abs", "drop")) or policy
        assert not (to / "prepared.json").exists()
        said["negative_weights"] = "keep"  # events that were spread stay
        assert json.loads(prepare(to, said, "--json")[0])["events_in"] == 0
        assert prepared.description(to)["complete"]


def test_negative_weights_can_be_positive_or_dropped(folder, events, tmp_path):
    for policy in ("abs", "drop"):
        said = weigh(config(folder), policy)
        prepare(tmp_path / policy, said)
        label, train, table = check_sums(tmp_path / policy, "train", natural(events, said, "train"))
        n_negative = sum(one["negative"] for one in sums(tmp_path / policy, "train")[0])
        assert n_negative == 0  # of weight_physics, which is 1
        assert (train > 0).all()
        for k in (0, 1):
            assert np.isclose(train[label == k].mean(), 1, rtol=1e-12)
        missing = sum(natural(events, said, "train")) - len(train)
        assert missing == 0 if policy == "abs" else 300 < missing < 700
        _, tested, _ = check_sums(tmp_path / policy, "test", natural(events, said, "test"))
        assert (tested < 0).any()


def test_balance(folder, events, tmp_path):
    for method in ("weights", "undersample", "oversample"):
        said = weigh(config(folder), "abs", balance=method)
        to = tmp_path / method
        prepare(to, said)
        counts = natural(events, said, "train")
        label, train, table = check_sums(to, "train", counts)
        n = [int((label == k).sum()) for k in (0, 1)]
        if method == "weights":
            assert n == counts
            assert np.isclose(train[label == 0].sum(), train[label == 1].sum(), rtol=1e-12)
            assert np.isclose(train.mean(), 1, rtol=1e-12)
        else:
            aim = min(counts) if method == "undersample" else max(counts)
            assert all(abs(one - aim) < 5 * np.sqrt(aim) for one in n)
            assert all(np.isclose(train[label == k].mean(), 1, rtol=1e-12) for k in (0, 1))
        numbers = table["event"].to_pylist()
        assert (len(set(numbers)) == len(numbers)) == (method != "oversample")
        assert table["key"].to_pylist() == sorted(table["key"].to_pylist())
        if method == "oversample":
            times = np.unique([number for number in numbers if number >= BIG + 10000],
                              return_counts=True)[1]
            assert len(times) == counts[1] and times.min() >= 2 and times.max() <= 4
        label, _, _ = check_sums(to, "test", natural(events, said, "test"))
        assert [int((label == k).sum()) for k in (0, 1)] == natural(events, said, "test")


def test_balance_of_all_parts(folder, events, tmp_path):
    """As the published data were made: fitted to all, then all parts undersampled."""
    said = config(folder, weights={"balance": {"method": "undersample", "part": "all"}},
                  preprocess={"method": "minmax", "fit": "all"})
    said["inputs"]["hlf"].pop("scale")
    prepare(tmp_path / "out", said)
    for part in ("train", "test"):
        label = prepared.part(tmp_path / "out", part)["label"].to_numpy()
        aim = natural(events, said, part)[1]
        assert abs((label == 0).sum() - aim) < 5 * np.sqrt(aim) + 5 * np.sqrt(aim)
    column = prepared.description(tmp_path / "out")["transforms"][0]["inputs"][0]["columns"][0]
    pt = np.concatenate([events[name].pt.to_numpy() for name in events]).astype("f8")
    assert column["offset"] == pt.min()
    assert np.isclose(column["scale"], 1 / (pt.max() - pt.min()), rtol=1e-15)


@pytest.mark.parametrize("part", ["train", "all"])
def test_undersampling_known_beforehand(folder, tmp_path, part):
    """What undersampling leaves out is known before events are read, where there are no cuts: the
    events are those that are left out later where there is one, and so are all fits."""
    said = config(folder, weights={"balance": {"method": "undersample", "part": part}})
    said["inputs"]["jets"]["scale"] = "standard"
    prepare(tmp_path / "known", said)
    prepare(tmp_path / "cut", {**said, "selection": "pt > 0"})
    known, cut = (prepared.description(tmp_path / name) for name in ("known", "cut"))
    assert known["transforms"] == cut["transforms"]
    for name in ("train", "validation", "test"):
        tables = [prepared.part(tmp_path / one, name) for one in ("known", "cut")]
        assert tables[0].equals(tables[1])


@pytest.mark.parametrize("method", ["flat", "ref"])
@pytest.mark.parametrize("resample", [False, True])
def test_reweighting_closes(folder, tmp_path, method, resample):
    edges = [20, 30, 45, 70, 120]
    said = config(folder, weights={
        "reweight_method": method, "reweight_vars": {"pt": edges}, "resample": resample,
        "reweight_classes": ["qcd", "top"], "reweight_threshold": 0})
    prepare(tmp_path / "out", said)
    table = prepared.part(tmp_path / "out", "train")
    label, train = table["label"].to_numpy(), table["weight_train"].to_numpy()
    pt = prepared.numbers(table, "hlf")[:, 0]
    spectra, errors = [], []
    for k in (0, 1):
        mine = (label == k) & (pt <= edges[-1])
        spectra.append(np.histogram(pt[mine], edges, weights=train[mine])[0])
        errors.append(np.histogram(pt[mine], edges, weights=train[mine] ** 2)[0])
    if not resample:  # exactly, and all events weigh 1 on average
        assert np.isclose(np.abs(train).mean(), 1, rtol=1e-12)
        ratio = spectra[0] / spectra[1]
        assert np.allclose(ratio, 1, rtol=1e-6)  # of classes, too
        assert method == "ref" or np.allclose(spectra[0], spectra[0][0], rtol=1e-6)
    chi2 = ((spectra[0] / spectra[0].sum() - spectra[1] / spectra[1].sum()) ** 2
            / (errors[0] / spectra[0].sum() ** 2 + errors[1] / spectra[1].sum() ** 2)).sum()
    assert chi2 < 25  # of 4, 5 in 100,000 are above


# ---- duplicates, folds, variations, observers ----

def test_duplicates(folder, tmp_path):
    said = config(folder)
    files = said["samples"]["top"]["files"]
    files.append(str(tmp_path / "again.root"))
    shutil.copy(files[0], files[-1])
    _, error = prepare(tmp_path / "error", said, code=2)
    assert "again.root: entry" in error and "top0.root: entry" in error and "event 92" in error
    for choice in ("drop", "keep"):
        said["split"]["duplicates"] = choice
        prepare(tmp_path / choice, said)
        numbers = [number for name in ("train", "validation", "test")
                   for number in prepared.part(tmp_path / choice, name)["event"].to_pylist()]
        assert len(numbers) == (8000 if choice == "drop" else 9000)
        assert len(set(numbers)) == 8000
        dropped = prepared.description(tmp_path / choice)["duplicates_dropped"]
        assert dropped == (1000 if choice == "drop" else 0)
    train = prepared.part(tmp_path / "drop", "train")
    for k in (0, 1):
        mine = train["weight_train"].to_numpy()[train["label"].to_numpy() == k]
        assert np.isclose(mine.mean(), 1, rtol=1e-12)


def test_folds_exclude_theirs(folder, events, by_event, tmp_path):
    said = weigh(config(folder, split={"folds": 4, "seed": 5}), "drop", balance="undersample")
    prepare(tmp_path / "out", said)
    wanted = {0: set(), 1: set(), 2: set(), 3: set()}
    for one in wanted_parts(events, said):
        wanted[int(one[1] * 4)].add(one[3])
    tables = [prepared.part(tmp_path / "out", f"fold-{k}") for k in range(4)]
    values = [prepared.numbers(table, "hlf").astype("f8") for table in tables]
    weights = [table["weight_train"].to_numpy() for table in tables]
    kept = []
    for k, table in enumerate(tables):
        assert set(table["event"].to_pylist()) == wanted[k]  # all are there to be tested
        negative = np.array([by_event[number]["w"] < 0 for number in table["event"].to_pylist()])
        assert (weights[k][negative] == 0).all()
        kept.append(values[k][~negative])
    said = prepared.description(tmp_path / "out")
    for k in range(4):
        others = np.concatenate([kept[i] for i in range(4) if i not in (k, (k + 1) % 4)])
        for i, column in enumerate(said["transforms"][k]["inputs"][0]["columns"]):
            assert np.isclose(column["offset"], others[:, i].mean(), rtol=1e-12)
    label = np.concatenate([table["label"].to_numpy() for table in tables])
    sum0, sum1 = (np.concatenate(weights)[label == k].sum() for k in (0, 1))
    assert abs(sum0 / sum1 - 1) < 0.2


def test_variations_and_observers(folder, events, by_event, tmp_path):
    said = config(folder, observers=["eta", "w"], variations={
        "up": {"pt": "pt_up"}, "scale": "scales[*]", "one": "w * 2"}, selection="pt > 30",
        labels={"type": "simple", "value": ["is_qcd", "is_top"]}, type="float64")
    prepare(tmp_path / "out", said)
    for name, column in (("test", "pt"), ("test.up", "pt_up"), ("validation.up", "pt_up")):
        table = prepared.part(tmp_path / "out", name)
        numbers = table["event"].to_pylist()
        ones = [by_event[number] for number in numbers]
        assert prepared.numbers(table, "hlf")[:, 0].tolist() == [one[column] for one in ones]
        assert prepared.numbers(table, "hlf").dtype == np.float64
        assert table["eta"].to_pylist() == [one["eta"] for one in ones]
        assert table["weight_one"].to_pylist() == [one["w"] * 2 for one in ones]
        assert table["weight_scale"].to_pylist() == [one["scales"] for one in ones]
        assert table["label"].to_pylist() == [one["is_top"] for one in ones]
        wanted = {one[3] for one in wanted_parts(events, said)
                  if names_of(one[1]) == name.split(".")[0] and by_event[one[3]][column] > 30}
        assert set(numbers) == wanted
    for one in prepared.description(tmp_path / "out")["parts"]:
        assert [k["events"] for k in one["before"]] == [k["events"] for k in one["classes"]]
    names = [one["name"] for one in prepared.description(tmp_path / "out")["parts"]]
    assert names == ["train", "validation", "test", "validation.up", "test.up"]


def test_entries_are_an_identity(folder, tmp_path):
    said = config(folder)
    said["split"]["by"] = "entry"
    prepare(tmp_path / "out", said)
    numbers = [number for name in ("train", "validation", "test")
               for number in prepared.part(tmp_path / "out", name)["source_entry"].to_pylist()]
    assert len(numbers) == 8000
    share = prepared.part(tmp_path / "out", "train").num_rows / 8000
    assert abs(share - 0.6) < 0.03


# ---- runs ----

def same_folders(a, b):
    names = sorted(path.name for path in a.iterdir())
    assert names == sorted(path.name for path in b.iterdir())
    return all((a / name).read_bytes() == (b / name).read_bytes() for name in names)


def many_buckets(folder):
    """All that can be: parts of a few events, copies, reweighting, shifted events."""
    return weigh(config(folder, variations={"up": {"pt": "pt_up"}},
                        output={"part_events": 700}), "abs", balance="oversample",
                 reweight_method="flat", reweight_vars={"pt": [20, 30, 60, 120]}, resample=True)


def test_threads_do_not_matter(folder, tmp_path):
    for threads in (1, 2):
        prepare(tmp_path / str(threads), many_buckets(folder), "--threads", threads,
                "--memory", "32M")
    said = prepared.description(tmp_path / "1")
    assert same_folders(tmp_path / "1", tmp_path / "2")
    assert said["complete"] and said["buckets"] == said["gathered"]


def test_killed_runs_go_on(folder, tmp_path):
    said = many_buckets(folder)
    prepare(tmp_path / "whole", said, "--memory", "32M")
    file = tmp_path / "killed.yaml"
    file.write_text(yaml.safe_dump(said), "utf-8")
    command = [os.environ["BEAMLINE"], "prepare", "-c", file, "-o", tmp_path / "killed",
               "--memory", "32M"]
    start = time.monotonic()
    prepare(tmp_path / "timed", said, "--memory", "32M")
    seconds = time.monotonic() - start
    rng = np.random.default_rng(3)
    n_killed = 0
    for _ in range(10):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            time.sleep(rng.uniform(0.02, 0.9 * seconds))
            n_killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
    assert n_killed
    run(*command[1:])
    assert same_folders(tmp_path / "whole", tmp_path / "killed")


def test_what_changed_is_refused(folder, plain, tmp_path):
    to = tmp_path / "out"
    shutil.copytree(plain, to)
    before = (to / "prepared.json").stat().st_mtime_ns
    prepare(to, config(folder))  # it is complete
    assert (to / "prepared.json").stat().st_mtime_ns == before
    for changes in ({"seed": 8}, {"type": "float64"}, {"negative_weights": "abs"},
                    {"split": {"train": 0.6, "validation": 0.2, "test": 0.2, "seed": 6}}):
        _, error = prepare(to, config(folder, **changes), code=4)
        assert "--overwrite" in error
    prepare(to, config(folder, seed=8), "--overwrite")
    assert prepared.description(to)["seed"] == 8
    (to / "train-00000.arrow").unlink()
    _, error = prepare(to, config(folder, seed=8), code=5)
    assert "train-00000.arrow" in error
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("important", "utf-8")
    _, error = prepare(foreign, config(folder), "--overwrite", code=4)
    assert "something else" in error
    assert [path.name for path in foreign.iterdir()] == ["thesis.tex"]


def test_missing_and_full(folder, tmp_path):
    said = config(folder)
    said["samples"]["top"]["files"].append(str(folder / "none.root"))
    _, error = prepare(tmp_path / "none", said, code=3)
    assert "none.root" in error
    file = tmp_path / "full.yaml"
    file.write_text(yaml.safe_dump(config(folder)), "utf-8")
    limited = subprocess.run(
        ["bash", "-c", f"trap '' XFSZ; ulimit -f 60; exec {os.environ['BEAMLINE']} prepare -c "
         f"{file} -o {tmp_path / 'full'}"], capture_output=True, text=True)
    assert limited.returncode == 4 and ".arrow" in limited.stderr
    assert not (tmp_path / "full" / "prepared.json").exists() or not prepared.description(
        tmp_path / "full")["complete"]
    prepare(tmp_path / "full", config(folder))
    prepare(tmp_path / "never", config(folder))
    assert same_folders(tmp_path / "full", tmp_path / "never")


# ---- golden ----

@pytest.mark.skipif(not DATA, reason="BEAMLINE_DATA is not set")
@pytest.mark.parametrize("mode", ["compat", "fixed"])
def test_golden_sequences(mode, tmp_path):
    golden = pathlib.Path(DATA, "topology", "golden")
    particles = {"column": "lfeatures", "order": {"delta_r": ["Eta", "Phi"]}, "length": None}
    if mode == "compat":
        particles |= {"length": 801, "per_event": True, "scale": "none"}
    else:
        flags = ["isChHad", "isNeuHad", "isGamma", "isEle", "isMu", "Charge"]
        particles |= {"scale": "standard", "vars": [[name, None] for name in flags]}
    said = {"treename": "Delphes", "type": "float64", "split": {"train": 1, "validation": 0,
                                                               "test": 0},
            "recipe": {"name": "topology", "mode": mode, "type": "float64", "muons": "Muon",
                       "layout": "padded" if mode == "compat" else "ragged"},
            "samples": {"all": {"files": str(pathlib.Path(
                DATA, "root", "misc", "delphes_seungjin.root")), "label": 0}},
            "inputs": {"particles": particles,
                       "HLF_input": {"column": "hfeatures", "scale": "minmax"}}}
    prepare(tmp_path / "out", said)
    table = prepared.part(tmp_path / "out", "train")
    assert sorted(table["source_entry"].to_pylist()) == [3, 4, 5, 6]
    values, counts = prepared.rows(table, "particles")
    described = prepared.description(tmp_path / "out")["transforms"][0]
    if mode == "fixed":
        statistics = json.loads((golden / "golden.json").read_text("utf-8"))["fixed_statistics"]
        columns = {one["name"]: one for one in described["inputs"]}["particles"]["columns"]
        assert np.allclose([one.get("offset", 0) for one in columns[:13]],
                           statistics["mean"][:13], rtol=1e-12, atol=1e-12)
        values = prepared.transform(described, "particles", values)
    ends = np.cumsum(counts)
    for i, entry in enumerate(table["source_entry"].to_pylist()):
        wanted = np.fromfile(golden / f"{mode}_ev{entry}_gru.f64").reshape(801, 19)
        found = np.zeros((801, 19))
        found[:counts[i]] = values[ends[i] - counts[i]:ends[i]]
        assert np.allclose(found, wanted, rtol=1e-12, atol=1e-12)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
