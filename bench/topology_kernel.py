# SPDX-License-Identifier: Apache-2.0
"""The topology recipe for numba: compiled loops over the events of flat arrays and offsets.

A particle is looked for in a cone either among all others ("pairs", which the compiler vectorises)
or among those of the nine cells around it ("cells").
"""

import math

import numba
import numpy as np

N_COLUMNS, N_HIGH = 19, 14
CAPS = np.array([450, 150, 200])  # of tracks, photons, neutral hadrons
PT, ETA, PHI = range(3)
CONE2 = 0.3 * 0.3
CELL, ETA_END = 0.3, 6.0
N_ETA, N_PHI = int(2 * ETA_END / CELL), 20  # 2π/20 is just above the cone
SAME = 1e-4
njit = numba.njit(cache=True)  # compiled once for all processes of a bench
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


@numba.njit(cache=True, fastmath=any_order, error_model="numpy")
def sum_among(maps, m, n, at_eta, at_phi, fixed):
    total = 0.0
    for i in range(n):
        d_eta, d_phi = maps[m, ETA, i] - at_eta, abs(maps[m, PHI, i] - at_phi)
        if fixed:
            d_phi = min(d_phi, abs(2 * math.pi - d_phi))
        total += maps[m, PT, i] if d_eta * d_eta + d_phi * d_phi < CONE2 else 0.0
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
def sum_of_span(maps, m, first, last, at_eta, at_phi, fixed):
    total = 0.0
    for i in range(first, last):
        d_eta, d_phi = maps[m, ETA, i] - at_eta, abs(maps[m, PHI, i] - at_phi)
        if fixed:
            d_phi = min(d_phi, abs(2 * math.pi - d_phi))
        if d_eta * d_eta + d_phi * d_phi < CONE2:
            total += maps[m, PT, i]
    return total


@njit
def sum_in_cells(maps, m, cells, at_eta, at_phi, fixed):
    total = 0.0
    middle, column = eta_cell(at_eta), phi_cell(at_phi)
    low, high = max(column - 1, 0), min(column + 1, N_PHI - 1)
    for r in range(max(middle - 1, 0), min(middle + 2, N_ETA)):
        begin = r * N_PHI
        total += sum_of_span(maps, m, cells[m, begin + low], cells[m, begin + high + 1], at_eta,
                             at_phi, fixed)
        if fixed and (column == 0 or column == N_PHI - 1):
            other = begin + N_PHI - 1 - column
            total += sum_of_span(maps, m, cells[m, other], cells[m, other + 1], at_eta, at_phi,
                                 fixed)
    return total


@njit
def isolations(vector, maps, counts, cells, fixed, by_cells, own, own_pt):
    """With tracks, photons, neutral hadrons; own: the map in which the particle itself is, or -1;
    of pt own_pt."""
    return (isolation(vector, maps, 0, counts, cells, fixed, by_cells, own, own_pt),
            isolation(vector, maps, 1, counts, cells, fixed, by_cells, own, own_pt),
            isolation(vector, maps, 2, counts, cells, fixed, by_cells, own, own_pt))


@njit
def isolation(vector, maps, m, counts, cells, fixed, by_cells, own, own_pt):
    pt, eta, phi = vector[4], vector[5], vector[6]
    if pt <= 0:
        return 0.0
    if by_cells:
        total = sum_in_cells(maps, m, cells, eta, phi, fixed)
    else:
        total = sum_among(maps, m, counts[m], eta, phi, fixed)
    if fixed:
        return (total - own_pt if m == own else total) / pt
    return total / pt - 1 if m == 0 else total / pt


@njit
def vector_of(lepton, i):
    return particle(np.float64(lepton[0][i]), np.float64(lepton[1][i]),
                    np.float64(lepton[2][i]))


@njit
def find_lepton(lepton, begin, end, maps, sorted_maps, counts, cells, fixed, by_cells):
    """The first that is hard and isolated, or -1, and its isolations."""
    for i in range(begin, end):
        if lepton[0][i] <= 23:
            continue
        vector = vector_of(lepton, i)
        own = -1
        own_pt = 0.0
        for k in range(counts[0]):
            if distance(vector[5], vector[6], maps[0, ETA, k], maps[0, PHI, k]) <= SAME:
                own, own_pt = 0, maps[0, PT, k]
                break
        near = isolations(vector, sorted_maps, counts, cells, fixed, by_cells, own, own_pt)
        if near[0] + near[1] + near[2] < 0.45:
            return i, near
    return -1, (0.0, 0.0, 0.0)


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
def write_row(rows, row, vector, pt, eta, phi, near):
    for k in range(4):
        rows[row, k] = vector[k]
    rows[row, 4], rows[row, 5], rows[row, 6] = pt, eta, phi
    rows[row, 10], rows[row, 11], rows[row, 12] = near
    for k in (7, 8, 9, 13, 14, 15, 16, 17, 18):
        rows[row, k] = 0


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
               rows, row):
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
        near = isolations(vector, sorted_maps, counts, cells, fixed, by_cells, m, pt)
        write_row(rows, row, vector, pt, eta, phi, near)
        if m == 0:
            write_track(rows, row, collection, at[0, k], fixed)
        else:
            rows[row, 15 if m == 1 else 14] = 1
        row += 1
        taken += 1
    return row


@njit
def write_track(rows, row, tracks, i, fixed):
    pid = tracks[3][i]
    rows[row, 7], rows[row, 8], rows[row, 9] = tracks[5][i], tracks[6][i], tracks[7][i]
    kind = 13
    if fixed and abs(pid) == 11:
        kind = 16
    elif fixed and abs(pid) == 13:
        kind = 17
    rows[row, kind] = 1
    rows[row, 18] = tracks[4][i] if fixed else np.sign(pid)


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
def leads(leptons, electron, muon, fixed):
    """Whether the electron is taken, where a muon might be, too."""
    a, b = vector_of(leptons[0], electron), vector_of(leptons[1], muon)
    return a[4] > b[4] if fixed else a[5] > b[5]


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
    counts = np.zeros(3, np.int64)
    head = np.empty((1, N_COLUMNS))
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
        electron, electron_near = find_lepton(
            leptons[0], offsets[3, event], offsets[3, event + 1], maps, sorted_maps, counts, cells,
            fixed, by_cells)
        muon, muon_near = find_lepton(
            leptons[1], offsets[4, event], offsets[4, event + 1], maps, sorted_maps, counts, cells,
            fixed, by_cells)
        if electron < 0 and muon < 0:
            continue
        is_electron = muon < 0 or (electron >= 0 and leads(leptons, electron, muon, fixed))
        flavour, i = (0, electron) if is_electron else (1, muon)
        vector = vector_of(leptons[flavour], i)
        write_row(head, 0, vector, vector[4], vector[5], vector[6],
                  electron_near if is_electron else muon_near)
        head[0, 16 + flavour], head[0, 18] = 1, leptons[flavour][3][i]
        rows[row] = head[0]
        row += 1
        n = 0
        for k in range(counts[0]):
            if distance(vector[5], vector[6], maps[0, ETA, k], maps[0, PHI, k]) > SAME:
                chosen[n] = k
                n += 1
        row = write_rows(0, tracks, maps, sorted_maps, counts, cells, at, chosen, n, fixed,
                         by_cells, rows, row)
        for m in range(1, 3):
            for k in range(counts[m]):
                chosen[k] = k
            row = write_rows(m, tracks, maps, sorted_maps, counts, cells, at, chosen, counts[m],
                             fixed, by_cells, rows, row)
        write_high(high[n_taken], head[0], jets, offsets[5, event], offsets[5, event + 1],
                   np.float64(met[0][offsets[6, event]]),
                   np.float64(met[1][offsets[6, event]]), fixed)
        n_taken += 1
        ends[n_taken] = row
    return n_taken, row
