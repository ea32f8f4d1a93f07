// SPDX-License-Identifier: Apache-2.0
// Writes a tree for bench/read.py: make_trees TREE MEGABYTES CODEC FILE, where MEGABYTES are those
// of uncompressed baskets. The same arguments give the same values. Some rows are made at a time,
// each column by a task of its own. Prints JSON: rows, columns.
#include <math.h>

#include "bench/bench.h"
#include "bench/trees.h"
#include "column/builder.h"

#include "base/context.h"

#include <beamline/output.h>

enum { SEED = 20260, BATCH_BYTES = 16 << 20 };

typedef struct maker {
    bl_context *context;
    const bench_tree *tree;
    size_t n_columns;
    bench_column *columns; ///< [n_columns]; owns
    bl_type **types;       ///< [n_columns]; owns, shares each
    uint32_t *counts;      ///< [groups, batch_rows]; owns
    int64_t batch_rows;
    size_t batch_index;
    bl_batch *batch; ///< being made
} maker;

static bl_type *list_of(bl_context *context, bl_type *item) {
    bl_error err = {0};
    bl_type *list;
    bench_check(bl_type_new_list(context, BL_LIST, 0, item, &list, &err), &err);
    bl_type_release(item);
    return list;
}

static bl_type *type_of(bl_context *context, const bench_column *column) {
    if (!column->member)
        return bl_type_primitive(BL_INT32);
    bl_type *type = bl_type_primitive(bench_kind_type(column->member->kind));
    if (column->member->mean > 0)
        type = list_of(context, type);
    return column->group->mean > 0 ? list_of(context, type) : type;
}

static void maker_init(maker *m, bl_context *context, const bench_tree *tree) {
    *m = (maker){.context = context, .tree = tree};
    m->n_columns = bench_tree_columns(tree, &m->columns);
    if (m->n_columns == 0)
        bench_die("out of memory");
    m->types = bench_alloc(m->n_columns * sizeof(bl_type *));
    for (size_t i = 0; i < m->n_columns; i++)
        m->types[i] = type_of(context, &m->columns[i]);
    m->batch_rows = 1 + (int64_t)(BATCH_BYTES / bench_tree_row_bytes(tree));
    m->counts = bench_alloc(tree->n_groups * (size_t)m->batch_rows * sizeof *m->counts);
}

static void maker_release(maker *m) {
    for (size_t i = 0; i < m->n_columns; i++)
        bl_type_release(m->types[i]);
    free(m->counts);
    free(m->types);
    free(m->columns);
}

static uint32_t *counts_of(const maker *m, size_t group) {
    return m->counts + group * (size_t)m->batch_rows;
}

/// How many values each row of each group has in this batch.
static void draw_counts(maker *m, size_t n_rows) {
    for (size_t g = 0; g < m->tree->n_groups; g++) {
        double mean = m->tree->groups[g].mean;
        bench_origin origin = bench_origin_of(SEED + 1, g, m->batch_index);
        uint32_t *counts = counts_of(m, g);
        for (size_t row = 0; row < n_rows; row++)
            counts[row] = mean > 0 ? bench_poisson(&origin, mean) : 1;
    }
}

static void append_values(bl_builder *builder, bench_kind kind, bench_origin *origin, size_t n) {
    if (bench_kind_type(kind) == BL_BOOL) {
        uint8_t *bytes = bench_alloc(n);
        bench_fill(kind, origin, n, bytes);
        bl_builder_append_bools(builder, bytes, n);
        free(bytes);
        return;
    }
    void *values = bl_builder_extend(builder, n);
    if (values)
        bench_fill(kind, origin, n, values);
}

/// The lists inside the lists of a column: `n` of them.
static void append_inner_lists(bl_builder *lists, const bench_member *member, bench_origin *origin,
                               size_t n) {
    for (size_t i = 0; i < n; i++) {
        append_values(&lists->children[0], member->kind, origin,
                      bench_poisson(origin, member->mean));
        bl_builder_end_list(lists);
    }
}

static void fill_column(const maker *m, const bench_column *column, bench_origin *origin,
                        bl_builder *builder) {
    const uint32_t *counts = counts_of(m, column->group_index);
    size_t n_rows = (size_t)m->batch->n_rows;
    if (!column->member) {
        void *values = bl_builder_extend(builder, n_rows);
        if (values)
            memcpy(values, counts, n_rows * sizeof *counts);
        return;
    }
    if (column->group->mean <= 0) {
        append_values(builder, column->member->kind, origin, n_rows);
        return;
    }
    for (size_t row = 0; row < n_rows; row++) {
        if (column->member->mean > 0)
            append_inner_lists(&builder->children[0], column->member, origin, counts[row]);
        else
            append_values(&builder->children[0], column->member->kind, origin, counts[row]);
        bl_builder_end_list(builder);
    }
}

static unsigned mantissa_bits(const bench_tree *tree, const bench_origin *origin) {
    enum { ALL = 23, SPREAD = 4 };
    if (tree->mantissa_bits >= ALL)
        return ALL;
    return tree->mantissa_bits - SPREAD + (unsigned)(2 * SPREAD * origin->character);
}

static bl_status make_column(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    const maker *m = argument;
    bench_origin origin = bench_origin_of(SEED, index, m->batch_index);
    origin.mantissa_bits = mantissa_bits(m->tree, &origin);
    origin.first_row = m->batch->first_row;
    bl_builder builder = {0};
    BL_TRY(bl_builder_init(&builder, m->context, m->types[index], err));
    fill_column(m, &m->columns[index], &origin, &builder);
    bl_status status = bl_builder_finish(&builder, &m->batch->columns[index], err);
    bl_builder_release(&builder);
    return status;
}

static bl_batch *make_batch(maker *m, int64_t first_row, int64_t n_rows) {
    bl_error err = {0};
    const char **names = bench_alloc(m->n_columns * sizeof *names);
    for (size_t i = 0; i < m->n_columns; i++)
        names[i] = m->columns[i].name;
    draw_counts(m, (size_t)n_rows);
    bench_check(bl_batch_new(m->context, m->n_columns, names, first_row, n_rows, &m->batch, &err),
                &err);
    free(names);
    bench_check(bl_run_tasks(m->context, make_column, m, m->n_columns, &err), &err);
    m->batch_index++;
    return m->batch;
}

/// C++'s name of a list that is stored as a vector.
static const char *vector_of(const bench_column *column) {
    if (!column->member || column->group->counter || column->group->mean <= 0 ||
        column->member->mean > 0)
        return NULL;
    switch (bench_kind_type(column->member->kind)) {
    case BL_FLOAT32:
        return "vector<float>";
    case BL_INT32:
        return "vector<int>";
    case BL_UINT32:
        return "vector<unsigned int>";
    case BL_UINT64:
        return "vector<unsigned long>";
    case BL_UINT8:
        return "vector<unsigned char>";
    default:
        return "vector<bool>";
    }
}

static bl_writer *add_tree(const maker *m, bl_output *output) {
    bl_error err = {0};
    bl_column_spec *specs = bench_alloc(m->n_columns * sizeof *specs);
    for (size_t i = 0; i < m->n_columns; i++)
        specs[i] = (bl_column_spec){
            .size = sizeof *specs,
            .name = m->columns[i].name,
            .type = m->types[i],
            .counter = m->columns[i].member ? m->columns[i].group->counter : NULL,
            .source_type = vector_of(&m->columns[i]),
        };
    bl_writer_options options = {.size = sizeof options,
                                 .path = m->tree->path,
                                 .cluster_bytes = m->tree->cluster_bytes,
                                 .chunk_bytes = m->tree->chunk_bytes};
    bl_writer *writer;
    bench_check(bl_output_add(output, specs, m->n_columns, &options, &writer, &err), &err);
    free(specs);
    return writer;
}

static void write_rows(maker *m, int64_t n_rows, const char *codec, const char *path) {
    bl_error err = {0};
    bl_output *output;
    bl_output_options options = {
        .size = sizeof options, .format = "ROOT", .codec = codec, .overwrite = true};
    bench_check(bl_output_open(m->context, path, &options, &output, &err), &err);
    bl_writer *writer = add_tree(m, output);
    for (int64_t first = 0; first < n_rows; first += m->batch_rows) {
        int64_t left = n_rows - first;
        bl_batch *batch = make_batch(m, first, left < m->batch_rows ? left : m->batch_rows);
        bench_check(bl_writer_write(writer, batch, &err), &err);
        bl_batch_release(batch);
    }
    bench_check(bl_output_finish(output, &err), &err);
    bl_output_close(output);
}

int main(int argc, char **argv) {
    const bench_tree *tree = argc == 5 ? bench_tree_find(argv[1]) : NULL;
    if (!tree)
        bench_die("usage: make_trees nano|physlite|delphes|wide MEGABYTES CODEC FILE");
    bl_context *context = bench_context(0);
    maker m;
    maker_init(&m, context, tree);
    int64_t n_rows = 1 + (int64_t)(strtod(argv[2], NULL) * 1e6 / bench_tree_row_bytes(tree));
    write_rows(&m, n_rows, argv[3], argv[4]);
    printf("{\"rows\":%lld,\"columns\":%zu}\n", (long long)n_rows, m.n_columns);
    maker_release(&m);
    bl_context_free(context);
    return 0;
}
