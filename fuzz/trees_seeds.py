#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The first inputs of corpus/trees: small models, as XGBoost and LightGBM write them.
usage: trees_seeds.py fuzz/corpus/trees   (with a Python that has both)"""

import pathlib
import sys

import lightgbm
import numpy as np
import xgboost


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 3))
    x[rng.random(x.shape) < 0.1] = np.nan
    score = np.nansum(x, axis=1)
    two, three = (score > 0).astype(int), np.digitize(score, [-1, 1])
    for name, options, y in (
            ("binary", {"objective": "binary:logistic"}, two),
            ("classes", {"objective": "multi:softprob", "num_class": 3}, three),
            ("dart", {"objective": "count:poisson", "booster": "dart", "rate_drop": 0.5}, three)):
        model = xgboost.train({"max_depth": 2, **options}, xgboost.DMatrix(x, y), 2)
        model.save_model(folder / f"{name}.json")
        model.save_model(folder / f"{name}.ubj")
    for name, options, y in (
            ("binary", {"objective": "binary", "sigmoid": 0.5}, two),
            ("classes", {"objective": "multiclass", "num_class": 3}, three),
            ("forest", {"objective": "regression", "boosting": "rf", "bagging_freq": 1,
                        "bagging_fraction": 0.5}, score)):
        given = {"num_leaves": 4, "verbose": -1, **options}
        model = lightgbm.train(given, lightgbm.Dataset(x, y), 2)
        text = model.model_to_string()
        # without what nobody reads: importances and parameters
        (folder / f"{name}.txt").write_text(text[:text.index("end of trees")] + "end of trees\n")


if __name__ == "__main__":
    main()
