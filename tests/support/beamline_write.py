# SPDX-License-Identifier: Apache-2.0
"""libbeamline for tests: files written through its C interface, from pyarrow record batches."""

import contextlib
import ctypes as c
import os

from beamline_arrow import call, declare, library

_P = c.c_void_p
declare({
    "bl_batch_import": [_P, _P, _P, _P, _P],
    "bl_output_open": [_P, c.c_char_p, _P, _P, _P],
    "bl_output_finish": [_P, _P],
    "bl_output_add": [_P, _P, c.c_size_t, _P, _P, _P],
    "bl_writer_write": [_P, _P, _P],
}, {
    "bl_output_close": ([_P], None), "bl_batch_release": ([_P], None),
    "bl_batch_column": ([_P, c.c_size_t], _P), "bl_column_type": ([_P], _P),
})


class _OutputOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("format", c.c_char_p), ("codec", c.c_char_p),
                ("base", c.c_char_p), ("overwrite", c.c_bool),
                ("metadata", c.POINTER(c.c_char_p)), ("n_metadata", c.c_size_t),
                ("separator", c.c_char_p), ("encoding", c.c_char_p)]


class _ColumnSpec(c.Structure):
    _fields_ = [("size", c.c_size_t), ("name", c.c_char_p), ("title", c.c_char_p),
                ("type", c.c_void_p), ("counter", c.c_char_p), ("source_type", c.c_char_p)]


class _WriterOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("path", c.c_char_p), ("title", c.c_char_p),
                ("cluster_rows", c.c_int64), ("cluster_bytes", c.c_uint64),
                ("chunk_bytes", c.c_uint64), ("friend_of", c.c_char_p)]


class _ArrowSchema(c.Structure):
    _fields_ = [("before", c.c_void_p * 7), ("release", c.CFUNCTYPE(None, c.c_void_p)),
                ("private_data", c.c_void_p)]


class _ArrowArray(c.Structure):
    _fields_ = [("before", c.c_void_p * 8), ("release", c.c_void_p), ("private_data", c.c_void_p)]


@contextlib.contextmanager
def imported(held, record_batch):
    """A pyarrow.RecordBatch as a batch of the library's; nothing is copied."""
    schema, array, batch = _ArrowSchema(), _ArrowArray(), c.c_void_p()
    record_batch._export_to_c(c.addressof(array), c.addressof(schema))
    try:
        call("bl_batch_import", held, c.byref(schema), c.byref(array), c.byref(batch))
    finally:
        schema.release(c.addressof(schema))
    try:
        yield batch
    finally:
        library.bl_batch_release(batch)


def _bytes(text):
    return None if text is None else os.fsencode(text)


class Output:
    """A file being written. Use it in a `with`; it appears when `finish` returns."""

    def __init__(self, held, path, codec=None, base=None, overwrite=False, metadata=None,
                 encoding=None):
        self._held, self._handle = held, c.c_void_p()
        pairs = [_bytes(text) for pair in (metadata or {}).items() for text in pair]
        options = _OutputOptions(size=c.sizeof(_OutputOptions), codec=_bytes(codec),
                                 base=_bytes(base), overwrite=overwrite, encoding=_bytes(encoding),
                                 metadata=(c.c_char_p * len(pairs))(*pairs),
                                 n_metadata=len(pairs) // 2)
        call("bl_output_open", held, os.fsencode(path), c.byref(options), c.byref(self._handle))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        library.bl_output_close(self._handle)
        self._handle = c.c_void_p()

    def add(self, record_batch, specs=None, **options):
        """A table with the columns of a record batch, none of whose rows are written yet.

        `specs` has title, counter and source_type of columns by name; `options` are those of
        bl_writer_options.
        """
        specs = specs or {}
        columns = (_ColumnSpec * record_batch.num_columns)()
        writer = c.c_void_p()
        known = {key: _bytes(value) if isinstance(value, (str, os.PathLike)) else value
                 for key, value in options.items()}
        asked = _WriterOptions(size=c.sizeof(_WriterOptions), **known)
        with imported(self._held, record_batch.slice(0, 0)) as batch:
            for i, name in enumerate(record_batch.schema.names):
                wishes = {key: _bytes(value) for key, value in specs.get(name, {}).items()}
                kind = library.bl_column_type(library.bl_batch_column(batch, i))
                columns[i] = _ColumnSpec(size=c.sizeof(_ColumnSpec), name=_bytes(name), type=kind,
                                         **wishes)
            call("bl_output_add", self._handle, columns, len(columns), c.byref(asked),
                 c.byref(writer))
        return writer

    def write(self, writer, record_batch):
        with imported(self._held, record_batch) as batch:
            call("bl_writer_write", writer, batch)

    def finish(self):
        call("bl_output_finish", self._handle)
