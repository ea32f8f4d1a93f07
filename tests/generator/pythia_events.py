#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events of Pythia 8 at 13 TeV with pile-up, through a fast detector, in the layout of Delphes:
what the events of `beamline generate` are compared with.

usage: pythia_events.py ttbar|wjets|qcd N FILE.root|FILE.parquet… [--seed S] [--pile-up MEAN]
                        [--lepton-pt GEV]

All have a generated e or μ above --lepton-pt in |η| < 2.5. Parquet has one column of structs a
collection, ROOT a branch a leaf. Same arguments, same events. What passed of what was tried, and
the cross-section, go to standard error as JSON (FastJet greets on standard output).
"""

import argparse
import json
import sys

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pythia8mc
import uproot
from detector import PARTICLE, respond

# Chosen so that as many particles are there, and as many events pass the recipe, as published.
PILE_UP, LEPTON_PT, LEPTON_ETA = 12, {"qcd": 22, "ttbar": 15, "wjets": 15}, 2.5
VERTEX_Z = 53  # mm, the width of the collisions along the beam
POOL = 2000  # pile-up collisions made, of which each event draws some and turns them
COMMON = ("Beams:eCM = 13000", "ParticleDecays:limitTau0 = on", "ParticleDecays:tau0Max = 10",
          "Print:quiet = on", "Next:numberCount = 0")
QCD_SURE_PT, QCD_TRIES = 100, 20
PROCESSES = {  # settings, and the number of the process in the files, as the labels have it
    "qcd": (("HardQCD:all = on", "PhaseSpace:pTHatMin = 30", "HadronLevel:all = off"), 0),
    "ttbar": (("Top:gg2ttbar = on", "Top:qqbar2ttbar = on"), 1),
    "wjets": (("WeakSingleBoson:ffbar2W = on", "24:onMode = off", "24:onIfAny = 11 13 15"), 2)}


def pythia(settings, seed):
    generator = pythia8mc.Pythia("", False)
    for setting in (*COMMON, *settings, "Random:setSeed = on", f"Random:seed = {seed}"):
        if not generator.readString(setting):
            raise SystemExit(f"Pythia does not know '{setting}'")
    if not generator.init():
        raise SystemExit("Pythia does not start")
    return generator


# ---- particles ----

def table(rows):
    return np.array([row + (False,) for row in rows], PARTICLE)


def numbers(p):
    return (p.pT(), p.eta(), p.phi(), p.e(), p.xProd(), p.yProd(), p.zProd())


def stable(event):
    return table([(p.id(), round(p.charge()), *numbers(p)) for p in event if p.isFinal()])


def heaviest(pid):
    """5 or 4 of a hadron with such a quark, else 0."""
    quarks = {abs(pid) // 10**place % 10 for place in (1, 2, 3)} if abs(pid) > 100 else ()
    return next((quark for quark in (5, 4) if quark in quarks), 0)


def heavy_hadrons(event):
    return table([(heaviest(p.id()), 0, *numbers(p)) for p in event
                  if heaviest(p.id()) and p.pT() > 5 and p.isHadron()])


def moved(rng, particles, z, *, is_pile_up):
    """At z, and turned by chance."""
    particles = particles.copy()
    particles["z"] += z
    if is_pile_up:
        angle = rng.uniform(0, 2 * np.pi)
        particles["phi"] = np.remainder(particles["phi"] + angle + np.pi, 2 * np.pi) - np.pi
        x, y = particles["x"].copy(), particles["y"].copy()
        particles["x"] = x * np.cos(angle) - y * np.sin(angle)
        particles["y"] = x * np.sin(angle) + y * np.cos(angle)
        particles["pile_up"] = True
    return particles


# ---- events ----

def has_lepton(event, pt):
    return any(abs(p.id()) in (11, 13) and p.isFinal() and p.pT() > pt and
               abs(p.eta()) < LEPTON_ETA for p in event)


def is_promising(event, pt, pt_hat):
    """Leptons of QCD come from heavy quarks harder than they are, or, rarely, from hard jets."""
    return pt_hat > QCD_SURE_PT or any(abs(p.id()) in (4, 5) and p.pT() > pt for p in event)


def hadronised(generator, process, lepton_pt):
    """Endless: whether the generator's event is complete, for each that counts as tried. One of a
    thousand QCD events has a hard lepton; so the partons of those that may become hadrons often."""
    if process != "qcd":
        while True:
            yield bool(generator.next())
    while True:
        if not generator.next() or not is_promising(generator.event, lepton_pt,
                                                    generator.infoPython().pTHat()):
            for _ in range(QCD_TRIES):
                yield False
            continue
        partons = pythia8mc.Event(generator.event)
        for _ in range(QCD_TRIES):
            generator.event.assign(partons)
            yield bool(generator.forceHadronLevel())


def hard_events(process, n, seed, lepton_pt, report=None):
    """Particles and heavy hadrons of n events that have a lepton."""
    settings, _ = PROCESSES[process]
    generator, tried, made = pythia(settings, seed), 0, 0
    for is_complete in hadronised(generator, process, lepton_pt):
        tried += 1
        if is_complete and has_lepton(generator.event, lepton_pt):
            yield stable(generator.event), heavy_hadrons(generator.event)
            made += 1
            if made == n:
                break
    if report is not None:
        report.update(process=process, tried=tried, passed=made, filter_efficiency=made / tried,
                      cross_section_mb=generator.infoPython().sigmaGen())


def pile_up_pool(n, seed):
    generator, pool = pythia(("SoftQCD:nonDiffractive = on",), seed), []
    while len(pool) < n:
        if generator.next():
            pool.append(stable(generator.event))
    return pool


def events(process, n, *, seed=1, pile_up=PILE_UP, lepton_pt=None, report=None):
    """n events as dictionaries of collections, each a dictionary of leaves."""
    _, number = PROCESSES[process]
    lepton_pt = LEPTON_PT[process] if lepton_pt is None else lepton_pt
    rng = np.random.default_rng([seed, number])
    pool = pile_up_pool(min(POOL, 1 + int(n * pile_up)), seed + 1000) if pile_up else []
    for i, (hard, heavy) in enumerate(hard_events(process, n, 10 * seed + number + 1, lepton_pt,
                                                  report)):
        n_pile_up = rng.poisson(pile_up)
        z = rng.normal(0, VERTEX_Z, 1 + n_pile_up)
        parts = [moved(rng, hard, z[0], is_pile_up=False)]
        parts += [moved(rng, pool[rng.integers(len(pool))], z[1 + k], is_pile_up=True)
                  for k in range(n_pile_up)]
        yield {"Event": {"Number": np.array([i]), "ProcessID": np.array([number]),
                         "Weight": np.ones(1)}} | respond(rng, np.concatenate(parts), heavy, z[0])


# ---- files ----

INTEGERS = {"Number": "i8", "ProcessID": "i4", "PID": "i4", "Charge": "i4", "BTag": "u4"}


def columns(collected):
    """Of each collection its leaves, jagged over events."""
    for name, leaves in collected[0].items():
        counts = [len(next(iter(event[name].values()))) for event in collected]
        yield name, {leaf: ak.unflatten(np.concatenate([event[name][leaf] for event in collected])
                                        .astype(INTEGERS.get(leaf, "f4")), counts)
                     for leaf in leaves}


def write(path, collected):
    if str(path).endswith(".root"):
        flat = {f"{name}.{leaf}": values for name, leaves in columns(collected)
                for leaf, values in leaves.items()}
        with uproot.recreate(path) as file:
            file.mktree("Delphes", {name: str(ak.type(values)).split(" * ", 1)[1]
                                    for name, values in flat.items()}).extend(flat)
        return
    arrays = {name: ak.to_arrow(ak.zip(leaves), extensionarray=False)
              for name, leaves in columns(collected)}
    pyarrow.parquet.write_table(pa.table(arrays), path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("process", choices=PROCESSES)
    parser.add_argument("n", type=int)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pile-up", type=float, default=PILE_UP)
    parser.add_argument("--lepton-pt", type=float)
    options, report = parser.parse_args(), {}
    collected = list(events(options.process, options.n, seed=options.seed, pile_up=options.pile_up,
                            lepton_pt=options.lepton_pt, report=report))
    for path in options.files:
        write(path, collected)
    print(json.dumps(report), file=sys.stderr)


if __name__ == "__main__":
    main()
