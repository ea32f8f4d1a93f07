// SPDX-License-Identifier: Apache-2.0
#include "base/size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bl_status bl_size_parse(const char *text, uint64_t *ret_bytes, bl_error *err) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    const char *suffix = end;
    unsigned shift = 0;
    static const char units[] = "KMGT";
    const char *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    if (unit) {
        shift = 10 * ((unsigned)(unit - units) + 1);
        suffix = end + 1;
        if (strcmp(suffix, "iB") == 0)
            suffix += 2;
    }
    if (strcmp(suffix, "B") == 0)
        suffix++;
    if (errno || end == text || *text < '0' || *text > '9' || *suffix)
        return bl_error_set(err, BL_E_USAGE, "'%s' is no size such as 200M or 2G", text);
    if (value == 0 || value > UINT64_MAX >> shift)
        return bl_error_set(err, BL_E_USAGE, "size '%s' is out of range", text);
    *ret_bytes = (uint64_t)value << shift;
    return BL_OK;
}
