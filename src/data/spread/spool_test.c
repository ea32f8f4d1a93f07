// SPDX-License-Identifier: Apache-2.0
// The spool of small tables: what is in it, that it is the same however it was made, and what is
// refused.
#include "data/spread/spool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <beamline/output.h>

#include "base/folder_testing.h"
#include "base/testing.h"
#include "base/whole_file.h"
#include "column/column.h"

enum { N_EVENTS = 300 };
static const int64_t first_event =
    INT64_C(9007199254740992); // 2^53: a double has no odd ones above

static void must_be(const void *given) {
    if (!given)
        abort();
}

// ---- data ----

static double x_of(int64_t i) { return (double)(i * 37 % 101) / 4; }
static int64_t n_jets(int64_t i) { return i % 5; }
static double pt_of(int64_t i, int64_t k) { return (double)((i * 7 + k * 13) % 31) + 0.5; }
static double weight_of(int64_t i) { return i % 7 == 3 ? -1.5 : 2; }

/// One event of the table.
static void put_event(FILE *to, int64_t i) {
    fprintf(
        to,
        "{\"run\": 1, \"luminosityBlock\": %lld, \"event\": %lld, \"x\": %.17g, \"n\": %lld, "
        "\"w\": %.17g, \"is_a\": %d, \"is_b\": %d, \"name\": \"event %lld\", \"lhe\": [1.5, %lld]",
        (long long)i / 10, (long long)first_event + i, x_of(i), (long long)i, weight_of(i),
        i % 3 == 0, i % 3 != 0, (long long)i, (long long)i);
    for (int list = 0; list < 3; list++) {
        static const char *const names[] = {"pt", "eta", "pt_up"};
        fprintf(to, ", \"%s\": [", names[list]);
        for (int64_t k = 0; k < n_jets(i); k++)
            fprintf(to, "%s%.17g", k ? ", " : "",
                    list == 1 ? (double)k : pt_of(i, k) + (list == 2 ? 100 : 0));
        fprintf(to, "]");
    }
    fprintf(to, ", \"pairs\": [");
    for (int64_t k = 0; k < n_jets(i); k++)
        fprintf(to, "%s[%lld, %lld.5]", k ? ", " : "", (long long)k, (long long)i + k);
    fprintf(to, "]}\n");
}

static void write_events(const char *name, int64_t first, int64_t last, const char *more) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", test_folder, name);
    FILE *to = fopen(path, "we");
    must_be(to);
    for (int64_t i = first; i < last; i++)
        put_event(to, i);
    fputs(more, to);
    assert_int_equal(fclose(to), 0);
}

static void write_text(const char *name, const char *text) {
    assert_ok(bl_whole_file_write(test_path(name), text, strlen(text), true, NULL));
}

// ---- spools ----

/// A spool with what it borrows.
typedef struct made {
    bl_context *context;
    bl_arena arena;
    bl_config config;
    bl_dataset *dataset;
    bl_spool *spool;
    bl_error err;
} made;

typedef struct how {
    const char *yaml;
    const char *to; ///< name of the folder
    unsigned n_threads;
    uint64_t file_bytes;
    bool overwrite;
    bool skips_bad_files;
    const char *friend; ///< of the one file; NULL: none
} how;

static bl_status make(made *m, const how *h) {
    const bl_item *document = NULL;
    char *text, path[256];
    *m = (made){.context = test_context(h->n_threads ? h->n_threads : 2)};
    bl_arena_init(&m->arena, m->context);
    bl_config_init(&m->config, &m->arena);
    text = bl_arena_printf(&m->arena, h->yaml, test_folder, test_folder, test_folder);
    must_be(text);
    assert_ok(bl_yaml_parse(&m->arena, "x.yaml", text, strlen(text), &document, NULL));
    BL_TRY(bl_config_read_document(&m->config, document, &m->err));
    BL_TRY(bl_config_for_preparation(&m->config, &m->err));
    const bl_dataset_options of_dataset = {.skips_bad_files = h->skips_bad_files,
                                           .friends = &h->friend,
                                           .n_friends = h->friend != NULL};
    BL_TRY(bl_dataset_open(m->context, &m->config, &of_dataset, &m->dataset, &m->err));
    snprintf(path, sizeof path, "%s/%s", test_folder, h->to);
    const bl_spool_options options = {
        .folder = path, .overwrite = h->overwrite, .file_bytes = h->file_bytes};
    return bl_spool_make(m->dataset, &m->config.prepare, &options, &m->spool, &m->err);
}

static void release(made *m) {
    bl_spool_close(m->spool);
    bl_dataset_close(m->dataset);
    bl_arena_release(&m->arena);
    bl_context_free(m->context);
}

static made must_make(const how *h) {
    made m;
    if (make(&m, h) != BL_OK)
        fail_msg("%s", m.err.message);
    return m;
}

/// All rows of a file.
static bl_batch *read_all(const bl_spool *spool, const bl_spool_file *file) {
    bl_table *table = NULL;
    bl_batch *batch = NULL;
    assert_ok(bl_spool_open(spool, file, &table, NULL));
    assert_ok(bl_spool_read(table, 0, file->n_rows, NULL, 0, &batch, NULL));
    bl_table_close(table);
    must_be(batch);
    return batch;
}

static const bl_column *column_of(const bl_batch *batch, const char *name) {
    for (size_t i = 0; i < batch->n_columns; i++)
        if (strcmp(batch->names[i], name) == 0)
            return &batch->columns[i];
    fail_msg("there is no column %s", name);
    return NULL;
}

static int64_t integer_of(const bl_batch *batch, const char *name, int64_t row) {
    const bl_column *column = column_of(batch, name);
    const void *values = bl_column_values(column);
    return bl_type_id_width(column->type->id) == 8 ? ((const int64_t *)values)[row]
                                                   : ((const int32_t *)values)[row];
}

static double number_of(const bl_batch *batch, const char *name, int64_t row) {
    return ((const double *)bl_column_values(column_of(batch, name)))[row];
}

static const char yaml[] =
    "inputs:\n"
    "  vector: {vars: [x, n]}\n"
    "  jets: {length: 3, order: {by: pt}, vars: [pt, eta]}\n"
    "labels: {value: [is_a, is_b]}\n"
    "observers: [name, event, pt]\n"
    "weights: {use_precomputed_weights: true, weight_branches: [w]}\n"
    "negative_weights: keep\n"
    "split: {train: 0.6, validation: 0.2, test: 0.2, seed: 11}\n"
    "variations: {scale: 'lhe[*]', half: '0.5', up: {pt: pt_up}}\n"
    "seed: 5\n"
    "samples: {a: {files: ['%s/a.jsonl', '%s/b.jsonl'], label: 0, weight: '3', dataset: set}}\n";

/// Checks all that a row has, and returns which event it is.
static int64_t check_row(const bl_batch *batch, int64_t row, double shift) {
    int64_t i = integer_of(batch, "event", row) - first_event;
    const int64_t identity[] = {1, i / 10, first_event + i};
    bl_event_fate fate = bl_event_fate_of(5, 11, "set", identity, 3);
    int32_t code = fate.share < 0.6 ? 0 : fate.share < 0.6 + 0.2 ? 1 : 2;
    assert_true(i >= 0 && i < N_EVENTS);
    assert_true((uint64_t)integer_of(batch, "key", row) == fate.key);
    assert_int_equal(integer_of(batch, "part", row), code);
    assert_int_equal(integer_of(batch, "luminosityBlock", row), i / 10);
    assert_int_equal(integer_of(batch, "source_file", row), i >= 200);
    assert_int_equal(integer_of(batch, "source_entry", row), i >= 200 ? i - 200 : i);
    assert_int_equal(integer_of(batch, "sample_index", row), 0);
    assert_int_equal(integer_of(batch, "label", row), i % 3 != 0);
    assert_true(number_of(batch, "weight_physics", row) == 3);
    assert_true(number_of(batch, "weight_train", row) == weight_of(i));
    assert_true(number_of(batch, "weight_half", row) == 1.5);
    const bl_column *scale = column_of(batch, "weight_scale");
    const int32_t *ends = (const int32_t *)bl_column_offsets(scale);
    const double *scales = (const double *)bl_column_values(bl_column_child(scale, 0));
    assert_int_equal(ends[row + 1] - ends[row], 2);
    assert_true(scales[ends[row]] == 4.5 && scales[ends[row] + 1] == 3 * (double)i);
    const bl_column *vector = bl_column_child(column_of(batch, "vector"), 0);
    const float *x = (const float *)bl_column_values(vector) + 2 * row;
    assert_true(x[0] == (float)x_of(i) && x[1] == (float)i);
    const bl_column *jets = column_of(batch, "jets");
    const int32_t *offsets = (const int32_t *)bl_column_offsets(jets);
    const float *pairs =
        (const float *)bl_column_values(bl_column_child(bl_column_child(jets, 0), 0));
    assert_int_equal(offsets[row + 1] - offsets[row], n_jets(i) < 3 ? n_jets(i) : 3);
    for (int32_t k = offsets[row]; k < offsets[row + 1]; k++) {
        assert_true(k == offsets[row] || pairs[2 * k] <= pairs[2 * k - 2]);
        assert_true(pairs[2 * k] == (float)(pt_of(i, (int64_t)pairs[2 * k + 1]) + shift));
    }
    return i;
}

// ---- tests ----

static void rows_are_what_events_say(void **state) {
    (void)state;
    made m = must_make(&(how){.yaml = yaml, .to = "rows"});
    const bl_spool *spool = m.spool;
    int seen[N_EVENTS] = {0};
    int64_t n[3] = {0}, negative = 0, n_train = 0;
    assert_int_equal(spool->n_parts, 1);
    assert_int_equal(spool->n_passes, 2);
    assert_int_equal(spool->identity.n, 3);
    assert_int_equal(spool->n_observers, 2); // the event is among the identities
    bl_batch *batch = read_all(spool, &spool->passes[0].parts[0].files[0]);
    assert_int_equal(batch->n_columns, spool->n_columns);
    for (int64_t row = 0; row < batch->n_rows; row++) {
        int64_t i = check_row(batch, row, 0);
        seen[i]++;
        n[integer_of(batch, "part", row)]++;
        if (integer_of(batch, "part", row) == 0) {
            n_train += n_jets(i) < 3 ? n_jets(i) : 3;
            negative += weight_of(i) < 0;
        }
        assert_true(row == 0 || (uint64_t)integer_of(batch, "key", row - 1) <=
                                    (uint64_t)integer_of(batch, "key", row));
    }
    bl_batch_release(batch);
    for (int64_t i = 0; i < N_EVENTS; i++)
        assert_int_equal(seen[i], 1);
    const bl_spool_statistics *s = &spool->passes[0].parts[0].statistics;
    for (size_t code = 0; code < 3; code++)
        assert_int_equal(s->counts[2 * code].n_rows + s->counts[2 * code + 1].n_rows, n[code]);
    assert_int_equal(s->counts[0].n_negative + s->counts[1].n_negative, negative);
    assert_int_equal(s->moments[0].n, n[0]);
    assert_int_equal(s->moments[2].n, n_train);
    assert_int_equal(spool->inputs[1].shape.most_rows, 3);
    release(&m);
}

static void variations_are_of_events_that_nobody_trains_on(void **state) {
    (void)state;
    made m = must_make(&(how){.yaml = yaml, .to = "variations"});
    const bl_spool_statistics *s = &m.spool->passes[0].parts[0].statistics;
    assert_string_equal(m.spool->passes[1].name, "up");
    assert_string_equal(m.spool->passes[1].parts[0].files[0].name, "00000.up.arrow");
    bl_batch *batch = read_all(m.spool, &m.spool->passes[1].parts[0].files[0]);
    for (int64_t row = 0; row < batch->n_rows; row++) {
        (void)check_row(batch, row, 100);
        assert_true(integer_of(batch, "part", row) > 0);
    }
    int64_t n = 0;
    for (size_t i = 2; i < 6; i++)
        n += s->counts[i].n_rows;
    assert_int_equal(batch->n_rows, n);
    bl_batch_release(batch);
    release(&m);
}

/// A hash of all files of a spool and of what was counted.
static uint64_t hash_of(const bl_spool *spool, size_t *ret_n_files) {
    uint64_t hash = 0;
    *ret_n_files = 0;
    for (size_t p = 0; p < spool->n_passes; p++)
        for (size_t i = 0; i < spool->n_parts; i++) {
            const bl_spool_part *part = &spool->passes[p].parts[i];
            for (size_t k = 0; k < part->n_files; k++) {
                hash = hash * 31 + part->files[k].xxh64;
                ++*ret_n_files;
            }
            for (size_t k = 0; k < 3 * spool->n_numbers; k++) {
                uint64_t bits[sizeof(bl_moments) / 8];
                memcpy(bits, &part->statistics.moments[k], sizeof bits);
                for (size_t b = 0; b < sizeof bits / 8; b++)
                    hash = hash * 31 + bits[b];
            }
        }
    return hash;
}

static void threads_do_not_matter(void **state) {
    (void)state;
    uint64_t hashes[3];
    size_t n_files = 0;
    for (unsigned i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "threads-%u", i + 1);
        made m =
            must_make(&(how){.yaml = yaml, .to = name, .n_threads = i + 1, .file_bytes = 10000});
        hashes[i] = hash_of(m.spool, &n_files);
        assert_true(n_files > 4);
        release(&m);
    }
    assert_true(hashes[0] == hashes[1] && hashes[0] == hashes[2]);
}

/// Of more events than are looked at in one task, of either sign.
static void moments_are_those_of_all_events(void **state) {
    (void)state;
    enum { N_MANY = 5000 };
    static const char text[] = "inputs: {v: {vars: [x]}, jets: {vars: [pt]}}\n"
                               "negative_weights: keep\n"
                               "samples: {a: {files: '%s/many.jsonl', label: 0, weight: w}}\n";
    bl_moments all[2][2] = {0};
    write_events("many.jsonl", 0, N_MANY, "");
    for (unsigned i = 0; i < 2; i++) {
        made m =
            must_make(&(how){.yaml = text, .to = i ? "many-3" : "many-1", .n_threads = 2 * i + 1});
        const bl_spool_statistics *statistics = &m.spool->passes[0].parts[0].statistics;
        assert_int_equal(m.spool->n_parts, 1);
        for (size_t code = 0; code < 3; code++)
            for (size_t k = 0; k < 2; k++)
                bl_moments_merge(&all[i][k], &statistics->moments[2 * code + k]);
        release(&m);
    }
    assert_memory_equal(all[0], all[1], sizeof all[0]);
    double sum = 0, square = 0;
    uint64_t n = 0;
    for (int64_t i = 0; i < N_MANY; i++) {
        sum += x_of(i) / N_MANY;
        square += x_of(i) * x_of(i) / N_MANY;
        n += (uint64_t)n_jets(i);
    }
    assert_int_equal(all[0][0].n, N_MANY);
    assert_int_equal(all[0][1].n, n);
    assert_true(fabs(all[0][0].mean - sum) < 1e-12);
    assert_true(fabs(bl_moments_sigma(&all[0][0]) - sqrt(square - sum * sum)) < 1e-10);
}

/// However files are cut, each event is in one of them, and found by its key.
static void keys_are_found(void **state) {
    (void)state;
    made m = must_make(&(how){.yaml = yaml, .to = "keys", .file_bytes = 3000});
    const uint64_t key = UINT64_C(1) << 63;
    int64_t n_below = 0, n_wanted = 0, n = 0;
    for (size_t i = 0; i < m.spool->n_parts; i++)
        for (size_t k = 0; k < m.spool->passes[0].parts[i].n_files; k++) {
            const bl_spool_file *file = &m.spool->passes[0].parts[i].files[k];
            bl_batch *batch = read_all(m.spool, file);
            bl_table *table = NULL;
            int64_t row, end;
            for (int64_t r = 0; r < batch->n_rows; r++)
                n_wanted += (uint64_t)integer_of(batch, "key", r) < key;
            n += batch->n_rows;
            assert_ok(bl_spool_open(m.spool, file, &table, NULL));
            assert_ok(bl_spool_find_key(table, key, &row, NULL));
            assert_ok(bl_spool_find_key(table, UINT64_MAX, &end, NULL));
            assert_int_equal(end, batch->n_rows);
            n_below += row;
            bl_table_close(table);
            bl_batch_release(batch);
        }
    assert_int_equal(n, N_EVENTS);
    assert_int_equal(n_below, n_wanted);
    assert_true(n_below > 0 && n_below < n);
    release(&m);
}

static void is_gone_on_with(void **state) {
    (void)state;
    const how h = {.yaml = yaml, .to = "resume", .file_bytes = 10000};
    char path[256];
    size_t n_files;
    made first = must_make(&h);
    uint64_t hash = hash_of(first.spool, &n_files);
    size_t n_parts = first.spool->n_parts;
    assert_true(n_parts > 2);
    assert_int_equal(first.spool->n_resumed, 0);
    release(&first);
    made all_there = must_make(&h);
    assert_int_equal(all_there.spool->n_resumed, 2 * n_parts);
    size_t n_again;
    assert_true(hash_of(all_there.spool, &n_again) == hash);
    release(&all_there);
    snprintf(path, sizeof path, "%s/resume/spool/00001.json", test_folder); // one that was not done
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/resume/spool/00000.up.arrow",
             test_folder); // one that is another
    assert_ok(bl_whole_file_write(path, "something", 9, true, NULL));
    how larger = h;
    larger.file_bytes = 20000; // files stay as they were begun
    made rest = must_make(&larger);
    assert_int_equal(rest.spool->n_resumed, 2 * n_parts - 2);
    assert_true(hash_of(rest.spool, &n_again) == hash);
    release(&rest);
}

static void another_spool_is_not_replaced(void **state) {
    (void)state;
    static const char other[] = "inputs: {vector: {vars: [x, n]}}\n"
                                "samples: {a: {files: '%s/a.jsonl', label: 0}}\n";
    how h = {.yaml = yaml, .to = "another"};
    made m = must_make(&h);
    release(&m);
    h.yaml = other;
    made refused;
    assert_int_equal(make(&refused, &h), BL_E_EXISTS);
    assert_non_null(strstr(refused.err.message, "--overwrite"));
    release(&refused);
    h.overwrite = true;
    made replaced = must_make(&h);
    assert_int_equal(replaced.spool->n_resumed, 0);
    assert_int_equal(replaced.spool->n_passes, 1);
    char path[256];
    snprintf(path, sizeof path, "%s/another/spool/00000.up.arrow", test_folder);
    assert_int_not_equal(access(path, F_OK), 0);
    bl_spool_remove(replaced.spool);
    snprintf(path, sizeof path, "%s/another/spool", test_folder);
    assert_int_not_equal(access(path, F_OK), 0);
    release(&replaced);
}

/// A friend that has changed is another one.
static void friends_are_compared(void **state) {
    (void)state;
    static const char text[] = "inputs: {v: {vars: [n, Events.w]}}\n"
                               "samples: {a: {files: '%s/plain.jsonl', label: 0}}\n";
    char friend[256];
    snprintf(friend, sizeof friend, "%s", test_path("friend.jsonl"));
    write_text("plain.jsonl", "{\"n\": 1}\n{\"n\": 2}\n");
    write_text("friend.jsonl", "{\"w\": 1}\n{\"w\": 2}\n");
    const how h = {.yaml = text, .to = "friends", .friend = friend};
    made m = must_make(&h);
    release(&m);
    m = must_make(&h);
    assert_int_equal(m.spool->n_resumed, 1);
    release(&m);
    write_text("friend.jsonl", "{\"w\": 1}\n{\"w\": 22}\n");
    assert_int_equal(make(&m, &h), BL_E_EXISTS);
    assert_non_null(strstr(m.err.message, "--overwrite"));
    release(&m);
}

/// Where one of the samples does not tell events apart, files and entries do, and that is said.
static void identity_is_in_all_files_or_in_none(void **state) {
    (void)state;
    static const char text[] = "inputs: {v: {vars: [n]}}\n"
                               "samples: {a: {files: '%s/a.jsonl', label: 0}, b: {files: "
                               "'%s/plain.jsonl', label: 1}}\n";
    write_text("plain.jsonl", "{\"n\": 1}\n{\"n\": 2}\n");
    made m = must_make(&(how){.yaml = text, .to = "identity"});
    assert_int_equal(m.spool->identity.n, 0);
    assert_int_equal(m.spool->warnings.n, 1);
    assert_non_null(strstr(m.spool->warnings.texts[0], "split.by"));
    assert_string_equal(m.spool->identity.files[1], "plain.jsonl 18");
    bl_batch *batch = read_all(m.spool, &m.spool->passes[0].parts[1].files[0]);
    for (int64_t row = 0; row < 2; row++) {
        int64_t entry = integer_of(batch, "source_entry", row);
        bl_event_fate fate = bl_event_fate_of(0, 0, "plain.jsonl 18", &entry, 1);
        assert_true((uint64_t)integer_of(batch, "key", row) == fate.key);
        assert_int_equal(integer_of(batch, "label", row), 1);
        assert_int_equal(integer_of(batch, "source_file", row), 1);
    }
    bl_batch_release(batch);
    release(&m);
}

/// Numbers as labels, lists of lists, entries as identities, forced parts.
static void other_shapes(void **state) {
    (void)state;
    static const char text[] = "inputs: {pairs: {column: pairs, vars: [[a, null], [b, null]]}, "
                               "two: {column: lhe}}\n"
                               "labels: {type: custom, value: {t: x * 2, u: 'n'}}\n"
                               "split: {by: entry}\n"
                               "type: float64\n"
                               "samples: {a: {files: '%s/a.jsonl', part: test}}\n";
    made m = must_make(&(how){.yaml = text, .to = "shapes"});
    assert_int_equal(m.spool->identity.n, 0);
    assert_int_equal(m.spool->n_counted, 1);
    assert_int_equal(m.spool->inputs[0].shape.width, 2);
    assert_true(m.spool->inputs[0].shape.is_sequence && !m.spool->inputs[1].shape.is_sequence);
    assert_string_equal(m.spool->inputs[0].shape.columns[1], "b");
    assert_string_equal(m.spool->inputs[1].shape.columns[1], "lhe[1]");
    bl_batch *batch = read_all(m.spool, &m.spool->passes[0].parts[0].files[0]);
    const double *labels =
        (const double *)bl_column_values(bl_column_child(column_of(batch, "label"), 0));
    const bl_column *pairs = column_of(batch, "pairs");
    const int32_t *offsets = (const int32_t *)bl_column_offsets(pairs);
    const double *numbers =
        (const double *)bl_column_values(bl_column_child(bl_column_child(pairs, 0), 0));
    for (int64_t row = 0; row < batch->n_rows; row++) {
        int64_t i = integer_of(batch, "source_entry", row);
        bl_event_fate fate = bl_event_fate_of(0, 0, m.spool->identity.files[0], &i, 1);
        assert_true((uint64_t)integer_of(batch, "key", row) == fate.key);
        assert_int_equal(integer_of(batch, "part", row), 2);
        assert_true(labels[2 * row] == 2 * x_of(i) && labels[2 * row + 1] == (double)i);
        assert_int_equal(offsets[row + 1] - offsets[row], n_jets(i));
        for (int64_t k = 0; k < n_jets(i); k++)
            assert_true(numbers[2 * (offsets[row] + k) + 1] == (double)(i + k) + 0.5);
    }
    bl_batch_release(batch);
    release(&m);
}

#define WITH_SPECTRA(policy)                                              \
    "inputs: {vector: {vars: [x]}}\n"                                     \
    "labels: {value: [is_a, is_b]}\n"                                     \
    "weights: {reweight_method: flat, reweight_vars: {x: [0, 10, 20]}}\n" \
    "split: {folds: 3}\n" policy "samples: {a: {files: '%s/a.jsonl', weight: w}}\n"

/// What an event of the table adds to its bin.
typedef double (*weight_fn)(double weight);
static double as_it_is(double weight) { return weight; }
static double not_negative(double weight) { return weight < 0 ? 0 : weight; }

static void check_spectra(const bl_spool *spool, weight_fn weight, bool drops) {
    double wanted[3][2][2] = {0};
    uint64_t n_numbers[3] = {0};
    assert_true(spool->has_spectra);
    bl_batch *batch = read_all(spool, &spool->passes[0].parts[0].files[0]);
    for (int64_t row = 0; row < batch->n_rows; row++) {
        int64_t i = integer_of(batch, "event", row) - first_event;
        int64_t bin = x_of(i) < 10 ? 0 : x_of(i) <= 20 ? 1 : -1;
        int64_t fold = integer_of(batch, "part", row);
        assert_int_equal(integer_of(batch, "bin", row), bin);
        n_numbers[fold] += !drops || weight_of(i) > 0;
        if (bin >= 0)
            wanted[fold][i % 3 != 0][bin] += weight(weight_of(i));
    }
    bl_batch_release(batch);
    const bl_spool_statistics *s = &spool->passes[0].parts[0].statistics;
    for (size_t fold = 0; fold < 3; fold++) {
        assert_int_equal(s->moments[fold].n, n_numbers[fold]);
        for (size_t i = 0; i < 4; i++)
            assert_true(s->spectra[fold].sums[i] == wanted[fold][i / 2][i % 2]);
    }
}

/// Spectra and their bins, of weights that training takes. Which these are can be said afterwards.
static void spectra_are_those_of_training(void **state) {
    (void)state;
    static const struct {
        const char *text;
        weight_fn weight;
        bool drops;
    } policies[] = {{WITH_SPECTRA(""), as_it_is, false},
                    {WITH_SPECTRA("negative_weights: abs\n"), fabs, false},
                    {WITH_SPECTRA("negative_weights: drop\n"), not_negative, true}};
    for (size_t i = 0; i < 3; i++) {
        made m = must_make(&(how){.yaml = policies[i].text, .to = "spectra"});
        assert_int_equal(m.spool->n_resumed, i > 0);
        assert_string_equal(m.spool->codes[2], "fold-2");
        check_spectra(m.spool, policies[i].weight, policies[i].drops);
        release(&m);
    }
}

static void refuses(const char *text, bl_status status, const char *const *messages) {
    made m;
    assert_int_equal(make(&m, &(how){.yaml = text, .to = "refused", .overwrite = true}), status);
    for (; *messages; messages++)
        if (!strstr(m.err.message, *messages))
            fail_msg("'%s' is not in '%s'", *messages, m.err.message);
    release(&m);
}

#define SAMPLE(more) "samples: {a: {files: '%s/bad.jsonl', label: 0" more "}}\n"
#define REFUSES(text, status, ...) refuses(text, status, (const char *const[]){__VA_ARGS__, NULL})

static void errors_name_file_and_entry(void **state) {
    (void)state;
    write_events("bad.jsonl", 0, 3,
                 "{\"run\": 1, \"luminosityBlock\": 0, \"event\": 7, \"x\": null, \"n\": 1, \"w\": "
                 "null, \"is_a\": 1, \"is_b\": 1, \"name\": \"\", \"lhe\": [1], \"pt\": [1, 2], "
                 "\"eta\": [1], \"pt_up\": [], \"pairs\": [[1, 2], [3]]}\n");
    REFUSES("inputs: {v: {vars: [n]}}\nweights: {use_precomputed_weights: true, weight_branches: "
            "[w]}\n" SAMPLE(""),
            BL_E_RANGE, "bad.jsonl: entry 3", "'w'", "no finite number");
    REFUSES("inputs: {v: {vars: [n]}}\n" SAMPLE(", weight: w"), BL_E_RANGE, "bad.jsonl: entry 3",
            "the weight '(w)");
    REFUSES("inputs: {v: {vars: [n]}}\nlabels: {value: [is_a, is_b]}\n" SAMPLE(""), BL_E_INVALID,
            "bad.jsonl: entry 3", "exactly one", "'is_a' is 1, 'is_b' is 1");
    REFUSES("inputs: {v: {vars: [n]}}\nlabels: {type: custom, value: {t: x}}\n" SAMPLE(""),
            BL_E_RANGE, "bad.jsonl: entry 3", "label 't'");
    REFUSES("inputs: {jets: {vars: [pt, eta]}}\n" SAMPLE(""), BL_E_SHAPE, "bad.jsonl: entry 3",
            "'pt' has 2 items", "'eta' 1");
    REFUSES("inputs: {pairs: {column: pairs}}\n" SAMPLE(""), BL_E_SHAPE, "bad.jsonl: entry 3",
            "'pairs' has 1 numbers");
    REFUSES("inputs: {two: {column: lhe}}\n" SAMPLE(""), BL_E_SHAPE, "bad.jsonl: entry 3", "'lhe'");
    REFUSES("inputs: {v: {vars: [n]}}\nvariations: {up: w}\n" SAMPLE(""), BL_E_RANGE,
            "bad.jsonl: entry 3", "'weight_up'");
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
#define GOOD "samples: {a: {files: '%s/a.jsonl', label: 0}}\n"
    REFUSES("inputs: {v: {vars: [n]}}\nsplit: {by: [x]}\n" GOOD, BL_E_TYPE, "split.by", "'x'",
            "integers");
    REFUSES("inputs: {v: {vars: [nn]}}\n" GOOD, BL_E_NOTFOUND, "'nn'");
    REFUSES("inputs: {v: {vars: [n, pt]}}\n" GOOD, BL_E_TYPE, "inputs.v", "'pt' is a list");
    REFUSES("inputs: {v: {vars: [name]}}\n" GOOD, BL_E_TYPE, "'name'", "no number");
    REFUSES("inputs: {v: {column: pairs, vars: [[a, null]]}}\n" GOOD, BL_E_INVALID, "2 numbers",
            "vars are 1");
    REFUSES("inputs: {event: {vars: [n]}}\n" GOOD, BL_E_INVALID, "called 'event'");
    REFUSES("inputs: {v: {vars: [n], order: {by: n}}}\n" GOOD, BL_E_INVALID, "inputs.v", "vector");
    REFUSES("inputs: {v: {vars: [n]}}\nvariations: {up: {pt: pt_upp}}\n" GOOD, BL_E_NOTFOUND,
            "variations.up", "'pt_upp'", "'pt_up'");
    REFUSES("inputs: {v: {vars: [n]}}\nvariations: {up: lhe}\n" GOOD, BL_E_TYPE, "variations.up",
            "lhe[*]");
}

/// Writes the rows of a spool's file as a packed one, of which every byte counts.
static void pack(const bl_spool *spool, const bl_spool_file *from, const char *to) {
    const bl_output_options options = {.size = sizeof options, .codec = "lz4"};
    const bl_writer_options of_writer = {.size = sizeof of_writer, .path = "spool"};
    bl_table *table = NULL;
    bl_batch *rows = NULL;
    bl_output *output = NULL;
    bl_writer *writer = NULL;
    assert_ok(bl_spool_open(spool, from, &table, NULL));
    assert_ok(bl_spool_read(table, 0, from->n_rows, NULL, 0, &rows, NULL));
    assert_ok(bl_output_open(spool->arena.context, to, &options, &output, NULL));
    assert_ok(bl_output_add(output, spool->columns, spool->n_columns, &of_writer, &writer, NULL));
    assert_ok(bl_writer_write(writer, rows, NULL));
    assert_ok(bl_output_finish(output, NULL));
    bl_output_close(output);
    bl_batch_release(rows);
    bl_table_close(table);
}

/// Writes over what is in the middle of a file.
static void damage(const char *path) {
    enum { MOST = 1 << 16 };
    static char bytes[MOST];
    FILE *file = fopen(path, "rbe");
    must_be(file);
    size_t n = fread(bytes, 1, MOST, file);
    assert_true(n > 0 && n < MOST);
    assert_int_equal(fclose(file), 0);
    memset(bytes + n / 4, 0x55, n / 2);
    assert_ok(bl_whole_file_write(path, bytes, n, true, NULL));
}

/// A file that turns out to be bad while it is read is left out, and stays so.
static void bad_files_are_left_out(void **state) {
    (void)state;
    static const char text[] =
        "inputs: {v: {column: vector}}\n"
        "samples: {a: {files: ['%s/good/spool/00000.arrow', '%s/damaged.arrow'], label: 0}}\n";
    char path[256];
    made good = must_make(&(how){.yaml = yaml, .to = "good"});
    snprintf(path, sizeof path, "%s/damaged.arrow", test_folder);
    pack(good.spool, &good.spool->passes[0].parts[0].files[0], path);
    release(&good);
    damage(path);
    how h = {.yaml = text, .to = "skipped"};
    made refused;
    assert_int_equal(make(&refused, &h), BL_E_CORRUPT);
    assert_non_null(strstr(refused.err.message, "damaged.arrow"));
    release(&refused);
    h.skips_bad_files = true;
    for (size_t i = 0; i < 2; i++) {
        made m = must_make(&h);
        assert_int_equal(m.spool->n_resumed, i);
        assert_int_equal(m.spool->passes[0].parts[0].files[0].n_rows, N_EVENTS);
        assert_non_null(m.dataset->samples[0].files[1].skipped);
        release(&m);
    }
}

// ---- memory ----

static bl_status make_small(bl_context *context) {
    static const char text[] = "inputs: {jets: {length: 2, order: {by: pt}, vars: [pt, eta]}}\n"
                               "labels: {value: [is_a, is_b]}\n"
                               "observers: [name]\n"
                               "variations: {scale: 'lhe[*]'}\n"
                               "samples: {a: {files: '%s/small.jsonl'}}\n";
    char path[256];
    bl_arena arena;
    bl_config config;
    bl_dataset *dataset = NULL;
    bl_spool *spool = NULL;
    const bl_item *document = NULL;
    const bl_dataset_options of_dataset = {0};
    const bl_spool_options options = {.folder = path};
    snprintf(path, sizeof path, "%s/small", test_folder);
    bl_folder_remove(path);
    bl_arena_init(&arena, context);
    bl_config_init(&config, &arena);
    const char *of_folder = bl_arena_printf(&arena, text, test_folder);
    bl_status status =
        of_folder ? bl_yaml_parse(&arena, "x.yaml", of_folder, strlen(of_folder), &document, NULL)
                  : BL_E_NOMEM;
    if (status == BL_OK)
        status = bl_config_read_document(&config, document, NULL);
    if (status == BL_OK)
        status = bl_config_for_preparation(&config, NULL);
    if (status == BL_OK)
        status = bl_dataset_open(context, &config, &of_dataset, &dataset, NULL);
    if (status == BL_OK)
        status = bl_spool_make(dataset, &config.prepare, &options, &spool, NULL);
    bl_spool_close(spool);
    bl_dataset_close(dataset);
    bl_arena_release(&arena);
    return status;
}

static void without_memory(void **state) {
    (void)state;
    write_events("small.jsonl", 0, 5, "");
    test_every_allocation_fails(make_small);
}

static int set_up(void **state) {
    if (test_make_folder(state) != 0)
        return -1;
    write_events("a.jsonl", 0, 200, "");
    write_events("b.jsonl", 200, N_EVENTS, "");
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_what_events_say),
        cmocka_unit_test(variations_are_of_events_that_nobody_trains_on),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(moments_are_those_of_all_events),
        cmocka_unit_test(keys_are_found),
        cmocka_unit_test(is_gone_on_with),
        cmocka_unit_test(another_spool_is_not_replaced),
        cmocka_unit_test(friends_are_compared),
        cmocka_unit_test(identity_is_in_all_files_or_in_none),
        cmocka_unit_test(other_shapes),
        cmocka_unit_test(spectra_are_those_of_training),
        cmocka_unit_test(errors_name_file_and_entry),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(bad_files_are_left_out),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, test_remove_folder);
}
