# SPDX-License-Identifier: Apache-2.0
"""Random expressions over random jagged data, against awkward-array, NumPy and vector.

The reference, expression_reference.py, follows docs/expressions.md. BEAMLINE_EXPR_CASES is how many
expressions are tried.
"""

import functools
import math
import operator
import os
import pathlib
import re
import sys
import warnings

import awkward as ak
import numpy as np
import pytest
import vector

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import beamline_arrow  # noqa: E402
import beamline_expr  # noqa: E402
import expression_cases as cases  # noqa: E402
import expression_check as check  # noqa: E402

N_CASES = int(os.environ.get("BEAMLINE_EXPR_CASES", "2000"))
FIRST_SEED = int(os.environ.get("BEAMLINE_EXPR_SEED", "1"))
TOGETHER = 50  # expressions of one call
vector.register_awkward()


@pytest.fixture(autouse=True)
def silence():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def failures(held, seed, n, n_rows=None):
    """Tries n expressions on the data of a seed: (what is wrong, how many are noise)."""
    generator = cases.Generator(seed)
    nodes = [generator.expression() for _ in range(n)]
    data, memory, n_noise, found = cases.random_data(seed, n_rows), {}, 0, []
    try:
        results = check.run(held, nodes, data, before=seed % 3)
    except beamline_arrow.Failure:
        wrong = [node for node in nodes if check.fails(held, node, data)]
        return [check.told(held, node, data, f"seed {seed}") for node in wrong or nodes[:1]], 0
    for i, (node, ours) in enumerate(zip(nodes, results, strict=True)):
        what = check.problem(node, data, ours, memory)
        if what == "noise":
            n_noise += 1
        elif what:
            found.append(check.told(held, node, data, f"seed {seed}, expression {i}"))
    return found, n_noise


def test_random_expressions():
    found, n_noise, n = [], 0, 0
    with beamline_arrow.context(1) as held:
        seed = FIRST_SEED
        while n < N_CASES and len(found) < 5:
            some, noise = failures(held, seed, min(TOGETHER, N_CASES - n))
            found, n_noise, n, seed = found + some, n_noise + noise, n + TOGETHER, seed + 1
    assert not found, "\n\n".join(["", *found])
    assert n_noise <= 5 + n // 100, "too much is put down to the last digits"


@pytest.mark.parametrize("seed", [1001, 1002])
def test_blocks_of_rows(seed):
    """More rows than are computed at once, on two threads."""
    with beamline_arrow.context(2) as held:
        found, _ = failures(held, seed, 15, n_rows=5000)
    assert not found, "\n\n".join(["", *found])


@pytest.mark.skipif("no inner lists" in cases.SKIPPED_UNTIL_FIXED, reason="known to be wrong")
@pytest.mark.parametrize("n_rows", [0, 1])
def test_nothing_in_lists(n_rows):
    """No rows, or one in which all lists are empty."""
    data = cases.random_data(1)
    empty = np.flatnonzero(ak.num(data.arrays["Jet_pt"]) + ak.num(data.arrays["Mu_pt"]) == 0)
    data = data.rows(empty[:n_rows])
    assert data.n == n_rows
    generator, wrong = cases.Generator(3), []
    with beamline_arrow.context(1) as held:
        for node in (generator.expression() for _ in range(150)):
            what = check.fails(held, node, data)
            if what:
                wrong.append(f"{node.text}: {what}")
    assert not wrong, "\n".join(wrong)


# ---- particles ----

def particles(rng, counts):
    n = counts.sum()
    fields = {"pt": rng.exponential(40, n), "eta": rng.normal(0, 2, n),
              "phi": rng.uniform(-np.pi, np.pi, n), "mass": rng.exponential(3, n)}
    fields["mass"][rng.random(n) < 0.2] = 0
    return vector.zip({name: ak.unflatten(values, counts) for name, values in fields.items()})


def flat(array):
    return ak.to_numpy(ak.flatten(array, axis=None))


def assert_near(ours, theirs, scale, name):
    gap = np.abs(flat(ours) - flat(theirs))
    assert np.all(gap <= 1e-12 * flat(scale)), (name, gap.max(), int(gap.argmax()))


def test_particles():
    """Sums of two and three particles of a list, and of one of each of two lists."""
    rng = np.random.default_rng(7)
    print("seed 7")
    n = rng.integers(0, 6, 400), rng.integers(0, 4, 400)
    jets, muons = (particles(rng, counts) for counts in n)
    batch = cases.Data({f"{name}_{field}": getattr(group, field) for name, group in
                        (("Jet", jets), ("Mu", muons)) for field in ("pt", "eta", "phi", "mass")}
                       ).batch()
    zipped = {name: f"zip(pt={name}_pt, eta={name}_eta, phi={name}_phi, mass={name}_mass)"
              for name in ("Jet", "Mu")}
    pairs, triples = (ak.combinations(jets, k, axis=1, fields=list("abc")[:k]) for k in (2, 3))
    crossed = ak.cartesian({"a": jets, "b": muons}, axis=1)
    tried = {f"combinations({zipped['Jet']}, 2)": pairs,
             f"combinations({zipped['Jet']}, 3)": triples,
             f"cartesian({zipped['Jet']}, {zipped['Mu']})": crossed}
    for text, groups in tried.items():
        members = [groups[field] for field in groups.fields]
        given = ", ".join(f'{text}["{i}"]' for i in range(len(members)))
        names = ["mass", "pt", "eta", "phi", "energy"]
        texts = {name: f"{name}({given})" for name in names}
        if len(members) == 2:
            texts |= {name: f"{name}({given})" for name in ("delta_r", "mt")}
            texts["dphi"] = f'delta_phi({text}["0"].phi, {text}["1"].phi)'
        with beamline_arrow.context(1) as held:
            result = beamline_expr.evaluate(held, batch, **texts)
        ours = {name: ak.from_arrow(result.column(name)) for name in texts}
        total = functools.reduce(operator.add, members)
        energy2 = total.energy ** 2
        assert_near(ours["mass"] ** 2, total.mass ** 2, 4 * energy2, "mass")
        assert_near(ours["pt"] ** 2, total.pt ** 2, 4 * energy2, "pt")
        assert_near(ours["energy"], total.energy, total.energy, "energy")
        # Directions of momenta that nearly cancel are not determined to the last digits.
        blur = 10 * total.energy / total.pt
        assert_near(np.cos(ours["phi"]), np.cos(total.phi), blur, "phi")
        assert_near(np.sin(ours["phi"]), np.sin(total.phi), blur, "phi")
        assert_near(ours["eta"], total.eta, blur * (1 + np.abs(total.eta)), "eta")
        if len(members) < 3:
            one, two = members
            assert_near(ours["delta_r"], one.deltaR(two), 1 + one.deltaR(two), "delta_r")
            assert_near(ours["dphi"], one.deltaphi(two), 10 + 0 * one.pt, "delta_phi")
            flat_one, flat_two = (vector.zip({"pt": p.pt, "phi": p.phi, "eta": 0 * p.pt,
                                              "mass": 0 * p.pt}) for p in members)
            assert_near(ours["mt"] ** 2, (flat_one + flat_two).mass2, 10 * one.pt * two.pt +
                        (one.pt + two.pt) ** 2, "mt")


# ---- the new variables of weaver's configurations ----

def new_variables(path):
    """{name: text} of a configuration, in its order."""
    found, is_inside = {}, False
    for line in path.read_text().splitlines():
        if re.match(r"\w", line):
            is_inside = line.startswith("new_variables:")
        elif is_inside and (m := re.match(r"\s+(\w+):\s*([^#]+)", line)):
            found[m[1]] = m[2].strip()
    return found


def configurations():
    folder = os.environ.get("BEAMLINE_DATA")
    return sorted(pathlib.Path(folder, "weaver").glob("*.yaml")) if folder else []


def test_there_are_configurations():
    if "BEAMLINE_DATA" not in os.environ:
        pytest.skip("BEAMLINE_DATA is not set")
    assert len(configurations()) == 5


@pytest.mark.parametrize("path", configurations(), ids=lambda path: path.stem)
def test_weaver(path):
    texts, rng = new_variables(path), np.random.default_rng(11)
    assert texts
    words = {word for text in texts.values() for word in re.findall(r"(?<![\w.])[a-z]\w*", text)}
    names = sorted(words - set(texts) - {"np", "ak", "math"})
    counts = rng.integers(0, 60, 300)
    columns = {}
    for name in names:
        if name == "label":
            columns[name] = ak.Array(rng.integers(0, 2, 300, "i4"))
        elif name.startswith("part_"):
            columns[name] = ak.unflatten(rng.normal(0, 20, counts.sum()).astype("f4"), counts)
        else:
            columns[name] = ak.Array(rng.exponential(90, 300).astype("f4"))
    data = cases.Data(columns)
    with beamline_arrow.context(1) as held:
        result = beamline_expr.evaluate(held, data.batch(), **texts)
    known = {name: ak.values_astype(array, "i8" if name == "label" else "f8")
             for name, array in columns.items()}
    for name, text in texts.items():
        known[name] = eval(text, {"np": np, "ak": ak, "math": math}, known)
        ours, theirs = check.parts_of_ours(result.column(name)), known[name]
        assert len(ours[0]) == theirs.ndim - 1, name
        if theirs.ndim == 2:
            assert np.array_equal(ours[0][0], counts), name
        assert not check.differs(ours[1], flat(theirs)).any(), (name, text)
