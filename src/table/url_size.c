// SPDX-License-Identifier: Apache-2.0
// How much is behind a URL.
#include "io/bytes/source.h"
#include "table/selection.h"

bl_status bl_url_size(bl_context *context, const char *url, uint64_t *ret_bytes, bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    BL_TRY(bl_source_open(context, url, &source, err));
    *ret_bytes = source->size_bytes;
    return BL_OK;
}
