// SPDX-License-Identifier: Apache-2.0
// Row groups: pages are written column after column, behind them the index of each column and where
// its pages lie; what the footer says of the group is noted at once. Nothing is written here: where
// everything will lie follows from its size.
#include "base/context.h"
#include "formats/parquet/write.h"

/// Where a column lies.
typedef struct place {
    uint64_t dictionary, data; ///< offsets of the first page of each kind
    uint64_t column_index, offset_index;
    size_t column_index_size, offset_index_size; ///< 0: there is none
    int64_t raw_size, stored_size, n_levels, n_nulls;
} place;

// ---- pages ----

static bl_status dictionary_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    bl_pqw_writer *writer = (bl_pqw_writer *)argument;
    bl_pqw_scratch *scratch = &writer->scratch[worker];
    BL_TRY(bl_pqw_scratch_ready(scratch, err));
    BL_TRY_IN(bl_pqw_page_dictionary(&writer->settings, &writer->chunks[i], scratch, err), err,
              "column '%s'", writer->schema.leaves[i].name);
    return BL_OK;
}

/// Lets the pages of a chunk wait, which has their sizes afterwards but not their bytes.
static bl_status place_pages(bl_pqw_writer *writer, bl_pqw_chunk *chunk, place *at, bl_error *err) {
    bl_pqw_page *dictionary = &chunk->dictionary_page;
    at->dictionary = writer->n_bytes;
    if (dictionary->bytes)
        BL_TRY(bl_pqw_wait(writer, BL_MOVE(dictionary->bytes), err));
    at->raw_size = dictionary->raw_size;
    at->data = writer->n_bytes;
    for (size_t i = 0; i < chunk->n_pages; i++) {
        bl_pqw_page *page = &chunk->pages[i];
        BL_TRY(bl_pqw_wait(writer, BL_MOVE(page->bytes), err));
        at->raw_size += page->raw_size;
        at->n_levels += (int64_t)page->n_levels;
        at->n_nulls += page->n_nulls;
    }
    at->stored_size = (int64_t)(writer->n_bytes - at->dictionary);
    return BL_OK;
}

// ---- indexes ----

static int32_t boundary_order(const bl_pqw_leaf *leaf, const bl_pqw_chunk *chunk) {
    enum { UNORDERED, ASCENDING, DESCENDING };
    const bl_pqw_bounds *before = NULL;
    bool ascends = true, descends = true;
    for (size_t i = 0; i < chunk->n_pages; i++) {
        const bl_pqw_bounds *now = &chunk->pages[i].bounds;
        if (chunk->pages[i].is_empty)
            continue;
        if (before) {
            int least = bl_pqw_bounds_compare(leaf, now->least, now->n_least, before->least,
                                              before->n_least);
            int most =
                bl_pqw_bounds_compare(leaf, now->most, now->n_most, before->most, before->n_most);
            ascends = ascends && least >= 0 && most >= 0;
            descends = descends && least <= 0 && most <= 0;
        }
        before = now;
    }
    return ascends ? ASCENDING : descends ? DESCENDING : UNORDERED;
}

/// An index needs bounds of every page that has values.
static bool has_index(const bl_pqw_chunk *chunk) {
    for (size_t i = 0; i < chunk->n_pages; i++)
        if (!chunk->pages[i].is_empty && !chunk->pages[i].bounds.is_known)
            return false;
    return true;
}

static void put_column_index(bl_thrift_out *out, const bl_pqw_leaf *leaf,
                             const bl_pqw_chunk *chunk) {
    size_t n = chunk->n_pages;
    bl_thrift_put_begin_item(out);
    bl_thrift_put_list(out, 1, BL_THRIFT_TRUE, n);
    for (size_t i = 0; i < n; i++)
        bl_thrift_put_item_bool(out, chunk->pages[i].is_empty);
    bl_thrift_put_list(out, 2, BL_THRIFT_BINARY, n);
    for (size_t i = 0; i < n; i++) {
        const bl_pqw_page *page = &chunk->pages[i];
        bl_thrift_put_item_binary(out, page->bounds.least,
                                  page->is_empty ? 0 : page->bounds.n_least);
    }
    bl_thrift_put_list(out, 3, BL_THRIFT_BINARY, n);
    for (size_t i = 0; i < n; i++) {
        const bl_pqw_page *page = &chunk->pages[i];
        bl_thrift_put_item_binary(out, page->bounds.most, page->is_empty ? 0 : page->bounds.n_most);
    }
    bl_thrift_put_i32(out, 4, boundary_order(leaf, chunk));
    bl_thrift_put_list(out, 5, BL_THRIFT_I64, n);
    for (size_t i = 0; i < n; i++)
        bl_thrift_put_item_i64(out, chunk->pages[i].n_nulls);
    bl_thrift_put_end(out);
}

static void put_offset_index(bl_thrift_out *out, const bl_pqw_chunk *chunk, const place *at) {
    uint64_t offset = at->data;
    bl_thrift_put_begin_item(out);
    bl_thrift_put_list(out, 1, BL_THRIFT_STRUCT, chunk->n_pages);
    for (size_t i = 0; i < chunk->n_pages; i++) {
        const bl_pqw_page *page = &chunk->pages[i];
        bl_thrift_put_begin_item(out);
        bl_thrift_put_i64(out, 1, (int64_t)offset);
        bl_thrift_put_i32(out, 2, (int32_t)page->stored_size);
        bl_thrift_put_i64(out, 3, page->first_row);
        bl_thrift_put_end(out);
        offset += page->stored_size;
    }
    bl_thrift_put_end(out);
}

/// Packs the indexes of all columns, which wait as one.
static bl_status place_indexes(bl_pqw_writer *writer, place *places, bl_error *err) {
    bl_thrift_out out = {.out.context = writer->context};
    size_t n = writer->schema.n_leaves;
    for (size_t i = 0; i < n; i++) {
        size_t start = bl_packer_size(&out.out);
        if (has_index(&writer->chunks[i]))
            put_column_index(&out, &writer->schema.leaves[i], &writer->chunks[i]);
        places[i].column_index = writer->n_bytes + start;
        places[i].column_index_size = bl_packer_size(&out.out) - start;
    }
    for (size_t i = 0; i < n; i++) {
        size_t start = bl_packer_size(&out.out);
        put_offset_index(&out, &writer->chunks[i], &places[i]);
        places[i].offset_index = writer->n_bytes + start;
        places[i].offset_index_size = bl_packer_size(&out.out) - start;
    }
    bl_status status = bl_packer_check(&out.out, "an index", err);
    if (status == BL_OK && out.out.buffer)
        return bl_pqw_wait(writer, out.out.buffer, err);
    bl_thrift_out_release(&out);
    return status;
}

// ---- what the footer says ----

/// Pages of each encoding.
static void count_encodings(const bl_pqw_chunk *chunk, size_t counts[16]) {
    for (size_t i = 0; i < chunk->n_pages; i++)
        counts[chunk->pages[i].encoding & 15]++;
}

static void put_encodings(bl_thrift_out *out, const bl_pqw_leaf *leaf, const bl_pqw_chunk *chunk) {
    size_t counts[16] = {0}, n = 0;
    count_encodings(chunk, counts);
    counts[BL_PARQUET_PLAIN] += chunk->dictionary_page.stored_size > 0;
    counts[BL_PARQUET_RLE] += leaf->max_definition || leaf->max_repetition;
    for (size_t i = 0; i < 16; i++)
        n += counts[i] > 0;
    bl_thrift_put_list(out, 2, BL_THRIFT_I32, n);
    for (size_t i = 0; i < 16; i++)
        if (counts[i])
            bl_thrift_put_item_i32(out, (int32_t)i);
}

static void put_encoding_count(bl_thrift_out *out, bl_parquet_page kind, size_t encoding,
                               size_t count) {
    bl_thrift_put_begin_item(out);
    bl_thrift_put_i32(out, 1, (int32_t)kind);
    bl_thrift_put_i32(out, 2, (int32_t)encoding);
    bl_thrift_put_i32(out, 3, (int32_t)count);
    bl_thrift_put_end(out);
}

static void put_encoding_stats(bl_thrift_out *out, const bl_pqw_chunk *chunk) {
    bool has_dictionary = chunk->dictionary_page.stored_size > 0;
    size_t counts[16] = {0}, n = has_dictionary;
    count_encodings(chunk, counts);
    for (size_t i = 0; i < 16; i++)
        n += counts[i] > 0;
    bl_thrift_put_list(out, 13, BL_THRIFT_STRUCT, n);
    if (has_dictionary)
        put_encoding_count(out, BL_PARQUET_DICTIONARY_PAGE, BL_PARQUET_PLAIN, 1);
    for (size_t i = 0; i < 16; i++)
        if (counts[i])
            put_encoding_count(out, BL_PARQUET_DATA_PAGE, i, counts[i]);
}

/// Bounds of all pages; pages of nothing but NaN have none, and texts that cannot be bounded leave
/// the whole column without.
static bl_pqw_bounds find_bounds(const bl_pqw_leaf *leaf, const bl_pqw_chunk *chunk) {
    bl_pqw_bounds all = {.is_known = false};
    for (size_t i = 0; i < chunk->n_pages; i++) {
        const bl_pqw_page *page = &chunk->pages[i];
        if (page->is_empty || (!page->bounds.is_known && leaf->order != BL_PQW_BYTES))
            continue;
        if (!page->bounds.is_known)
            return page->bounds;
        if (all.is_known)
            bl_pqw_bounds_join(leaf, &all, &page->bounds);
        else
            all = page->bounds;
    }
    return all;
}

static void put_statistics(bl_thrift_out *out, const bl_pqw_leaf *leaf, const bl_pqw_chunk *chunk,
                           int64_t n_nulls) {
    bl_pqw_bounds bounds = find_bounds(leaf, chunk);
    bl_thrift_put_begin(out, 12);
    bl_thrift_put_i64(out, 3, n_nulls);
    if (bounds.is_known) {
        bl_thrift_put_binary(out, 5, bounds.most, bounds.n_most);
        bl_thrift_put_binary(out, 6, bounds.least, bounds.n_least);
        bl_thrift_put_bool(out, 7, bounds.is_most_exact);
        bl_thrift_put_bool(out, 8, bounds.is_least_exact);
    }
    bl_thrift_put_end(out);
}

static void put_column(bl_thrift_out *out, const bl_pqw_writer *writer, size_t i, const place *at) {
    const bl_pqw_leaf *leaf = &writer->schema.leaves[i];
    const bl_pqw_chunk *chunk = &writer->chunks[i];
    bl_thrift_put_begin_item(out);
    bl_thrift_put_i64(out, 2, 0);
    bl_thrift_put_begin(out, 3);
    bl_thrift_put_i32(out, 1, (int32_t)leaf->type);
    put_encodings(out, leaf, chunk);
    bl_thrift_put_list(out, 3, BL_THRIFT_BINARY, leaf->n_path);
    for (size_t k = 0; k < leaf->n_path; k++)
        bl_thrift_put_item_binary(out, leaf->path[k], strlen(leaf->path[k]));
    bl_thrift_put_i32(out, 4, (int32_t)writer->settings.codec);
    bl_thrift_put_i64(out, 5, at->n_levels);
    bl_thrift_put_i64(out, 6, at->raw_size);
    bl_thrift_put_i64(out, 7, at->stored_size);
    bl_thrift_put_i64(out, 9, (int64_t)at->data);
    if (chunk->dictionary_page.stored_size)
        bl_thrift_put_i64(out, 11, (int64_t)at->dictionary);
    put_statistics(out, leaf, chunk, at->n_nulls);
    put_encoding_stats(out, chunk);
    bl_thrift_put_end(out);
    bl_thrift_put_i64(out, 4, (int64_t)at->offset_index);
    bl_thrift_put_i32(out, 5, (int32_t)at->offset_index_size);
    if (at->column_index_size) {
        bl_thrift_put_i64(out, 6, (int64_t)at->column_index);
        bl_thrift_put_i32(out, 7, (int32_t)at->column_index_size);
    }
    bl_thrift_put_end(out);
}

static bl_status note_group(bl_pqw_writer *writer, const place *places, uint64_t start,
                            bl_error *err) {
    bl_thrift_out *out = &writer->notes.open;
    size_t n = writer->schema.n_leaves;
    int64_t raw = 0, stored = 0;
    bl_thrift_put_begin_item(out);
    bl_thrift_put_list(out, 1, BL_THRIFT_STRUCT, n);
    for (size_t i = 0; i < n; i++) {
        put_column(out, writer, i, &places[i]);
        BL_TRY(bl_pqw_notes_pack(&writer->notes, &writer->scratch[0], err));
        raw += places[i].raw_size;
        stored += places[i].stored_size;
    }
    bl_thrift_put_i64(out, 2, raw);
    bl_thrift_put_i64(out, 3, writer->n_group_rows);
    bl_thrift_put_i64(out, 5, (int64_t)start);
    bl_thrift_put_i64(out, 6, stored);
    if (writer->n_groups <= INT16_MAX)
        bl_thrift_put_i16(out, 7, (int)writer->n_groups);
    bl_thrift_put_end(out);
    writer->n_groups++;
    if (writer->n_groups > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 row groups");
    return bl_packer_check(&out->out, "a footer", err);
}

static bl_status place_group(bl_pqw_writer *writer, place *places, bl_error *err) {
    uint64_t start = writer->n_bytes;
    for (size_t i = 0; i < writer->schema.n_leaves; i++)
        BL_TRY(place_pages(writer, &writer->chunks[i], &places[i], err));
    BL_TRY(place_indexes(writer, places, err));
    return note_group(writer, places, start, err);
}

static bool is_short_of_memory(const bl_context *context) {
    return bl_context_busy_bytes(context) > bl_context_budget_bytes(context) / 4 * 3;
}

/// With thousands of columns and little memory, what waits, and what each column keeps, is too
/// much.
static bl_status make_place(bl_pqw_writer *writer, bl_error *err) {
    if (is_short_of_memory(writer->context))
        BL_TRY(bl_pqw_flush(writer, err));
    if (is_short_of_memory(writer->context))
        for (size_t i = 0; i < writer->schema.n_leaves; i++)
            bl_pqw_chunk_shrink(&writer->chunks[i]);
    return BL_OK;
}

bl_status bl_pqw_group_end(bl_pqw_writer *writer, bl_error *err) {
    size_t n = writer->schema.n_leaves;
    if (writer->n_group_rows == 0)
        return BL_OK;
    BL_TRY(bl_pqw_append(writer, writer->part_last, true, err));
    BL_TRY(bl_pqw_run(writer, dictionary_task, n, err));
    BL_TRY(bl_pqw_scratch_ready(&writer->scratch[0], err));
    place *places = (place *)bl_alloc_zero(writer->context, n + 1, sizeof *places);
    if (!places)
        return bl_error_nomem(err, n * sizeof *places, "a row group");
    bl_status status = place_group(writer, places, err);
    bl_free(writer->context, places);
    BL_TRY(status);
    for (size_t i = 0; i < n; i++)
        bl_pqw_chunk_clear(&writer->chunks[i]);
    writer->n_group_rows = 0;
    writer->n_group_bytes = 0;
    return make_place(writer, err);
}
