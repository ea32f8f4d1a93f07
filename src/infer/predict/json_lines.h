// SPDX-License-Identifier: Apache-2.0
/// \file
/// Events as JSON lines, and scores as JSON lines: one object in, one object out, in the same
/// order.
///
/// An event has its inputs by name, {"particles": [[1, 2], [3, 4]], "features": [5, 6]}, or the
/// columns of inputs by theirs, {"HT": 5, "MET": 6}, of a sequence each with the list of its rows.
/// null is NaN. An answer is {"scores": {"QCD": 0.25, "tt": 0.75}}, where null is no finite number;
/// or, for a line that is wrong, {"error": "line 3: ..."}. Lines of white space have no answer.
#ifndef BL_INFER_PREDICT_JSON_LINES_H
#define BL_INFER_PREDICT_JSON_LINES_H

#include "infer/model.h"

/// Bytes of a line at most.
#define BL_JSON_LINE_BYTES ((size_t)16 << 20)

typedef struct bl_json_lines bl_json_lines;

/// \param model borrows until it is freed; of one output, a vector
/// \param put takes answers, whole lines \param user goes to `put`
/// \return BL_OK, BL_E_UNSUPPORTED (other outputs), BL_E_INVALID (an input of the name of a column,
/// or a column of two inputs), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_json_lines_new(const bl_model *model,
                            bl_status (*put)(void *user, const char *text, size_t size,
                                             bl_error *err),
                            void *user, bl_json_lines **ret_lines, bl_error *err);
void bl_json_lines_free(bl_json_lines *lines);
BL_DEFINE_AUTO(bl_json_lines, bl_json_lines_free);

/// Takes bytes, and answers all lines that end in them, on all threads. The answers do not depend
/// on how lines come in pieces. \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED, and what `put` returns
bl_status bl_json_lines_add(bl_json_lines *lines, const char *bytes, size_t size, bl_error *err);
/// Answers a last line without its end.
bl_status bl_json_lines_finish(bl_json_lines *lines, bl_error *err);

int64_t bl_json_lines_n_answered(const bl_json_lines *lines);
/// Lines that were wrong. \param ret_first status of the first of them; BL_OK: there is none
int64_t bl_json_lines_n_wrong(const bl_json_lines *lines, bl_status *ret_first);

#endif
