// SPDX-License-Identifier: Apache-2.0
#include "data/stream/parts.h"

#include <stdio.h>
#include <xxhash.h>

#include <beamline/version.h>

#include "column/type.h"

// ---- sizes ----

static double stored_bytes_per_row(const bl_column_info *info) {
    return info->n_rows > 0 ? (double)info->stored_bytes / (double)info->n_rows : 0;
}

/// Of the columns that a recipe looks at.
static double recipe_bytes_per_row(const bl_stream *stream) {
    const size_t *columns;
    size_t n = stream->recipe ? bl_topology_columns(stream->recipe, &columns) : 0;
    double bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bl_column_info info = {.size = sizeof info};
        if (bl_table_column(stream->table, columns[i], &info, NULL) == BL_OK)
            bytes += stored_bytes_per_row(&info);
    }
    return bytes;
}

double bl_stream_bytes_per_row(const bl_stream *stream) {
    double bytes = 8 * (double)(stream->n_variables - stream->n_hidden);
    bytes += recipe_bytes_per_row(stream);
    for (size_t i = 0; i < stream->selection.n; i++)
        bytes += stored_bytes_per_row(&stream->selection.infos[i]);
    return bytes;
}

int64_t bl_rows_of_part(int64_t n_rows, double most) {
    int64_t rows = most < 1 ? 1 : most > 1e15 ? n_rows : (int64_t)most;
    if (rows >= n_rows)
        return n_rows;
    int64_t n_parts = (n_rows + rows - 1) / rows;
    return (n_rows + n_parts - 1) / n_parts;
}

// ---- what streams are ----

bl_status bl_plan_flow(const bl_plan *plan, bl_flow *ret_flow, bl_error *err) {
    for (size_t i = 0; i < bl_plan_n_cuts(plan); i++) {
        bl_cut_info info = {.size = sizeof info};
        BL_TRY(bl_plan_cut(plan, i, &info, err));
        ret_flow[i] = (bl_flow){info.n_rows_out, info.sumw, info.sumw2};
    }
    return BL_OK;
}

static bl_status other_column(const bl_stretch *stretch, const bl_column_spec *column,
                              const bl_column_spec *first, bl_error *err) {
    char type[128] = "", of_first[128] = "";
    (void)bl_type_format(column->type, type, sizeof type);
    (void)bl_type_format(first->type, of_first, sizeof of_first);
    return bl_error_set(err, BL_E_TYPE,
                        "sample '%s': column '%s' is %s, where the first sample has '%s' as %s",
                        stretch->sample->config->name, column->name, type, first->name, of_first);
}

bl_status bl_stream_check_like(const bl_stream *first, const bl_stream *stream,
                               const bl_stretch *stretch, bl_error *err) {
    if (stream->n_columns != first->n_columns)
        return bl_error_set(err, BL_E_TYPE, "sample '%s' has %zu columns, the first sample %zu",
                            stretch->sample->config->name, stream->n_columns, first->n_columns);
    for (size_t i = 0; i < stream->n_columns; i++)
        if (strcmp(stream->specs[i].name, first->specs[i].name) != 0 ||
            !bl_type_equal(stream->specs[i].type, first->specs[i].type))
            return other_column(stretch, &stream->specs[i], &first->specs[i], err);
    return BL_OK;
}

bl_status bl_stream_cuts(bl_arena *arena, const bl_stream *stream, const char *const **ret_cuts,
                         bl_error *err) {
    size_t n = bl_plan_n_cuts(stream->plan);
    const char **texts = (const char **)bl_arena_array(arena, n + 1, sizeof *texts);
    bool is_whole = texts != NULL;
    for (size_t i = 0; i < n && is_whole; i++) {
        bl_cut_info info = {.size = sizeof info};
        BL_TRY(bl_plan_cut(stream->plan, i, &info, err));
        texts[i] = bl_arena_text(arena, info.text, strlen(info.text));
        is_whole = texts[i] != NULL;
    }
    if (!is_whole)
        return bl_error_nomem(err, n * sizeof *texts, "cuts");
    *ret_cuts = texts;
    return BL_OK;
}

// ---- fingerprints ----

void bl_fingerprint_add_text(bl_packer *to, const char *text) {
    bl_pack_bytes(to, text ? text : "", text ? strlen(text) + 1 : 1);
}

void bl_fingerprint_add_number(bl_packer *to, uint64_t number) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    bl_fingerprint_add_text(to, text);
}

void bl_fingerprint_add_stream(bl_packer *to, const bl_config *config, const bl_stream *stream) {
    const bl_lumi_mask *mask = stream->extras.mask;
    bl_fingerprint_add_text(to, bl_table_path(stream->table));
    for (size_t i = 0; i < config->cuts.n; i++)
        bl_fingerprint_add_text(to, config->cuts.texts[i]);
    for (size_t i = 0; i < stream->n_variables; i++) {
        bl_fingerprint_add_text(to, stream->variables[i].name);
        bl_fingerprint_add_text(to, stream->variables[i].text);
    }
    for (size_t i = 0; i < config->n_file_values;
         i++) { // of which the stream has those of its files
        const bl_file_value *value = &config->file_values[i];
        bl_fingerprint_add_text(to, value->name);
        bl_fingerprint_add_text(to, value->pattern);
        bl_pack_bytes(to, &value->value, sizeof value->value);
    }
    if (stream->recipe)
        bl_fingerprint_add_text(to, bl_topology_description(stream->recipe));
    for (size_t i = 0; i < stream->n_columns; i++) {
        char type[256];
        (void)bl_type_format(stream->specs[i].type, type, sizeof type);
        bl_fingerprint_add_text(to, stream->specs[i].name);
        bl_fingerprint_add_text(to, type);
    }
    if (mask && mask->n)
        bl_pack_bytes(to, mask->ranges, mask->n * sizeof *mask->ranges);
}

void bl_fingerprint_add_files(bl_packer *to, const bl_sample *sample) {
    for (size_t i = 0; i < sample->n_files; i++) {
        if (sample->files[i].skipped)
            continue;
        bl_fingerprint_add_text(to, sample->files[i].url);
        bl_fingerprint_add_number(to, sample->files[i].bytes);
        bl_fingerprint_add_number(to, (uint64_t)sample->files[i].n_rows);
    }
}

bl_status bl_fingerprint_end(bl_packer *packer, bl_arena *arena, const char **ret_text,
                             bl_error *err) {
    bl_status status = bl_packer_check(packer, "a fingerprint", err);
    const char *text = NULL;
    if (status == BL_OK) {
        const void *bytes = packer->buffer ? packer->buffer->data : NULL;
        text = bl_arena_printf(arena, "%016llx",
                               (unsigned long long)XXH64(bytes, bl_packer_size(packer), 0));
        if (!text)
            status = bl_error_nomem(err, 16, "a fingerprint");
    }
    bl_packer_release(packer);
    if (status == BL_OK)
        *ret_text = text;
    return status;
}
