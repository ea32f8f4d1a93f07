# SPDX-License-Identifier: Apache-2.0
"""Weighted areas and curves by scikit-learn, as JSON.

usage: sklearn_areas.py EVENTS.npz COLUMN...
"""

import json
import sys

import numpy
from sklearn.metrics import roc_auc_score, roc_curve

events, found = numpy.load(sys.argv[1]), {}
for column in sys.argv[2:]:
    of = events["label"] == 1, events[column].astype(numpy.float64)
    weights = events["weight_physics"]
    background, signal, thresholds = roc_curve(*of, sample_weight=weights, drop_intermediate=False)
    found[column] = {"auc": roc_auc_score(*of, sample_weight=weights),
                     "background_at_99": numpy.interp(0.99, signal, background),
                     "signal": signal[1:].tolist(), "background": background[1:].tolist(),
                     "thresholds": thresholds[1:].tolist()}
json.dump(found, sys.stdout)
