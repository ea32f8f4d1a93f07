# SPDX-License-Identifier: Apache-2.0
"""What ROOT itself reads: one JSON line for each column of a tree, as compare.py wants it.

usage: root_stats.py FILE TREE
Text columns are left out, for RDataFrame has no one word for their length, and counted arrays of
arrays, which it does not read.
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")
import ROOT  # noqa: E402  (it warns when it is imported)

# Values in double, whatever the column is: Sum() adds in the column's own type.
FLAT = """
template <class T> void add_flat(const T &value, ROOT::RVecD &flat) {
    if constexpr (std::is_arithmetic_v<T>)
        flat.push_back(value);
    else
        for (const typename T::value_type &item : value) add_flat(item, flat);
}
template <class T> ROOT::RVecD flat(const T &value) {
    ROOT::RVecD flat;
    add_flat(value, flat);
    return flat;
}
"""


def book(frame, column):
    """Results that the one pass over the tree will fill."""
    kind = frame.GetColumnType(column)
    if any(word in kind for word in ("string", "char", "Char", "array<")):
        return None
    # the alias, because a name with a dot is no expression
    frame = frame.Alias("value_", column).Define("flat_", "flat(value_)")
    frame = frame.Define("size_", "(ULong64_t)flat_.size()")
    return {"values": frame.Sum("size_"), "sum": frame.Sum("flat_"), "min": frame.Min("flat_"),
            "max": frame.Max("flat_")}


def is_ambiguous(column, columns):
    """ROOT takes x.x beside x for leaf x of branch x."""
    first, *rest = column.split(".")
    return rest == [first] and first in columns


def main():
    path, name = sys.argv[1:]
    ROOT.gInterpreter.Declare(FLAT)
    frame = ROOT.RDataFrame(name, path)
    entries = frame.Count()
    columns = [str(column) for column in frame.GetColumnNames()]
    booked = {column: book(frame, column) for column in columns
              if not is_ambiguous(column, columns)}
    for column, results in booked.items():
        if results:
            row = {"column": column, "entries": int(entries.GetValue())}
            row |= {key: float(result.GetValue()) for key, result in results.items()}
            if row["values"] == 0:  # of nothing, ROOT has a smallest value too
                row = {"column": column, "entries": row["entries"], "values": 0}
            print(json.dumps(row))


if __name__ == "__main__":
    main()
