// SPDX-License-Identifier: Apache-2.0
// Well-formed UTF-8. \source Unicode Standard, section 3.9, table 3-7
#include "base/utf8.h"

#include <string.h>

/// Length of the well-formed sequence of at least two bytes at `p`, or 0. The second byte alone
/// decides about overlong forms, surrogates and what is past U+10FFFF.
static size_t sequence(const uint8_t *p, size_t left) {
    uint8_t first = p[0], lowest = 0x80, highest = 0xbf;
    size_t length;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        lowest = first == 0xe0 ? 0xa0 : 0x80;
        highest = first == 0xed ? 0x9f : 0xbf;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        lowest = first == 0xf0 ? 0x90 : 0x80;
        highest = first == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (left < length || p[1] < lowest || p[1] > highest)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

bool bl_utf8_valid(const uint8_t *bytes, size_t n) {
    size_t i = 0;
    while (i < n) {
        uint64_t eight;
        if (n - i >= sizeof eight) { // nearly all text is ASCII
            memcpy(&eight, bytes + i, sizeof eight);
            if (!(eight & 0x8080808080808080U)) {
                i += sizeof eight;
                continue;
            }
        }
        if (bytes[i] < 0x80) {
            i++;
            continue;
        }
        size_t length = sequence(bytes + i, n - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}
