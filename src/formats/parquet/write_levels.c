// SPDX-License-Identifier: Apache-2.0
// Rows of nested columns as levels and values: entries begin as rows and go down one step after the
// other, each step over all entries. An entry is alive while nothing above is null or empty, which
// its definition level says; where all are, and lie behind each other, nothing is written down.
// \source Apache Parquet, "Nested encoding"; S. Melnik et al., Dremel, VLDB 2010
#include "formats/parquet/write.h"

#include "base/context.h"

#define USUAL_PAGE ((size_t)256 << 10) // room that is made at once; larger pages grow

/// Entries after some steps.
typedef struct entries {
    size_t n, n_alive;
    uint8_t *repetition; ///< [n]; NULL: all 0
    uint8_t *definition; ///< [n]; NULL: all alive
    int64_t *places;     ///< [n_alive] of those alive in the column; NULL: from `base` on
    int64_t base;
    uint8_t d, r;              ///< levels of those alive, and of the innermost list
    unsigned n_lists, n_marks; ///< steps that wrote levels and places: which scratch is next
} entries;

void bl_pqw_view_find(const bl_pqw_leaf *leaf, const bl_batch *batch, int64_t first_row,
                      bl_pqw_view *ret_view) {
    const bl_column *column = &batch->columns[leaf->column];
    ret_view->first_row = first_row;
    for (size_t i = 0; i < leaf->n_steps; i++) {
        ret_view->columns[i] = column;
        if (i + 1 < leaf->n_steps)
            column = &column->children[leaf->steps[i].child];
    }
}

uint64_t bl_pqw_bits(const bl_pqw_leaf *leaf, const bl_pqw_view *view, int64_t first,
                     int64_t last) {
    uint64_t bits = 0;
    for (size_t i = 0; i < leaf->n_steps; i++) {
        const bl_column *column = view->columns[i];
        switch (leaf->steps[i].id) {
        case BL_LIST:
        case BL_LARGE_LIST:
            bits += 2 * (uint64_t)(last - first);
            first = bl_column_offset(column, first);
            last = bl_column_offset(column, last);
            break;
        case BL_FIXED_LIST:
            bits += 2 * (uint64_t)(last - first);
            first *= leaf->steps[i].list_size;
            last *= leaf->steps[i].list_size;
            break;
        default:
            break;
        }
    }
    uint64_t n = (uint64_t)(last - first);
    if (leaf->kind != BL_PQW_TEXT)
        return bits + n * 8 * leaf->width;
    const bl_column *texts = view->columns[leaf->n_steps - 1];
    return bits + n * 32 +
           8 * (uint64_t)(bl_column_offset(texts, last) - bl_column_offset(texts, first));
}

// ---- levels of a page ----

static void append_equal(bl_pqw_levels *levels, uint8_t value, size_t n) {
    if (!levels->differ && (levels->n == 0 || levels->value == value)) {
        levels->value = value;
        levels->n += n;
        return;
    }
    if (!levels->differ) {
        uint8_t *before = bl_packer_extend(&levels->bytes, levels->n);
        if (before)
            memset(before, levels->value, levels->n);
        levels->differ = true;
    }
    uint8_t *at = bl_packer_extend(&levels->bytes, n);
    if (at && n)
        memset(at, value, n);
    levels->n += n;
}

static void append_levels(bl_pqw_levels *levels, const uint8_t *values, size_t n) {
    if (!levels->differ && levels->n)
        append_equal(levels, (uint8_t)~levels->value, 0);
    levels->differ = true;
    bl_pack_bytes(&levels->bytes, values, n);
    levels->n += n;
}

// ---- steps ----

/// An emptied packer with room for `n` bytes; NULL: there is no memory.
static void *room(bl_packer *packer, size_t n) {
    if (packer->buffer)
        packer->buffer->size = 0;
    return bl_packer_extend(packer, n + 1);
}

static inline int64_t place_of(const entries *at, size_t k) {
    return at->places ? at->places[k] : at->base + (int64_t)k;
}

static inline bool is_there(const uint8_t *validity, int64_t i) {
    return validity[i >> 3] >> (i & 7) & 1;
}

static bl_status found_null(const entries *at, const bl_column *column, const bl_pqw_leaf *leaf,
                            const bl_pqw_view *view, int64_t first, bl_error *err) {
    for (size_t k = 0; k < at->n_alive; k++)
        if (!is_there(column->validity->data, place_of(at, k))) {
            bool is_row = at->n_alive == at->n && !at->repetition && !at->places;
            int64_t row = view->first_row + (is_row ? place_of(at, k) : first);
            return bl_error_set(err, BL_E_TYPE,
                                "'%s' is null in row %lld%s, but its type has no nulls", leaf->name,
                                (long long)row, is_row ? "" : " or behind it");
        }
    return BL_OK;
}

/// Entries that are null here stay behind; the level of the others grows.
static bl_status step_marked(entries *at, const uint8_t *validity, bl_pqw_scratch *scratch,
                             bl_error *err) {
    int64_t *places =
        (int64_t *)room(&scratch->places[at->n_marks++ & 1], at->n_alive * sizeof *places);
    if (!at->definition) {
        at->definition = (uint8_t *)room(&scratch->levels[1], at->n);
        if (at->definition)
            memset(at->definition, at->d, at->n);
    }
    if (!places || !at->definition)
        return bl_error_nomem(err, at->n, "levels");
    size_t k = 0, m = 0;
    for (size_t i = 0; i < at->n; i++) {
        if (at->definition[i] != at->d)
            continue;
        int64_t place = place_of(at, k++);
        bool there = is_there(validity, place);
        at->definition[i] = (uint8_t)(at->d + there);
        places[m] = place;
        m += there;
    }
    at->places = places;
    at->n_alive = m;
    at->d++;
    return BL_OK;
}

static void step_unmarked(entries *at) {
    uint8_t d = at->d++;
    for (size_t i = 0; at->definition && i < at->n; i++)
        at->definition[i] = (uint8_t)(at->definition[i] + (at->definition[i] == d));
}

/// Scratch that the present levels are not in.
static bl_status next_levels(entries *at, bl_pqw_scratch *scratch, size_t n, uint8_t **ret_r,
                             uint8_t **ret_d, bl_error *err) {
    unsigned side = (++at->n_lists & 1) ? 2 : 0;
    if (n > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 values in one page");
    *ret_r = (uint8_t *)room(&scratch->levels[side], n);
    *ret_d = (uint8_t *)room(&scratch->levels[side + 1], n);
    return *ret_r && *ret_d ? BL_OK : bl_error_nomem(err, n, "levels");
}

/// All entries are alive and lie behind each other: only what begins a list, or is an empty one, is
/// written one by one.
#define EXPAND(type)                                                                              \
    static size_t expand_##type(const entries *at, const type *offsets, uint8_t *r, uint8_t *d) { \
        size_t n = 0;                                                                             \
        for (size_t i = 0; i < at->n; i++) {                                                      \
            size_t count = (size_t)(offsets[i + 1] - offsets[i]);                                 \
            r[n] = at->repetition ? at->repetition[i] : 0;                                        \
            d[n] = (uint8_t)(at->d + (count != 0));                                               \
            n += count + (count == 0);                                                            \
        }                                                                                         \
        return n;                                                                                 \
    }
EXPAND(int32_t)
EXPAND(int64_t)

/// Any entries. \param list_size < 0: by offsets
static size_t expand_any(const entries *at, const bl_column *column, int64_t list_size, uint8_t *r,
                         uint8_t *d) {
    size_t n = 0, k = 0;
    for (size_t i = 0; i < at->n; i++) {
        uint8_t level = at->definition ? at->definition[i] : at->d;
        size_t count = 0;
        if (level == at->d) {
            int64_t place = place_of(at, k++);
            count = (size_t)(list_size >= 0 ? list_size
                                            : bl_column_offset(column, place + 1) -
                                                  bl_column_offset(column, place));
        }
        r[n] = at->repetition ? at->repetition[i] : 0;
        d[n] = (uint8_t)(level + (count != 0));
        n += count + (count == 0);
    }
    return n;
}

/// Items that the lists of entries alive have.
static size_t count_items(const entries *at, const bl_column *column) {
    if (at->n_alive == 0)
        return 0;
    if (!at->places)
        return (size_t)(bl_column_offset(column, at->base + (int64_t)at->n_alive) -
                        bl_column_offset(column, at->base));
    size_t n = 0;
    for (size_t k = 0; k < at->n_alive; k++)
        n += (size_t)(bl_column_offset(column, at->places[k] + 1) -
                      bl_column_offset(column, at->places[k]));
    return n;
}

/// Where the items of fixed lists are that are not behind each other.
static bl_status fixed_places(entries *at, int64_t size, bl_pqw_scratch *scratch, bl_error *err) {
    size_t n = at->n_alive * (size_t)size;
    int64_t *places = (int64_t *)room(&scratch->places[at->n_marks++ & 1], n * sizeof *places);
    if (!places)
        return bl_error_nomem(err, n * sizeof *places, "places");
    for (size_t k = 0; k < at->n_alive; k++)
        for (int64_t i = 0; i < size; i++)
            places[k * (size_t)size + (size_t)i] = at->places[k] * size + i;
    at->places = places;
    return BL_OK;
}

static bl_status step_list(entries *at, const bl_column *column, const bl_pqw_step *step,
                           bl_pqw_scratch *scratch, bl_error *err) {
    bool is_fixed = step->id == BL_FIXED_LIST, is_plain = !at->definition && !at->places;
    size_t n_items = is_fixed ? at->n_alive * (size_t)step->list_size : count_items(at, column);
    size_t most = at->n + n_items; // fewer where lists have items
    uint8_t *r, *d;
    BL_TRY(next_levels(at, scratch, most, &r, &d, err));
    memset(r, at->r + 1, most);
    memset(d, at->d + 1, most);
    if (is_fixed || !is_plain)
        at->n = expand_any(at, column, is_fixed ? step->list_size : -1, r, d);
    else if (step->id == BL_LARGE_LIST)
        at->n = expand_int64_t(at, (const int64_t *)(const void *)column->offsets->data + at->base,
                               r, d);
    else
        at->n = expand_int32_t(at, (const int32_t *)(const void *)column->offsets->data + at->base,
                               r, d);
    if (is_fixed && at->places)
        BL_TRY(fixed_places(at, step->list_size, scratch, err));
    else if (is_fixed)
        at->base *= step->list_size;
    else { // what is null has no items, so that those of the others are behind each other
        at->base = at->n_alive ? bl_column_offset(column, place_of(at, 0)) : 0;
        at->places = NULL;
    }
    at->n_alive = n_items;
    at->repetition = r;
    at->definition = d;
    at->d++;
    at->r++;
    return BL_OK;
}

static bl_status take_step(entries *at, const bl_pqw_leaf *leaf, size_t i, const bl_pqw_view *view,
                           int64_t first, bl_pqw_scratch *scratch, bl_error *err) {
    const bl_pqw_step *step = &leaf->steps[i];
    const bl_column *column = view->columns[i];
    if (!step->is_optional && column->validity)
        BL_TRY(found_null(at, column, leaf, view, first, err));
    if (step->is_optional && column->validity)
        BL_TRY(step_marked(at, column->validity->data, scratch, err));
    else if (step->is_optional)
        step_unmarked(at);
    if (step->id == BL_LIST || step->id == BL_LARGE_LIST || step->id == BL_FIXED_LIST)
        return step_list(at, column, step, scratch, err);
    return BL_OK;
}

bl_status bl_pqw_gather(const bl_pqw_leaf *leaf, const bl_pqw_view *view, int64_t first,
                        int64_t last, bl_pqw_open *open, bl_pqw_scratch *scratch, bl_error *err) {
    entries at = {.n = (size_t)(last - first), .n_alive = (size_t)(last - first), .base = first};
    for (size_t i = 0; i < leaf->n_steps; i++)
        BL_TRY(take_step(&at, leaf, i, view, first, scratch, err));
    if (at.n > INT32_MAX - open->definition.n)
        return bl_error_set(err, BL_E_LIMIT, "more than 2147483647 values in one page");
    if (at.definition)
        append_levels(&open->definition, at.definition, at.n);
    else
        append_equal(&open->definition, at.d, at.n);
    if (at.repetition)
        append_levels(&open->repetition, at.repetition, at.n);
    if (!open->values.buffer && bl_packer_extend(&open->values, open->usual_size))
        open->values.buffer->size = BL_PQW_HEAD;
    BL_TRY(bl_pqw_append_values(leaf, view->columns[leaf->n_steps - 1], at.base, at.places,
                                at.n_alive, &open->values, err));
    open->n_values += at.n_alive;
    open->n_rows += last - first;
    BL_TRY(bl_packer_check(&open->definition.bytes, "levels", err));
    BL_TRY(bl_packer_check(&open->repetition.bytes, "levels", err));
    return bl_packer_check(&open->values, "values", err);
}

// ---- emptying ----

static void clear_levels(bl_pqw_levels *levels) {
    if (levels->bytes.buffer)
        levels->bytes.buffer->size = 0;
    levels->n = 0;
    levels->differ = false;
}

void bl_pqw_open_init(bl_context *context, uint64_t page_bits, bl_pqw_open *open) {
    uint64_t size = page_bits / 8 < USUAL_PAGE ? page_bits / 8 : USUAL_PAGE;
    open->usual_size = (size_t)size + BL_PQW_HEAD + BL_PQW_SLACK;
    open->definition.bytes.context = context;
    open->repetition.bytes.context = context;
    open->values.context = context;
}

void bl_pqw_open_clear(bl_pqw_open *open) {
    clear_levels(&open->definition);
    clear_levels(&open->repetition);
    if (open->values.buffer)
        open->values.buffer->size = BL_PQW_HEAD;
    open->n_values = 0;
    open->n_rows = 0;
    open->bits = 0;
}

void bl_pqw_open_release(bl_pqw_open *open) {
    bl_packer_release(&open->definition.bytes);
    bl_packer_release(&open->repetition.bytes);
    bl_packer_release(&open->values);
}

void bl_pqw_scratch_init(bl_context *context, uint64_t page_bits, bl_pqw_scratch *scratch) {
    bl_pqw_open_init(context, page_bits, &scratch->open);
    for (size_t i = 0; i < 4; i++)
        scratch->levels[i].context = context;
    scratch->places[0].context = scratch->places[1].context = context;
    scratch->body.context = scratch->encoded.context = context;
    scratch->packed.context = scratch->indices.context = context;
    scratch->head.out.context = context;
    scratch->numbers.context = context;
    bl_pqw_dictionary_init(context, &scratch->dictionary);
}

bl_status bl_pqw_scratch_ready(bl_pqw_scratch *scratch, bl_error *err) {
    return scratch->codecs ? BL_OK : bl_codecs_new(scratch->body.context, &scratch->codecs, err);
}

void bl_pqw_scratch_release(bl_pqw_scratch *scratch) {
    bl_pqw_open_release(&scratch->open);
    for (size_t i = 0; i < 4; i++)
        bl_packer_release(&scratch->levels[i]);
    bl_packer_release(&scratch->places[0]);
    bl_packer_release(&scratch->places[1]);
    bl_packer_release(&scratch->body);
    bl_packer_release(&scratch->encoded);
    bl_packer_release(&scratch->packed);
    bl_packer_release(&scratch->indices);
    bl_packer_release(&scratch->numbers);
    bl_pqw_dictionary_release(&scratch->dictionary);
    bl_thrift_out_release(&scratch->head);
    bl_codecs_free(scratch->codecs);
}
