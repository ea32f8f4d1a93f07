# SPDX-License-Identifier: Apache-2.0
"""Tables of CSV and JSON lines through the library, with the options of opening."""

import contextlib
import ctypes as c
import os

import beamline_arrow
import beamline_write
import pyarrow


class _OpenOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("format", c.c_char_p), ("types", c.c_char_p),
                ("separator", c.c_char_p), ("no_header", c.c_bool), ("plain_vectors", c.c_bool)]


class _TableOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("tree", c.c_char_p), ("friends", c.c_void_p),
                ("n_friends", c.c_size_t), ("open", c.POINTER(_OpenOptions))]


class TextTable(beamline_arrow.Table):
    """A text file; `options` are those of bl_open_options."""

    def __init__(self, held, path, **options):
        self._handle = c.c_void_p()
        known = {key: value.encode() if isinstance(value, str) else value
                 for key, value in options.items()}
        opening = _OpenOptions(size=c.sizeof(_OpenOptions), **known)
        asked = _TableOptions(size=c.sizeof(_TableOptions), open=c.pointer(opening))
        names = (c.c_char_p * 1)(os.fsencode(path))
        beamline_arrow.call("bl_table_open", held, names, 1,
                            c.cast(c.byref(asked), c.POINTER(beamline_arrow._TableOptions)),
                            c.byref(self._handle))
        count = beamline_arrow.library.bl_table_n_columns(self._handle)
        self.columns = [self._column(i) for i in range(count)]


def read(path, n_threads=2, first=0, last=0, batch_rows=0, memory_bytes=0, **options):
    """All columns of a file as a pyarrow.Table."""
    with beamline_arrow.context(n_threads, memory_bytes) as held, \
            TextTable(held, path, **options) as table:
        arrays = table.read([column.index for column in table.columns], first, last, batch_rows)
        return pyarrow.table(arrays, [column.path for column in table.columns])


def write(path, table, n_threads=2, rows=None, codec=None, specs=None):
    """Writes a pyarrow.Table, `rows` rows a batch."""
    with beamline_arrow.context(n_threads) as held, \
            beamline_write.Output(held, path, codec=codec) as output:
        batches = table.to_batches(max_chunksize=rows)
        first = batches[0] if batches else pyarrow.RecordBatch.from_pylist([], table.schema)
        writer = output.add(first, specs)
        for batch in batches:
            output.write(writer, batch)
        output.finish()


@contextlib.contextmanager
def failing(status=None, *words):
    """The block must fail with a message that has all of these words."""
    try:
        yield
    except (beamline_arrow.Failure, pyarrow.ArrowException) as failure:
        for word in words:
            assert word in str(failure), str(failure)
        if isinstance(failure, beamline_arrow.Failure):  # a stream has no status
            assert status is None or failure.status == status, (failure.status, str(failure))
    else:
        raise AssertionError("it did not fail")
