// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: what holds of whatever a section says, and of all sections of a scope.
#ifndef BL_LEARN_REPORT_CHECKED_TESTING_H
#define BL_LEARN_REPORT_CHECKED_TESTING_H

#include <string.h>

#include "base/testing.h"
#include "learn/report/evaluated_testing.h"

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

static inline double number_at(const bl_item *item, const char *key) {
    double number = NAN;
    if (!bl_item_get(item, key))
        fail_msg("there is no '%s'", key);
    assert_ok(bl_item_number(bl_item_get(item, key), key, &number, NULL));
    return number;
}

// ---- all sections of a scope ----

enum { CHECKED_EVENTS = 600, CHECKED_FEW = 40 };

typedef bl_status (*checked_make)(const bl_evaluation *evaluation, bl_section_output *to,
                                  bl_error *err);

/// A section, and what it shows of usual events, of the fewest classes or targets and one more.
typedef struct checked_section {
    const char *name;
    checked_make make;
    size_t n_charts[2], n_tables[2];
} checked_section;

typedef struct checked {
    /// Makes events of a kind, of so many classes or targets.
    void (*init)(evaluated *e, int kind, size_t n_of, size_t n_events);
    int n_kinds, odd; ///< kind 0 is the usual one; that of which memory fails
    size_t fewest;    ///< classes or targets
    size_t n_sections;
    const checked_section *sections;
} checked;

static inline void check_usual(const checked *c) {
    for (const checked_section *s = c->sections; s < c->sections + c->n_sections; s++)
        for (size_t more = 0; more < 2; more++) {
            evaluated e;
            c->init(&e, 0, c->fewest + more, CHECKED_EVENTS);
            const bl_section_output *output = evaluated_run(&e, s->make);
            check_output(output);
            print_message("%s of %zu\n", s->name, c->fewest + more);
            assert_int_equal(evaluated_count(output, BL_BLOCK_CHART), s->n_charts[more]);
            assert_int_equal(evaluated_count(output, BL_BLOCK_TABLE), s->n_tables[more]);
            assert_non_null(evaluated_json(&e));
            evaluated_release(&e);
        }
}

/// Whatever is odd, sections end with words.
static inline void check_kinds(const checked *c) {
    for (int kind = 0; kind < c->n_kinds; kind++)
        for (size_t i = 0; i < 2 * c->n_sections; i++) {
            evaluated e;
            c->init(&e, kind, c->fewest + i % 2, CHECKED_EVENTS);
            check_output(evaluated_run(&e, c->sections[i / 2].make));
            (void)evaluated_json(&e);
            evaluated_release(&e);
        }
}

static const checked *checked_without_memory;
static checked_make checked_section_without_memory;

static inline bl_status check_without_memory(bl_context *faulty) {
    evaluated e;
    bl_arena arena;
    checked_without_memory->init(&e, checked_without_memory->odd, 2, CHECKED_FEW);
    bl_arena_init(&arena, faulty);
    e.evaluation.context = faulty;
    e.evaluation.n_replicas = e.evaluation.n_replicas ? 3 : 0;
    bl_section_output output = {.arena = &arena, .json = {.arena = &arena}};
    bl_status status = checked_section_without_memory(&e.evaluation, &output, NULL);
    if (status == BL_OK && output.json.has_failed)
        status = BL_E_NOMEM; // as reports see it
    bl_arena_release(&arena);
    evaluated_release(&e);
    return status;
}

static inline void check_memory(const checked *c) {
    checked_without_memory = c;
    for (size_t i = 0; i < c->n_sections; i++) {
        checked_section_without_memory = c->sections[i].make;
        test_every_allocation_fails(check_without_memory);
    }
}

#endif
