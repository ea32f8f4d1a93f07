// SPDX-License-Identifier: Apache-2.0
// BYTE_STREAM_SPLIT.
#include "formats/parquet/encodings.h"

/// Streams of 4 and 8 bytes are put together by the compiler's vector code.
#define JOIN(data, n, out, width, type)                              \
    do {                                                             \
        for (size_t i = 0; i < (n); i++) {                           \
            type value = 0;                                          \
            for (unsigned k = 0; k < (width); k++)                   \
                value |= (type)((type)(data)[k * (n) + i] << 8 * k); \
            memcpy((out) + i * (width), &value, (width));            \
        }                                                            \
    } while (0)

void bl_split_decode(const uint8_t *data, unsigned width, size_t n, uint8_t *out) {
    if (width == 4) {
        JOIN(data, n, out, 4, uint32_t);
        return;
    }
    if (width == 8) {
        JOIN(data, n, out, 8, uint64_t);
        return;
    }
    for (unsigned k = 0; k < width; k++)
        for (size_t i = 0; i < n; i++)
            out[i * width + k] = data[k * n + i];
}
