// SPDX-License-Identifier: Apache-2.0
// Growing the bytes of a packer.
#include "base/packer.h"

enum { FIRST_BYTES = 1024 };

uint8_t *bl_packer_extend(bl_packer *packer, size_t n) {
    if (packer->failed)
        return NULL;
    bl_status status = BL_OK;
    if (!packer->buffer)
        status = bl_buffer_new(packer->context, n > FIRST_BYTES ? n : FIRST_BYTES, &packer->buffer,
                               NULL);
    else if (packer->buffer->capacity - packer->buffer->size < n)
        status = bl_buffer_reserve(&packer->buffer, 2 * packer->buffer->size + n, NULL);
    if (status != BL_OK) {
        packer->failed = true;
        return NULL;
    }
    uint8_t *at = packer->buffer->data + packer->buffer->size;
    packer->buffer->size += n;
    return at;
}

bl_status bl_packer_check(const bl_packer *packer, const char *what, bl_error *err) {
    return packer->failed ? bl_error_nomem(err, 2 * bl_packer_size(packer), what) : BL_OK;
}
