// SPDX-License-Identifier: Apache-2.0
// Where values go: opening baskets, and room for columns before anything is decoded.
#include "formats/ttree/request.h"

bl_rows bl_task_rows(const bl_basket_task *t) {
    int64_t first = t->job->first > t->slot.first ? t->job->first : t->slot.first;
    int64_t last = t->job->last < t->slot.last ? t->job->last : t->slot.last;
    return (bl_rows){first - t->slot.first, last > first ? last - first : 0};
}

static bool is_whole(const bl_basket_task *t) {
    return bl_task_rows(t).n == t->slot.last - t->slot.first;
}

bl_status bl_task_error(const bl_request *request, const bl_basket_task *t, bl_status status,
                        bl_error *err) {
    return bl_error_in(err, status, "branch '%s': basket %zu (byte %llu)",
                       bl_job_column(request, t->job)->branch->path, t->slot_number,
                       (unsigned long long)t->slot.offset);
}

bl_status bl_task_open(const bl_request *request, const bl_basket_task *t, bl_codecs *codecs,
                       bl_basket *ret_basket, bl_error *err) {
    if (t->has_kept) {
        *ret_basket = bl_basket_ref(&t->kept);
        return BL_OK;
    }
    if (t->slot.embedded)
        return bl_basket_open_embedded(t->slot.embedded->raw, t->slot.embedded->raw_size,
                                       ret_basket, err);
    bl_fetch *fetch = request->fetches[bl_job_column(request, t->job)->source];
    return bl_basket_open(bl_request_context(request), codecs, bl_fetch_data(fetch, t->range),
                          (size_t)t->slot.n_bytes, bl_fetch_buffer(fetch, t->range), ret_basket,
                          err);
}

/// Rows and bytes of entries in a whole basket, known without uncompressing it. What is allocated
/// for a column rests on these, so they are checked against the slot and the bytes that are there.
static bl_status peek(const bl_request *request, const bl_basket_task *t, int64_t *ret_rows,
                      size_t *ret_bytes, bl_error *err) {
    if (t->has_kept || t->slot.embedded) {
        bl_basket basket;
        BL_TRY(bl_task_open(request, t, NULL, &basket, err));
        *ret_rows = basket.n_rows;
        *ret_bytes = basket.data_bytes;
        bl_basket_release(&basket);
    } else {
        bl_basket_header header;
        const uint8_t *data =
            bl_fetch_data(request->fetches[bl_job_column(request, t->job)->source], t->range);
        BL_TRY(bl_basket_header_read(data, (size_t)t->slot.n_bytes, &header, err));
        *ret_rows = header.n_rows;
        *ret_bytes = header.data_bytes;
    }
    if (*ret_rows < t->slot.last - t->slot.first)
        return bl_error_set(err, BL_E_CORRUPT, "has %lld rows, its branch counts %lld",
                            (long long)*ret_rows, (long long)(t->slot.last - t->slot.first));
    return BL_OK;
}

/// Gives fixed lists and the numbers inside them their lengths, from `n` items of `column`.
static void set_lengths(bl_column *column, int64_t n) {
    column->length = n;
    for (; column->n_children; column = column->children) {
        n *= column->type->id == BL_FIXED_LIST ? column->type->list_size : 1;
        column->children->length = n;
    }
}

static bl_status prepare_flat(bl_request *request, bl_job *j, bl_error *err) {
    int64_t per_item;
    const bl_root_number *number = bl_layout_numbers(&bl_job_column(request, j)->layout, &per_item);
    int64_t n_rows = j->last - j->first;
    size_t row_bytes = bl_job_column(request, j)->layout.item.fixed_bytes;
    for (size_t i = 0; i < j->n_slots; i++) {
        const bl_basket_task *t = &request->tasks[j->first_task + i];
        int64_t n = 0;
        size_t n_bytes = 0;
        bl_status status = peek(request, t, &n, &n_bytes, err);
        if (status == BL_OK && (uint64_t)n * row_bytes != n_bytes)
            status = bl_error_set(err, BL_E_CORRUPT, "%lld rows of %zu bytes do not make %zu bytes",
                                  (long long)n, row_bytes, n_bytes);
        if (status != BL_OK)
            return bl_task_error(request, t, status, err);
    }
    bl_column *leaf = bl_column_innermost(&j->result);
    set_lengths(&j->result, n_rows);
    size_t n_bytes = (size_t)(n_rows * per_item) * bl_root_number_width(number);
    BL_TRY(bl_buffer_new(bl_request_context(request), n_bytes, &leaf->values, err));
    leaf->values->size = n_bytes;
    j->values = leaf->values->data;
    return BL_OK;
}

/// Gives a zeroed column its type, all the way down.
static bl_status init_column(bl_context *context, bl_column *column, bl_type *type, bl_error *err) {
    BL_TRY(bl_column_init(context, column, type, err));
    for (size_t i = 0; i < type->n_children; i++)
        BL_TRY(init_column(context, &column->children[i], type->children[i], err));
    return BL_OK;
}

bl_status bl_column_make_jagged(bl_context *context, const bl_entry_layout *layout, int64_t n_rows,
                                int64_t n_items, bl_column *column, bl_error *err) {
    int64_t per_item;
    const bl_root_number *number = bl_layout_numbers(layout, &per_item);
    if (!column->type)
        BL_TRY(init_column(context, column, layout->type, err));
    bl_column *leaf = bl_column_innermost(column);
    set_lengths(&column->children[0], n_items);
    column->length = n_rows;
    size_t n_bytes = (size_t)(n_items * per_item) * bl_root_number_width(number);
    BL_TRY(bl_buffer_new(context, n_bytes, &leaf->values, err));
    BL_TRY(bl_buffer_new(context, (size_t)(n_rows + 1) * 4, &column->offsets, err));
    leaf->values->size = n_bytes;
    column->offsets->size = (size_t)(n_rows + 1) * 4;
    memset(column->offsets->data, 0, 4); // decoding a basket writes where its rows end
    return BL_OK;
}

void bl_column_pack_bools(bl_column *column) {
    bl_column *leaf = bl_column_innermost(column);
    if (leaf->type->id != BL_BOOL)
        return;
    uint8_t *bytes = leaf->values->data;
    size_t n = (size_t)leaf->length;
    for (size_t i = 0; i < n / 8; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * i, 8);
        const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
        uint64_t ones = ((((eight & low) + low) | eight) >> 7) & UINT64_C(0x0101010101010101);
        bytes[i] = (uint8_t)((ones * UINT64_C(0x0102040810204080)) >> 56); // byte k becomes bit k
    }
    uint8_t rest = 0;
    for (size_t i = n / 8 * 8; i < n; i++)
        rest |= (uint8_t)((bytes[i] != 0) << (i % 8));
    if (n % 8)
        bytes[n / 8] = rest;
    leaf->values->size = (n + 7) / 8;
}

/// \return via ret_direct false where the values' places are not known in advance
static bl_status prepare_jagged(bl_request *request, bl_job *j, bool *ret_direct, bl_error *err) {
    const bl_entry_layout *layout = &bl_job_column(request, j)->layout;
    int64_t n_items = 0;
    *ret_direct = false;
    for (size_t i = 0; i < j->n_slots; i++) {
        bl_basket_task *t = &request->tasks[j->first_task + i];
        int64_t n = 0;
        size_t n_bytes = 0;
        if (!is_whole(t))
            return BL_OK;
        bl_status status = peek(request, t, &n, &n_bytes, err);
        if (status != BL_OK)
            return bl_task_error(request, t, status, err);
        t->base = n_items;
        n_items += (int64_t)(n_bytes / layout->item.fixed_bytes);
    }
    int64_t n_rows = j->last - j->first;
    bool too_empty = j->is_counter && n_rows > BL_ROWS_WITHOUT_BYTES + n_items; // see decode_basket
    if (n_items > INT32_MAX || too_empty)
        return BL_OK;
    BL_TRY(bl_column_make_jagged(bl_request_context(request), layout, n_rows, n_items, &j->result,
                                 err));
    j->values = bl_column_innermost(&j->result)->values->data;
    j->offsets = (int32_t *)(void *)j->result.offsets->data;
    *ret_direct = true;
    return BL_OK;
}

bl_status bl_job_prepare(bl_request *request, bl_job *j, bl_error *err) {
    const bl_entry_layout *layout = &bl_job_column(request, j)->layout;
    bl_context *context = bl_request_context(request);
    bool direct = false;
    BL_TRY(init_column(context, &j->result, layout->type, err));
    if (j->n_slots && bl_layout_is_flat(layout)) {
        BL_TRY(prepare_flat(request, j, err));
        direct = true;
    } else if (j->n_slots && bl_layout_is_jagged(layout)) {
        BL_TRY(prepare_jagged(request, j, &direct, err));
    }
    if (direct)
        return BL_OK;
    bl_column_release(context, &j->result);
    j->pieces = (bl_column *)bl_alloc_zero(context, j->n_slots ? j->n_slots : 1, sizeof *j->pieces);
    return j->pieces ? BL_OK
                     : bl_error_nomem(err, j->n_slots * sizeof *j->pieces, "pieces of a column");
}
