// SPDX-License-Identifier: Apache-2.0
// The network of `beamline init`: one that learns from any inputs, for others to be better than.
#include "cli/init.h"

/// Units of the layer that sums a list up.
enum { LIST_UNITS = 16 };

static int64_t n_rows_of(const init_group *group) {
    return group->longest < BL_INIT_ROWS ? group->longest : BL_INIT_ROWS;
}

static void print_inputs(const init_run *run, bl_out *out) {
    bl_out_text(out, "inputs:\n");
    for (size_t i = 0; i < run->n_groups; i++) {
        const init_group *group = &run->groups[i];
        bl_out_text(out, "  ");
        bl_init_scalar(out, group->name);
        if (group->longest)
            bl_out_printf(out, ": {shape: [%lld, %zu], ragged: true}\n",
                          (long long)n_rows_of(group), group->n_columns);
        else
            bl_out_printf(out, ": [%zu]\n", group->n_columns);
    }
}

/// Lists are read row by row, the last row of the order last; what is left is as long for all.
static void print_lists(const init_run *run, bl_out *out) {
    for (size_t i = 0; i < run->n_groups; i++) {
        if (!run->groups[i].longest)
            continue;
        bl_out_printf(out, "  - GRU: {units: %d, name: list_%zu, input: ", LIST_UNITS, i);
        bl_init_scalar(out, run->groups[i].name);
        bl_out_text(out, "}\n");
    }
}

static void print_summary(const init_run *run, size_t i, bl_out *out) {
    if (run->groups[i].longest)
        bl_out_printf(out, "list_%zu", i);
    else
        bl_init_scalar(out, run->groups[i].name);
}

void bl_init_write_network(init_run *run) {
    bl_out *out = &run->text;
    bl_out_text(out, "# A network to start from, by `beamline init`.\n");
    print_inputs(run, out);
    bl_out_text(out, "layers:\n");
    print_lists(run, out);
    if (run->n_groups > 1) {
        bl_out_text(out, "  - Concatenate: {input: [");
        for (size_t i = 0; i < run->n_groups; i++) {
            bl_out_text(out, i ? ", " : "");
            print_summary(run, i, out);
        }
        bl_out_text(out, "]}\n");
    }
    bl_out_printf(out,
                  "  - Dense: {units: 50, activation: relu}\n"
                  "  - Dense: {units: 20, activation: relu}\n"
                  "  - Dense: {units: 10, activation: relu}\n"
                  "  - Dense: {units: %zu, activation: softmax}\n"
                  "training:\n"
                  "  epochs: 50\n"
                  "  batch_size: 128\n"
                  "  optimizer: {adam: {learning_rate: 0.001}}\n"
                  "  early_stopping: {patience: 10, restore_best: true}\n",
                  run->n_samples);
}
