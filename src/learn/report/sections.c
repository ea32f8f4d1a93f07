// SPDX-License-Identifier: Apache-2.0
// The table of sections, and what they add to.
#include "learn/report/sections.h"

const bl_section bl_sections[] = {
#define SECTION_ROW(function, name, title, scope) {name, title, scope, bl_section_##function},
    BL_SECTIONS(SECTION_ROW)
#undef SECTION_ROW
        {NULL, NULL, BL_OF_ANY, NULL}};

static bl_status add(bl_section_output *to, const bl_block *block, bl_error *err) {
    bl_block *blocks = (bl_block *)bl_arena_grow(to->arena, to->blocks, to->n_blocks,
                                                 &to->blocks_capacity, sizeof *blocks);
    if (!blocks)
        return bl_error_nomem(err, sizeof *blocks, "a report");
    to->blocks = blocks;
    blocks[to->n_blocks++] = *block;
    return BL_OK;
}

bl_status bl_section_add_words(bl_section_output *to, const char *text, bl_error *err) {
    const bl_block block = {.kind = BL_BLOCK_WORDS, .text = text};
    return add(to, &block, err);
}

bl_status bl_section_add_chart(bl_section_output *to, const bl_chart *chart, const char *text,
                               bl_error *err) {
    const bl_block block = {.kind = BL_BLOCK_CHART, .text = text, .chart = *chart};
    return add(to, &block, err);
}

bl_status bl_section_add_table(bl_section_output *to, const bl_table_cells *table, bl_error *err) {
    const bl_block block = {.kind = BL_BLOCK_TABLE, .table = *table};
    return add(to, &block, err);
}

bl_status bl_section_add_listing(bl_section_output *to, const char *title, const char *text,
                                 bl_error *err) {
    const bl_block block = {.kind = BL_BLOCK_LISTING, .text = text, .title = title};
    return add(to, &block, err);
}
