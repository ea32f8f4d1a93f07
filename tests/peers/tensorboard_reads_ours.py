#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tensorboard_reads_ours.py FOLDER

TensorBoard reads what tests/events/events_write.c wrote, and of a training that went on takes no
step twice.
"""

import logging
import math
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np  # noqa: E402
from tensorboard.backend.event_processing import event_accumulator  # noqa: E402


def expected(tag):
    """(wall time, step, value) of a tag: the second file from step 300 on."""
    rows = []
    for i in range(6):
        value = float(i)
        if tag == "train/loss":
            value = float(np.float32(math.inf if i == 4 else 1 / (i + 1)))
            value = -value if i >= 3 else value
        rows.append((1000.0 + i, 100 * i, value))
    return rows


def main():
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    files = os.listdir(sys.argv[1])
    if len(files) != 2:
        sys.exit(f"{len(files)} files instead of 2")
    board = event_accumulator.EventAccumulator(sys.argv[1])
    board.Reload()
    tags = board.Tags()["scalars"]
    if sorted(tags) != ["train/loss", "validation/auc of W+é"]:
        sys.exit(f"tags {tags}")
    n = 0
    for tag in tags:
        found = [(event.wall_time, event.step, event.value) for event in board.Scalars(tag)]
        if found != expected(tag):
            sys.exit(f"{tag}: {found}\ninstead of {expected(tag)}")
        n += len(found)
    print(f"{len(files)} files, {n} values: the same")


if __name__ == "__main__":
    main()
