// SPDX-License-Identifier: Apache-2.0
// Filters of chunks: shuffle, deflate, Fletcher's checksum; and of the registered ones LZF, which
// h5py writes, and Zstandard. What else there is, libhdf5 and its plugins unpack. Source: HDF5 File
// Format Specification, "Filter Pipeline Message"; LibLZF's format by Marc Lehmann: a byte below 32
// says how many literals follow, others copy from before.
#include "formats/hdf5/module/filters.h"

enum { BLOCK = 64 };

/// Of numbers, whose widths the compiler is to know.
#define SHUFFLE(width)                     \
    for (size_t b = 0; b < (width); b++) { \
        uint8_t *to = out + b * apart;     \
        for (size_t i = 0; i < n; i++)     \
            to[i] = raw[i * (width) + b];  \
    }

void bl_hdf5_shuffle(const uint8_t *raw, size_t n, size_t width, uint8_t *out, size_t apart) {
    if (width == 2) {
        SHUFFLE(2)
        return;
    }
    if (width == 4) {
        SHUFFLE(4)
        return;
    }
    if (width == 8) {
        SHUFFLE(8)
        return;
    }
    for (size_t first = 0; first < n; first += BLOCK) { // a block of elements stays in the cache
        size_t some = n - first < BLOCK ? n - first : BLOCK;
        for (size_t b = 0; b < width; b++) {
            const uint8_t *from = raw + first * width + b;
            uint8_t *to = out + b * apart + first;
            for (size_t i = 0; i < some; i++)
                to[i] = from[i * width];
        }
    }
}

void bl_hdf5_unshuffle(const uint8_t *shuffled, size_t n, size_t width, uint8_t *out) {
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t some = n - first < BLOCK ? n - first : BLOCK;
        for (size_t b = 0; b < width; b++) {
            const uint8_t *from = shuffled + b * n + first;
            uint8_t *to = out + first * width + b;
            for (size_t i = 0; i < some; i++)
                to[i * width] = from[i];
        }
    }
}

static uint32_t fletcher32(const uint8_t *data, size_t size) {
    uint64_t a = 0, b = 0;
    size_t i = 0;
    while (i + 1 < size) { // sums stay far below 64 bits for 2^16 words
        size_t end = size - i > 131072 ? i + 131072 : size;
        for (; i + 1 < end; i += 2) {
            a += (uint64_t)data[i] << 8 | data[i + 1];
            b += a;
        }
        a %= 65535;
        b %= 65535;
    }
    if (size % 2) {
        a = (a + ((uint64_t)data[size - 1] << 8)) % 65535;
        b = (b + a) % 65535;
    }
    return (uint32_t)(b << 16 | a);
}

/// Takes the checksum off the end. Old versions stored it with its bytes swapped in pairs.
static bl_status check_sum(const uint8_t *data, size_t *size, bl_error *err) {
    uint32_t stored;
    if (*size < 4)
        return bl_error_set(err, BL_E_CORRUPT, "a chunk of %zu bytes with a checksum", *size);
    *size -= 4;
    memcpy(&stored, data + *size, 4);
    uint32_t is = fletcher32(data, *size);
    // Words that are all 0xffff are 0 to the sum, and so may the parts of it be.
    uint32_t low = is & 0xffff, high = is >> 16, swapped;
    swapped = (low >> 8 | (low & 0xff) << 8) | (high >> 8 | (high & 0xff) << 8) << 16;
    uint32_t stored_low = stored & 0xffff, stored_high = stored >> 16;
    bool is_same = stored_low % 65535 == low % 65535 && stored_high % 65535 == high % 65535;
    return is_same || stored == swapped
               ? BL_OK
               : bl_error_set(err, BL_E_CORRUPT, "the checksum of a chunk is wrong");
}

/// \return bytes written; SIZE_MAX where the input is damaged
static size_t lzf_decode(const uint8_t *in, size_t size, uint8_t *out, size_t room) {
    size_t at = 0, to = 0;
    while (at < size) {
        size_t control = in[at++];
        if (control < 32) {
            size_t n = control + 1;
            if (n > size - at || n > room - to)
                return SIZE_MAX;
            memcpy(out + to, in + at, n);
            at += n;
            to += n;
            continue;
        }
        size_t n = control >> 5;
        if (n == 7) {
            if (at == size)
                return SIZE_MAX;
            n += in[at++];
        }
        n += 2;
        if (at == size)
            return SIZE_MAX;
        size_t back = ((control & 31) << 8 | in[at++]) + 1;
        if (back > to || n > room - to)
            return SIZE_MAX;
        for (size_t i = 0; i < n; i++, to++)
            out[to] = out[to - back];
    }
    return to;
}

/// Undoes one filter that changes how many bytes there are, into a whole chunk.
static bl_status decode(const bl_hdf5_filter *filter, bl_codecs *codecs, const uint8_t *data,
                        size_t size, uint8_t *out, size_t out_size, bl_error *err) {
    if (out_size / BL_CODEC_MOST_RATIO > size)
        return bl_error_set(err, BL_E_CORRUPT, "%zu bytes cannot hold a chunk of %zu", size,
                            out_size);
    if (filter->id == H5Z_FILTER_DEFLATE)
        return bl_codec_decode(codecs, BL_CODEC_ZLIB, data, size, out, out_size, err);
    if (filter->id == BL_HDF5_ZSTD)
        return bl_codec_decode(codecs, BL_CODEC_ZSTD, data, size, out, out_size, err);
    if (lzf_decode(data, size, out, out_size) == out_size)
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT, "lzf: corrupt block");
}

/// What is still to be undone: `data` [size], in one of two whole chunks or where it was stored.
typedef struct stage {
    const uint8_t *data;
    size_t size;
    uint8_t *raw, *spare; ///< [chunk_bytes] each; `spare` is made when it is needed
    bl_buffer *spare_owner;
} stage;

static bl_status spare(stage *s, bl_context *context, size_t size, uint8_t **ret_out,
                       bl_error *err) {
    *ret_out = s->raw;
    if (s->data != s->raw)
        return BL_OK;
    if (!s->spare_owner)
        BL_TRY(bl_buffer_new(context, size, &s->spare_owner, err));
    *ret_out = s->spare_owner->data;
    return BL_OK;
}

static bl_status undo(const bl_hdf5_dataset *d, const bl_hdf5_filter *filter, bl_codecs *codecs,
                      bl_context *context, stage *s, bl_error *err) {
    uint8_t *out;
    if (filter->id == H5Z_FILTER_FLETCHER32)
        return check_sum(s->data, &s->size, err);
    BL_TRY(spare(s, context, d->chunk_bytes, &out, err));
    if (filter->id != H5Z_FILTER_SHUFFLE) {
        BL_TRY(decode(filter, codecs, s->data, s->size, out, d->chunk_bytes, err));
    } else {
        size_t width = filter->element ? filter->element : 1, n = s->size / width;
        if (s->size > d->chunk_bytes)
            return bl_error_set(err, BL_E_CORRUPT, "%zu bytes in a chunk", s->size);
        bl_hdf5_unshuffle(s->data, n, width, out);
        memcpy(out + n * width, s->data + n * width, s->size - n * width);
        s->data = out;
        return BL_OK;
    }
    s->data = out;
    s->size = d->chunk_bytes;
    return BL_OK;
}

bl_status bl_hdf5_unpack(const bl_hdf5_dataset *d, bl_codecs *codecs, const uint8_t *stored,
                         size_t size, uint32_t mask, uint8_t *raw, bool *ret_shuffled,
                         bl_error *err) {
    stage s = {.data = stored, .size = size, .raw = raw};
    bl_status status = BL_OK;
    bool is_shuffled = false;
    for (size_t i = d->n_filters; i-- > 0 && status == BL_OK;) {
        const bl_hdf5_filter *filter = &d->filters[i];
        if (mask >> i & 1)
            continue;
        is_shuffled = ret_shuffled && i == 0 && filter->id == H5Z_FILTER_SHUFFLE &&
                      filter->element == d->element_bytes && s.size == d->chunk_bytes &&
                      d->element_bytes > 1;
        if (!is_shuffled)
            status = undo(d, filter, codecs, d->context, &s, err);
    }
    if (status == BL_OK && s.size != d->chunk_bytes)
        status =
            bl_error_set(err, BL_E_CORRUPT, "a chunk has %zu bytes of %zu", s.size, d->chunk_bytes);
    if (status == BL_OK && s.data != raw)
        memcpy(raw, s.data, s.size);
    bl_buffer_release(s.spare_owner);
    if (status == BL_OK && ret_shuffled)
        *ret_shuffled = is_shuffled;
    return status;
}
