// SPDX-License-Identifier: Apache-2.0
// Dictionaries: read when a column first needs them, kept as long as they count. In a stream a
// dictionary may be replaced between two record batches, or get more values; in a file it is whole
// before the first.
#include "base/context.h"
#include "formats/arrow/request.h"

/// What a field's dictionary consists of for the record batch behind `before` others.
/// \return false: there is none
static bool find_parts(const bl_arrow_file *file, const bl_arrow_field *field, size_t before,
                       size_t *ret_first, size_t *ret_n) {
    size_t n = 0;
    for (size_t i = 0; i < file->n_dictionaries; i++) {
        const bl_arrow_dictionary *d = &file->dictionaries[i];
        if (d->id != field->dictionary || d->before > before)
            continue;
        if (!d->is_delta || n == 0) {
            *ret_first = i;
            n = 0;
        }
        n++;
    }
    *ret_n = n;
    return n > 0;
}

/// The loaded values that begin with a message, of as many parts as may be but no more than `n`.
static bl_arrow_values *find_loaded(const bl_arrow_loaded *loaded, const bl_arrow_field *field,
                                    size_t first, size_t n) {
    bl_arrow_values *best = NULL;
    for (size_t i = 0; i < loaded->n; i++) {
        bl_arrow_values *values = &loaded->values[i];
        if (values->field == field && values->first == first && values->n_parts <= n &&
            (!best || values->n_parts > best->n_parts))
            best = values;
    }
    return best;
}

const bl_column *bl_arrow_dictionary_find(const bl_arrow_request *request,
                                          const bl_arrow_field *field, size_t before) {
    size_t first = 0, n = 0;
    if (!find_parts(request->file, field, before, &first, &n))
        return NULL;
    const bl_arrow_values *values = find_loaded(request->loaded, field, first, n);
    return values && values->n_parts == n ? &values->column : NULL;
}

void bl_arrow_loaded_forget(const bl_arrow_file *file, bl_arrow_loaded *loaded, size_t before) {
    size_t kept = 0;
    for (size_t i = 0; i < loaded->n; i++) {
        bl_arrow_values *values = &loaded->values[i];
        size_t first = 0, n = 0;
        bool is_old = !find_parts(file, values->field, before, &first, &n) ||
                      values->first < first ||
                      (values->first == first && values->n_parts < n &&
                       find_loaded(loaded, values->field, first, n) != values);
        if (is_old)
            bl_column_release(file->head.context, &values->column);
        else
            loaded->values[kept++] = *values;
    }
    loaded->n = kept;
}

void bl_arrow_loaded_release(bl_context *context, bl_arrow_loaded *loaded) {
    for (size_t i = 0; i < loaded->n; i++)
        bl_column_release(context, &loaded->values[i].column);
    bl_free(context, loaded->values);
    *loaded = (bl_arrow_loaded){0};
}

/// Reads the messages of a dictionary behind the first `n_known` as a request of its own.
static bl_status read_parts(const bl_arrow_request *above, const bl_arrow_field *field,
                            size_t before, size_t first, size_t n, size_t n_known,
                            bl_arrow_request **ret_request, bl_error *err) {
    const bl_arrow_file *file = above->file;
    const bl_arrow_field *values = field->values;
    bl_arrow_schema schema = {
        .n_nodes = values->n_nodes, .n_buffers = values->n_buffers, .n_views = values->n_views};
    bl_arrow_request like = *above;
    like.n_fields = 1;
    like.fields = &values;
    BL_AUTO(bl_arrow_request) request = NULL;
    BL_TRY(bl_arrow_request_new(&like, n - n_known, &request, err));
    for (size_t i = first, part = 0; i < file->n_dictionaries && part < n; i++) {
        const bl_arrow_dictionary *d = &file->dictionaries[i];
        if (d->id != field->dictionary)
            continue;
        if (part++ >= n_known)
            BL_TRY(bl_arrow_request_add(request, part - 1 - n_known, &d->block, before, &schema,
                                        true, 0, 0, err));
    }
    BL_TRY(bl_arrow_request_start(request, err));
    BL_TRY(bl_arrow_request_finish(request, err));
    *ret_request = BL_MOVE(request);
    return BL_OK;
}

static bl_status join(const bl_arrow_request *above, const bl_arrow_request *request,
                      const bl_column *known, bl_column *column, bl_error *err) {
    bl_context *context = above->file->head.context;
    size_t n = request->n_pieces + (known != NULL), k = 0;
    const bl_column **parts = (const bl_column **)bl_alloc_zero(context, n + 1, sizeof *parts);
    if (!parts)
        return bl_error_nomem(err, n * sizeof *parts, "a dictionary");
    if (known)
        parts[k++] = known;
    for (size_t i = 0; i < request->n_pieces; i++)
        parts[k++] = &request->pieces[i].columns[0];
    bl_status status = bl_column_concat(context, parts, n, column, err);
    bl_free(context, parts);
    return status;
}

static bl_status load(const bl_arrow_request *request, const bl_arrow_field *field, size_t before,
                      size_t first, size_t n, bl_error *err) {
    bl_context *context = request->file->head.context;
    bl_arrow_loaded *loaded = request->loaded;
    bl_arrow_values *known = find_loaded(loaded, field, first, n);
    if (known && known->n_parts == n)
        return BL_OK;
    bl_arrow_values made = {.field = field, .first = first, .n_parts = n};
    BL_AUTO(bl_arrow_request) parts = NULL;
    BL_TRY(read_parts(request, field, before, first, n, known ? known->n_parts : 0, &parts, err));
    BL_TRY(bl_array_grow(context, &loaded->values, &loaded->capacity, loaded->n, sizeof made,
                         "dictionaries", err));
    known = find_loaded(loaded, field, first, n);
    BL_TRY(join(request, parts, known ? &known->column : NULL, &made.column, err));
    loaded->values[loaded->n++] = made;
    return BL_OK;
}

bl_status bl_arrow_dictionary_load(const bl_arrow_request *request, const bl_arrow_field *field,
                                   size_t before, bl_error *err) {
    size_t first = 0, n = 0;
    if (!find_parts(request->file, field, before, &first, &n))
        return BL_OK; // as good as an empty one
    BL_TRY_IN(load(request, field, before, first, n, err), err, "dictionary %lld",
              (long long)field->dictionary);
    return BL_OK;
}
