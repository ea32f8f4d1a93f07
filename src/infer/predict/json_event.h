// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside JSON lines: the numbers of events, read of JSON objects.
#ifndef BL_INFER_PREDICT_JSON_EVENT_H
#define BL_INFER_PREDICT_JSON_EVENT_H

#include "base/document.h"
#include "base/names.h"
#include "infer/model.h"

/// What names in objects mean, for one model.
typedef struct bl_json_names {
    const bl_model *model;
    size_t n_columns; ///< of all inputs
    size_t *first;    ///< [n_inputs] number of an input's first column
    bl_name_map map;  ///< inputs are their numbers, column c of all is n_inputs + c
    bool *is_shared;  ///< [n_columns] several inputs have a column of this name
} bl_json_names;

/// \param arena holds it, and names borrow from the model \return BL_OK, BL_E_NOMEM
bl_status bl_json_names_init(bl_arena *arena, const bl_model *model, bl_json_names *ret_names,
                             bl_error *err);
void bl_json_names_release(bl_context *context, bl_json_names *names);

/// Numbers of an input.
typedef struct bl_json_input {
    float *values; ///< [n] owns
    size_t n, room;
    int64_t *offsets; ///< [most_events + 1] rows
} bl_json_input;

/// Room for some events.
typedef struct bl_json_events {
    const bl_json_names *names;
    size_t n;              ///< events
    bl_json_input *inputs; ///< [n_inputs]
    const bl_item **given; ///< [n_inputs + n_columns] what an object has under each name
} bl_json_events;

/// \param arena holds what does not grow
bl_status bl_json_events_init(bl_arena *arena, const bl_json_names *names, size_t most_events,
                              bl_json_events *ret_events, bl_error *err);
void bl_json_events_release(bl_context *context, bl_json_events *events);
/// Adds an event, wholly or not at all; there must be room for one.
/// \return BL_OK, BL_E_INVALID, BL_E_NOTFOUND (with the nearest names), BL_E_SHAPE, BL_E_NOMEM
bl_status bl_json_events_add(bl_json_events *events, const bl_item *object, bl_error *err);
/// What a runner is fed with: of all events, or of event `first` alone.
/// \param ret_feeds [n_inputs] borrows until events are added
/// \param offsets [n_inputs][2] room where there is one event
void bl_json_events_feed(const bl_json_events *events, size_t first, bool is_one,
                         int64_t (*offsets)[2], bl_model_feed *ret_feeds);

#endif
