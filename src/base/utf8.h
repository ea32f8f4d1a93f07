// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which bytes are text.
#ifndef BL_BASE_UTF8_H
#define BL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// True for well-formed UTF-8 (no surrogates, nothing past U+10FFFF, no overlong forms).
bool bl_utf8_valid(const uint8_t *bytes, size_t n);

#endif
