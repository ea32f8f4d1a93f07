# SPDX-License-Identifier: Apache-2.0
"""libbeamline for tests: tables opened through its C interface, columns as pyarrow arrays.

The library is the one that the environment's BEAMLINE_LIBRARY names. Where it names none, tests
that import this are skipped.
"""

import contextlib
import ctypes as c
import os
import unittest
from typing import NamedTuple

import pyarrow

OK, END = 0, 1


class Failure(Exception):
    """What a call of the library answered."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class _Error(c.Structure):
    _fields_ = [("status", c.c_int), ("message", c.c_char * 1024)]


class _ObjectInfo(c.Structure):
    _fields_ = [("size", c.c_size_t), ("path", c.c_char_p), ("class_name", c.c_char_p),
                ("title", c.c_char_p), ("cycle", c.c_int), ("offset", c.c_uint64),
                ("stored_bytes", c.c_uint64), ("raw_bytes", c.c_uint64), ("is_table", c.c_bool)]


class _ColumnInfo(c.Structure):
    _fields_ = [("size", c.c_size_t), ("path", c.c_char_p), ("name", c.c_char_p),
                ("title", c.c_char_p), ("source_type", c.c_char_p), ("type", c.c_void_p),
                ("unreadable", c.c_char_p), ("duplicate", c.c_int), ("n_rows", c.c_int64),
                ("n_chunks", c.c_int64), ("stored_bytes", c.c_uint64), ("raw_bytes", c.c_uint64),
                ("codec", c.c_char_p)]


class _OpenOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("format", c.c_char_p), ("types", c.c_char_p),
                ("separator", c.c_char_p), ("no_header", c.c_bool), ("plain_vectors", c.c_bool)]


class _TableOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("tree", c.c_char_p), ("friends", c.POINTER(c.c_char_p)),
                ("n_friends", c.c_size_t), ("open", c.POINTER(_OpenOptions))]


class _ScanOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("columns", c.POINTER(c.c_size_t)), ("n_columns", c.c_size_t),
                ("first", c.c_int64), ("last", c.c_int64), ("batch_rows", c.c_int64)]


class _ArrowArrayStream(c.Structure):
    _fields_ = [(name, c.c_void_p) for name in
                ("get_schema", "get_next", "get_last_error", "release", "private_data")]


_P, _PP, _N, _E = c.c_void_p, c.POINTER(c.c_void_p), c.c_size_t, c.POINTER(_Error)
_FALLIBLE = {
    "bl_context_new": [c.c_void_p, _PP, _E],
    "bl_catalog_open": [_P, c.c_char_p, _PP, _E],
    "bl_catalog_object": [_P, _N, c.POINTER(_ObjectInfo), _E],
    "bl_table_open": [_P, c.POINTER(c.c_char_p), _N, c.POINTER(_TableOptions), _PP, _E],
    "bl_table_n_rows": [_P, c.POINTER(c.c_int64), _E],
    "bl_table_cluster": [_P, _N, c.POINTER(c.c_int64), c.POINTER(c.c_int64), _E],
    "bl_table_column": [_P, _N, c.POINTER(_ColumnInfo), _E],
    "bl_table_find": [_P, c.c_char_p, c.POINTER(_N), _E],
    "bl_scan_open": [_P, c.POINTER(_ScanOptions), _PP, _E],
    "bl_scan_export": [_P, c.POINTER(_ArrowArrayStream), _E],
}
_PLAIN = {
    "bl_context_free": ([_P], None), "bl_catalog_close": ([_P], None),
    "bl_table_close": ([_P], None), "bl_catalog_n_objects": ([_P], _N),
    "bl_table_n_columns": ([_P], _N), "bl_table_n_clusters": ([_P], _N),
}


if "BEAMLINE_LIBRARY" not in os.environ:
    raise unittest.SkipTest("this build's library cannot be loaded by Python")
library = c.CDLL(os.environ["BEAMLINE_LIBRARY"])


def declare(fallible, plain):
    """Tells ctypes of functions that return a status ({name: arguments}) and of others
    ({name: (arguments, result)})."""
    for name, arguments in fallible.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, c.c_int
    for name, (arguments, result) in plain.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result


declare(_FALLIBLE, _PLAIN)


def call(name, *arguments):
    """Calls a fallible function of the library; raises what it answers."""
    err = _Error()
    status = getattr(library, name)(*arguments, c.byref(err))
    if status != OK:
        raise Failure(status, err.message.decode("utf-8", "replace") or f"{name}: status {status}")


def _text(value):
    return None if value is None else value.decode("utf-8", "surrogateescape")


class Column(NamedTuple):
    index: int
    path: str
    duplicate: int
    source_type: str
    unreadable: str | None
    n_rows: int


class _ContextOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("allocator", c.c_void_p), ("log", c.c_void_p),
                ("log_user", c.c_void_p), ("n_threads", c.c_uint), ("memory_bytes", c.c_uint64)]


@contextlib.contextmanager
def context(n_threads=0, memory_bytes=0):
    handle = _P()
    options = _ContextOptions(size=c.sizeof(_ContextOptions), n_threads=n_threads,
                              memory_bytes=memory_bytes)
    call("bl_context_new", c.byref(options), c.byref(handle))
    try:
        yield handle
    finally:
        library.bl_context_free(handle)


def trees(held, url):
    """Paths of the tables of a file, each once, in the file's order."""
    catalog = _P()
    call("bl_catalog_open", held, os.fsencode(url), c.byref(catalog))
    try:
        found = {}
        for i in range(library.bl_catalog_n_objects(catalog)):
            info = _ObjectInfo(size=c.sizeof(_ObjectInfo))
            call("bl_catalog_object", catalog, i, c.byref(info))
            if info.is_table:
                found[_text(info.path)] = _text(info.class_name)
        return found
    finally:
        library.bl_catalog_close(catalog)


class Table:
    """One or many files' table; `opening` is bl_open_options. Close it, or use it in a `with`."""

    def __init__(self, held, urls, tree=None, friends=(), **opening):
        urls = [urls] if isinstance(urls, (str, os.PathLike)) else list(urls)
        self._handle = _P()
        names = (c.c_char_p * len(urls))(*map(os.fsencode, urls))
        others = (c.c_char_p * len(friends))(*map(os.fsencode, friends))
        known = {key: value.encode() if isinstance(value, str) else value
                 for key, value in opening.items()}
        how = _OpenOptions(size=c.sizeof(_OpenOptions), **known)
        options = _TableOptions(size=c.sizeof(_TableOptions), friends=others, open=c.pointer(how),
                                n_friends=len(friends),
                                tree=None if tree is None else os.fsencode(tree))
        call("bl_table_open", held, names, len(urls), c.byref(options), c.byref(self._handle))
        self.columns = [self._column(i) for i in range(library.bl_table_n_columns(self._handle))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        library.bl_table_close(self._handle)
        self._handle = _P()

    def _column(self, i):
        info = _ColumnInfo(size=c.sizeof(_ColumnInfo))
        call("bl_table_column", self._handle, i, c.byref(info))
        return Column(i, _text(info.path), info.duplicate, _text(info.source_type),
                      _text(info.unreadable), info.n_rows)

    def n_rows(self):
        n_rows = c.c_int64()
        call("bl_table_n_rows", self._handle, c.byref(n_rows))
        return n_rows.value

    def clusters(self):
        """[(first row, one past the last row)]"""
        found = []
        for i in range(library.bl_table_n_clusters(self._handle)):
            first, last = c.c_int64(), c.c_int64()
            call("bl_table_cluster", self._handle, i, c.byref(first), c.byref(last))
            found.append((first.value, last.value))
        return found

    def find(self, name):
        """The column of that name; one of a declared friend opens the friend."""
        index = _N()
        call("bl_table_find", self._handle, name.encode(), c.byref(index))
        return self._column(index.value)

    def read(self, columns, first=0, last=0, batch_rows=0):
        """Rows [first, last) of columns (indices) as one pyarrow array each; last 0: to the end."""
        wanted = (_N * len(columns))(*columns)
        options = _ScanOptions(size=c.sizeof(_ScanOptions), columns=wanted, n_columns=len(columns),
                               first=first, last=last, batch_rows=batch_rows)
        scan, stream = _P(), _ArrowArrayStream()
        call("bl_scan_open", self._handle, c.byref(options), c.byref(scan))
        call("bl_scan_export", scan, c.byref(stream))
        reader = pyarrow.RecordBatchReader._import_from_c(c.addressof(stream))
        try:
            table = reader.read_all()
        finally:
            reader.close()
            del reader
        return [joined(table.column(i)) for i in range(len(columns))]


def joined(chunks):
    """One array of a chunked one."""
    if chunks.num_chunks == 1:
        return chunks.chunk(0)
    if chunks.num_chunks == 0:
        return pyarrow.array([], chunks.type)
    return pyarrow.concat_arrays(chunks.chunks)
