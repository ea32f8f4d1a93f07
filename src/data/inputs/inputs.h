// SPDX-License-Identifier: Apache-2.0
/// \file
/// From columns of events to the inputs of networks: which columns they are, how their numbers lie
/// in them, how many there are and what they are called, and the rows of an event.
#ifndef BL_DATA_INPUTS_INPUTS_H
#define BL_DATA_INPUTS_INPUTS_H

#include "column/column.h"
#include "data/prepared/prepared.h"
#include "data/stream/dataset.h"

/// How the numbers of an input lie in columns.
typedef enum bl_input_layout {
    BL_INPUT_SCALARS, ///< each is a column: a vector
    BL_INPUT_LIST,    ///< one column has lists of all of them: a vector
    BL_INPUT_LISTS,   ///< each is a column of lists, an item a row: a sequence
    BL_INPUT_NESTED,  ///< one column has lists of lists of all of them: a sequence
} bl_input_layout;

/// An input: what the configuration says of it, and what columns add to that.
typedef struct bl_input {
    const bl_input_config *config; ///< borrows
    bl_input_layout layout;
    bl_prepared_input shape;              ///< most_rows: whoever looks at all events
    const bl_variable_config **variables; ///< [width] borrow; of numbers nobody named `others`
    bl_nn_columns columns; ///< names, curves and arrangement; what is fitted, and the rest that
                           ///< variables say, bl_fit_column adds
    size_t first_number;   ///< of it, among those of all inputs
} bl_input;

// ---- columns.c: which columns ----

/// Where columns are found by the names of the configuration.
typedef struct bl_column_finder {
    /// \param ret_type borrows \return BL_OK, BL_E_NOTFOUND
    bl_status (*find)(const void *self, const char *name, size_t *ret_column,
                      const bl_type **ret_type, bl_error *err);
    const void *self;
} bl_column_finder;

/// Finds what a stream takes along. \param stream borrows
bl_column_finder bl_stream_finder(const bl_stream *stream);
/// The columns of an input: one, or one a number.
size_t bl_input_n_columns(const bl_input_config *config);
const char *bl_input_column(const bl_input_config *config, size_t i);
/// Where an input's columns are.
typedef struct bl_input_place {
    size_t *columns;           ///< [bl_input_n_columns]
    const bl_type *first_type; ///< of the first of them; borrows
    bl_input_layout layout;
} bl_input_place;
/// \param ret_place in the arena \return BL_OK, BL_E_NOTFOUND, BL_E_TYPE, BL_E_NOMEM
bl_status bl_input_find(bl_arena *arena, const bl_input_config *config,
                        const bl_column_finder *finder, bl_input_place *ret_place, bl_error *err);
/// BL_E_TYPE: "column 'NAME' is TYPE, WHAT".
bl_status bl_column_wrong_type(const char *name, const bl_type *type, const char *what,
                               bl_error *err);

// ---- shapes.c: how many numbers, and what they are called ----

/// Takes layout and width over from columns; a width that their types do not say is 0 yet.
void bl_input_set_place(bl_input *input, const bl_input_place *place);
/// Finds a width that is 0 in the first event that has numbers. \param column the first of them
void bl_input_look(bl_input *input, const bl_column *column);
/// Names the numbers and finds what the configuration says of them: all but `first_number`.
/// \param title of the first column, which may list names with commas; NULL: none
/// \return BL_OK, BL_E_NOTFOUND (with the nearest names), BL_E_INVALID, BL_E_NOMEM
bl_status bl_input_describe(bl_arena *arena, bl_input *input, const char *title, bl_error *err);

// ---- gather.c: the rows of events ----

/// An input of the rows of a batch.
typedef struct bl_gathering {
    const bl_input *input;
    const bl_batch *batch;
    const size_t *columns; ///< [bl_input_n_columns] of the batch
    bool is_double;        ///< of the numbers that are made; else they are floats
} bl_gathering;

/// Rows of an event of a sequence, before they are arranged.
/// \return BL_OK, BL_E_SHAPE (lists of different lengths, or of other widths)
bl_status bl_gather_count(const bl_gathering *gathering, int64_t event, size_t *ret_n,
                          bl_error *err);
/// Rows of an event of a sequence as its columns have them. \param out [rows × width]
/// \return rows
size_t bl_gather_rows(const bl_gathering *gathering, int64_t event, void *out);
/// The same rows where they lie in the batch, if they lie there as they would be gathered; else
/// gathered into the room. \param room [rows × width] \param ret_n rows
const void *bl_gather_look(const bl_gathering *gathering, int64_t event, void *room, size_t *ret_n);
/// Vectors of some events. \param out [n × width] \param ret_event which event is wrong
/// \return BL_OK, BL_E_SHAPE (a list of another width)
bl_status bl_gather_vectors(const bl_gathering *gathering, int64_t first, size_t n, void *out,
                            int64_t *ret_event, bl_error *err);

#endif
