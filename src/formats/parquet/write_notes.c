// SPDX-License-Identifier: Apache-2.0
// What the footer will say of row groups. Names of columns, codecs and bounds of one row group are
// much like those of the one before: blocks that hold several are a fraction compressed.
#include "formats/parquet/write.h"

#define BLOCK_BYTES ((size_t)1 << 20)

static const bl_compression how = {BL_CODEC_ZSTD, 1};

/// \param packed the open notes, compressed
static bl_status keep(bl_pqw_notes *notes, const uint8_t *packed, size_t size, bl_error *err) {
    bl_packer *open = &notes->open.out;
    BL_TRY(bl_array_grow(open->context, &notes->blocks, &notes->capacity, notes->n_blocks,
                         sizeof *notes->blocks, "a footer", err));
    uint8_t *bytes = (uint8_t *)bl_alloc(open->context, size);
    if (!bytes)
        return bl_error_nomem(err, size, "a footer");
    memcpy(bytes, packed, size);
    size_t raw_size = bl_packer_size(open);
    notes->blocks[notes->n_blocks++] = (bl_pqw_block){bytes, (uint32_t)size, (uint32_t)raw_size};
    open->buffer->size = 0;
    return BL_OK;
}

bl_status bl_pqw_notes_pack(bl_pqw_notes *notes, bl_pqw_scratch *scratch, bl_error *err) {
    bl_packer *open = &notes->open.out, *packed = &scratch->packed;
    size_t raw_size = bl_packer_size(open), size;
    BL_TRY(bl_packer_check(open, "a footer", err));
    if (raw_size < BLOCK_BYTES)
        return BL_OK;
    size_t capacity = raw_size + raw_size / 6 + 1024; // enough for any bytes
    if (packed->buffer)
        packed->buffer->size = 0;
    uint8_t *out = bl_packer_extend(packed, capacity);
    if (!out)
        return bl_packer_check(packed, "a footer", err);
    BL_TRY(bl_codec_encode(scratch->codecs, how, open->buffer->data, raw_size, out, capacity, &size,
                           err));
    return keep(notes, out, size, err);
}

bl_status bl_pqw_notes_write(const bl_pqw_notes *notes, bl_sink *sink, bl_pqw_scratch *scratch,
                             bl_error *err) {
    for (size_t i = 0; i < notes->n_blocks; i++) {
        const bl_pqw_block *block = &notes->blocks[i];
        if (scratch->packed.buffer)
            scratch->packed.buffer->size = 0;
        uint8_t *raw = bl_packer_extend(&scratch->packed, block->raw_size);
        if (!raw)
            return bl_packer_check(&scratch->packed, "a footer", err);
        BL_TRY(bl_codec_decode(scratch->codecs, how.codec, block->bytes, block->size, raw,
                               block->raw_size, err));
        BL_TRY(bl_sink_write(sink, raw, block->raw_size, err));
    }
    const bl_buffer *open = notes->open.out.buffer;
    return open ? bl_sink_write(sink, open->data, open->size, err) : BL_OK;
}

void bl_pqw_notes_release(bl_context *context, bl_pqw_notes *notes) {
    for (size_t i = 0; i < notes->n_blocks; i++)
        bl_free(context, notes->blocks[i].bytes);
    bl_free(context, notes->blocks);
    bl_thrift_out_release(&notes->open);
}
