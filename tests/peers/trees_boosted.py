# SPDX-License-Identifier: Apache-2.0
"""Models of XGBoost and LightGBM with their own predictions, for trees_models.py."""

import json

import lightgbm
import numpy as np
import xgboost

N_FEATURES = 6


def events(n=1000, seed=1):
    """Features with NaN and zeros, and what can be told from them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, N_FEATURES)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[rng.random(x.shape) < 0.1] = 0
    score = np.nansum(x, axis=1)
    return x, score


def targets(score):
    return {"two": (score > 0).astype(int), "three": np.digitize(score, [-1, 1]),
            "real": score, "positive": np.exp(score / 4), "unit": 1 / (1 + np.exp(-score)),
            "many": np.stack([score, -score, score ** 2], axis=1)}


XGBOOST = {
    "binary:logistic": "two", "binary:logitraw": "two", "reg:logistic": "unit",
    "reg:squarederror": "real", "reg:absoluteerror": "real", "reg:pseudohubererror": "real",
    "reg:squaredlogerror": "positive", "count:poisson": "three", "reg:gamma": "positive",
    "reg:tweedie": "positive", "multi:softprob": "three", "survival:cox": "positive",
}
MORE_XGBOOST = {
    "dart": ("binary:logistic", "two", {"booster": "dart", "rate_drop": 0.5}),
    "forest": ("binary:logistic", "two", {"num_parallel_tree": 4, "subsample": 0.5}),
    "base": ("binary:logistic", "two", {"base_score": 0.2}),
    "pruned": ("reg:squarederror", "real", {"gamma": 30.0, "max_depth": 6}),
    "lossguide": ("reg:squarederror", "real", {"grow_policy": "lossguide", "max_leaves": 40,
                                               "max_depth": 0}),
    "targets": ("reg:squarederror", "many", {}),
}
LIGHTGBM = {
    "binary": ("two", {}), "sigmoid": ("two", {"objective": "binary", "sigmoid": 0.7}),
    "multiclass": ("three", {"num_class": 3}), "multiclassova": ("three", {"num_class": 3}),
    "regression": ("real", {}), "regression_l1": ("real", {}), "huber": ("real", {}),
    "quantile": ("real", {"alpha": 0.3}), "poisson": ("three", {}), "gamma": ("positive", {}),
    "tweedie": ("positive", {}), "cross_entropy": ("unit", {}),
    "rf": ("two", {"objective": "binary", "boosting": "rf", "bagging_freq": 1,
                   "bagging_fraction": 0.6}),
    "rf3": ("three", {"objective": "multiclass", "num_class": 3, "boosting": "rf",
                      "bagging_freq": 1, "bagging_fraction": 0.6}),
    "missing_is_zero": ("real", {"objective": "regression", "use_missing": False}),
    "dart": ("real", {"objective": "regression", "boosting": "dart"}),
}


def write_xgboost(folder):
    """Yields (name, file, predictions) of float32 rows."""
    x, score = events()
    test, _ = events(seed=2)
    wanted = {name: (name, y, {}) for name, y in XGBOOST.items()} | MORE_XGBOOST
    for name, (objective, y, options) in wanted.items():
        given = {"objective": objective, "max_depth": 5, "nthread": 1, "seed": 1, **options}
        if objective.startswith("multi"):
            given["num_class"] = 3
        data = xgboost.DMatrix(x, targets(score)[y])
        model = xgboost.train(given, data, 25)
        expected = model.predict(xgboost.DMatrix(test)).reshape(len(test), -1)
        for end in ("json", "ubj"):
            path = folder / f"xgboost_{name.replace(':', '_')}.{end}"
            model.save_model(path)
            yield name, path, expected


def write_lightgbm(folder):
    x, score = events()
    test, _ = events(seed=2)
    for name, (y, options) in LIGHTGBM.items():
        given = {"objective": name, "verbose": -1, "num_threads": 1, "seed": 1, **options}
        data = lightgbm.Dataset(x, targets(score)[y], params={"verbose": -1})
        model = lightgbm.train(given, data, 25)
        path = folder / f"lightgbm_{name}.txt"
        model.save_model(path)
        yield name, path, model.predict(test).reshape(len(test), -1)


def rows():
    return events(seed=2)[0]


def write_refused(folder):
    """Yields (file, what the message has)."""
    x, score = events()
    x = np.nan_to_num(x)
    kinds = np.random.default_rng(3).integers(0, 5, len(x))
    x[:, 0] = kinds
    y = (kinds % 2) + score / 9
    frame = xgboost.DMatrix(x, y, feature_types=["c"] + ["q"] * (N_FEATURES - 1),
                            enable_categorical=True)
    path = folder / "refused_categories.json"
    xgboost.train({"max_depth": 3, "max_cat_to_onehot": 1}, frame, 3).save_model(path)
    yield path, "by categories"
    path = folder / "refused_linear.json"
    xgboost.train({"booster": "gblinear"}, xgboost.DMatrix(x, y), 3).save_model(path)
    yield path, "booster 'gblinear'"
    path = folder / "refused_vectors.ubj"
    xgboost.train({"multi_strategy": "multi_output_tree", "tree_method": "hist"},
                  xgboost.DMatrix(x, targets(score)["many"]), 3).save_model(path)
    yield path, "vectors in leaves"
    data = lightgbm.Dataset(x, y, categorical_feature=[0], params={"verbose": -1})
    path = folder / "refused_categories.txt"
    lightgbm.train({"verbose": -1}, data, 3).save_model(path)
    yield path, "splits by categories"
    path = folder / "refused_leaves.txt"
    data = lightgbm.Dataset(x, y, params={"linear_tree": True, "verbose": -1})
    lightgbm.train({"verbose": -1, "linear_tree": True}, data, 3).save_model(path)
    yield path, "linear leaves"
    truncated = folder / "refused_end.json"
    whole = json.dumps(json.loads((folder / "refused_linear.json").read_text()))
    truncated.write_text(whole[:len(whole) // 2])
    yield truncated, "JSON"
