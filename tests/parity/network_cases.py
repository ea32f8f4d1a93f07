#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: network_cases.py OUT_DIR [--seed N] [--single] [NAME...]
Makes cases of every layer and of whole networks with Keras, each in its folder; network_case.py
says what is in one. Shapes, weights and data are drawn from the seed. Real models follow where
BEAMLINE_DATA is set. Names choose cases."""

import argparse
import pathlib
import time
import warnings

import layers_local
import layers_recurrent
import layers_simple
import network_models
import network_real
from network_case import write_all

MODULES = (layers_simple, layers_recurrent, layers_local, network_models, network_real)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--single", action="store_true", help="also what Keras gives in float32")
    arguments = parser.parse_intermixed_args()
    warnings.simplefilter("ignore")  # of masks that a layer drops: cases are about that
    begin = time.monotonic()
    cases = [case for module in MODULES for case in module.cases()]
    if len({name for name, _ in cases}) != len(cases):
        raise ValueError("two cases have one name")
    unknown = set(arguments.names) - {name for name, _ in cases}
    if unknown:
        parser.error(f"no case is called {', '.join(sorted(unknown))}")
    n = write_all(arguments.folder, cases, arguments.seed, arguments.names,
                  arguments.single)
    print(f"{n} cases in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
