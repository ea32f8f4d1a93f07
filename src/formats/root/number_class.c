// SPDX-License-Identifier: Apache-2.0
#include "formats/root/number_class.h"

#include <assert.h>

#include "formats/root/known_classes.h"

/// Versions are at most 0x3fff, because ROOT has other uses for the upper bits of their 16.
enum { FIRST_VERSION = 1000, N_VERSIONS = 15000 };

/// How streamer info spells a type, and how the checksum does where that differs.
static const struct spelling {
    int code;
    const char *name, *own_name;
} spellings[] = {
    [BL_BOOL] = {18, "bool", NULL},
    [BL_INT8] = {1, "char", NULL},
    [BL_UINT8] = {11, "unsigned char", NULL},
    [BL_INT16] = {2, "short", NULL},
    [BL_UINT16] = {12, "unsigned short", NULL},
    [BL_INT32] = {3, "int", NULL},
    [BL_UINT32] = {13, "unsigned int", NULL},
    [BL_INT64] = {16, "long long", "Long64_t"},
    [BL_UINT64] = {17, "unsigned long long", "ULong64_t"},
    [BL_FLOAT32] = {5, "float", NULL},
    [BL_FLOAT64] = {8, "double", NULL},
};

uint32_t bl_root_checksum_add(uint32_t sum, const char *text) {
    for (; *text; text++)
        sum = sum * 3 + (uint8_t)*text;
    return sum;
}

static uint32_t checksum_of(const char *name, const bl_root_class *base,
                            const bl_root_number_member *members, size_t n) {
    uint32_t sum = bl_root_checksum_add(bl_root_checksum_add(0, name), base->name);
    sum = sum * 3 + base->checksum;
    for (size_t i = 0; i < n; i++) {
        const struct spelling *type = &spellings[members[i].type];
        sum = bl_root_checksum_add(sum, members[i].name);
        sum = bl_root_checksum_add(sum, type->own_name ? type->own_name : type->name);
    }
    return sum;
}

const bl_root_class *bl_root_class_of_numbers(bl_arena *arena, const char *name,
                                              const bl_root_number_member *members, size_t n) {
    const bl_root_class *base = bl_root_known_class("TObject");
    bl_root_class *made = (bl_root_class *)bl_arena_alloc(arena, sizeof *made);
    bl_root_element *elements = (bl_root_element *)bl_arena_array(arena, n + 1, sizeof *elements);
    if (!made || !elements)
        return NULL;
    elements[0] = (bl_root_element){
        .name = base->name, .title = "", .type = BL_ROOT_TOBJECT, .type_name = "BASE"};
    for (size_t i = 0; i < n; i++) {
        assert(members[i].type <= BL_FLOAT64);
        elements[i + 1] = (bl_root_element){.name = members[i].name,
                                            .title = "",
                                            .type = spellings[members[i].type].code,
                                            .type_name = spellings[members[i].type].name};
    }
    uint32_t checksum = checksum_of(name, base, members, n);
    *made = (bl_root_class){.name = name,
                            .version = FIRST_VERSION + (int)(checksum % N_VERSIONS),
                            .checksum = checksum,
                            .n_elements = n + 1,
                            .elements = elements};
    return made;
}
