// SPDX-License-Identifier: Apache-2.0
// The header in front of each page.
#include "formats/parquet/metadata.h"

static void read_data(bl_cursor *c, bl_parquet_page_header *header) {
    for (bl_thrift_field field = {0}; bl_thrift_next(c, &field);) {
        if (field.id == 1)
            header->n_values = (uint32_t)bl_thrift_int(c, field.type);
        else if (field.id == 2)
            header->encoding = (int)bl_thrift_int(c, field.type);
        else if (field.id == 3 && field.type == BL_THRIFT_I32)
            header->def_encoding = (int)bl_thrift_int(c, field.type);
        else if (field.id == 4)
            header->rep_encoding = (int)bl_thrift_int(c, field.type);
        else
            bl_thrift_skip(c, field.type);
    }
}

static void read_data_v2(bl_cursor *c, bl_parquet_page_header *header) {
    uint32_t *const numbers[] = {&header->n_values,  &header->n_nulls,  &header->n_rows, NULL,
                                 &header->def_bytes, &header->rep_bytes};
    header->is_compressed = true;
    header->def_encoding = header->rep_encoding = BL_PARQUET_RLE;
    for (bl_thrift_field field = {0}; bl_thrift_next(c, &field);) {
        if (field.id == 4)
            header->encoding = (int)bl_thrift_int(c, field.type);
        else if (field.id >= 1 && field.id <= 6)
            *numbers[field.id - 1] = (uint32_t)bl_thrift_int(c, field.type);
        else if (field.id == 7)
            header->is_compressed = field.type == BL_THRIFT_TRUE;
        else
            bl_thrift_skip(c, field.type);
    }
}

static bl_status check(const bl_parquet_page_header *header, int64_t raw, int64_t stored,
                       bl_error *err) {
    if (raw < 0 || raw > INT32_MAX || stored < 0 || stored > INT32_MAX)
        return bl_error_set(err, BL_E_CORRUPT, "page header: %lld bytes, %lld stored",
                            (long long)raw, (long long)stored);
    if (header->n_values > INT32_MAX || header->n_rows > INT32_MAX)
        return bl_error_set(err, BL_E_CORRUPT, "page header: %u values", header->n_values);
    if (header->def_bytes > header->stored_bytes ||
        header->rep_bytes > header->stored_bytes - header->def_bytes ||
        header->def_bytes + header->rep_bytes > header->raw_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "page header: levels are longer than their page");
    return BL_OK;
}

bl_status bl_parquet_page_header_read(const uint8_t *data, size_t size,
                                      bl_parquet_page_header *ret_header, size_t *ret_size,
                                      bl_error *err) {
    bl_cursor c = bl_cursor_over(data, size);
    bl_parquet_page_header header = {.type = -1, .encoding = -1};
    int64_t raw = -1, stored = -1;
    for (bl_thrift_field field = {0}; bl_thrift_next(&c, &field);) {
        if (field.id == 1)
            header.type = (int)bl_thrift_int(&c, field.type);
        else if (field.id == 2)
            raw = bl_thrift_int(&c, field.type);
        else if (field.id == 3)
            stored = bl_thrift_int(&c, field.type);
        else if (field.id == 4) {
            header.has_crc = true;
            header.crc = (uint32_t)bl_thrift_int(&c, field.type);
        } else if ((field.id == 5 || field.id == 7) && field.type == BL_THRIFT_STRUCT)
            read_data(&c, &header); // a dictionary's begins with the same two fields
        else if (field.id == 8 && field.type == BL_THRIFT_STRUCT)
            read_data_v2(&c, &header);
        else
            bl_thrift_skip(&c, field.type);
    }
    if (c.failed)
        return BL_END;
    header.raw_bytes = (uint32_t)raw;
    header.stored_bytes = (uint32_t)stored;
    BL_TRY(check(&header, raw, stored, err));
    *ret_header = header;
    *ret_size = c.position;
    return BL_OK;
}
