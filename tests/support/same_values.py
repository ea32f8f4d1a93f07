# SPDX-License-Identifier: Apache-2.0
"""Our columns (pyarrow) against other readers' (awkward): the same counts and values.

Both are walked level by level: list lengths first, then what is inside. Floats are the same where
their bits are, or both are NaN.
"""

import awkward
import numpy
import pyarrow


def difference(ours, theirs, tolerance=0.0):
    """None, or a sentence on the first difference.

    `tolerance` is for ranged floats (Double32_t, Float16_t), whose readers round differently: of
    values near 1, and no less than the precision of the narrower type.
    """
    return _compare(ours, awkward.to_packed(theirs).layout, tolerance, "")


def _compare(ours, theirs, tolerance, where):
    while theirs.is_option or theirs.is_indexed:
        theirs = theirs.project()
    if len(ours) != len(theirs):
        return f"{where}has {len(ours)} items, theirs {len(theirs)}"
    if theirs.parameter("__array__") in ("string", "bytestring"):
        return _compare_texts(ours, theirs, where)
    if theirs.is_numpy and theirs.data.ndim > 1:
        theirs = theirs.to_RegularArray()
    if theirs.is_record and theirs.fields == ["fName", "fSize", "refs"]:
        refs = awkward.Array(theirs.content("refs"))  # a TRefArray: ours are the references alone
        theirs = awkward.to_packed(awkward.values_astype(refs, numpy.uint32)).layout
    if theirs.is_list:
        return _compare_lists(ours, theirs, tolerance, where)
    if theirs.is_record:
        return _compare_records(ours, theirs, tolerance, where)
    if theirs.is_numpy:
        return _compare_numbers(ours, theirs.data, tolerance, where)
    if theirs.is_unknown:
        return None
    return f"{where}is a {type(theirs).__name__} of theirs, {ours.type} of ours"


def _counts(layout):
    if layout.is_regular:
        return numpy.full(len(layout), layout.size), layout.content[: len(layout) * layout.size]
    layout = layout.to_ListOffsetArray64(True)
    offsets = numpy.asarray(layout.offsets)
    return numpy.diff(offsets), layout.content[: offsets[-1]]


def _our_counts(ours):
    if pyarrow.types.is_fixed_size_list(ours.type):
        return numpy.full(len(ours), ours.type.list_size)
    return numpy.diff(ours.offsets.to_numpy())


def _first(same):
    return int(numpy.flatnonzero(~same)[0])


def _compare_lists(ours, theirs, tolerance, where):
    types = pyarrow.types
    if not (types.is_list(ours.type) or types.is_large_list(ours.type)
            or types.is_fixed_size_list(ours.type)):
        return f"{where}is {ours.type}, theirs a list"
    counts, content = _counts(theirs)
    same = _our_counts(ours) == counts
    if not same.all():
        at = _first(same)
        return f"{where}list {at} has {_our_counts(ours)[at]} items, theirs {counts[at]}"
    return _compare(ours.flatten(), content, tolerance, where)


def _compare_texts(ours, theirs, where):
    if not (pyarrow.types.is_string(ours.type) or pyarrow.types.is_binary(ours.type)):
        return f"{where}is {ours.type}, theirs text"
    counts, content = _counts(theirs)
    same = numpy.diff(_offsets_of_text(ours)) == counts
    if not same.all():
        at = _first(same)
        return f"{where}text {at} has {numpy.diff(_offsets_of_text(ours))[at]} bytes, " \
               f"theirs {counts[at]}"
    if len(ours) == 0:
        return None
    offsets = _offsets_of_text(ours)
    mine = numpy.frombuffer(ours.buffers()[2] or b"", numpy.uint8)[offsets[0]:offsets[-1]]
    return None if numpy.array_equal(mine, content.data) else f"{where}text differs"


def _offsets_of_text(ours):
    if len(ours) == 0:
        return numpy.zeros(1, numpy.int32)
    offsets = numpy.frombuffer(ours.buffers()[1], numpy.int32)
    return offsets[ours.offset:ours.offset + len(ours) + 1]


def _compare_records(ours, theirs, tolerance, where):
    if not pyarrow.types.is_struct(ours.type):
        return f"{where}is {ours.type}, theirs has members {theirs.fields}"
    members = {str(i) if theirs.is_tuple else ours.type.field(i).name: i
               for i in range(ours.type.num_fields)}
    names = [name for name in theirs.fields if not name.startswith("@")]
    if set(names) != set(members):
        return f"{where}has members {sorted(members)}, theirs {sorted(names)}"
    fields = ours.flatten()
    for name in names:
        found = _compare(fields[members[name]], theirs.content(name), tolerance, f"{where}{name}: ")
        if found:
            return found
    return None


def _compare_numbers(ours, theirs, tolerance, where):
    if pyarrow.types.is_nested(ours.type) or pyarrow.types.is_string(ours.type):
        return f"{where}is {ours.type}, theirs {theirs.dtype}"
    mine = ours.to_numpy(zero_copy_only=False)
    theirs = theirs.astype(theirs.dtype.newbyteorder("="), copy=False)
    if mine.dtype.kind == theirs.dtype.kind == "f" and tolerance:
        return _compare_rounded(mine, theirs, tolerance, where)
    if mine.dtype != theirs.dtype:
        return f"{where}is {mine.dtype}, theirs {theirs.dtype}"
    same = mine == theirs
    if mine.dtype.kind == "f":
        bits = f"u{mine.dtype.itemsize}"
        same = (mine.view(bits) == theirs.view(bits)) | (numpy.isnan(mine) & numpy.isnan(theirs))
    return _told(same, mine, theirs, where)


def _compare_rounded(mine, theirs, tolerance, where):
    if theirs.dtype.itemsize < mine.dtype.itemsize:
        tolerance = max(tolerance, 8 * float(numpy.finfo(theirs.dtype).eps))
    same = numpy.isclose(mine, theirs, rtol=tolerance, atol=tolerance, equal_nan=True)
    return _told(same, mine, theirs, where)


def _told(same, mine, theirs, where):
    if same.all():
        return None
    at = _first(same)
    return f"{where}value {at} of {len(mine)} is {mine[at]!r}, theirs {theirs[at]!r}"
