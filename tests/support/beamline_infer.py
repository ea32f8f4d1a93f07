# SPDX-License-Identifier: Apache-2.0
"""Models run through the shared library: include/beamline/infer.h by ctypes."""

import ctypes as c
import os

import numpy as np


class Options(c.Structure):
    _fields_ = [("size", c.c_size_t), ("raw", c.c_bool), ("layer", c.c_char_p)]


class Port(c.Structure):
    _fields_ = [("name", c.c_char_p), ("steps", c.c_size_t), ("width", c.c_size_t),
                ("ragged", c.c_bool), ("cuts", c.c_bool), ("columns", c.POINTER(c.c_char_p))]


class Feed(c.Structure):
    _fields_ = [("values", c.POINTER(c.c_float)), ("stride", c.c_size_t),
                ("offsets", c.POINTER(c.c_int64))]


class Error(c.Structure):
    _fields_ = [("status", c.c_int), ("message", c.c_char * 512)]


library = c.CDLL(os.environ["BEAMLINE_LIBRARY"])
for name in "bl_model_input", "bl_model_output":
    getattr(library, name).restype = c.POINTER(Port)
    getattr(library, name).argtypes = [c.c_void_p, c.c_size_t]
for name in "bl_model_n_inputs", "bl_model_n_outputs", "bl_model_n_parameters":
    getattr(library, name).restype = c.c_size_t
    getattr(library, name).argtypes = [c.c_void_p]
for name in "bl_model_free", "bl_runner_free", "bl_context_free":
    getattr(library, name).argtypes = [c.c_void_p]


def check(status, error):
    if status:
        raise ValueError(error.message.decode())


class Model:
    """A model with one runner."""

    def __init__(self, path, raw=False, layer=None):
        error, options = Error(), Options(c.sizeof(Options), raw, layer and layer.encode())
        self.context, self.model, self.runner = c.c_void_p(), c.c_void_p(), c.c_void_p()
        check(library.bl_context_new(None, c.byref(self.context), c.byref(error)), error)
        check(library.bl_model_open(self.context, os.fsencode(path), c.byref(options),
                                    c.byref(self.model), c.byref(error)), error)
        check(library.bl_runner_new(self.model, c.c_size_t(0), c.byref(self.runner),
                                    c.byref(error)), error)
        self.inputs = [library.bl_model_input(self.model, i).contents
                       for i in range(library.bl_model_n_inputs(self.model))]
        self.outputs = [library.bl_model_output(self.model, i).contents
                        for i in range(library.bl_model_n_outputs(self.model))]
        self.n_parameters = library.bl_model_n_parameters(self.model)

    def close(self):
        library.bl_runner_free(self.runner)
        library.bl_model_free(self.model)
        library.bl_context_free(self.context)

    def run(self, *inputs):
        """Each input an array, or a pair of rows and offsets -> a list of arrays"""
        error, kept, feeds = Error(), [], (Feed * len(inputs))()
        n_events = 0
        for feed, given in zip(feeds, inputs, strict=True):
            rows, offsets = given if isinstance(given, tuple) else (given, None)
            rows = np.ascontiguousarray(rows, np.float32)
            feed.values = rows.ctypes.data_as(c.POINTER(c.c_float))
            n_events = len(rows) if offsets is None else len(offsets) - 1
            if offsets is not None:
                offsets = np.ascontiguousarray(offsets, np.int64)
                feed.offsets = offsets.ctypes.data_as(c.POINTER(c.c_int64))
            kept += [rows, offsets]
        shapes = [(n_events, p.steps, p.width) if p.steps else (n_events, p.width)
                  for p in self.outputs]
        made = [np.empty(shape, np.float32) for shape in shapes]
        pointers = (c.POINTER(c.c_float) * len(made))(
            *[one.ctypes.data_as(c.POINTER(c.c_float)) for one in made])
        check(library.bl_runner_run(self.runner, c.c_size_t(n_events), feeds, pointers,
                                    c.byref(error)), error)
        return made
