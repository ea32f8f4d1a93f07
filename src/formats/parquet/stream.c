// SPDX-License-Identifier: Apache-2.0
// Rows of one column: entries of pages become places for values, and the lists and structs around
// them, 64 entries at a time as bits.
#include "formats/parquet/stream.h"

#include "base/context.h"

enum { BLOCK = 64, EXPECTED_SHARE = 16 };

bl_status bl_stream_leaf_init(bl_stream_leaf *s, bl_context *context, const bl_parquet_leaf *leaf,
                              size_t index, bl_error *err) {
    static const unsigned widths[BL_PARQUET_N_TYPES] = {1, 4, 8, 12, 4, 8, 0, 0};
    bool is_fixed = leaf->element->type == BL_PARQUET_FIXED_LEN_BYTE_ARRAY;
    size_t n = leaf->n_ancestors + 1;
    bl_nest *nests = (bl_nest *)bl_alloc_zero(context, n, sizeof *nests);
    if (!nests)
        return bl_error_nomem(err, n * sizeof *nests, "a column");
    *s = (bl_stream_leaf){.leaf = leaf,
                          .index = index,
                          .context = context,
                          .width = is_fixed ? (unsigned)leaf->element->type_length
                                            : widths[leaf->element->type],
                          .kernels = bl_level_kernels_get(),
                          .group = SIZE_MAX,
                          .n_nests = n,
                          .nests = nests};
    for (size_t i = 0; i < leaf->n_ancestors; i++)
        s->nests[i].node = leaf->ancestors[i];
    s->nests[leaf->n_ancestors].node = leaf->node;
    return BL_OK;
}

void bl_stream_leaf_reset(bl_stream_leaf *s) {
    bl_buffer_release(BL_MOVE(s->values));
    bl_buffer_release(BL_MOVE(s->offsets));
    s->n_slots = s->n_checked = 0;
    s->is_other = false;
    for (size_t i = 0; i < s->n_nests; i++) {
        bl_buffer_release(s->nests[i].offsets);
        bl_buffer_release(s->nests[i].validity);
        s->nests[i] = (bl_nest){.node = s->nests[i].node};
    }
}

void bl_stream_leaf_release(bl_stream_leaf *s) {
    if (!s->context)
        return;
    bl_stream_leaf_reset(s);
    bl_stream_leaf_free_lanes(s);
    bl_free(s->context, s->nests);
    bl_pages_release(&s->pages);
    bl_buffer_release(s->dictionary);
    bl_texts_page_release(&s->dictionary_texts);
    bl_buffer_release(s->page.levels);
    bl_buffer_release(s->page.decoded);
    bl_texts_page_release(&s->page.texts);
    *s = (bl_stream_leaf){0};
}

bl_status bl_stream_reserve(bl_context *context, bl_buffer **buffer, size_t size, bl_error *err) {
    if (!*buffer)
        return bl_buffer_new(context, size > 4096 ? size : 4096, buffer, err);
    if (size <= (*buffer)->capacity)
        return BL_OK;
    return bl_buffer_reserve(buffer, size > 2 * (*buffer)->size ? size : 2 * (*buffer)->size, err);
}

/// Room for `n` more elements of `width` bytes; no more than a small share of the budget, for the
/// file may promise anything.
static bl_status expect(bl_context *context, bl_buffer **buffer, double n, size_t width,
                        bl_error *err) {
    double most = (double)bl_context_budget_bytes(context) / EXPECTED_SHARE;
    double size = n * (double)width + (*buffer ? (double)(*buffer)->size : 0);
    return size > 0 ? bl_stream_reserve(context, buffer, (size_t)(size < most ? size : most), err)
                    : BL_OK;
}

bl_status bl_stream_leaf_expect(bl_stream_leaf *s, double n_rows, double n_entries, double n_bytes,
                                bl_error *err) {
    if (s->width)
        BL_TRY(expect(s->context, &s->values, n_entries, s->width, err));
    else if (n_entries > 0) {
        BL_TRY(expect(s->context, &s->values, n_bytes, 1, err));
        BL_TRY(expect(s->context, &s->offsets, n_entries + 1, sizeof(int32_t), err));
    }
    for (size_t i = 0; i < s->n_nests; i++) {
        bl_nest *nest = &s->nests[i];
        if (nest->node->item_rep)
            BL_TRY(expect(s->context, &nest->offsets,
                          1 + (nest->node->slot_rep ? n_entries : n_rows), sizeof(int32_t), err));
    }
    return BL_OK;
}

// ---- bits of levels ----

/// Entries at which a place exists: the list around it begins one there, and has an item.
static uint64_t places(const bl_level_kernels *k, const uint8_t *rep, const uint8_t *def, size_t n,
                       unsigned slot_rep, unsigned slot_def, unsigned max_rep) {
    uint64_t bits = bl_first_bits(n);
    if (rep && slot_rep < max_rep)
        bits &= ~k->at_least(rep, n, slot_rep + 1);
    if (def && slot_def)
        bits &= k->at_least(def, n, slot_def);
    return bits;
}

/// Appends `n` bits that say which places are not null; the buffer is made at the first null.
static bl_status append_validity(const bl_stream_leaf *s, bl_nest *nest, uint64_t bits, size_t n,
                                 bl_error *err) {
    size_t at = (size_t)nest->n;
    bool all = bits == bl_first_bits(n);
    if (all && !nest->validity)
        return BL_OK;
    bool is_first = !nest->validity;
    size_t had = nest->validity ? nest->validity->size : 0, wanted = (at + n + 7) / 8 + 8;
    BL_TRY(bl_stream_reserve(s->context, &nest->validity, wanted, err));
    uint8_t *data = nest->validity->data;
    nest->validity->size = wanted;
    if (is_first) {
        memset(data, 0xff, at / 8);
        had = at / 8;
    }
    if (wanted > had)
        memset(data + had, 0, wanted - had);
    if (is_first && at % 8)
        data[at / 8] = (uint8_t)bl_first_bits(at % 8);
    uint64_t low, high = 0;
    memcpy(&low, data + at / 8, sizeof low);
    low |= bits << at % 8;
    memcpy(data + at / 8, &low, sizeof low);
    if (at % 8 && (high = bits >> (64 - at % 8)))
        data[at / 8 + 8] |= (uint8_t)high;
    nest->n_null += (int64_t)n - s->kernels->count(bits);
    return BL_OK;
}

static bl_status too_many_items(bl_error *err) {
    return bl_error_set(err, BL_E_LIMIT,
                        "more than 2147483647 items in one column of a batch; read fewer rows");
}

/// Appends a list for each place: its items begin where those counted so far end.
static bl_status append_lists(const bl_stream_leaf *s, bl_nest *nest, uint64_t where,
                              uint64_t items, bl_error *err) {
    size_t n = s->kernels->count(where), at = (size_t)nest->n;
    BL_TRY(bl_stream_reserve(s->context, &nest->offsets, (at + n + 1) * sizeof(int32_t), err));
    int32_t *offsets = (int32_t *)(void *)nest->offsets->data + at;
    s->kernels->put_counts(where, items, (int32_t)nest->n_items, offsets);
    nest->n_items += s->kernels->count(items);
    nest->offsets->size = (at + n) * sizeof(int32_t);
    if (nest->n_items > INT32_MAX)
        return too_many_items(err);
    return BL_OK;
}

static bl_status append_nest(bl_stream_leaf *s, bl_nest *nest, const uint8_t *rep,
                             const uint8_t *def, size_t n, bl_error *err) {
    const bl_parquet_node *node = nest->node;
    uint64_t where =
        places(s->kernels, rep, def, n, node->slot_rep, node->slot_def, s->leaf->max_rep);
    size_t n_places = s->kernels->count(where);
    if (node->def > node->slot_def && n_places) {
        uint64_t there = def ? s->kernels->at_least(def, n, node->def) : UINT64_MAX;
        uint64_t bits =
            where == bl_first_bits(n) ? there & where : s->kernels->gather(there, where);
        BL_TRY(append_validity(s, nest, bits & bl_first_bits(n_places), n_places, err));
    }
    if (node->item_rep)
        BL_TRY(append_lists(
            s, nest, where,
            places(s->kernels, rep, def, n, node->item_rep, node->item_def, s->leaf->max_rep),
            err));
    nest->n += (int64_t)n_places;
    return BL_OK;
}

bl_status bl_stream_leaf_join_nest(const bl_stream_leaf *s, bl_nest *nest, bl_nest *part,
                                   bl_error *err) {
    int64_t end = nest->n + part->n;
    part->to = nest->n;
    part->to_items = nest->n_items;
    while ((nest->validity || part->validity) && nest->n < end) {
        size_t at = (size_t)(nest->n - part->to), n = (size_t)(end - nest->n);
        uint64_t bits = UINT64_MAX;
        n = n < BLOCK ? n : BLOCK;
        if (part->validity)
            memcpy(&bits, part->validity->data + at / 8, sizeof bits);
        BL_TRY(append_validity(s, nest, bits & bl_first_bits(n), n, err));
        nest->n += (int64_t)n;
    }
    nest->n = end;
    nest->n_items += part->n_items;
    if (!part->offsets)
        return BL_OK;
    if (nest->n_items > INT32_MAX)
        return too_many_items(err);
    size_t size = (size_t)end * sizeof(int32_t);
    BL_TRY(bl_stream_reserve(s->context, &nest->offsets, size + sizeof(int32_t), err));
    nest->offsets->size = size;
    return BL_OK;
}

/// Places for values among up to 64 entries. \param valid [64] which of them hold one
static size_t leaf_places(const bl_stream_leaf *s, const uint8_t *rep, const uint8_t *def, size_t n,
                          uint8_t *valid, size_t *ret_n_values) {
    const bl_parquet_node *node = s->leaf->node;
    uint64_t where =
        places(s->kernels, rep, def, n, node->slot_rep, node->slot_def, s->leaf->max_rep);
    size_t n_places = s->kernels->count(where);
    uint64_t there = def ? s->kernels->at_least(def, n, s->leaf->max_def) : UINT64_MAX;
    uint64_t bits = where == bl_first_bits(n) ? there & where : s->kernels->gather(there, where);
    *ret_n_values = s->kernels->count(bits);
    if (*ret_n_values != n_places)
        bl_unpack_bytes((const uint8_t *)&bits, sizeof bits, 1, 0, n_places, valid);
    else
        memset(valid, 1, n_places);
    return n_places;
}

/// `n` places of which none is null.
static bl_status append_there(bl_stream_leaf *s, bl_nest *nest, size_t n, bl_error *err) {
    for (; nest->validity && n; n -= n < BLOCK ? n : BLOCK) {
        size_t part = n < BLOCK ? n : BLOCK;
        BL_TRY(append_validity(s, nest, bl_first_bits(part), part, err));
        nest->n += (int64_t)part;
    }
    nest->n += (int64_t)n;
    return BL_OK;
}

/// Values that were taken, of entries without lists and nulls.
static bl_status note_values(bl_stream_leaf *s, size_t n, bl_error *err) {
    for (size_t i = 0; i < s->n_nests; i++)
        BL_TRY(append_there(s, &s->nests[i], n, err));
    s->n_slots += (int64_t)n;
    return BL_OK;
}

/// Up to 64 entries: lists and structs around them, places for values.
static bl_status take_block(bl_stream_leaf *s, size_t n, uint8_t *valid, size_t *n_slots,
                            size_t *n_values, bl_error *err) {
    const uint8_t *rep = s->page.rep ? s->page.rep + s->page.entry : NULL;
    const uint8_t *def = s->page.def ? s->page.def + s->page.entry : NULL;
    size_t values;
    for (size_t i = 0; i < s->n_nests; i++)
        BL_TRY(append_nest(s, &s->nests[i], rep, def, n, err));
    *n_slots += leaf_places(s, rep, def, n, valid + *n_slots, &values);
    *n_values += values;
    s->page.entry += n;
    return BL_OK;
}

/// Values of so many places. \param valid [n_slots] which of them have one, if not all do
static bl_status fill_places(bl_stream_leaf *s, const uint8_t *valid, size_t n_slots,
                             size_t n_values, bl_error *err) {
    if (s->stays && n_slots == n_values) {
        s->n_stay += n_values;
        return BL_OK;
    }
    size_t n = s->n_stay;
    s->n_stay = 0;
    s->stays = false;
    BL_TRY(bl_stream_leaf_take_values(s, n + n_values, err));
    return bl_stream_leaf_spread(s, valid, n_slots, n_values, err);
}

bl_status bl_stream_leaf_take(bl_stream_leaf *s, size_t n, bl_error *err) {
    enum { MOST = 4096 };
    uint8_t valid[MOST];
    if (!s->page.def && !s->page.rep) {
        s->page.entry += n;
        BL_TRY(fill_places(s, NULL, n, n, err));
        return note_values(s, n, err);
    }
    for (size_t end = s->page.entry + n; s->page.entry < end;) {
        size_t n_slots = 0, n_values = 0;
        while (s->page.entry < end && n_slots <= MOST - BLOCK) {
            size_t part = end - s->page.entry < BLOCK ? end - s->page.entry : BLOCK;
            BL_TRY(take_block(s, part, valid, &n_slots, &n_values, err));
        }
        BL_TRY(fill_places(s, valid, n_slots, n_values, err));
        s->n_slots += (int64_t)n_slots;
    }
    return BL_OK;
}

static bl_status skip_entries(bl_stream_leaf *s, size_t n, bl_error *err) {
    size_t n_values = s->page.def ? 0 : n;
    for (size_t i = 0; s->page.def && i < n; i++)
        n_values += s->page.def[s->page.entry + i] == s->leaf->max_def;
    s->page.entry += n;
    return bl_stream_leaf_skip_values(s, n_values, err);
}

// ---- rows ----

size_t bl_stream_leaf_entries(const bl_stream_leaf *s, int64_t n_rows, int64_t *ret_rows) {
    size_t left = s->page.n_entries - s->page.entry, n = 0;
    if (!s->page.rep) {
        n = (uint64_t)n_rows < left ? (size_t)n_rows : left;
        *ret_rows = (int64_t)n;
        return n;
    }
    int64_t rows = 0;
    while (n < left) {
        size_t part = left - n < BLOCK ? left - n : BLOCK;
        uint64_t begins =
            ~s->kernels->at_least(s->page.rep + s->page.entry + n, part, 1) & bl_first_bits(part);
        unsigned count = s->kernels->count(begins);
        if (rows + count > n_rows) { // the row behind the last one begins here
            for (; rows < n_rows; rows++)
                begins &= begins - 1;
            n += (size_t)__builtin_ctzll(begins);
            break;
        }
        rows += count;
        n += part;
    }
    *ret_rows = rows;
    return n;
}

/// Whether the row before `last` may go on on a page that was not looked at yet.
static bool may_go_on(const bl_stream_leaf *s) {
    if (!s->leaf->max_rep)
        return false;
    return s->page.entry < s->page.n_entries ? s->page.rep[s->page.entry] != 0
                                             : s->n_ready || s->pages.n_left > 0;
}

/// The next page; where its values are all that it has, they go to the batch at once.
static bl_status load(bl_stream_leaf *s, bl_codecs *codecs, int64_t last, bool is_wanted,
                      bl_error *err) {
    if (s->n_ready)
        return bl_stream_leaf_take_ready(s, err);
    bl_direct direct = {0};
    size_t n_direct = 0;
    if (is_wanted && s->width && !s->leaf->max_rep) {
        size_t size = s->values ? s->values->size : 0;
        direct.n_bytes = (size_t)(last - s->row) * s->width;
        BL_TRY(bl_stream_reserve(s->context, &s->values, size + direct.n_bytes, err));
        direct.place = s->values->data + size;
        direct.n_before = size;
    }
    bl_status status = bl_stream_leaf_next_page(s, codecs, &direct, &n_direct, err);
    if (status == BL_END)
        return bl_error_set(err, BL_E_CORRUPT, "%lld of its rows are missing",
                            (long long)(last - s->row));
    BL_TRY(status);
    if (!n_direct)
        return BL_OK;
    s->values->size += n_direct * s->width;
    s->row += (int64_t)n_direct;
    return note_values(s, n_direct, err);
}

/// Takes or skips rows up to `last` of the group, and what the last of them has on later pages.
static bl_status go_to(bl_stream_leaf *s, bl_codecs *codecs, int64_t last, bool is_wanted,
                       bl_error *err) {
    while (s->row < last || may_go_on(s)) {
        if (s->page.entry == s->page.n_entries) {
            BL_TRY(load(s, codecs, last, is_wanted, err));
            continue;
        }
        int64_t rows;
        size_t n = bl_stream_leaf_entries(s, last - s->row, &rows);
        BL_TRY_IN(is_wanted ? bl_stream_leaf_take(s, n, err) : skip_entries(s, n, err), err,
                  "page at byte %llu", (unsigned long long)s->pages.page_at);
        s->row += rows;
    }
    return BL_OK;
}

static bl_status begin_group(bl_stream_leaf *s, const bl_stream_rows *rows, bl_error *err) {
    const bl_parquet_chunk *chunk = &rows->chunks[s->index];
    if (chunk->is_elsewhere)
        return bl_error_set(err, BL_E_UNSUPPORTED, "its values are in another file");
    if (!chunk->is_there)
        return bl_error_set(err, BL_E_UNSUPPORTED, "it is encrypted");
    if (chunk->type != s->leaf->element->type)
        return bl_error_set(err, BL_E_CORRUPT, "physical type %d, where the schema has %d",
                            chunk->type, s->leaf->element->type);
    BL_TRY(bl_pages_begin(&s->pages, rows->source, chunk, err));
    s->group = rows->number;
    s->row = 0;
    s->is_first_page = true;
    s->page.n_entries = s->page.entry = 0;
    s->n_ready = 0;
    s->n_dictionary = 0;
    return BL_OK;
}

bl_status bl_stream_leaf_begin(bl_stream_leaf *s, const bl_stream_rows *rows, bl_codecs *codecs,
                               bl_error *err) {
    s->goes_on = s->group == rows->number && s->row == rows->first && !s->has_failed;
    if (s->group != rows->number || s->row > rows->first || s->has_failed)
        BL_TRY(begin_group(s, rows, err));
    s->has_failed = true;
    BL_TRY(go_to(s, codecs, rows->first, false, err));
    s->has_failed = false;
    const bl_parquet_chunk *chunk = &rows->chunks[s->index];
    double n_rows = (double)(rows->last - rows->first), share = n_rows / (double)rows->n_rows;
    return bl_stream_leaf_expect(s, n_rows, share * (double)chunk->n_values,
                                 share * (double)chunk->raw_bytes, err);
}

bl_status bl_stream_leaf_read(bl_stream_leaf *s, const bl_stream_rows *rows, bl_codecs *codecs,
                              bl_error *err) {
    BL_TRY(bl_stream_leaf_begin(s, rows, codecs, err));
    s->has_failed = true;
    BL_TRY(go_to(s, codecs, rows->last, true, err));
    s->has_failed = false;
    return BL_OK;
}
