# SPDX-License-Identifier: Apache-2.0
"""libbeamline for tests: expressions over pyarrow record batches."""

import ctypes as c

import pyarrow
from beamline_arrow import call, declare, library
from beamline_write import _ArrowArray, _ArrowSchema, imported

_P, _N = c.c_void_p, c.c_size_t
declare({
    "bl_expressions_new_for_batch": [_P, _P, _P, _N, _P, _P],
    "bl_expressions_eval": [_P, _P, _P, _P],
    "bl_batch_export": [_P, _P, _P, _P],
}, {
    "bl_expressions_free": ([_P], None),
    "bl_expressions_columns": ([_P, c.POINTER(c.POINTER(_N))], _N),
})


class _NamedText(c.Structure):
    _fields_ = [("name", c.c_char_p), ("text", c.c_char_p)]


def _exported(batch):
    array, schema = _ArrowArray(), _ArrowSchema()
    call("bl_batch_export", batch, c.byref(schema), c.byref(array))
    return pyarrow.RecordBatch._import_from_c(c.addressof(array), c.addressof(schema))


def evaluate(held, record_batch, **texts):
    """What named expressions over the columns of a pyarrow.RecordBatch give, as another one."""
    named = (_NamedText * len(texts))(*[_NamedText(name.encode(), text.encode())
                                        for name, text in texts.items()])
    expressions, result, columns = _P(), _P(), c.POINTER(_N)()
    with imported(held, record_batch) as batch:
        call("bl_expressions_new_for_batch", held, batch, named, len(texts),
             c.byref(expressions))
    try:
        n = library.bl_expressions_columns(expressions, c.byref(columns))
        used = record_batch.select([columns[i] for i in range(n)])
        if n == 0:  # pyarrow keeps no length without a column
            raise ValueError("expressions without columns")
        with imported(held, used) as batch:
            call("bl_expressions_eval", expressions, batch, c.byref(result))
        try:
            return _exported(result)
        finally:
            library.bl_batch_release(result)
    finally:
        library.bl_expressions_free(expressions)
