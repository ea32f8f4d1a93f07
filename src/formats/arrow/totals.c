// SPDX-License-Identifier: Apache-2.0
// What record batches say of their columns before any is read: bytes stored and bytes in memory.
#include "formats/arrow/file.h"

/// Bytes of a value in memory; guessed where it is not fixed.
static size_t width_of(const bl_arrow_field *field) {
    size_t width = field->type ? bl_type_id_width(field->type->id) : 0;
    return width ? width : 16;
}

/// Bytes in memory of a field's values; texts that are compressed are guessed.
static double raw_bytes(const bl_arrow_record *record, const bl_arrow_field *field) {
    double n = (double)bl_arrow_pair_at(record->nodes, field->node).first;
    double bytes = field->is_nullable ? n / 8 : 0;
    double guess = record->codec == BL_CODEC_STORED ? 1 : 4;
    size_t buffer = bl_arrow_first_buffer(record, field);
    if (field->values)
        return bytes + n * (double)width_of(field);
    switch (field->layout) {
    case BL_ARROW_FIXED:
        bytes += n * (double)width_of(field);
        break;
    case BL_ARROW_BITS:
    case BL_ARROW_NULLS:
        bytes += n / 4;
        break;
    case BL_ARROW_TEXT:
        bytes += 4 * n + guess * (double)bl_arrow_pair_at(record->buffers, buffer + 2).second;
        break;
    case BL_ARROW_VIEWS:
        bytes += 16 * n;
        for (size_t i = buffer + 2; i < bl_arrow_last_buffer(record, field); i++)
            bytes += guess * (double)bl_arrow_pair_at(record->buffers, i).second;
        break;
    case BL_ARROW_FIXED_BINARY:
        bytes += n * (4 + (double)field->width);
        break;
    case BL_ARROW_LIST:
        bytes += n * (double)field->width;
        break;
    default:
        break;
    }
    for (size_t i = 0; i < field->n_children; i++)
        bytes += raw_bytes(record, &field->children[i]);
    return bytes;
}

void bl_arrow_add_totals(bl_arrow_file *file, const bl_arrow_record *record) {
    for (size_t i = 0; i < file->schema.n_fields; i++) {
        const bl_arrow_field *field = &file->schema.fields[i];
        bl_arrow_totals *totals = &file->totals[i];
        double raw = raw_bytes(record, field);
        totals->raw_bytes += raw < 1e18 ? (uint64_t)raw : UINT64_C(1) << 60;
        totals->is_compressed = totals->is_compressed || record->codec != BL_CODEC_STORED;
        for (size_t k = bl_arrow_first_buffer(record, field);
             k < bl_arrow_last_buffer(record, field); k++)
            totals->stored_bytes += (uint64_t)bl_arrow_pair_at(record->buffers, k).second;
    }
}
