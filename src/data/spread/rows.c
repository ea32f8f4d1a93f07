// SPDX-License-Identifier: Apache-2.0
// Rows of the spool from a batch of a stream, column by column.
#include "data/spread/rows.h"

bl_status bl_rows_error(const bl_rows *rows, int64_t row, bl_status status, bl_error *err) {
    return bl_error_in(err, status, "%s: entry %lld", rows->source->spool->files[rows->files[row]],
                       (long long)rows->entries[row]);
}

bl_status bl_rows_numbers(const bl_rows *rows, size_t i, bl_type_id id, void **ret_values,
                          bl_error *err) {
    bl_column *column = &rows->made->columns[i];
    size_t n_bytes = (size_t)rows->n * bl_type_id_width(id);
    bl_context *context = rows->batch->context;
    BL_TRY(bl_column_init(context, column, bl_type_primitive(id), err));
    column->length = rows->n;
    BL_TRY(bl_buffer_new(context, n_bytes, &column->values, err));
    column->values->size = n_bytes;
    *ret_values = column->values->data;
    return BL_OK;
}

// ---- columns ----

bl_status bl_rows_share(const bl_rows *rows, size_t to, size_t from, bl_error *err) {
    const bl_column *column = &rows->batch->columns[from];
    return bl_column_concat(rows->batch->context, &column, 1, &rows->made->columns[to], err);
}

/// Where rows come from. \param rows of which files and entries are set
static bl_status place(bl_rows *rows, const int64_t *of_chain, bl_error *err) {
    const bl_source *source = rows->source;
    size_t at = source->spool->recipe->at_file, hint = 0;
    void *of_files, *of_entries, *of_samples;
    BL_TRY(bl_rows_numbers(rows, at, BL_INT32, &of_files, err));
    BL_TRY(bl_rows_numbers(rows, at + 1, BL_INT64, &of_entries, err));
    BL_TRY(bl_rows_numbers(rows, at + 2, BL_INT32, &of_samples, err));
    int32_t *files = (int32_t *)of_files, *samples = (int32_t *)of_samples;
    int64_t *entries = (int64_t *)of_entries;
    for (int64_t i = 0; i < rows->n; i++) {
        bl_event_place found = bl_stretch_place(source->stretch, of_chain[i], &hint);
        files[i] = (int32_t)found.number;
        entries[i] = found.entry;
        samples[i] = (int32_t)source->stretch->number;
    }
    rows->files = files;
    rows->entries = entries;
    return BL_OK;
}

static bl_status begin(bl_rows *rows, const int64_t *of_chain, bl_error *err) {
    const bl_spool *spool = rows->source->spool;
    bl_context *context = rows->batch->context;
    const char **names = (const char **)bl_alloc_zero(context, spool->n_columns, sizeof *names);
    if (!names)
        return bl_error_nomem(err, spool->n_columns * sizeof *names, "rows");
    for (size_t i = 0; i < spool->n_columns; i++)
        names[i] = spool->columns[i].name;
    bl_status status = bl_batch_new(context, spool->n_columns, names, 0, rows->n, &rows->made, err);
    bl_free(context, names);
    BL_TRY(status);
    return place(rows, of_chain, err);
}

static bl_status fill(bl_rows *rows, bl_error *err) {
    const bl_source *source = rows->source;
    const bl_spool *spool = source->spool;
    void *keys, *codes;
    BL_TRY(bl_rows_numbers(rows, 0, BL_UINT64, &keys, err));
    BL_TRY(bl_rows_numbers(rows, spool->recipe->at_code, BL_INT32, &codes, err));
    BL_TRY(bl_rows_fates(rows, (uint64_t *)keys, (int32_t *)codes, err));
    BL_TRY(bl_rows_labels(rows, err));
    BL_TRY(bl_rows_weights(rows, err));
    for (size_t i = 0; i < spool->identity.n; i++)
        BL_TRY(bl_rows_share(rows, 1 + i, source->identity[i], err));
    for (size_t i = 0; i < spool->n_observers; i++)
        BL_TRY(bl_rows_share(rows, spool->recipe->at_observers + i, source->observers[i], err));
    for (size_t i = 0; i < spool->n_inputs; i++)
        BL_TRY(bl_rows_input(rows, i, err));
    return spool->has_spectra ? bl_rows_bins(rows, err) : BL_OK;
}

static bl_status make(const bl_source *source, const bl_batch *batch, const int64_t *of_chain,
                      bl_batch **ret_rows, bl_error *err) {
    bl_rows rows = {.source = source, .batch = batch, .n = batch->n_rows};
    bl_status status = begin(&rows, of_chain, err);
    if (status == BL_OK)
        status = fill(&rows, err);
    if (status == BL_OK)
        *ret_rows = rows.made;
    else
        bl_batch_release(rows.made);
    return status;
}

// ---- passes of variations ----

/// Which rows a variation keeps, and their places in the chain, moved to the front.
/// \param fates room for n keys, n places, n codes and n bytes \return how many
static bl_status choose(const bl_source *source, const bl_batch *batch, const int64_t *of_chain,
                        bl_buffer *fates, uint8_t **ret_keep, int64_t *ret_n, bl_error *err) {
    size_t n = (size_t)batch->n_rows;
    uint64_t *keys = (uint64_t *)(void *)fates->data;
    int64_t *kept = (int64_t *)(keys + n);
    int32_t *codes = (int32_t *)(kept + n);
    uint8_t *keep = (uint8_t *)(codes + n);
    bl_rows rows = {.source = source, .batch = batch, .n = batch->n_rows};
    *ret_n = 0;
    bl_status status = begin(&rows, of_chain, err);
    if (status == BL_OK)
        status = bl_rows_fates(&rows, keys, codes, err);
    bl_batch_release(rows.made);
    BL_TRY(status);
    for (size_t i = 0; i < n; i++) {
        keep[i] = codes[i] > 0; // not those that are trained on
        if (keep[i])
            kept[(*ret_n)++] = of_chain[i];
    }
    *ret_keep = keep;
    return BL_OK;
}

bl_status bl_spool_rows(const bl_source *source, const bl_spool_pass *pass, const bl_batch *batch,
                        const int64_t *rows, bl_batch **ret_rows, bl_error *err) {
    bool keeps_all = !pass->variation || source->spool->config->split.n_folds;
    size_t n = (size_t)batch->n_rows;
    uint8_t *keep;
    int64_t n_kept;
    if (keeps_all)
        return make(source, batch, rows, ret_rows, err);
    BL_AUTO(bl_buffer) fates = NULL;
    BL_AUTO(bl_batch) kept = NULL;
    BL_TRY(bl_buffer_new(batch->context, n * (8 + 8 + 4 + 1), &fates, err));
    BL_TRY(choose(source, batch, rows, fates, &keep, &n_kept, err));
    if (n_kept == 0)
        return *ret_rows = NULL, BL_OK;
    BL_TRY(bl_batch_filter(batch, keep, &kept, err));
    return make(source, kept, (const int64_t *)(const void *)fates->data + n, ret_rows, err);
}
