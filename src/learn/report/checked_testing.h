// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: what holds of whatever a section says.
#ifndef BL_LEARN_REPORT_CHECKED_TESTING_H
#define BL_LEARN_REPORT_CHECKED_TESTING_H

#include <string.h>

#include "base/testing.h"
#include "learn/report/section.h"

static inline void check_text(const char *text) {
    assert_non_null(text);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
}

static inline void check_series(const bl_series *series) {
    bool is_bars = series->mark == BL_MARK_BARS, is_bins = series->mark == BL_MARK_BOXES ||
                                                           series->mark == BL_MARK_STEPS ||
                                                           series->mark == BL_MARK_FILLED;
    assert_true(series->n > 0);
    assert_true((series->x != NULL) != is_bars);
    for (size_t i = 0; series->x && is_bins && i < series->n; i++)
        assert_true(series->x[i] < series->x[i + 1]);
    for (size_t i = 0; series->low && i < series->n; i++)
        assert_false(series->low[i] > series->high[i]);
}

static inline void check_chart(const bl_chart *chart) {
    assert_true(chart->name && chart->name[0]);
    for (const char *c = chart->name; *c; c++)
        assert_non_null(
            strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *c));
    for (size_t i = 0; i < chart->n_series; i++)
        check_series(&chart->series[i]);
    assert_true(chart->matrix ? chart->x.n_names && chart->y.n_names : chart->n_series > 0);
}

static inline void check_output(const bl_section_output *output) {
    for (size_t i = 0; i < output->n_blocks; i++) {
        const bl_block *block = &output->blocks[i];
        if (block->kind != BL_BLOCK_TABLE)
            check_text(block->text);
        if (block->kind == BL_BLOCK_CHART)
            check_chart(&block->chart);
        for (size_t k = 0;
             block->kind == BL_BLOCK_TABLE && k < block->table.n_rows * block->table.n_columns; k++)
            check_text(block->table.cells[k]);
    }
}

static inline bool says(const bl_section_output *output, const char *words) {
    for (size_t i = 0; i < output->n_blocks; i++)
        if (output->blocks[i].kind == BL_BLOCK_WORDS && strstr(output->blocks[i].text, words))
            return true;
    return false;
}

#endif
