// SPDX-License-Identifier: Apache-2.0
/// \file
/// Days and points in time as text.
/// \source ISO 8601, as RFC 3339 narrows it
#ifndef BL_BASE_ISO_TIME_H
#define BL_BASE_ISO_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BL_ISO_BYTES = 48 };

/// Reads "2024-02-29" or "2024-02-29T12:30:00.25Z" (a space for the T, no zone or one such as
/// +01:00). \param logical an Arrow format string: "tdD", "tdm", "tss:", "tsm:", "tsu:", "tsn:"
/// \return false where it is neither, or finer than the unit, or does not fit
bool bl_iso_read(const char *text, size_t size, const char *logical, int64_t *ret_value);
/// Writes one. \param text [BL_ISO_BYTES] \return its length; 0 where there is no such text
size_t bl_iso_write(char *text, const char *logical, int64_t value);

#endif
