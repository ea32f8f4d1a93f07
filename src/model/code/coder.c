// SPDX-License-Identifier: Apache-2.0
// What writers of layers write with: names, numbers, places, loops over rows, weights.
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/code/private.h"

enum { MOST_FLOATS = 1 << 26 }; ///< of one value

// ---- text ----

const char *bl_code_format(bl_coder *c, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int n = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *text = n < 0 ? NULL : bl_arena_alloc(&c->arena, (size_t)n + 1);
    if (!text) {
        c->body.has_failed = true;
        return "";
    }
    va_start(list, format);
    vsnprintf(text, (size_t)n + 1, format, list);
    va_end(list);
    return text;
}

void bl_code_print_number(float number, char ret_text[static BL_CODE_NUMBER_TEXT]) {
    if (isnan(number) || isinf(number))
        snprintf(ret_text, BL_CODE_NUMBER_TEXT, "%s",
                 isnan(number) ? "NAN"
                 : number < 0  ? "-INFINITY"
                               : "INFINITY");
    else if (number == 0 && !signbit(number))
        snprintf(ret_text, BL_CODE_NUMBER_TEXT, "0");
    else
        snprintf(ret_text, BL_CODE_NUMBER_TEXT, "%aF", (double)number);
}

const char *bl_code_number(bl_coder *c, float number) {
    char text[BL_CODE_NUMBER_TEXT];
    bl_code_print_number(number, text);
    return bl_code_format(c, "%s", text);
}

static bool is_name_character(char x) {
    return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9') || x == '_';
}

const char *bl_code_name(bl_coder *c, const char *name) {
    char *text = (char *)bl_code_format(c, "%s", name);
    for (char *at = text; *at; at++)
        *at = is_name_character(*at) ? *at : '_';
    return text;
}

const char *bl_code_comment(bl_coder *c, const char *name) {
    char *text = (char *)bl_code_format(c, "%s", name);
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == '\\' || *at == 0x7f)
            *at = '?';
    return text;
}

// ---- values and rows ----

size_t bl_code_padded(size_t n) {
    enum { FEW = 8, MANY = 16 };
    return n <= FEW ? FEW : (n + MANY - 1) / MANY * MANY;
}

const char *bl_code_member(bl_coder *c, const bl_nn_step *step, const char *type, const char *name,
                           size_t n) {
    if (n > MOST_FLOATS || c->n_bytes > (size_t)MOST_FLOATS * 8) {
        c->is_too_large = true;
        return "";
    }
    bl_text_add(&c->members, "    %s %s%zu[%zu]; // %s\n", type, name, step->output, n,
                bl_code_comment(c, step->name));
    c->n_bytes += 4 * n;
    return bl_code_format(c, "s->%s%zu", name, step->output);
}

void bl_code_place(bl_coder *c, const bl_nn_step *step, bool is_padded) {
    const bl_nn_value *value = bl_code_value(c, step->output);
    size_t stride = bl_code_padded(value->shape.width), n;
    if (__builtin_mul_overflow(stride, value->shape.steps ? value->shape.steps : 1, &n))
        n = SIZE_MAX;
    c->places[step->output] =
        (bl_place){bl_code_member(c, step, "float", "v", n), stride, is_padded};
}

static void point(bl_coder *c, const char *name, const char *type, const bl_place *place,
                  bool is_sequence) {
    BL_PUT(c, "        %s%s = %s", type, name, place->at);
    if (is_sequence)
        BL_PUT(c, " + r * %zu", place->stride);
    BL_PUT(c, ";\n");
}

void bl_code_open(bl_coder *c, const bl_nn_step *step) {
    size_t rows = bl_code_value(c, step->output)->rows;
    for (size_t i = 1; i < step->n_inputs; i++) {
        size_t first = bl_code_value(c, step->inputs[0])->rows;
        size_t other = bl_code_value(c, step->inputs[i])->rows;
        if (other != first)
            BL_PUT(c, "    if (n%zu != n%zu)\n        return 1;\n", first, other);
    }
    if (rows)
        BL_PUT(c, "    for (size_t r = 0; r < n%zu; r++) {\n", rows);
    else
        BL_PUT(c, "    {\n");
    for (size_t i = 0; i < step->n_inputs; i++)
        point(c, step->n_inputs > 1 ? bl_code_format(c, "x%zu", i) : "x", "const float *",
              bl_code_in(c, step, i), rows > 0);
    point(c, "y", "float *", &c->places[step->output], rows > 0);
}

void bl_code_close(bl_coder *c) { BL_PUT(c, "    }\n"); }

size_t bl_code_columns(const bl_coder *c, const bl_nn_step *step) {
    bool is_padded = c->places[step->output].is_padded;
    for (size_t i = 0; i < step->n_inputs; i++)
        is_padded &= bl_code_in(c, step, i)->is_padded &&
                     bl_code_width(c, step->inputs[i]) == bl_code_width(c, step->output);
    return is_padded ? c->places[step->output].stride : bl_code_width(c, step->output);
}

bl_code_rows bl_code_counting(bl_coder *c, const bl_nn_step *step, size_t i) {
    const bl_nn_value *value = bl_code_value(c, step->inputs[i]);
    bl_code_rows rows = {.number = value->mask != BL_NN_NONE ? value->mask : value->rows,
                         .row = "i"};
    if (i == 0 && step->own_mask != BL_NN_NONE)
        rows.number = step->own_mask;
    rows.has_index = c->network->plan.rows.items[rows.number].has_index;
    if (rows.has_index)
        rows.row = bl_code_format(c, "s->index%zu[i]", rows.number);
    return rows;
}

// ---- weights ----

const float *bl_code_numbers(const bl_coder *c, const bl_nn_step *step, size_t i) {
    const bl_nn_network *network = c->network;
    return network->parameters + network->plan.parameters.items[step->first_parameter + i].offset;
}

static void write_numbers(bl_text *text, const float *from, size_t n, size_t n_padded,
                          size_t *column) {
    for (size_t i = 0; i < n_padded; i++, ++*column) {
        char number[BL_CODE_NUMBER_TEXT];
        bl_code_print_number(i < n ? from[i] : 0, number);
        bl_text_add(text, "%s%s,", *column % 8 ? " " : "\n    ", number);
    }
}

const char *bl_code_matrix(bl_coder *c, const bl_nn_step *step, const char *name, const float *from,
                           size_t k, size_t n_blocks, size_t block, size_t stride) {
    size_t padded = bl_code_padded(block), column = 0;
    const char *text = bl_code_format(c, "w%zu_%s", step->output, bl_code_name(c, name));
    bl_text_add(&c->data, "// %s: %s\nstatic const float %s[%zu] = {",
                bl_code_comment(c, step->name), bl_code_comment(c, name), text,
                k * n_blocks * padded);
    for (size_t i = 0; i < k; i++)
        for (size_t b = 0; b < n_blocks; b++)
            write_numbers(&c->data, from + i * stride + b * block, block, padded, &column);
    bl_text_add(&c->data, "\n};\n\n");
    return text;
}

/// The step that wrote a parameter first is the one whose output names it.
static size_t owner_of(const bl_coder *c, const bl_nn_step *step) {
    for (const bl_nn_step *s = c->network->steps; s < step; s++)
        if (s->n_parameters && s->first_parameter == step->first_parameter)
            return s->output;
    return step->output;
}

const char *bl_code_parameter(bl_coder *c, const bl_nn_step *step, size_t i, size_t k,
                              size_t n_blocks, size_t block, size_t first, size_t stride) {
    const bl_nn_parameter *p = &c->network->plan.parameters.items[step->first_parameter + i];
    const char *name = first ? bl_code_format(c, "%s_%zu", p->name, first) : p->name;
    size_t owner = owner_of(c, step);
    if (owner != step->output)
        return bl_code_format(c, "w%zu_%s", owner, bl_code_name(c, name));
    return bl_code_matrix(c, step, name, bl_code_numbers(c, step, i) + first, k, n_blocks, block,
                          stride);
}

void bl_code_product(bl_coder *c, const char *start, const char *x, size_t k, const char *w,
                     size_t n, const char *y) {
    if (start)
        BL_PUT(c, "        copy(%s, %zu, %s);\n", start, n, y);
    else
        BL_PUT(c, "        clear(%s, %zu);\n", y, n);
    BL_PUT(c, "        add_product(%s, %zu, %s, %zu, %s);\n", x, k, w, n, y);
}
