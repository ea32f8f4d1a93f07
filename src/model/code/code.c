// SPDX-License-Identifier: Apache-2.0
// A network as C: layers write their code, parts that the code names go before it.
#include "model/code/code.h"

#include <beamline/version.h>

#include <string.h>

#include "model/code/private.h"
#include "nn/trees/forest.h"

#include "model/code/forest_text.h"
#include "model/code/functions_text.h"
#include "model/code/rows_text.h"
#include "model/code/test_text.h"

enum { MOST_STACK = 16384 }; ///< bytes of an event that are the function's own

bool bl_code_has_scratch(const bl_coder *c) { return c->n_bytes > MOST_STACK; }

// ---- parts ----

enum { MOST_PARTS = 128 };

/// A paragraph and the name that it defines.
typedef struct part {
    const char *text, *name;
    size_t n, n_name;
    bool is_needed;
} part;

static bool is_word(char x) {
    return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9') || x == '_';
}

static bool names(const char *text, size_t n, const part *p) {
    const char *end = text + n;
    for (const char *at = text; (size_t)(end - at) >= p->n_name; at++) {
        at = memmem(at, (size_t)(end - at), p->name, p->n_name);
        if (!at)
            return false;
        const char *behind = at + p->n_name;
        if ((at == text || !is_word(at[-1])) && (behind == end || !is_word(*behind)))
            return true;
    }
    return false;
}

/// What stands before the first bracket of the first line that is no comment.
static void find_name(part *p) {
    const char *at = p->text;
    while (strncmp(at, "//", 2) == 0 && at < p->text + p->n)
        at += strcspn(at, "\n") + 1;
    if (at >= p->text + p->n)
        return;
    at += strcspn(at, "([{=;");
    while (!is_word(at[-1]))
        at--;
    const char *begin = at;
    while (is_word(begin[-1]))
        begin--;
    p->name = begin;
    p->n_name = (size_t)(at - begin);
}

/// The paragraphs of a header behind its beginning.
static size_t split(const char *text, part *ret_parts, size_t n) {
    static const char begin[] = "// ---- parts ----\n\n";
    const char *at = strstr(text, begin) + strlen(begin), *end = strstr(at, "\n\n#endif");
    while (at < end && n < MOST_PARTS) {
        const char *behind = strstr(at, "\n\n");
        ret_parts[n] = (part){.text = at, .n = (size_t)(behind - at)};
        find_name(&ret_parts[n]);
        n += ret_parts[n].name != NULL;
        at = behind + 2;
    }
    return n;
}

/// Appends those parts of some headers that a text names, or that other such parts do.
static void add_parts(bl_text *to, const char *const *headers, size_t n_headers,
                      const bl_text *user) {
    part parts[MOST_PARTS];
    size_t n = 0;
    for (size_t i = 0; i < n_headers; i++)
        n = split(headers[i], parts, n);
    for (size_t i = n; i-- > 0;) {
        parts[i].is_needed = names(user->text, user->n, &parts[i]);
        for (size_t k = i + 1; k < n && !parts[i].is_needed; k++)
            parts[i].is_needed = parts[k].is_needed && names(parts[k].text, parts[k].n, &parts[i]);
    }
    for (size_t i = 0; i < n; i++)
        if (parts[i].is_needed)
            bl_text_add(to, "%.*s\n\n", (int)parts[i].n, parts[i].text);
}

void bl_code_add_test_parts(bl_text *to, const bl_text *user) {
    static const char *const headers[] = {bl_code_test_text};
    add_parts(to, headers, 1, user);
}

// ---- the interface ----

static const char *rows_text(bl_coder *c, const bl_nn_value *value) {
    return value->shape.steps
               ? bl_code_format(c, "[%zu x %zu]", value->shape.steps, value->shape.width)
               : bl_code_format(c, "[%zu]", value->shape.width);
}

const char *bl_code_arguments(bl_coder *c, bool has_types) {
    const bl_nn_network *network = c->network;
    bl_text text = {.arena = &c->arena};
    const char *comma = "";
    if (bl_code_has_scratch(c)) {
        bl_text_add(&text, has_types ? "%s_scratch *s" : "&scratch", c->options->name);
        comma = ", ";
    }
    for (size_t i = 0; i < network->n_inputs; i++, comma = ", ") {
        const char *number = network->n_inputs > 1 ? bl_code_format(c, "%zu", i) : "";
        bl_text_add(&text, "%s%sinput%s", comma, has_types ? "const float *" : "", number);
        if (bl_code_value(c, network->inputs[i])->shape.steps)
            bl_text_add(&text, ", %sn_rows%s", has_types ? "size_t " : "", number);
    }
    for (size_t i = 0; i < network->n_outputs; i++, comma = ", ")
        bl_text_add(&text, "%s%soutput%s", comma, has_types ? "float *" : "",
                    network->n_outputs > 1 ? bl_code_format(c, "%zu", i) : "");
    c->body.has_failed |= text.has_failed;
    return text.text ? text.text : "";
}

static const char *step_name(bl_coder *c, size_t value) {
    return bl_code_comment(c, c->network->steps[value].name);
}

/// What the function takes and gives.
static void describe(bl_coder *c, bl_text *to) {
    const bl_nn_network *network = c->network;
    bl_text_add(to, "// Runs the network for one event.\n");
    for (size_t i = 0; i < network->n_inputs; i++) {
        const bl_nn_value *value = bl_code_value(c, network->inputs[i]);
        const char *number = network->n_inputs > 1 ? bl_code_format(c, "%zu", i) : "";
        bl_text_add(to, "//   input%s  %s%s: '%s'\n", number, rows_text(c, value),
                    value->shape.steps ? ", of which the event has the first n_rows" : "",
                    step_name(c, network->inputs[i]));
    }
    for (size_t i = 0; i < network->n_outputs; i++) {
        const bl_nn_value *value = bl_code_value(c, network->outputs[i]);
        const char *number = network->n_outputs > 1 ? bl_code_format(c, "%zu", i) : "";
        bl_text_add(to, "//   output%s %s%s: '%s'\n", number, rows_text(c, value),
                    value->shape.steps ? ", zeros behind the rows that it has" : "",
                    step_name(c, network->outputs[i]));
    }
    if (bl_code_has_scratch(c))
        bl_text_add(to, "//   s       memory for one run, of any content\n");
    bl_text_add(to,
                "// Returns 0; 1: too many rows, or not as many of each input; 2: a number that "
                "an embedding has no\n// row for.\n");
}

static void add_struct(bl_coder *c, bl_text *to) {
    if (c->members.text)
        bl_text_add(to, "typedef struct %s_scratch {\n%s} %s_scratch;\n\n", c->options->name,
                    c->members.text, c->options->name);
}

static void add_interface(bl_coder *c, bl_text *to) {
    if (bl_code_has_scratch(c))
        add_struct(c, to);
    describe(c, to);
    bl_text_add(to, "int %s_run(%s);\n", c->options->name, bl_code_arguments(c, true));
}

// ---- the function ----

static bool can_write(const bl_nn_step *step) {
    if (step->kind == BL_NN_KIND_TREE_ENSEMBLE)
        return ((const bl_nn_forest_options *)step->options)->forest->head.function !=
               BL_NN_FOREST_PROBIT;
    return bl_code_writers[step->kind] != NULL;
}

static void write_output(bl_coder *c, size_t i) {
    const bl_nn_value *value = bl_code_value(c, c->network->outputs[i]);
    const bl_place *from = &c->places[c->network->outputs[i]];
    size_t steps = value->shape.steps, width = value->shape.width;
    const char *to = c->network->n_outputs > 1 ? bl_code_format(c, "output%zu", i) : "output";
    if (!steps) {
        BL_PUT(c, "    copy(%s, %zu, %s);\n", from->at, width, to);
        return;
    }
    BL_PUT(c, "    for (size_t r = 0; r < n%zu; r++)\n", value->rows);
    BL_PUT(c, "        copy(%s + r * %zu, %zu, %s + r * %zu);\n", from->at, from->stride, width, to,
           width);
    BL_PUT(c, "    clear(%s + n%zu * %zu, (%zu - n%zu) * %zu);\n", to, value->rows, width, steps,
           value->rows, width);
}

static bl_status write_body(bl_coder *c, bl_error *err) {
    const bl_nn_network *network = c->network;
    for (size_t i = 0; i < network->n_steps; i++) {
        const bl_nn_step *step = &network->steps[i];
        const char *kind = bl_nn_kinds[step->kind].name;
        if (!can_write(step))
            return bl_error_set(err, BL_E_UNSUPPORTED, "layer '%s' (%s) cannot be exported as C",
                                step->name, kind);
        BL_PUT(c, "\n    // %s (%s): %s\n", step_name(c, i), kind,
               rows_text(c, bl_code_value(c, step->output)));
        if (step->own_mask != BL_NN_NONE)
            bl_code_own_mask(c, step);
        bl_code_writers[step->kind](c, step);
    }
    BL_PUT(c, "\n");
    for (size_t i = 0; i < network->n_outputs; i++)
        write_output(c, i);
    if (c->is_too_large)
        return bl_error_set(err, BL_E_LIMIT, "a network that needs too much memory for an event");
    return BL_OK;
}

// ---- the file ----

static const char beginning[] =
    "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n\n"
    "#ifdef __FAST_MATH__\n#error \"-ffast-math changes results: compile without it\"\n#endif\n"
    "#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0\n"
    "#error \"float is rounded as something else: compile with -msse2 -mfpmath=sse\"\n#endif\n"
    "// a*b + c is rounded once only where it says so.\n"
    "#if defined(__GNUC__) && !defined(__clang__)\n#pragma GCC optimize(\"fp-contract=off\")\n"
    "#else\n#pragma STDC FP_CONTRACT OFF\n#endif\n\n"
    "#ifdef __GNUC__\n#define INLINE static inline __attribute__((always_inline))\n"
    "#else\n#define INLINE static inline\n#endif\n\n";

static void add_comment(bl_coder *c, bl_text *to) {
    const char *name = c->options->name;
    bl_text_add(to, "// Network '%s', written by beamline %s from %s.\n",
                bl_code_comment(c, c->network->graph->name ? c->network->graph->name : name),
                BL_VERSION, bl_code_comment(c, c->options->origin));
    bl_text_add(to,
                "// C11, without allocation and variables that change: any number of threads may "
                "run it. It has the\n// same bits on every processor, with or without fused "
                "multiply-adds, which make it fast:\n//   cc -O3 -march=native -c; link with "
                "-lm.\n");
    if (c->options->n_vectors)
        bl_text_add(to, "// Its test is this file alone, compiled as a program with -D%s_TEST.\n",
                    name);
    bl_text_add(to, "\n");
}

static bl_status assemble(bl_coder *c, bl_text *source, bl_error *err) {
    static const char *const headers[] = {bl_code_functions_text, bl_code_rows_text,
                                          bl_code_forest_text};
    const char *name = c->options->name, *text;
    BL_TRY(write_body(c, err));
    add_comment(c, source);
    bl_text_add(source, "%s", beginning);
    add_parts(source, headers, sizeof headers / sizeof *headers, &c->body);
    bl_text_add(source, "%s", c->data.text ? c->data.text : "");
    if (c->options->header)
        bl_text_add(source, "#include \"%s\"\n\n", c->options->header);
    else
        add_interface(c, source);
    if (!bl_code_has_scratch(c))
        add_struct(c, source);
    text = bl_code_has_scratch(c) || !c->members.text
               ? ""
               : bl_code_format(c, "    %s_scratch memory, *const s = &memory;\n", name);
    bl_text_add(source, "\nint %s_run(%s) {\n%s%s    return 0;\n}\n", name,
                bl_code_arguments(c, true), text, c->body.text ? c->body.text : "");
    return c->options->n_vectors ? bl_code_test(c, source, err) : BL_OK;
}

static void write_header(bl_coder *c, bl_text *header) {
    const char *name = c->options->name;
    add_comment(c, header);
    bl_text_add(header,
                "#ifndef %s_H\n#define %s_H\n\n#include <stddef.h>\n#include <stdint.h>\n\n"
                "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
                name, name);
    add_interface(c, header);
    bl_text_add(header, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}

static bl_status check(const bl_code_options *o, bl_error *err) {
    bool is_name = *o->name && !(*o->name >= '0' && *o->name <= '9');
    for (const char *at = o->name; *at; at++)
        is_name &= is_word(*at);
    if (!is_name || strlen(o->name) > 64)
        return bl_error_set(err, BL_E_INVALID,
                            "'%s' is no name for C: letters, digits and _, no digit first",
                            o->name);
    if (o->n_vectors > BL_CODE_MOST_VECTORS)
        return bl_error_set(err, BL_E_LIMIT, "%zu test vectors; at most %d", o->n_vectors,
                            BL_CODE_MOST_VECTORS);
    return BL_OK;
}

/// A copy that the caller owns.
static bl_status take(bl_context *context, const bl_text *text, char **ret_text, size_t *ret_size,
                      bl_error *err) {
    char *copy = text->has_failed || !text->text ? NULL : bl_strdup(context, text->text);
    if (!copy)
        return bl_error_nomem(err, text->n, "code");
    *ret_text = copy;
    *ret_size = text->n;
    return BL_OK;
}

static bl_status write_all(bl_coder *c, bl_code *code, bl_error *err) {
    bl_text source = {.arena = &c->arena}, header = {.arena = &c->arena};
    c->places = bl_arena_array(&c->arena, c->network->plan.values.n, sizeof *c->places);
    if (!c->places)
        return bl_error_nomem(err, 0, "code");
    BL_TRY(assemble(c, &source, err));
    if (c->options->header)
        write_header(c, &header);
    if (c->body.has_failed || c->data.has_failed || c->members.has_failed)
        return bl_error_nomem(err, 0, "code");
    BL_TRY(take(c->context, &source, &code->source, &code->source_size, err));
    return c->options->header ? take(c->context, &header, &code->header, &code->header_size, err)
                              : BL_OK;
}

bl_status bl_code_write(bl_context *context, const bl_nn_network *network,
                        const bl_code_options *options, bl_code *ret_code, bl_error *err) {
    bl_coder c = {.context = context, .network = network, .options = options};
    bl_code code = {.context = context};
    BL_TRY(check(options, err));
    bl_arena_init(&c.arena, context);
    c.data.arena = c.members.arena = c.body.arena = &c.arena;
    bl_status status = write_all(&c, &code, err);
    bl_arena_release(&c.arena);
    if (status == BL_OK)
        *ret_code = code;
    else
        bl_code_release(&code);
    return status;
}

void bl_code_release(bl_code *code) {
    bl_free(code->context, code->source);
    bl_free(code->context, code->header);
    *code = (bl_code){.context = code->context};
}
