// SPDX-License-Identifier: Apache-2.0
// The test in exported code: a program that makes the inputs of some events again, runs them, and
// compares bits with those that the network has here.
#include <string.h>

#include "model/code/parts/test.h"
#include "model/code/private.h"

/// How the numbers of an input are made.
typedef struct recipe {
    size_t steps, width;
    uint32_t below; ///< whole numbers below; 0: any
    bool is_masked; ///< some rows are of one value
    float mask_value;
    float *numbers; ///< [steps × width]
} recipe;

/// By the layers that take it as it comes.
static recipe recipe_of(bl_coder *c, size_t value) {
    bl_nn_shape shape = bl_code_value(c, value)->shape;
    recipe r = {.steps = shape.steps, .width = shape.width};
    for (size_t i = 0; i < c->network->n_steps; i++) {
        const bl_nn_step *step = &c->network->steps[i];
        if (step->n_inputs == 0 || step->inputs[0] != value)
            continue;
        if (step->kind == BL_NN_KIND_EMBEDDING) {
            uint32_t n = (uint32_t)((const bl_nn_embedding_options *)step->options)->input_dim;
            r.below = r.below && r.below < n ? r.below : n;
        }
        if (step->kind == BL_NN_KIND_MASKING) {
            r.is_masked = true;
            r.mask_value = (float)((const bl_nn_masking_options *)step->options)->mask_value;
        }
    }
    return r;
}

// ---- the same numbers here and there ----

static uint32_t first_state(size_t event) { return 0x9e3779b9U * (uint32_t)(event + 1); }

/// \return rows
static size_t make(const recipe *r, uint32_t part, size_t event, uint32_t *state) {
    size_t n = r->steps ? test_rows(part, event, r->steps) : 1;
    if (r->below)
        test_indices(state, r->below, n * r->width, r->numbers);
    else if (r->is_masked)
        test_masked(state, n, r->width, r->mask_value, r->numbers);
    else
        test_numbers(state, n * r->width, r->numbers);
    return n;
}

static void put_make(bl_coder *c, bl_text *to, const recipe *r, const char *number) {
    const char *rows = r->steps ? bl_code_format(c, "n_rows%s * ", number) : "";
    if (r->steps)
        bl_text_add(to, "    n_rows%s = test_rows(part, e, %zu);\n", number, r->steps);
    if (r->below)
        bl_text_add(to, "    test_indices(&state, %uU, %s%zu, input%s);\n", r->below, rows,
                    r->width, number);
    else if (r->is_masked)
        bl_text_add(to, "    test_masked(&state, n_rows%s, %zu, %s, input%s);\n", number, r->width,
                    bl_code_number(c, r->mask_value), number);
    else
        bl_text_add(to, "    test_numbers(&state, %s%zu, input%s);\n", rows, r->width, number);
}

// ---- what comes out ----

static size_t numbers_of(bl_coder *c, size_t value) {
    bl_nn_shape shape = bl_code_value(c, value)->shape;
    return (shape.steps ? shape.steps : 1) * shape.width;
}

/// What the network here is run with, for one event.
typedef struct runner {
    bl_nn_workspace *workspace;
    bl_nn_feed *feeds;     ///< [n_inputs]
    int64_t (*offsets)[2]; ///< [n_inputs]
    bl_nn_matrix *outputs; ///< [n_outputs]
    float *numbers;        ///< all outputs', as the function gives them
} runner;

static bl_status run(bl_coder *c, runner *r, recipe *recipes, size_t event, bl_error *err) {
    const bl_nn_network *network = c->network;
    uint32_t state = first_state(event), part = test_word(&state);
    float *to = r->numbers;
    for (size_t i = 0; i < network->n_inputs; i++) {
        r->offsets[i][0] = 0;
        r->offsets[i][1] = (int64_t)make(&recipes[i], part, event, &state);
        r->feeds[i] = (bl_nn_feed){.data = recipes[i].numbers,
                                   .offsets = recipes[i].steps ? r->offsets[i] : NULL};
    }
    BL_TRY(bl_nn_predict(r->workspace, 1, r->feeds, r->outputs, err));
    for (size_t i = 0; i < network->n_outputs; i++) {
        const uint32_t *rows = bl_nn_output_offsets(r->workspace, i);
        size_t width = bl_code_width(c, network->outputs[i]);
        for (size_t k = 0; k < (rows ? rows[1] : 1); k++)
            memcpy(to + k * width, r->outputs[i].data + k * r->outputs[i].stride,
                   width * sizeof *to);
        to += numbers_of(c, network->outputs[i]);
    }
    return BL_OK;
}

static bl_status put_expected(bl_coder *c, bl_text *to, recipe *recipes, size_t n, bl_error *err) {
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    size_t n_events = c->options->n_vectors, n_inputs = c->network->n_inputs;
    BL_TRY(bl_nn_workspace_new(c->network, 1, false, &workspace, err));
    runner r = {.workspace = workspace,
                .feeds = bl_arena_array(&c->arena, n_inputs + 1, sizeof *r.feeds),
                .offsets = bl_arena_array(&c->arena, n_inputs + 1, sizeof *r.offsets),
                .outputs = bl_arena_array(&c->arena, c->network->n_outputs, sizeof *r.outputs),
                .numbers = bl_arena_array(&c->arena, n, sizeof *r.numbers)};
    if (!r.feeds || !r.offsets || !r.outputs || !r.numbers)
        return bl_error_nomem(err, n * sizeof *r.numbers, "test vectors");
    bl_text_add(to, "static const float expected[%zu] = {", n_events * n);
    for (size_t e = 0; e < n_events; e++) {
        memset(r.numbers, 0, n * sizeof *r.numbers);
        BL_TRY_IN(run(c, &r, recipes, e, err), err, "test vector %zu", e);
        for (size_t i = 0; i < n; i++) {
            char text[BL_CODE_NUMBER_TEXT];
            bl_code_print_number(r.numbers[i], text);
            bl_text_add(to, "%s%s,", i % 6 ? " " : "\n    ", text);
        }
    }
    bl_text_add(to, "\n};\n\n");
    return BL_OK;
}

// ---- the program ----

static void put_variables(bl_coder *c, bl_text *to, const recipe *recipes) {
    const bl_nn_network *network = c->network;
    if (bl_code_has_scratch(c))
        bl_text_add(to, "static %s_scratch scratch;\n", c->options->name);
    for (size_t i = 0; i < network->n_inputs; i++) {
        const char *number = network->n_inputs > 1 ? bl_code_format(c, "%zu", i) : "";
        bl_text_add(to, "static float input%s[%zu];\n", number, numbers_of(c, network->inputs[i]));
        if (recipes[i].steps)
            bl_text_add(to, "static size_t n_rows%s;\n", number);
    }
    for (size_t i = 0; i < network->n_outputs; i++) {
        const char *number = network->n_outputs > 1 ? bl_code_format(c, "%zu", i) : "";
        bl_text_add(to, "static float output%s[%zu];\n", number,
                    numbers_of(c, network->outputs[i]));
    }
}

static void put_functions(bl_coder *c, bl_text *to, const recipe *recipes) {
    const bl_nn_network *network = c->network;
    bl_text_add(to, "\nstatic void make_event(size_t e) {\n"
                    "    uint32_t state = 0x9e3779b9U * (uint32_t)(e + 1), part = "
                    "test_word(&state);\n    (void)part;\n");
    for (size_t i = 0; i < network->n_inputs; i++)
        put_make(c, to, &recipes[i], network->n_inputs > 1 ? bl_code_format(c, "%zu", i) : "");
    bl_text_add(to, "}\n\nstatic int run_event(void) { return %s_run(%s); }\n", c->options->name,
                bl_code_arguments(c, false));
    bl_text_add(to, "\nstatic size_t n_differ, n_far;\n\n"
                    "static void compare(const float *output, size_t n, const float *with) {\n"
                    "    for (size_t i = 0; i < n; i++) {\n"
                    "        n_differ += (size_t)test_differs(output[i], with[i]);\n"
                    "        n_far += (size_t)test_is_far(output[i], with[i]);\n    }\n}\n\n");
}

/// Laps that are long for the clock and short for whoever waits.
static const char timing[] =
    "static double time_of(size_t n) {\n"
    "    int (*volatile run)(void) = run_event;\n    clock_t begin = clock();\n"
    "    for (size_t i = 0; i < n; i++)\n        run();\n"
    "    return (double)(clock() - begin) / CLOCKS_PER_SEC;\n}\n\n"
    "// ns of an event in the best of some laps\n"
    "static double best_time(void) {\n    size_t n = 1;\n    double best = time_of(n);\n"
    "    for (; best < 2e-3 && n < (size_t)1 << 24; best = time_of(n))\n        n *= 2;\n"
    "    for (int lap = 0; lap < 40 && best * lap < 0.2; lap++) {\n"
    "        double seconds = time_of(n);\n"
    "        best = seconds < best ? seconds : best;\n    }\n"
    "    return best / (double)n * 1e9;\n}\n\n";

static void put_main(bl_coder *c, bl_text *to, size_t n) {
    const bl_nn_network *network = c->network;
    const char *name = c->options->name;
    size_t n_events = c->options->n_vectors;
    bl_text_add(to, "%s", timing);
    bl_text_add(to,
                "int main(void) {\n    for (size_t e = 0; e < %zu; e++) {\n        make_event(e);\n"
                "        if (run_event() != 0) {\n            printf(\"%s: event %%u cannot be "
                "run\\n\", (unsigned)e);\n            return 2;\n        }\n",
                n_events, name);
    for (size_t i = 0, at = 0; i < network->n_outputs; i++) {
        size_t n_numbers = numbers_of(c, network->outputs[i]);
        bl_text_add(to, "        compare(output%s, %zu, expected + e * %zu + %zu);\n",
                    network->n_outputs > 1 ? bl_code_format(c, "%zu", i) : "", n_numbers, n, at);
        at += n_numbers;
    }
    bl_text_add(to,
                "    }\n    make_event(0);\n    double ns = best_time();\n"
                "    printf(\"%s: %zu events, %%u of %zu numbers differ, %%u by more than 1e-6; "
                "%%.1f ns an event\\n\",\n           (unsigned)n_differ, (unsigned)n_far, ns);\n"
                "#ifdef FP_FAST_FMAF\n    return n_differ > 0;\n#else\n    return n_far > 0;\n"
                "#endif\n}\n#endif\n",
                name, n_events, n_events * n);
}

bl_status bl_code_test(bl_coder *c, bl_text *source, bl_error *err) {
    const bl_nn_network *network = c->network;
    bl_text program = {.arena = &c->arena};
    recipe *recipes = bl_arena_array(&c->arena, network->n_inputs + 1, sizeof *recipes);
    size_t n = 0;
    for (size_t i = 0; i < network->n_outputs; i++)
        n += numbers_of(c, network->outputs[i]);
    for (size_t i = 0; i < network->n_inputs && recipes; i++) {
        recipes[i] = recipe_of(c, network->inputs[i]);
        size_t n_numbers = numbers_of(c, network->inputs[i]);
        recipes[i].numbers = bl_arena_array(&c->arena, n_numbers, sizeof(float));
        if (!recipes[i].numbers)
            recipes = NULL;
    }
    if (!recipes)
        return bl_error_nomem(err, 0, "test vectors");
    BL_TRY(put_expected(c, &program, recipes, n, err));
    put_variables(c, &program, recipes);
    put_functions(c, &program, recipes);
    put_main(c, &program, n);
    bl_text_add(source, "\n#ifdef %s_TEST\n#include <stdio.h>\n#include <time.h>\n\n",
                c->options->name);
    bl_code_add_test_parts(source, &program);
    bl_text_add(source, "%s", program.text ? program.text : "");
    source->has_failed |= program.has_failed;
    return BL_OK;
}
