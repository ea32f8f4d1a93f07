# SPDX-License-Identifier: Apache-2.0
"""What ROOT itself reads: one JSON line for each column of a tree, as compare.py wants it.

usage: root_stats.py FILE TREE
Text columns are left out: RDataFrame has no one word for their length.
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")
import ROOT  # noqa: E402  (it warns when it is imported)


def book(frame, column):
    """Results that the one pass over the tree will fill."""
    kind = frame.GetColumnType(column)
    if "string" in kind or "char" in kind or "Char" in kind:
        return None
    is_list = "RVec" in kind
    frame = frame.Alias("value_", column)  # a name with a dot is no expression
    # Sums in double, whatever the column is: Sum() adds in the column's own type.
    exact = "ROOT::RVecD(value_.begin(), value_.end())" if is_list else "double(value_)"
    size = "(ULong64_t)value_.size()" if is_list else "1ULL"
    frame = frame.Define("exact_", exact).Define("size_", size)
    return {"values": frame.Sum("size_"), "sum": frame.Sum("exact_"), "min": frame.Min("exact_"),
            "max": frame.Max("exact_")}


def main():
    path, name = sys.argv[1:]
    frame = ROOT.RDataFrame(name, path)
    entries = frame.Count()
    columns = [str(column) for column in frame.GetColumnNames()]
    booked = {column: book(frame, column) for column in columns}
    for column, results in booked.items():
        if results:
            row = {"column": column, "entries": int(entries.GetValue())}
            row |= {key: float(result.GetValue()) for key, result in results.items()}
            if row["values"] == 0:  # of nothing, ROOT has a smallest value too
                row = {"column": column, "entries": row["entries"], "values": 0}
            print(json.dumps(row))


if __name__ == "__main__":
    main()
