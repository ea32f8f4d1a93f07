// SPDX-License-Identifier: Apache-2.0
// Areas of files of CMS, whose generator gives weights of both signs: top pairs against Drell-Yan
// by missing transverse momentum.
#include <beamline/table.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"
#include "column/column.h"
#include "learn/evaluate/area.h"

enum { MOST = 1 << 20 };

static float scores[MOST];
static double weights[MOST];
static int32_t labels[MOST];
static size_t n;

static void read_file(bl_context *context, const char *name, int32_t label) {
    static const char *const names[] = {"MET_pt", "genWeight"};
    char path[4096];
    const char *const url = path;
    const bl_table_options options = {.size = sizeof options, .tree = "Events"};
    size_t columns[2];
    bl_table *table = NULL;
    bl_batch *batch = NULL;
    int64_t n_rows;
    snprintf(path, sizeof path, "%s/%s", getenv("BEAMLINE_DATA"), name);
    assert_ok(bl_table_open(context, &url, 1, &options, &table, NULL));
    assert_ok(bl_table_n_rows(table, &n_rows, NULL));
    for (size_t i = 0; i < 2; i++)
        assert_ok(bl_table_find(table, names[i], &columns[i], NULL));
    assert_ok(bl_table_read(table, 0, n_rows, columns, 2, &batch, NULL));
    for (int64_t i = 0; i < n_rows && n < MOST; i++, n++) {
        scores[n] = (float)bl_column_number(&batch->columns[0], i);
        weights[n] = bl_column_number(&batch->columns[1], i);
        labels[n] = label;
    }
    bl_batch_release(batch);
    bl_table_close(table);
}

static bl_area area_of(bl_context *context, const double *of) {
    bl_arena arena;
    bl_ranking ranking;
    bl_arena_init(&arena, context);
    assert_ok(bl_ranking_make(&arena, n, scores, 1, of, labels, 1, -1, &ranking, NULL));
    bl_area area = bl_area_of(&ranking);
    bl_arena_release(&arena);
    return area;
}

static void assert_near(double is, double wanted, double within) {
    if (!(fabs(is - wanted) <= within))
        fail_msg("%.9g is not %.9g", is, wanted);
}

static void tops_and_drell_yan(void **state) {
    static double other[MOST];
    (void)state;
    if (!getenv("BEAMLINE_DATA")) {
        print_message("BEAMLINE_DATA is not set: skipped\n");
        skip();
    }
    bl_context *context = test_context(2);
    read_file(context, "root/skhep/nanoAOD_2015_CMS_Open_Data_ttbar.root", 1);
    read_file(context, "root/coffea/nano_dy_SpecialTree.root", 0);
    bl_area is_signed = area_of(context, weights), unit = area_of(context, NULL);
    assert_near(is_signed.area, 0.452124, 5e-7);
    assert_near(is_signed.sigma, 0.10549, 5e-6);
    assert_near(unit.area, 0.579125, 5e-7);
    assert_near(unit.sigma, 0.05527, 5e-6);
    for (size_t i = 0; i < n; i++)
        other[i] = fabs(weights[i]);
    assert_near(area_of(context, other).area, 0.579031, 5e-7);
    for (size_t i = 0; i < n; i++)
        other[i] = weights[i] > 0 ? weights[i] : 0;
    assert_near(area_of(context, other).area, 0.533953, 5e-7);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(tops_and_drell_yan)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
