# SPDX-License-Identifier: Apache-2.0
"""The topology recipe for numba: compiled loops over the events of flat arrays and offsets.

A particle is looked for in a cone either among all others ("pairs", which the compiler vectorises)
or among those of the nine cells around it ("cells").
"""

import math

import numpy as np
from numba import njit

N_COLUMNS, N_HIGH = 19, 14
CAPS = np.array([450, 150, 200])  # of tracks, photons, neutral hadrons
PT, ETA, PHI = range(3)
CONE2 = 0.3 * 0.3
CELL, ETA_END = 0.3, 6.0
N_ETA, N_PHI = int(2 * ETA_END / CELL), 20  # 2π/20 is just above the cone
SAME = 1e-4
any_order = {"reassoc", "contract"}  # sums may be vectorised


@njit
def particle(pt, eta, phi):
    px, py, pz = pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta)
    energy = math.sqrt(px * px + py * py + pz * pz)
    cosine = pz / energy
    return (energy, px, py, pz, math.sqrt(px * px + py * py),
            -0.5 * math.log((1 - cosine) / (1 + cosine)), math.atan2(py, px))


@njit
def folded(phi):
    if phi > math.pi:
        return phi - 2 * math.pi
    return phi + 2 * math.pi if phi < -math.pi else phi


@njit
def distance(eta_a, phi_a, eta_b, phi_b):
    return math.sqrt((eta_a - eta_b) ** 2 + folded(phi_a - phi_b) ** 2)


@njit(fastmath=any_order, error_model="numpy")
def sum_near(pt, eta, phi, first, last, at_eta, at_phi, fixed):
    total = 0.0
    for i in range(first, last):
        d_eta, d_phi = eta[i] - at_eta, abs(phi[i] - at_phi)
        if fixed:
            d_phi = min(d_phi, abs(2 * math.pi - d_phi))
        total += pt[i] if d_eta * d_eta + d_phi * d_phi < CONE2 else 0.0
    return total


@njit
def eta_cell(eta):
    return int(min(max((eta + ETA_END) / CELL, 0.0), N_ETA - 1.0))


@njit
def phi_cell(phi):
    return int(min(max((phi + math.pi) * (N_PHI / (2 * math.pi)), 0.0), N_PHI - 1.0))


@njit
def sort_into_cells(source, n, cells, target):
    """Of the first n of source: target in the order of their cells, where each cell begins."""
    cells[:] = 0
    for i in range(n):
        cells[eta_cell(source[ETA, i]) * N_PHI + phi_cell(source[PHI, i]) + 1] += 1
    for c in range(N_ETA * N_PHI):
        cells[c + 1] += cells[c]
    for i in range(n - 1, -1, -1):
        c = eta_cell(source[ETA, i]) * N_PHI + phi_cell(source[PHI, i])
        cells[c + 1] -= 1  # now where the next of c goes, in the end where c begins
        k = cells[c + 1]
        for which in range(3):
            target[which, k] = source[which, i]
    for c in range(N_ETA * N_PHI):
        cells[c] = cells[c + 1]
    cells[N_ETA * N_PHI] = n


@njit
def sum_in_cells(around, cells, at_eta, at_phi, fixed):
    total = 0.0
    middle, column = eta_cell(at_eta), phi_cell(at_phi)
    low, high = max(column - 1, 0), min(column + 1, N_PHI - 1)
    pt, eta, phi = around[PT], around[ETA], around[PHI]
    for r in range(max(middle - 1, 0), min(middle + 2, N_ETA)):
        begin = r * N_PHI
        total += sum_near(pt, eta, phi, cells[begin + low], cells[begin + high + 1], at_eta, at_phi,
                          fixed)
        if fixed and (column == 0 or column == N_PHI - 1):
            other = begin + N_PHI - 1 - column
            total += sum_near(pt, eta, phi, cells[other], cells[other + 1], at_eta, at_phi, fixed)
    return total


@njit
def isolations(vector, maps, counts, cells, fixed, by_cells, own, own_pt, ret):
    """own: the map in which the particle itself is, or -1; of pt own_pt."""
    for m in range(3):
        pt = vector[4]
        if pt <= 0:
            ret[m] = 0.0
            continue
        if by_cells:
            total = sum_in_cells(maps[m], cells[m], vector[5], vector[6], fixed)
        else:
            total = sum_near(maps[m, PT], maps[m, ETA], maps[m, PHI], 0, counts[m], vector[5],
                             vector[6], fixed)
        if fixed:
            ret[m] = (total - own_pt if m == own else total) / pt
        else:
            ret[m] = total / pt - (1 if m == 0 else 0)


@njit
def vector_of(lepton, i):
    return particle(np.float64(lepton[0][i]), np.float64(lepton[1][i]),
                    np.float64(lepton[2][i]))


@njit
def find_lepton(lepton, begin, end, maps, sorted_maps, counts, cells, fixed, by_cells, near):
    """The first that is hard and isolated, or -1; near is left with its isolation."""
    tracks = maps[0]
    for i in range(begin, end):
        if lepton[0][i] <= 23:
            continue
        vector = vector_of(lepton, i)
        own = -1
        own_pt = 0.0
        for k in range(counts[0]):
            if distance(vector[5], vector[6], tracks[ETA, k], tracks[PHI, k]) <= SAME:
                own, own_pt = 0, tracks[PT, k]
                break
        isolations(vector, sorted_maps, counts, cells, fixed, by_cells, own, own_pt, near)
        if near[0] + near[1] + near[2] < 0.45:
            return i
    return -1


@njit
def fill_map(collection, begin, end, cut, around, at):
    n = 0
    for i in range(begin, end):
        if collection[0][i] > cut:
            around[PT, n], around[ETA, n], around[PHI, n] = (
                collection[0][i], collection[1][i], collection[2][i])
            at[n] = i
            n += 1
    return n


@njit
def write_row(out, vector, pt, eta, phi, near):
    out[:] = 0
    for k in range(4):
        out[k] = vector[k]
    out[4], out[5], out[6] = pt, eta, phi
    out[10], out[11], out[12] = near[0], near[1], near[2]


@njit
def threshold(pt, chosen, n, cap):
    """Of more than cap particles: the pt of the last that is taken, and how many of that pt."""
    ordered = np.sort(pt[chosen[:n]])[::-1]
    last = ordered[cap - 1]
    above = 0
    while ordered[above] > last:
        above += 1
    return last, cap - above


@njit
def write_rows(m, collection, maps, sorted_maps, counts, cells, at, chosen, n, fixed, by_cells,
               near, out, row):
    cap = CAPS[m]
    last, ties = -1.0, n
    if n > cap and fixed:
        last, ties = threshold(maps[m, PT], chosen, n, cap)
    taken = 0
    for c in range(n):
        k = chosen[c]
        pt, eta, phi = maps[m, PT, k], maps[m, ETA, k], maps[m, PHI, k]
        if taken == cap:
            break
        if pt < last or (pt == last and ties == 0):
            continue
        if pt == last:
            ties -= 1
        vector = particle(pt, eta, phi)
        isolations(vector, sorted_maps, counts, cells, fixed, by_cells, m, pt, near)
        one = out[row]
        write_row(one, vector, pt, eta, phi, near)
        if m == 0:
            write_track(one, collection, at[k], fixed)
        else:
            one[15 if m == 1 else 14] = 1
        row += 1
        taken += 1
    return row


@njit
def write_track(one, tracks, i, fixed):
    pid = tracks[3][i]
    one[7], one[8], one[9] = tracks[5][i], tracks[6][i], tracks[7][i]
    kind = 13
    if fixed and abs(pid) == 11:
        kind = 16
    elif fixed and abs(pid) == 13:
        kind = 17
    one[kind] = 1
    one[18] = tracks[4][i] if fixed else np.sign(pid)


@njit
def write_high(high, one, jets, begin, end, met, phi_met, fixed):
    ht, n_jets, n_tagged = 0.0, 0, 0
    for j in range(begin, end):
        if jets[0][j] > 30 and abs(jets[1][j]) < 2.6:
            ht += jets[0][j]
            n_jets += 1
            n_tagged += jets[2][j] > 0
    high[0], high[1], high[2], high[4], high[5] = ht, met, phi_met, n_jets, n_tagged
    mt2 = 2 * met * one[4] * (1 - math.cos(one[6] - phi_met))
    high[3] = math.sqrt(mt2) if fixed else mt2
    high[6:9] = one[4:7]
    high[9:12] = one[10:13]
    high[12], high[13] = one[18], one[16]


@njit
def leads(leptons, found, fixed):
    """Whether the electron is taken, where a muon might be, too."""
    electron, muon = vector_of(leptons[0], found[0]), vector_of(leptons[1], found[1])
    return electron[4] > muon[4] if fixed else electron[5] > muon[5]


@njit
def process(first, last, offsets, particles, leptons, jets, met, fixed, by_cells, rows, high, ends):
    """Events first to last-1. rows, high: the features of taken events; ends: where the rows of
    each end. Returns how many were taken, and how many rows are filled.
    offsets: of tracks, photons, neutral hadrons, electrons, muons, jets, MET."""
    tracks, photons, neutral = particles
    largest = 1
    for m in range(3):
        for event in range(first, last):
            largest = max(largest, offsets[m, event + 1] - offsets[m, event])
    maps, in_cells = np.empty((3, 3, largest)), np.empty((3, 3, largest))
    at, chosen = np.empty((3, largest), np.int64), np.empty(largest, np.int64)
    cells = np.empty((3, N_ETA * N_PHI + 1), np.int64)
    counts, near, lepton_near = np.zeros(3, np.int64), np.empty(3), np.empty((2, 3))
    head = np.empty(N_COLUMNS)
    sorted_maps = in_cells if by_cells else maps
    n_taken = row = 0
    for event in range(first, last):
        if (offsets[3, event] == offsets[3, event + 1]
                and offsets[4, event] == offsets[4, event + 1]):
            continue
        counts[0] = fill_map(tracks, offsets[0, event], offsets[0, event + 1], 0.5, maps[0], at[0])
        counts[1] = fill_map(photons, offsets[1, event], offsets[1, event + 1], 1.0, maps[1], at[1])
        counts[2] = fill_map(neutral, offsets[2, event], offsets[2, event + 1], 1.0, maps[2], at[2])
        if counts.min() == 0:
            continue
        if by_cells:
            for m in range(3):
                sort_into_cells(maps[m], counts[m], cells[m], in_cells[m])
        found = [-1, -1]
        for flavour in range(2):
            found[flavour] = find_lepton(leptons[flavour], offsets[3 + flavour, event],
                                         offsets[3 + flavour, event + 1], maps, sorted_maps, counts,
                                         cells, fixed, by_cells, lepton_near[flavour])
        if found[0] < 0 and found[1] < 0:
            continue
        flavour = 0 if found[1] < 0 else 1
        if found[0] >= 0 and found[1] >= 0:
            flavour = 0 if leads(leptons, found, fixed) else 1
        vector = vector_of(leptons[flavour], found[flavour])
        write_row(head, vector, vector[4], vector[5], vector[6], lepton_near[flavour])
        head[16 + flavour], head[18] = 1, leptons[flavour][3][found[flavour]]
        rows[row] = head
        row += 1
        n = 0
        for k in range(counts[0]):
            if distance(vector[5], vector[6], maps[0, ETA, k], maps[0, PHI, k]) > SAME:
                chosen[n] = k
                n += 1
        row = write_rows(0, tracks, maps, sorted_maps, counts, cells, at[0], chosen, n, fixed,
                         by_cells, near, rows, row)
        for m in range(1, 3):
            for k in range(counts[m]):
                chosen[k] = k
            row = write_rows(m, tracks, maps, sorted_maps, counts, cells, at[m], chosen, counts[m],
                             fixed, by_cells, near, rows, row)
        write_high(high[n_taken], head, jets, offsets[5, event], offsets[5, event + 1],
                   np.float64(met[0][offsets[6, event]]),
                   np.float64(met[1][offsets[6, event]]), fixed)
        n_taken += 1
        ends[n_taken] = row
    return n_taken, row
