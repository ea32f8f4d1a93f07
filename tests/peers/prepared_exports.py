# SPDX-License-Identifier: Apache-2.0
"""A prepared data set exported for Spark and for TensorFlow, which read it: every value is what
NumPy makes of the shards.

usage: prepared_exports.py spark|tensorflow PYTHON FOLDER    (PYTHON has it)
"""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import prepared  # noqa: E402
import prepared_sample  # noqa: E402
import published  # noqa: E402
from command import run  # noqa: E402

EXPORTS = {"spark": ["--schema", "spark", "--with", "hfeatures,label,lfeatures"],
           "tensorflow": ["--as", "tfrecord", "--with", ""]}


def wanted(folder, part):
    """{column: rows}, as JSON has them."""
    found = {name: [values.tolist() for values in events]
             for name, events in published.inputs(folder, part).items()}
    table = prepared.part(folder, part)
    return found | {"encoded_label": published.one_hot(folder, part).tolist(),
                    "label": table["label"].to_pylist(),
                    "hfeatures": table["hfeatures"].to_pylist(),
                    "lfeatures": table["lfeatures"].to_pylist()}


def main():
    peer, python, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    made = prepared_sample.prepare(folder, type="float64", inputs=prepared_sample.INPUTS)
    run("prepare", made, "--export", folder / "out", "-q", *EXPORTS[peer])
    for part in ("train", "test"):
        (folder / f"{part}.json").write_text(json.dumps(wanted(made, part)), "utf-8")
    script = pathlib.Path(__file__).with_name(f"{peer}_reads_prepared.py")
    done = subprocess.run([python, script, folder], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:] + done.stdout[-2000:])
    print(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
