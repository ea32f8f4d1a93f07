// SPDX-License-Identifier: Apache-2.0
/// \file
/// The text of one read, where threads cannot read for themselves: packed text, which comes in one
/// order, and far text, which is asked for ahead.
#ifndef BL_FORMATS_TEXT_WINDOW_H
#define BL_FORMATS_TEXT_WINDOW_H

#include "formats/text/store.h"

/// Ranges on their way: the one being read, and the next.
enum { BL_WINDOW_FETCHES = 2 };

typedef struct bl_text_window {
    bl_context *context;
    bl_text_store *store; ///< borrows
    uint8_t *data;        ///< [capacity]; owns
    uint64_t offset;      ///< in the text
    size_t size, capacity;
    struct bl_window_fetch {
        bl_fetch *fetch; ///< NULL: none; owns
        bl_range range;
    } ahead[BL_WINDOW_FETCHES];
} bl_text_window;

/// Asks for a range that will be held soon; nothing happens where that helps nobody.
bl_status bl_text_window_prefetch(bl_text_window *window, bl_range range, bl_error *err);
/// Makes the window hold a range. \param ret_text its first byte; until the next call
/// \return BL_OK, BL_E_CORRUPT (the text ends before), BL_E_IO, BL_E_NOMEM, …
bl_status bl_text_window_hold(bl_text_window *window, bl_range range, const uint8_t **ret_text,
                              bl_error *err);
void bl_text_window_release(bl_text_window *window);

#endif
