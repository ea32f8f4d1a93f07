# SPDX-License-Identifier: Apache-2.0
"""uproot's branches under the names that our columns have."""

import collections


def branches(tree):
    """{(path, repetition): branch} of a tree, parents before their children."""
    found, seen = {}, collections.Counter()

    def walk(parent, prefix):
        for branch in parent.branches:
            path = prefix + branch.name
            found[path, seen[path]] = branch
            seen[path] += 1
            walk(branch, path + "/")

    walk(tree, "")
    return found


def trees(file):
    """{path: tree}, of several cycles the newest."""
    names = file.keys(recursive=True, cycle=True, filter_classname=_is_tree)
    newest = {}
    for name in names:
        path, cycle = name.rsplit(";", 1)
        newest[path] = max(int(cycle), newest.get(path, 0))
    return {path: file[f"{path};{cycle}"] for path, cycle in newest.items()}


def _is_tree(class_name):
    return class_name in ("TTree", "TNtuple", "TNtupleD")
