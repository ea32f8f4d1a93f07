// SPDX-License-Identifier: Apache-2.0
// Columns of features: their shapes, their types, and what is told of them.
#include "formats/tfrecord/columns.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b) {
    const bl_tf_column *x = (const bl_tf_column *)a, *y = (const bl_tf_column *)b;
    int order = strcmp(x->name, y->name);
    return order ? order : (int)x->is_list - (int)y->is_list;
}

static void infer(bl_tf_column *column) {
    bl_tf_kind kind = bl_tf_stat_kind(&column->stat);
    column->depth = (unsigned)column->is_list + column->stat.is_many;
    column->item = kind == BL_TF_FLOAT                             ? BL_FLOAT32
                   : kind == BL_TF_BYTES && column->stat.is_binary ? BL_BINARY
                   : kind == BL_TF_BYTES                           ? BL_UTF8
                                                                   : BL_INT64;
}

/// Why the kind of a column is not known, or NULL.
static const char *why_unreadable(bl_arena *arena, const bl_tf_column *column) {
    const bl_tf_stat *stat = &column->stat;
    bl_tf_kind kind = bl_tf_stat_kind(stat), other = BL_TF_NONE;
    if (kind == BL_TF_NONE)
        return "no record holds a value of it, which would tell its type; name the type";
    if (kind != BL_TF_N_KINDS)
        return NULL;
    for (bl_tf_kind k = BL_TF_BYTES; k < BL_TF_N_KINDS; k++) // the two that began first
        if (stat->first[k] && (kind == BL_TF_N_KINDS || stat->first[k] < stat->first[kind])) {
            other = kind;
            kind = k;
        } else if (stat->first[k] && (other == BL_TF_NONE || other == BL_TF_N_KINDS ||
                                      stat->first[k] < stat->first[other])) {
            other = k;
        }
    return bl_arena_printf(arena, "it holds %s in record %lld and %s in record %lld",
                           bl_tf_kind_text(kind), (long long)(stat->first[kind] - 1),
                           bl_tf_kind_text(other), (long long)(stat->first[other] - 1));
}

static bl_status make_type(bl_context *context, bl_tf_column *column, bool is_nullable,
                           bl_error *err) {
    bl_type *item = is_nullable && column->depth == 0 ? bl_type_primitive_nullable(column->item)
                                                      : bl_type_primitive(column->item);
    BL_AUTO(bl_type) type = bl_type_ref(item);
    for (unsigned i = 0; i < column->depth; i++) {
        bl_type *list = NULL;
        BL_TRY(bl_type_new_list(context, BL_LIST, 0, type, &list, err));
        bl_type_release(type);
        type = list;
    }
    if (is_nullable && column->depth)
        return bl_type_new_nullable(context, type, &column->type, err);
    column->type = BL_MOVE(type);
    return BL_OK;
}

static const char *source_type(const bl_tf_column *column) {
    static const char *const features[] = {"Feature", "BytesList", "FloatList", "Int64List",
                                           "Feature"};
    static const char *const lists[] = {BL_TF_LIST_TEXT, BL_TF_LIST_TEXT " of BytesList",
                                        BL_TF_LIST_TEXT " of FloatList",
                                        BL_TF_LIST_TEXT " of Int64List", BL_TF_LIST_TEXT};
    bl_tf_kind kind = bl_tf_stat_kind(&column->stat);
    return column->is_list ? lists[kind] : features[kind];
}

static bl_status fill(bl_arena *arena, bl_tf_columns *columns, const bl_tf_stats *stats,
                      bl_error *err) {
    for (size_t i = 0; i < stats->walker.n_slots; i++) {
        const bl_tf_slot *slot = &stats->walker.slots[i];
        if (!slot->is_list && stats->stats[i].n_rows == 0)
            continue; // in no record it has a kind: as if it were not there
        bl_tf_column *column = &columns->items[columns->n++];
        column->name = bl_arena_text(arena, slot->name, slot->length);
        column->is_list = slot->is_list;
        column->stat = stats->stats[i];
        if (!column->name)
            return bl_error_nomem(err, slot->length, "a name");
        infer(column);
    }
    if (columns->n)
        qsort(columns->items, columns->n, sizeof *columns->items, by_name);
    return BL_OK;
}

static void tell(bl_tf_columns *columns, int64_t n_rows) {
    for (size_t i = 0; i < columns->n; i++) {
        const bl_tf_column *column = &columns->items[i];
        bool is_second = i && strcmp(column->name, columns->items[i - 1].name) == 0;
        columns->infos[i] = (bl_column_info){
            .size = sizeof *columns->infos,
            .path = column->name,
            .name = column->name,
            .title = "",
            .source_type = source_type(column),
            .type = column->type,
            .unreadable = column->unreadable,
            .duplicate = is_second,
            .n_rows = n_rows,
            .stored_bytes = column->stat.n_bytes,
            .raw_bytes = column->stat.n_bytes,
            .codec = "stored",
        };
    }
}

static bl_status make(bl_arena *arena, const bl_tf_stats *stats, int64_t n_rows, const char *types,
                      bl_tf_columns *columns, bl_error *err) {
    size_t n = stats->walker.n_slots;
    columns->items = (bl_tf_column *)bl_alloc_zero(arena->context, n + 1, sizeof *columns->items);
    columns->infos = (bl_column_info *)bl_arena_array(arena, n + 1, sizeof *columns->infos);
    bool *is_given = (bool *)bl_arena_array(arena, n + 1, sizeof *is_given);
    if (!columns->items || !columns->infos || !is_given)
        return bl_error_nomem(err, n * sizeof *columns->items, "columns");
    BL_TRY(fill(arena, columns, stats, err));
    if (types)
        BL_TRY_IN(bl_tf_types_apply(columns, types, is_given, err), err, "types '%s'", types);
    for (size_t i = 0; i < columns->n; i++) {
        bl_tf_column *column = &columns->items[i];
        column->unreadable = is_given[i] ? NULL : why_unreadable(arena, column);
        if (!column->unreadable)
            BL_TRY(make_type(arena->context, column, column->stat.n_rows < (uint64_t)n_rows, err));
    }
    tell(columns, n_rows);
    return BL_OK;
}

bl_status bl_tf_columns_make(bl_arena *arena, const bl_tf_stats *stats, int64_t n_rows,
                             const char *types, bl_tf_columns *ret_columns, bl_error *err) {
    bl_tf_columns columns = {.context = arena->context};
    bl_status status = make(arena, stats, n_rows, types, &columns, err);
    if (status == BL_OK)
        *ret_columns = columns;
    else
        bl_tf_columns_release(&columns);
    return status;
}

void bl_tf_columns_release(bl_tf_columns *columns) {
    for (size_t i = 0; i < columns->n; i++)
        bl_type_release(columns->items[i].type);
    if (columns->context)
        bl_free(columns->context, columns->items);
    *columns = (bl_tf_columns){0};
}
