# SPDX-License-Identifier: Apache-2.0
"""YAML as PyYAML's safe loader reads it: random scalars and documents, and weaver's own files."""

import datetime
import itertools
import json
import math
import os
import pathlib
import random
import subprocess

import pytest
import yaml

READER = pathlib.Path(os.environ["BEAMLINE_BUILD"], "tests/yaml/yaml_as_json")
ALPHABET = "01237890_+-.:eExXbinfNaOoyYsS~ "
N_SCALARS = 20_000


class WithoutDates(yaml.SafeLoader):
    """Dates stay texts in ours."""


WithoutDates.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers
            if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def ours(texts):
    lines = "".join(t.replace("\\", "\\\\").replace("\n", "\\n") + "\n" for t in texts)
    done = subprocess.run([READER], input=lines, capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(texts)
    return [None if answer.startswith("error:") else json.loads(answer) for answer in answers]


def plain(value):
    """A value of PyYAML as the reader prints it; keys are texts there."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**63):
        value = float(value)
        return {"float": "nan" if math.isnan(value) else "inf" if value == math.inf else
                "-inf" if value == -math.inf else f"{value:.17g}"}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    assert not isinstance(value, datetime.date)
    return value


def theirs(text):
    return plain(yaml.load(text, Loader=WithoutDates))  # noqa: S506


def is_scalar(text):
    try:
        return not isinstance(yaml.load(text, Loader=yaml.BaseLoader), (dict, list))  # noqa: S506
    except yaml.YAMLError:
        return False


def test_scalars():
    rng = random.Random(11)
    words = ["1e5", "1.5e+3", "-.inf", ".NaN", "0o17", "190:20:30", "190:20:30.15", "0b1_0",
             "685_230", "0x_0A", "1_000.5", "+12e03", "=", "yes", "NO", "!!int '3'", "'no'",
             '"a\\tb"', "|\n x\n"]
    texts = words + ["".join(rng.choices(ALPHABET, k=rng.randint(1, 8))) for _ in range(N_SCALARS)]
    texts = [text for text in texts if is_scalar(text)]
    assert len(texts) > N_SCALARS / 3
    wrong = []
    for text, answer in zip(texts, ours(texts), strict=True):
        try:
            expected = theirs(text)
        except (yaml.YAMLError, ValueError, OverflowError):
            continue  # such as "0x_", which PyYAML takes for an integer and then fails to read
        if answer != expected:
            wrong.append((text, answer, expected))
    assert not wrong, wrong[:10]


def test_documents():
    rng = random.Random(12)
    scalars = ["1", "2.5", "a b", "'x: y'", "~", "no", "[]", "{}"]

    def make(depth):
        kind = rng.randint(0, 2 if depth else 0)
        if kind == 0:
            return rng.choice(scalars)
        items = [make(depth - 1) for _ in range(rng.randint(0, 4))]
        if kind == 1:
            return "[" + ", ".join(items) + "]"
        return "{" + ", ".join(f"k{i}: {item}" for i, item in enumerate(items)) + "}"

    texts = [make(4) for _ in range(2000)]
    texts += ["a: &x {p: 1}\nb: {<<: *x, q: 2}\nc: [*x, *x]\n", "- a\n- - b\n  - c: d\n",
              "# nothing\n"]
    assert ours(texts) == [theirs(text) for text in texts]


def test_configurations_of_weaver():
    folder = os.environ.get("BEAMLINE_DATA")
    if not folder:
        pytest.skip("BEAMLINE_DATA does not name a folder of real files")
    texts = [path.read_text("utf-8") for path in sorted(pathlib.Path(folder, "weaver").glob("*"))]
    assert len(texts) == 5
    for answer, text in itertools.zip_longest(ours(texts), texts):
        assert answer == theirs(text)
