// SPDX-License-Identifier: Apache-2.0
#include "plot/ink.h"

const bl_ink_colors bl_inks[] = {
    [BL_INK_TEXT] = {"text", 0x1a1c20, 0xe8e9ec},
    [BL_INK_MUTED] = {"muted", 0x5c6370, 0xa3a9b4},
    [BL_INK_GRID] = {"grid", 0xd5d8de, 0x3b3f47},
    [BL_INK_FRAME] = {"frame", 0x1a1c20, 0xb9bec8},
    [BL_INK_PAPER] = {"paper", 0xffffff, 0x16181c},
    [BL_INK_SERIES] = {"0", 0x0f5fb4, 0x5aa9f5},
    {"1", 0xd1480c, 0xff8350},
    {"2", 0x00956f, 0x2fcb9c},
    {"3", 0xc264a5, 0xe998d4},
    {"4", 0xd69200, 0xf4bb3f},
    {"5", 0x3ba3dd, 0xa8deff},
    {"6", 0x7a4f22, 0xcaa27a},
    {"7", 0x565b64, 0x959ba6},
    [BL_INK_COLD] = {"cold", 0x0d4186, 0x6cb2f7},
    [BL_INK_WARM] = {"warm", 0x9c2a12, 0xf58a66},
};
