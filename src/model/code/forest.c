// SPDX-License-Identifier: Apache-2.0
// The code of forests: their nodes as they are walked, and what comes behind the sums.
#include "nn/trees/forest.h"
#include "model/code/private.h"

static void write_nodes(bl_coder *c, const bl_nn_step *step, const bl_nn_forest *f) {
    bl_text *data = &c->data;
    bl_text_add(data, "// %s: trees\nstatic const forest_step w%zu_steps[%zu] = {",
                bl_code_comment(c, step->name), step->output, f->n_nodes);
    for (size_t i = 0; i < f->n_nodes; i++) {
        const bl_nn_forest_step *s = &f->steps[i];
        bl_text_add(data, "%s{%s, %uU, %uU, %uU},", i % 2 ? " " : "\n    ",
                    bl_code_number(c, s->threshold), s->feature, s->step, s->kind);
    }
    bl_text_add(data, "\n};\n\nstatic const uint32_t w%zu_firsts[%zu] = {", step->output,
                f->n_trees + 1);
    for (size_t t = 0; t <= f->n_trees; t++)
        bl_text_add(data, "%s%uU,", t % 8 ? " " : "\n    ", f->firsts[t]);
    bl_text_add(data, "\n};\n\nstatic const forest_weight w%zu_weights[%zu] = {", step->output,
                f->n_weights + 1);
    for (size_t i = 0; i < f->n_weights; i++)
        bl_text_add(data, "%s{%a, %uU, %dU},", i % 4 ? " " : "\n    ", f->weights[i].value,
                    f->weights[i].output, f->weights[i].is_last);
    bl_text_add(data, "\n    {0, 0, 1},\n};\n\n");
}

/// Where sums begin, and what is added to them at the end: bases.
static void write_begin(bl_coder *c, const bl_nn_forest *f) {
    const bl_nn_forest_head *head = &f->head;
    bool is_sum = head->joint == BL_NN_FOREST_SUM || head->joint == BL_NN_FOREST_MEAN;
    BL_PUT(c, "        double scores[%zu] = {", f->n_outputs > 2 ? f->n_outputs : 2);
    for (size_t i = 0; i < head->n_scores; i++)
        if (head->begins_at_base)
            BL_PUT(c, "%s%a", i ? ", " : "", head->bases[i]);
        else
            BL_PUT(c, "%s%s", i ? ", " : "", is_sum ? "0" : "NAN");
    BL_PUT(c, "};\n");
}

/// As nn/trees/end.c completes scores.
static void write_complete(bl_coder *c, const bl_nn_forest *f) {
    const bl_nn_forest_head *head = &f->head;
    for (size_t i = 0; i < head->n_scores; i++) {
        const char *at = bl_code_format(c, "scores[%zu]", i);
        if (head->joint == BL_NN_FOREST_LEAST || head->joint == BL_NN_FOREST_GREATEST)
            BL_PUT(c, "        %s = %s != %s ? 0 : %s;\n", at, at, at, at);
        if (head->joint == BL_NN_FOREST_MEAN && f->n_trees)
            BL_PUT(c, "        %s /= %zu;\n", at, f->n_trees);
        if (!head->is_double)
            BL_PUT(c, "        %s = (double)(float)%s;\n", at, at);
        if (!head->begins_at_base)
            BL_PUT(c, "        %s += %a;\n", at, head->bases[i]);
        if (!head->is_double)
            BL_PUT(c, "        %s = (double)(float)%s;\n", at, at);
    }
    if (head->pair != BL_NN_FOREST_NO_PAIR)
        BL_PUT(c, "        scores[1] = scores[0];\n        scores[0] = %s;\n",
               head->pair == BL_NN_FOREST_COMPLEMENT ? "1 - scores[1]" : "-scores[1]");
}

static void write_function(bl_coder *c, const bl_nn_forest *f) {
    size_t n = f->n_outputs;
    const char *expression = "scores[i]";
    switch (f->head.function) {
    case BL_NN_FOREST_SOFTMAX:
        BL_PUT(c, "        double_softmax(%zu, scores, 0);\n", n);
        break;
    case BL_NN_FOREST_SOFTMAX_ZERO:
        BL_PUT(c, "        double_softmax(%zu, scores, 1);\n", n);
        break;
    case BL_NN_FOREST_LOGISTIC:
        expression = "double_logistic(scores[i])";
        break;
    case BL_NN_FOREST_EXP:
        expression = "double_exp_of(scores[i])";
        break;
    default:
        break;
    }
    BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n            y[i] = (float)%s;\n", n,
           expression);
}

void bl_code_forest(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_forest *f = ((const bl_nn_forest_options *)step->options)->forest;
    write_nodes(c, step, f);
    bl_code_place(c, step, false);
    bl_code_open(c, step);
    write_begin(c, f);
    BL_PUT(c,
           "        for (size_t t = 0; t < %zu; t++)\n"
           "            forest_add(w%zu_weights, forest_walk(w%zu_steps + w%zu_firsts[t], x),\n"
           "                       %d, %d, scores);\n",
           f->n_trees, step->output, step->output, step->output, (int)f->head.joint,
           f->head.is_double);
    write_complete(c, f);
    write_function(c, f);
    bl_code_close(c);
}
