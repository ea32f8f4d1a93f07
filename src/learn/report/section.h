// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reports are made of sections, a file and a row of one table each. A section looks at an
/// evaluation and adds figures, tables and words for people, and the same numbers as JSON. What all
/// of that becomes, a page, files or a terminal's lines, it does not know.
#ifndef BL_LEARN_REPORT_SECTION_H
#define BL_LEARN_REPORT_SECTION_H

#include "learn/evaluate/evaluation.h"
#include "plot/chart.h"

typedef struct bl_table_cells {
    const char *title; ///< NULL: none
    size_t n_columns;
    const char *const *head; ///< [n_columns]
    size_t n_rows;
    const char *const *cells; ///< [n_rows × n_columns] as people read them; never NULL
    size_t n_left;            ///< columns from the left that are words; the others are numbers
} bl_table_cells;

typedef enum bl_block_kind {
    BL_BLOCK_WORDS,
    BL_BLOCK_CHART,
    BL_BLOCK_TABLE,
    BL_BLOCK_LISTING
} bl_block_kind;

/// One thing that is shown.
typedef struct bl_block {
    bl_block_kind kind;
    /// WORDS: a paragraph; CHART: what it shows, in a sentence or two; LISTING: lines as they are
    const char *text;
    const char *title; ///< of a LISTING
    bl_chart chart;
    bl_table_cells table;
} bl_block;

/// What a section has to say. All of it lives in `arena`.
typedef struct bl_section_output {
    bl_arena *arena;
    size_t n_blocks, blocks_capacity;
    bl_block *blocks;
    bl_text json; ///< one value: what `--json` has under the section's name; empty: nothing
} bl_section_output;

/// What labels a section has something to say of.
typedef enum bl_section_scope {
    BL_OF_CLASSES, ///< that models tell apart
    BL_OF_NUMBERS, ///< that models predict
    BL_OF_ANY,
} bl_section_scope;

typedef struct bl_section {
    const char *name;  ///< of the JSON key and of the page's anchor: "roc"
    const char *title; ///< "ROC curves"
    bl_section_scope scope;
    /// Adds nothing where the evaluation has nothing of it.
    bl_status (*make)(const bl_evaluation *evaluation, bl_section_output *to, bl_error *err);
} bl_section;

/// In the order in which they are shown; ends with one that has no name. Two that have the same
/// name are of different scopes.
extern const bl_section bl_sections[];

/// \param text, chart, table are borrowed: strings and arrays in them live in to->arena, or longer
/// \return BL_OK, BL_E_NOMEM
bl_status bl_section_add_words(bl_section_output *to, const char *text, bl_error *err);
bl_status bl_section_add_chart(bl_section_output *to, const bl_chart *chart, const char *text,
                               bl_error *err);
bl_status bl_section_add_table(bl_section_output *to, const bl_table_cells *table, bl_error *err);
/// Text in letters of one width, such as a file.
bl_status bl_section_add_listing(bl_section_output *to, const char *title, const char *text,
                                 bl_error *err);

#endif
