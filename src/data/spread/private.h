// SPDX-License-Identifier: Apache-2.0
/// \file
/// Between the files of preparation's first pass.
#ifndef BL_DATA_SPREAD_PRIVATE_H
#define BL_DATA_SPREAD_PRIVATE_H

#include <pthread.h>

#include "data/spread/statistics.h"

/// Opens a stream as bl_stream_open does; where columns stand for others, an error says which
/// variation wants it.
bl_status bl_spool_open_stream(const bl_spool *spool, const bl_spool_pass *pass,
                               const bl_stretch *stretch, int64_t first, int64_t last,
                               bl_stream **ret_stream, bl_error *err);

// ---- setup.c, shapes.c, columns.c, survey.c: before rows are spread ----

/// Finds out all that the spool tells but its parts: names, classes, shapes, columns.
bl_status bl_spool_set_up(bl_spool *spool, bl_error *err);
/// Shapes of inputs, and what their numbers are called. \param stream the first there is
bl_status bl_spool_find_shapes(bl_spool *spool, const bl_stream *stream, const bl_source *source,
                               bl_error *err);
/// The columns of a spool file. \param stream the first there is
bl_status bl_spool_make_columns(bl_spool *spool, const bl_stream *stream, const bl_source *source,
                                bl_error *err);

/// What is known of a stretch before it is cut.
typedef struct bl_surveyed {
    double bytes_per_row; ///< of rows in memory, about
    size_t n_cuts;
} bl_surveyed;

/// Opens all stretches, checks that all of them have what is asked for, also as variations, and
/// makes the fingerprint. \param ret_surveyed [stretches] in the arena
bl_status bl_spool_survey(bl_spool *spool, bl_surveyed **ret_surveyed, bl_error *err);
/// Cuts stretches into parts, of all passes.
bl_status bl_spool_cut(bl_spool *spool, const bl_surveyed *surveyed, bl_error *err);

// ---- state.c: what is in the folder ----

/// Makes the folder and spool.json, or finds that they are this spool's, whose files are then as
/// large as they were to be; else removes what is there where that is allowed.
/// \return BL_OK, BL_E_EXISTS, BL_E_IO, BL_E_ACCESS, BL_E_NOMEM
bl_status bl_spool_begin(bl_spool *spool, bl_error *err);
/// Leaves out the files of the data set that an earlier run left out.
/// \return BL_OK, BL_E_NOMEM, and what bl_dataset_divide returns
bl_status bl_spool_leave_out(const bl_spool *spool, bl_error *err);
/// Path of a name in the folder. \param end follows it \return in the arena; NULL: no memory
const char *bl_spool_path(bl_arena *arena, const bl_spool *spool, const char *name,
                          const char *end);
/// What files of a part begin with: "00000", of a variation "00000.jesUp".
const char *bl_spool_stem(bl_arena *arena, const bl_spool_pass *pass, const bl_spool_part *part);
/// Says that a part is done. \return BL_OK, BL_E_IO, BL_E_ACCESS, BL_E_NOMEM
bl_status bl_spool_write_part(const bl_spool *spool, const bl_spool_pass *pass,
                              const bl_spool_part *part, bl_error *err);
/// Takes what an earlier run said of a part, where its files are as it left them.
/// \return BL_OK, also where there is nothing; BL_E_NOMEM
bl_status bl_spool_read_part(bl_spool *spool, const bl_spool_pass *pass, bl_spool_part *part,
                             bl_error *err);

// ---- order.c ----

/// Sorts rows by keys; those of the same key by file and entry. \return BL_OK, BL_E_NOMEM,
/// BL_E_CANCELLED
bl_status bl_spool_sort(const bl_spool *spool, bl_spool_row *rows, size_t n, bl_error *err);

// ---- sink.c: rows of a part become files ----

typedef struct bl_spool_chunk {
    bl_batch *batch; ///< shares
    int64_t first, last;
} bl_spool_chunk;

struct bl_spool_behind;

/// Rows of a part that wait to be written.
typedef struct bl_spool_sink {
    bl_spool *spool;
    struct bl_spool_behind *behind; ///< who writes them; borrows
    const bl_spool_pass *pass;
    bl_spool_part *part;
    const char *stem;
    size_t n_chunks, capacity;
    bl_spool_chunk *chunks; ///< [n_chunks]
    int64_t n_rows;
    uint64_t bytes;
} bl_spool_sink;

/// Bytes that a row takes in memory, of a column.
uint64_t bl_spool_row_bytes(const bl_column *column, int64_t row);
/// Adds rows; hands over a file of them when there are enough. \param rows moves, also on failure
bl_status bl_spool_sink_add(bl_spool_sink *sink, bl_batch *rows, bl_error *err);
/// Hands over what is left.
bl_status bl_spool_sink_finish(bl_spool_sink *sink, bl_error *err);
void bl_spool_sink_release(bl_spool_sink *sink);
/// Without rows again, which somebody else has now.
void bl_spool_sink_begin(bl_spool_sink *sink);

// ---- behind.c: files are written while the next rows are made ----

/// A file on its way. All calls come from the thread that makes rows.
typedef struct bl_spool_behind {
    bl_spool *spool;
    pthread_t thread;
    bool is_running;    ///< the thread is to be joined
    const char *path;   ///< of the file; NULL: none is on its way
    bl_spool_sink rows; ///< of it; owns
    bl_spool_file file;
    bl_status status; ///< how it went, when it ran
    bl_error error;
    const bl_spool_pass *pass;
    bl_spool_part *ended; ///< waits for its last file; NULL: none
} bl_spool_behind;

/// Waits for the file before, and begins to write another one, of a sink's rows, which it takes;
/// with one thread it writes it at once. \return what the file before returned
bl_status bl_spool_write_behind(bl_spool_behind *behind, bl_spool_sink *sink, bl_error *err);
/// Says that a part is done as soon as its last file is. \return as bl_spool_settle
bl_status bl_spool_end_part(bl_spool_behind *behind, const bl_spool_pass *pass, bl_spool_part *part,
                            bl_error *err);
/// Waits for the file that is on its way, and releases its rows.
/// \return BL_OK, and what sorting, outputs and bl_spool_write_part return
bl_status bl_spool_settle(bl_spool_behind *behind, bl_error *err);

#endif
