// SPDX-License-Identifier: Apache-2.0
#include "plot/ink.h"

const bl_ink_colors bl_inks[] = {
    [BL_INK_TEXT] = {"text", 0x1a1c20, 0xe8e9ec},
    [BL_INK_MUTED] = {"muted", 0x5c6370, 0xa3a9b4},
    [BL_INK_GRID] = {"grid", 0xd5d8de, 0x3b3f47},
    [BL_INK_FRAME] = {"frame", 0x1a1c20, 0xb9bec8},
    [BL_INK_PAPER] = {"paper", 0xffffff, 0x16181c},
    [BL_INK_SERIES] = {"0", 0x0f5fb4, 0x1e93ff},
    {"1", 0xb4490e, 0xfa773b},
    {"2", 0x008f66, 0x30dbac},
    {"3", 0xb4669c, 0xe798d4},
    {"4", 0xc57900, 0xffc543},
    {"5", 0x1992d5, 0xcceeff},
    {"6", 0x69482d, 0xbd9d79},
    {"7", 0x565b64, 0x9d9ea2},
    [BL_INK_COLD] = {"cold", 0x0d4186, 0x6cb2f7},
    [BL_INK_WARM] = {"warm", 0x9c2a12, 0xf58a66},
};
