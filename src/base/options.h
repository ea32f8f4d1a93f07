// SPDX-License-Identifier: Apache-2.0
/// \file
/// Structs of the public interface that begin with their size, so that they can grow without
/// breaking callers.
#ifndef BL_BASE_OPTIONS_H
#define BL_BASE_OPTIONS_H

#include <string.h>

#include "base/error.h"

/// Copies a caller's option struct into ours: fields that an older caller does not know stay zero,
/// fields that only a newer caller knows must be zero.
/// \param ret_options [size] zeroed by the caller \param given NULL: all defaults
/// \return BL_OK, BL_E_INVALID
static inline bl_status bl_options_copy(void *ret_options, size_t size, const void *given,
                                        bl_error *err) {
    size_t given_size = size;
    if (given)
        memcpy(&given_size, given, sizeof given_size);
    if (given_size < sizeof given_size)
        return bl_error_set(err, BL_E_INVALID, "the size of the options is not set");
    for (size_t i = size; i < given_size; i++)
        if (((const unsigned char *)given)[i])
            return bl_error_set(err, BL_E_INVALID, "options that this version does not know");
    if (given)
        memcpy(ret_options, given, given_size < size ? given_size : size);
    return BL_OK;
}

/// Fills a caller's info struct, whose `size` says how much of it the caller knows.
/// \return BL_OK, BL_E_INVALID (size not set)
static inline bl_status bl_info_copy(void *ret_info, const void *ours, size_t size, bl_error *err) {
    size_t known;
    memcpy(&known, ret_info, sizeof known);
    if (known < sizeof known)
        return bl_error_set(err, BL_E_INVALID, "the size of the info is not set");
    memcpy(ret_info, ours, known < size ? known : size);
    memcpy(ret_info, &known, sizeof known);
    return BL_OK;
}

#endif
