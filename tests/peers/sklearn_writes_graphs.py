#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Models of scikit-learn as skl2onnx writes them, for onnx_graphs.py."""

import numpy as np
import skl2onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

N_COLUMNS = 6


def models():
    """name -> estimator, how many classes; 0: a number."""
    few = {"n_estimators": 5, "max_depth": 3, "random_state": 1}
    for n in (2, 3):
        yield f"mlp_{n}", MLPClassifier((8, 5), max_iter=30, random_state=1), n
        yield (f"logistic_{n}", make_pipeline(StandardScaler(), LogisticRegression()), n)
        yield f"forest_{n}", RandomForestClassifier(**few), n
        yield f"boosted_{n}", GradientBoostingClassifier(**few), n
    yield "mlp_tanh", make_pipeline(StandardScaler(), MLPRegressor(
        hidden_layer_sizes=(7,), activation="tanh", max_iter=30, random_state=1)), 0
    yield "linear", make_pipeline(StandardScaler(), LinearRegression()), 0
    yield "forest", RandomForestRegressor(**few), 0
    yield "boosted", GradientBoostingRegressor(**few), 0


def write(folder):
    rng = np.random.default_rng(2)
    x = rng.normal(1, 2, (300, N_COLUMNS)).astype(np.float32)
    score = x[:, 0] + x[:, 1] * x[:, 2]
    for name, estimator, n_classes in models():
        y = np.digitize(score, np.quantile(score, np.arange(1, n_classes) / n_classes)) \
            if n_classes else score
        estimator.fit(x, np.array(["a", "b", "c"])[y] if n_classes == 3 else y)
        model = skl2onnx.convert_sklearn(
            estimator, initial_types=[("x", FloatTensorType([None, N_COLUMNS]))],
            target_opset={"": 17, "ai.onnx.ml": 3})
        (folder / f"sklearn_{name}.onnx").write_bytes(model.SerializeToString())
