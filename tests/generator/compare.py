#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events of `beamline generate` beside those of Pythia 8, in tables and pictures.

usage: compare.py GENERATED PYTHIA [--events N] [--pictures FOLDER]

Both are folders with qcd.root, ttbar.root and wjets.root (those of pythia_events.py). Tables go to
standard output, in Markdown; a picture generator-PROCESS.svg of each process into FOLDER.
"""

import argparse
import html
import pathlib

import numpy as np
import observables as seen

# Share of events that the published selection of these samples has kept.
PUBLISHED = {"qcd": 0.104, "ttbar": 0.542, "wjets": 0.681}
TITLES = {"qcd": "QCD jets with a lepton", "ttbar": "top quark pairs", "wjets": "W boson and jets"}
SHOWN = ("n_tracks", "n_photons", "n_neutral", "track_pt",
         "lepton_pt", "isolation", "jet_pt", "jet_eta",
         "jet_mass", "met_before", "nJets", "HT")
LOGARITHMIC, LEAST = ("track_pt", "isolation", "jet_pt", "lepton_pt"), 1e-4
PYTHIA_STYLE = "fill='#c8ccd4' stroke='#8b93a1' stroke-width='1'"
OURS_STYLE = "fill='none' stroke='#c2410c' stroke-width='1.6'"
N_ACROSS, WIDTH, HEIGHT, GAP, TOP, FOOT = 4, 210, 110, 24, 54, 46


def selection(samples):
    """What share each side keeps; samples are pairs, Pythia and ours, by process."""
    yield seen.line(["kept by the recipe", "Pythia 8", "generated", "published"])
    yield seen.line(["---", "---:", "---:", "---:"])
    for process, both in samples.items():
        cells = []
        for sample in both:
            n, total = sample.cuts["taken"], sum(sample.cuts.values())
            share = n / total
            cells.append(f"{share:.3f} ± {np.sqrt(share * (1 - share) / total):.3f}")
        yield seen.line([process, *cells, PUBLISHED[process]])


# ---- pictures ----

def contents(values, observable):
    """Shares of all values; every second edge where there are many."""
    step = 2 if observable.n_bins >= 40 else 1
    edges = np.linspace(observable.low, observable.high, observable.n_bins // step + 1)
    return np.histogram(values, edges)[0] / max(len(values), 1)


def steps(shares, scale):
    """SVG path of a histogram, from the axis and back to it."""
    x = np.repeat(np.linspace(0, WIDTH, len(shares) + 1), 2)
    y = HEIGHT - np.concatenate([[0], np.repeat(shares, 2), [0]]) * scale
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def panel(key, pythia, ours):
    observable = seen.OBSERVABLES[key]
    both = [contents(sample.values[key], observable) for sample in (pythia, ours)]
    if key in LOGARITHMIC:
        both = [np.log(np.maximum(shares, LEAST) / LEAST) for shares in both]
    scale = HEIGHT / (1.08 * max(max(shares.max() for shares in both), 1e-9))
    title = observable.title + (", selected" if key in seen.AFTER else "")
    yield f"<text y='-6'>{html.escape(title)}</text>"
    if key in LOGARITHMIC:
        yield f"<text x='{WIDTH}' y='10' text-anchor='end' fill='#57606a'>logarithmic</text>"
    for shares, style in zip(both, (PYTHIA_STYLE, OURS_STYLE), strict=True):
        yield f"<path d='{steps(shares, scale)}' {style}/>"
    yield f"<path d='M0 {HEIGHT}H{WIDTH}' stroke='#57606a'/>"
    for part, anchor in ((0, "start"), (0.5, "middle"), (1, "end")):
        value = observable.low + part * (observable.high - observable.low)
        yield (f"<path d='M{part * WIDTH} {HEIGHT}v4' stroke='#57606a'/><text x='{part * WIDTH}' "
               f"y='{HEIGHT + 16}' text-anchor='{anchor}' fill='#57606a'>{value:g}</text>")


def picture(process, pythia, ours):
    n_down = -(-len(SHOWN) // N_ACROSS)
    width, height = GAP + N_ACROSS * (WIDTH + GAP), TOP + n_down * (HEIGHT + FOOT)
    yield (f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
           "font-family='DejaVu Sans, Helvetica, sans-serif' font-size='11' fill='#24292f'>")
    yield "<rect width='100%' height='100%' rx='8' fill='#fff'/>"
    events = [f"{sum(sample.cuts.values()):,} events" for sample in (pythia, ours)]
    yield f"<text x='{GAP}' y='24' font-size='14' font-weight='bold'>{TITLES[process]}</text>"
    for x, style, name in ((300, PYTHIA_STYLE, f"Pythia 8, {events[0]}"),
                           (560, OURS_STYLE, f"beamline generate, {events[1]}")):
        yield f"<rect x='{x}' y='14' width='18' height='11' {style}/>"
        yield f"<text x='{x + 25}' y='24' font-size='12'>{name}</text>"
    for i, key in enumerate(SHOWN):
        x, y = GAP + i % N_ACROSS * (WIDTH + GAP), TOP + i // N_ACROSS * (HEIGHT + FOOT)
        yield f"<g transform='translate({x} {y})'>"
        yield from panel(key, pythia, ours)
        yield "</g>"
    yield "</svg>"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("generated", type=pathlib.Path)
    parser.add_argument("pythia", type=pathlib.Path)
    parser.add_argument("--events", type=int)
    parser.add_argument("--pictures", type=pathlib.Path)
    options = parser.parse_args()
    samples = {process: tuple(seen.measure(name, folder / f"{process}.root",
                                           n_events=options.events)
                              for name, folder in (("Pythia 8", options.pythia),
                                                   ("generated", options.generated)))
               for process in PUBLISHED}
    print("\n".join(selection(samples)))
    for process, both in samples.items():
        print(f"\n# {process}\n\n" + "\n".join(seen.report(both)))
        if options.pictures:
            path = options.pictures / f"generator-{process}.svg"
            path.write_text("\n".join(picture(process, *both)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
