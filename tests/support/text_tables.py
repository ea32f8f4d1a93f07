# SPDX-License-Identifier: Apache-2.0
"""Tables of CSV and JSON lines through the library, with the options of opening."""

import contextlib

import beamline_arrow
import beamline_write
import pyarrow


def read(path, n_threads=2, first=0, last=0, batch_rows=0, memory_bytes=0, **options):
    """All columns of a file as a pyarrow.Table."""
    with beamline_arrow.context(n_threads, memory_bytes) as held, \
            beamline_arrow.Table(held, path, **options) as table:
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
