// SPDX-License-Identifier: Apache-2.0
/// \file
/// CSV: cells, what they mean, and how a file's first rows are looked at.
/// \source RFC 4180
#ifndef BL_FORMATS_TEXT_CSV_H
#define BL_FORMATS_TEXT_CSV_H

#include "formats/text/schema.h"
#include "formats/text/table.h"

/// The text of one cell, with its quotes.
typedef struct bl_cell {
    const char *begin, *end;
} bl_cell;

/// Cells of some rows of a text that was split: those of row r end at ends[r · n_columns + column].
typedef struct bl_cells {
    const char *text;
    const uint32_t *ends;
    size_t n_columns;
} bl_cells;

/// A cell; the first of a row may have empty lines before it, the last a carriage return behind it.
static inline bl_cell bl_cell_at(const bl_cells *cells, size_t row, size_t column) {
    size_t i = row * cells->n_columns + column;
    bl_cell cell = {cells->text + (i ? cells->ends[i - 1] + 1 : 0), cells->text + cells->ends[i]};
    if (column == 0)
        while (cell.begin < cell.end && (*cell.begin == '\n' || *cell.begin == '\r'))
            cell.begin++;
    if (column + 1 == cells->n_columns && cell.end > cell.begin && cell.end[-1] == '\r')
        cell.end--;
    return cell;
}

/// The text that a cell stands for: without quotes that are around it, doubled ones once.
/// \param scratch, scratch_size room for it, grown as needed; used only where quotes are doubled
bl_status bl_cell_text(bl_context *context, bl_cell cell, uint8_t **scratch, size_t *scratch_size,
                       bl_cell *ret_text, bl_error *err);
/// A cell without spaces, and quotes that enclose it, around it.
bl_cell bl_cell_trim(bl_cell cell);
/// What means that a value is not there: nothing, or a word such as NA.
bool bl_cell_is_null(bl_cell trimmed);
/// nan, inf and how else they are spelled.
bool bl_cell_special(bl_cell trimmed, double *ret_value);
/// \return 1 true, 0 false, -1 neither; digits count only where `takes_digits`
int bl_cell_bool(bl_cell trimmed, bool takes_digits);

/// The rows of a block split into fields. \return BL_OK, BL_E_CORRUPT (a row of more or fewer)
bl_status bl_csv_split(const bl_text_rows *rows, bl_text_scratch *scratch, bl_error *err);
bool bl_csv_is_placed(const bl_type *type);
bl_status bl_csv_parse(const bl_text_rows *rows, bl_text_scratch *scratch,
                       const bl_text_target *targets, size_t n_targets, bl_error *err);
/// Says that a cell does not fit its column.
bl_status bl_csv_misfit(const bl_text_rows *rows, size_t column, bl_cell cell, bl_error *err);
/// Columns that are made by a builder: lists, structs, texts.
bl_status bl_csv_parse_nested(const bl_text_rows *rows, const bl_cells *cells,
                              bl_text_scratch *scratch, const bl_text_target *target,
                              bl_error *err);
bl_status bl_csv_parse_text(const bl_text_rows *rows, const bl_cells *cells,
                            bl_text_scratch *scratch, const bl_text_target *target, bl_error *err);

/// The first rows of a file.
typedef struct bl_csv_sample {
    uint8_t *text; ///< readable for 64 bytes more; the last row may be cut; owns
    size_t size;
    size_t begin; ///< of the text, behind a byte order mark
} bl_csv_sample;

/// Reads the first MiB of a text, or more where a row does not end in it.
bl_status bl_csv_sample_read(bl_context *context, bl_text_store *store, bl_csv_sample *ret_sample,
                             bl_error *err);
/// The separator with which most rows have as many fields as the first one.
uint8_t bl_csv_guess_separator(bl_context *context, const bl_csv_sample *sample);
/// Splits the whole sample; a row that is cut at its end has no last end. \param ret_ends owned by
/// the caller \param ret_n_columns of the first row \return BL_OK, BL_E_NOMEM
bl_status bl_csv_sample_split(bl_context *context, const bl_csv_sample *sample, uint8_t separator,
                              uint32_t **ret_ends, size_t *ret_n_ends, size_t *ret_n_columns,
                              bl_error *err);

#endif
