// SPDX-License-Identifier: Apache-2.0
// A far server costs a round trip, not a byte: opening a file takes four at most, and every batch
// one, however many baskets it has, with the next batch asked for while one is waited for.
// Real files, because a writer's order of records decides how many trips their metadata takes.
#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "formats/root_tables.h"
#include "io/bytes/slow_test.h"

enum { DELAY_MS = 100, MOST_TRIPS_TO_OPEN = 4, N_BATCHES = 5 };

static int skip_without_data(void **state) {
    *state = getenv("BEAMLINE_DATA");
    if (!*state)
        printf("BEAMLINE_DATA is not set: round trips are counted on real files alone\n");
    return 0;
}

typedef struct pass {
    slow_source *slow;
    bl_reader *reader;
    size_t columns[4096];
    size_t n_columns;
    int64_t n_baskets;
} pass;

static void choose_columns(pass *p) {
    for (size_t i = 0; i < p->reader->n_columns && p->n_columns < 4096; i++) {
        if (!p->reader->columns[i].type)
            continue;
        p->columns[p->n_columns++] = i;
        p->n_baskets += p->reader->columns[i].n_chunks;
    }
}

static int64_t batch_start(const pass *p, int i) { return p->reader->n_rows * i / N_BATCHES; }

/// Reads all rows in N_BATCHES batches, the next always on its way.
static void read_all(const pass *p) {
    const bl_reader_ops *ops = p->reader->ops;
    bl_error err = {0};
    for (int i = 0; i < N_BATCHES; i++) {
        BL_AUTO(bl_batch) batch = NULL;
        if (i + 1 < N_BATCHES) {
            if (i == 0)
                assert_ok(
                    ops->prefetch(p->reader, 0, batch_start(p, 1), p->columns, p->n_columns, &err));
            assert_ok(ops->prefetch(p->reader, batch_start(p, i + 1), batch_start(p, i + 2),
                                    p->columns, p->n_columns, &err));
        }
        bl_status status = ops->read(p->reader, batch_start(p, i), batch_start(p, i + 1),
                                     p->columns, p->n_columns, &batch, &err);
        if (status != BL_OK)
            fail_msg("%s", err.message);
    }
}

static void few_round_trips(void **state, const char *name, const char *tree) {
    if (!*state)
        skip();
    char path[4096];
    snprintf(path, sizeof path, "%s/root/%s", (const char *)*state, name);
    bl_context *context = test_context(2);
    bl_source *inner = NULL;
    static pass p;
    p = (pass){0};
    bl_file *file = NULL;
    assert_ok(bl_source_open(context, path, &inner, NULL));
    assert_ok(slow_source_open(inner, DELAY_MS, &p.slow, NULL));
    uint64_t start = slow_now_ns();
    assert_ok(bl_root_open(context, &p.slow->source, &file, NULL));
    assert_ok(file->ops->open_table(file, tree, &p.reader, NULL));
    uint64_t n_open = p.slow->source.n_round_trips;
    choose_columns(&p);
    read_all(&p);
    uint64_t took_ms = (slow_now_ns() - start) / 1000000;
    uint64_t n_trips = p.slow->source.n_round_trips;
    printf("%s: %lld baskets: %llu trips to open, %llu to read, %llu ms\n", name,
           (long long)p.n_baskets, (unsigned long long)n_open,
           (unsigned long long)(n_trips - n_open), (unsigned long long)took_ms);
    assert_true(p.n_baskets >= 300);
    assert_true(n_open <= MOST_TRIPS_TO_OPEN);
    assert_true(n_trips - n_open <= N_BATCHES);
    assert_true(p.slow->max_in_flight >= 2);
    assert_true(p.slow->waited_ns <= n_trips * DELAY_MS * 1000000);
    p.reader->ops->close(p.reader);
    file->ops->release(file);
    bl_context_free(context);
}

static void pfnano(void **state) { few_round_trips(state, "coffea/pfnano.root", "Events"); }
static void delphes(void **state) {
    few_round_trips(state, "misc/delphes_seungjin.root", "Delphes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pfnano, skip_without_data),
        cmocka_unit_test_setup(delphes, skip_without_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
