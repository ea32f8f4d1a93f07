# SPDX-License-Identifier: Apache-2.0
"""The topology recipe as a user-defined function of PySpark: events come as Python objects, loops
go over their particles, and NumPy adds up what is in a cone.

usage: topology_spark.py WARM OUTPUT INPUT … [--mode M] [--processors N] [--arrow]

INPUT and WARM are Parquet files with the columns of Delphes' leaves, or with lists of structs. WARM
is taken first, so that neither Java's start nor Python's imports count. OUTPUT is a folder that
Spark fills. Prints one line of JSON: the events taken, and the seconds from INPUT to OUTPUT.
"""

import argparse
import json
import math
import os
import sys
import time

import numpy as np
import pyspark
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

STRUCTS = {"EFlowTrack": "PT:float,Eta:float,Phi:float,PID:int,Charge:int,X:float,Y:float,Z:float",
           "EFlowPhoton": "ET:float,Eta:float,Phi:float",
           "EFlowNeutralHadron": "ET:float,Eta:float,Phi:float",
           "Electron": "PT:float,Eta:float,Phi:float,Charge:int",
           "Muon": "PT:float,Eta:float,Phi:float,Charge:int",
           "MissingET": "MET:float,Phi:float", "Jet": "PT:float,Eta:float,BTag:int"}
RESULT = "struct<hfeatures:array<double>,lfeatures:array<array<double>>>"
CAPS = {"track": 450, "photon": 150, "neutral": 200}


class Vector:
    """A massless particle's four-vector."""

    def __init__(self, pt, eta, phi):
        self.px, self.py, self.pz = pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta)
        self.energy = math.sqrt(self.px ** 2 + self.py ** 2 + self.pz ** 2)
        self.pt = math.hypot(self.px, self.py)
        self.phi = math.atan2(self.py, self.px)
        cosine = self.pz / self.energy
        self.eta = -0.5 * math.log((1 - cosine) / (1 + cosine))


def delta_phi(a, b):
    d = a - b
    if d > math.pi:
        return d - 2 * math.pi
    return d + 2 * math.pi if d < -math.pi else d


def delta_r(vector, eta, phi):
    return math.sqrt((vector.eta - eta) ** 2 + delta_phi(vector.phi, phi) ** 2)


def map_of(particles, leaf, cut):
    """eta, phi, pt, a row each."""
    rows = [(p.Eta, p.Phi, p[leaf]) for p in particles if p[leaf] > cut]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


class Event:
    def __init__(self, tracks, photons, neutral, mode):
        self.fixed = mode == "fixed"
        self.tracks = [p for p in tracks if p.PT > 0.5]
        self.photons = [p for p in photons if p.ET > 1]
        self.neutral = [p for p in neutral if p.ET > 1]
        self.maps = {"track": map_of(tracks, "PT", 0.5), "photon": map_of(photons, "ET", 1),
                     "neutral": map_of(neutral, "ET", 1)}

    def isolation(self, vector, kind, own):
        if vector.pt <= 0:
            return 0.0
        around = self.maps[kind]
        d_eta, d_phi = around[:, 0] - vector.eta, around[:, 1] - vector.phi
        if self.fixed:
            d_phi = np.abs(d_phi)
            d_phi = np.minimum(d_phi, 2 * math.pi - d_phi)
        inside = d_eta * d_eta + d_phi * d_phi < 0.09
        if self.fixed and own is not None:
            inside[own] = False
        total = around[inside, 2].sum() / vector.pt
        return float(total - 1 if kind == "track" and not self.fixed else total)

    def isolations(self, vector, kind, own):
        return [self.isolation(vector, other, own if other == kind else None)
                for other in ("track", "photon", "neutral")]

    def lepton(self, leptons):
        """The first that is hard and isolated: itself, its vector, its isolations."""
        for lepton in leptons:
            if lepton.PT <= 23:
                continue
            vector = Vector(lepton.PT, lepton.Eta, lepton.Phi)
            own = next((i for i, track in enumerate(self.tracks)
                        if delta_r(vector, track.Eta, track.Phi) <= 1e-4), None)
            around = self.isolations(vector, "track", own)
            if sum(around) < 0.45:
                return lepton, vector, around
        return None

    def row(self, pt, eta, phi, kind, own):
        vector = Vector(pt, eta, phi)
        return [vector.energy, vector.px, vector.py, vector.pz, pt, eta, phi, 0.0, 0.0, 0.0,
                *self.isolations(vector, kind, own), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]

    def within_cap(self, particles, kind, leaf):
        """(index, particle), as many as may be."""
        cap = CAPS[kind]
        if self.fixed and len(particles) > cap:
            hardest = sorted(particles, key=lambda pair: -pair[1][leaf])[:cap]
            return sorted(hardest, key=lambda pair: pair[0])
        return particles[:cap]

    def rows(self, lepton_vector):
        away = [(i, p) for i, p in enumerate(self.tracks)
                if delta_r(lepton_vector, p.Eta, p.Phi) > 1e-4]
        for i, p in self.within_cap(away, "track", "PT"):
            row = self.row(p.PT, p.Eta, p.Phi, "track", i)
            row[7], row[8], row[9] = p.X, p.Y, p.Z
            kind = {11: 16, 13: 17}.get(abs(p.PID), 13) if self.fixed else 13
            row[kind] = 1.0
            row[18] = float(p.Charge if self.fixed else np.sign(p.PID))
            yield row
        for kind, flag, particles in (("photon", 15, self.photons), ("neutral", 14, self.neutral)):
            for i, p in self.within_cap(list(enumerate(particles)), kind, "ET"):
                row = self.row(p.ET, p.Eta, p.Phi, kind, i)
                row[flag] = 1.0
                yield row


def features(mode, tracks, photons, neutral, electrons, muons, met, jets):
    """(hfeatures, lfeatures) of an event, or None."""
    if not electrons and not muons:
        return None
    event = Event(tracks, photons, neutral, mode)
    if not event.tracks or not event.photons or not event.neutral:
        return None
    electron, muon = event.lepton(electrons), event.lepton(muons)
    if not electron and not muon:
        return None
    if electron and muon:
        a, b = electron[1], muon[1]
        is_electron = a.pt > b.pt if mode == "fixed" else a.eta > b.eta
    else:
        is_electron = electron is not None
    lepton, vector, around = electron if is_electron else muon
    first = [vector.energy, vector.px, vector.py, vector.pz, vector.pt, vector.eta, vector.phi, 0.0,
             0.0, 0.0, *around, 0.0, 0.0, 0.0, float(is_electron), float(not is_electron),
             float(lepton.Charge)]
    good = [jet for jet in jets if jet.PT > 30 and abs(jet.Eta) < 2.6]
    mt = 2 * met[0].MET * vector.pt * (1 - math.cos(vector.phi - met[0].Phi))
    high = [float(sum(jet.PT for jet in good)), met[0].MET, met[0].Phi,
            math.sqrt(mt) if mode == "fixed" else mt, float(len(good)),
            float(sum(jet.BTag > 0 for jet in good)), vector.pt, vector.eta, vector.phi, *around,
            float(lepton.Charge), float(is_electron)]
    return high, [first, *event.rows(vector)]


def collection(frame, name, muons):
    """A column of structs, put together where the file has a column a leaf."""
    there = muons if name == "Muon" else name
    struct = f"array<struct<{STRUCTS[name]}>>"
    if there in frame.columns and dict(frame.dtypes)[there].startswith("array<struct"):
        return F.col(there).cast(struct)
    leaves = [leaf.split(":")[0] for leaf in STRUCTS[name].split(",")]
    return F.arrays_zip(*(F.col(f"`{there}.{leaf}`") for leaf in leaves)).cast(struct)


def run(session, mode, sources, target):
    frame = session.read.parquet(*sources)
    muons = "Muon"
    if any(name.split(".")[0] == "MuonTight" for name in frame.columns):
        muons = "MuonTight"
    # Else the filter would be pushed before the projection, and every event computed twice.
    recipe = F.udf(lambda *event: features(mode, *event), RESULT).asNondeterministic()
    columns = [collection(frame, name, muons) for name in STRUCTS]
    (frame.select(recipe(*columns).alias("features")).filter("features is not null")
     .select("features.*").write.mode("overwrite").option("compression", "snappy").parquet(target))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("warm")
    parser.add_argument("output")
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--mode", choices=("compat", "fixed"), default="fixed")
    parser.add_argument("--processors", type=int, default=1)
    parser.add_argument("--arrow", action="store_true")
    options = parser.parse_args()
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (SparkSession.builder.master(f"local[{options.processors}]")
               .config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
               .config("spark.driver.memory", "4g")
               .config("spark.sql.files.maxPartitionBytes", "8m")
               .config("spark.sql.files.openCostInBytes", "0")
               .config("spark.sql.execution.pythonUDF.arrow.enabled", str(options.arrow).lower())
               .getOrCreate())
    session.sparkContext.setLogLevel("OFF")
    run(session, options.mode, [options.warm], options.output)
    start = time.perf_counter()
    run(session, options.mode, options.inputs, options.output)
    seconds = time.perf_counter() - start
    taken = session.read.parquet(options.output).count()
    print(json.dumps({"seconds": seconds, "taken": taken,
                      "version": f"pyspark {pyspark.__version__}"}))


if __name__ == "__main__":
    main()
