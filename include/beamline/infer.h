// SPDX-License-Identifier: Apache-2.0
/// \file
/// Trained models: load one, ask what it wants, run it. docs/infer.md shows a whole program.
///
/// A model is read once and shared; whoever runs it has a runner of its own, one for each thread.
/// After that nothing is allocated and nothing is locked, and the same events give the same bits,
/// alone or among others, with any number of threads, on any processor.
#ifndef BEAMLINE_INFER_H
#define BEAMLINE_INFER_H

#include <beamline/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A trained model. Immutable once it is loaded.
typedef struct bl_model bl_model;
/// What one thread runs a model with.
typedef struct bl_runner bl_runner;

/// Zero-initialise, set `size = sizeof(bl_model_options)`, then what differs from the default.
typedef struct bl_model_options {
    size_t size;
    bool raw;          ///< inputs are transformed already: the model's own transform is left out
    const char *layer; ///< a layer to stop at, whose output is then the only one; NULL: none
} bl_model_options;

/// Reads a model: a bundle of ours (.blm) or a model of another's that our layers can run;
/// docs/infer.md lists them. What a file is, its contents say. \param options NULL for the defaults
/// \param ret_model the caller owns it; freed before its context is \return BL_OK, BL_E_NOTFOUND
/// (the file, or the layer of the options), BL_E_ACCESS, BL_E_IO, BL_E_FORMAT (no model),
/// BL_E_CORRUPT, BL_E_INVALID, BL_E_UNSUPPORTED (naming the layer or operator), BL_E_SHAPE,
/// BL_E_LIMIT, BL_E_NOMEM
BL_API BL_MUST_CHECK bl_status bl_model_open(bl_context *context, const char *url,
                                             const bl_model_options *options, bl_model **ret_model,
                                             bl_error *err);
/// All its runners must be gone. NULL is allowed.
BL_API void bl_model_free(bl_model *model);

/// An input or output; it lives as long as the model.
typedef struct bl_model_port {
    const char *name;
    size_t steps; ///< most rows of an event; 0: one row, a vector
    size_t width; ///< numbers of a row
    bool ragged;  ///< events may have fewer rows than `steps`; else those are padded with zeros
    /// Of an input: events may have more rows than `steps`, any number; the model's own transform
    /// takes those that the network sees.
    bool cuts;
    /// [width] names of an input's columns, or classes of an output; NULL: not known
    const char *const *columns;
} bl_model_port;

BL_API size_t bl_model_n_inputs(const bl_model *model);
BL_API size_t bl_model_n_outputs(const bl_model *model);
/// \param i below bl_model_n_inputs
BL_API const bl_model_port *bl_model_input(const bl_model *model, size_t i);
/// \param i below bl_model_n_outputs
BL_API const bl_model_port *bl_model_output(const bl_model *model, size_t i);
/// Numbers that were trained, statistics among them.
BL_API size_t bl_model_n_parameters(const bl_model *model);
/// The model's own words about itself, as one JSON object: format, layers, classes, metrics, where
/// it comes from. Lives as long as the model.
BL_API const char *bl_model_describe(const bl_model *model);

/// What an input gets for some events.
typedef struct bl_model_feed {
    const float *values; ///< rows of `width` numbers, row behind row, event behind event
    size_t stride;       ///< floats from one row to the next; 0: the width
    /// [n_events + 1]: event e has rows offsets[e] … offsets[e + 1] − 1, counted from `values`.
    /// NULL: every event has `steps` rows; always of a vector, which has one.
    const int64_t *offsets;
} bl_model_feed;

/// Memory to run a model.
/// \param most_events that go through the network at once, 1 … 64; a call may have more. 0: 64.
/// Fewer take less memory; the results are the same
/// \param ret_runner the caller owns it; freed before its model is
/// \return BL_OK, BL_E_INVALID, BL_E_LIMIT (more than the context's memory budget), BL_E_NOMEM
BL_API BL_MUST_CHECK bl_status bl_runner_new(const bl_model *model, size_t most_events,
                                             bl_runner **ret_runner, bl_error *err);
/// NULL is allowed.
BL_API void bl_runner_free(bl_runner *runner);
/// Runs events. Allocates nothing.
/// \param feeds [n_inputs] in the order of the model's inputs
/// \param ret_outputs [n_outputs] of [n_events × width] of a vector, [n_events × steps × width] of
/// a sequence, zeros behind the rows that an event has; a NULL output is not written. After an
/// error some may have been written \return BL_OK, BL_E_SHAPE (an event has too many rows),
/// BL_E_INVALID (offsets that do not rise, or of a vector; a number that a layer cannot take):
/// naming the event
BL_API BL_MUST_CHECK bl_status bl_runner_run(bl_runner *runner, size_t n_events,
                                             const bl_model_feed *feeds, float *const *ret_outputs,
                                             bl_error *err);

#ifdef __cplusplus
}
#endif
#endif
