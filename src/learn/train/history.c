// SPDX-License-Identifier: Apache-2.0
// Histories, and their files: both small, written anew each time.
#include "learn/train/history.h"

#include <math.h>

#include "base/json_text.h"
#include "base/whole_file.h"

void bl_history_init(bl_history *history, bl_context *context, const char *const *names,
                     size_t n_columns) {
    *history = (bl_history){.context = context, .names = names, .n_columns = n_columns};
}

void bl_history_release(bl_history *history) {
    bl_free(history->context, history->values);
    history->values = NULL;
    history->n_rows = history->capacity = 0;
}

bl_status bl_history_append(bl_history *history, const double *values, bl_error *err) {
    size_t n = history->n_columns;
    BL_TRY(bl_array_grow(history->context, &history->values, &history->capacity, history->n_rows,
                         n * sizeof *values, "a history", err));
    memcpy(history->values + history->n_rows++ * n, values, n * sizeof *values);
    return BL_OK;
}

/// A name between quotes where CSV wants them.
static void put_name(bl_text *to, const char *name) {
    if (!strpbrk(name, ",\"\r\n")) {
        bl_text_add(to, "%s", name);
        return;
    }
    bl_text_add(to, "\"");
    for (; *name; name++)
        bl_text_add(to, *name == '"' ? "\"%c" : "%c", *name);
    bl_text_add(to, "\"");
}

static void put_value(bl_text *to, double value) {
    if (isfinite(value))
        bl_text_add_number(to, value);
    else
        bl_text_add(to, isnan(value) ? "NaN" : value < 0 ? "-inf" : "inf");
}

static void put_csv(const bl_history *history, bl_text *to) {
    size_t n = history->n_columns;
    for (size_t k = 0; k < n; k++) {
        bl_text_add(to, k ? "," : "");
        put_name(to, history->names[k]);
    }
    bl_text_add(to, "\n");
    for (size_t row = 0; row < history->n_rows; row++) {
        for (size_t k = 0; k < n; k++) {
            bl_text_add(to, k ? "," : "");
            put_value(to, history->values[row * n + k]);
        }
        bl_text_add(to, "\n");
    }
}

/// A list under each name, as Keras's History has it.
static void put_json(const bl_history *history, bl_text *to) {
    size_t n = history->n_columns;
    bl_text_add(to, "{");
    for (size_t k = 0; k < n; k++) {
        bl_text_add(to, k ? ",\n " : "\n ");
        bl_json_put_text(to, history->names[k]);
        bl_text_add(to, ": [");
        for (size_t row = 0; row < history->n_rows; row++) {
            double value = history->values[row * n + k];
            bl_text_add(to, row ? ", " : "");
            if (isfinite(value))
                bl_text_add_number(to, value);
            else
                bl_text_add(to, "null");
        }
        bl_text_add(to, "]");
    }
    bl_text_add(to, "\n}\n");
}

static bl_status write_file(const bl_history *history,
                            void (*put)(const bl_history *history, bl_text *to), const char *path,
                            bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, history->context);
    bl_text text = {.arena = &arena};
    put(history, &text);
    bl_status status = BL_OK;
    if (text.has_failed)
        status = bl_error_nomem(err, text.n, "a history");
    else
        status = bl_whole_file_write(path, text.text, text.n, true, err);
    bl_arena_release(&arena);
    return status;
}

bl_status bl_history_write_csv(const bl_history *history, const char *path, bl_error *err) {
    return write_file(history, put_csv, path, err);
}

bl_status bl_history_write_json(const bl_history *history, const char *path, bl_error *err) {
    return write_file(history, put_json, path, err);
}
