// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests of training: items from YAML, and messages of what refuses them.
#ifndef BL_NN_TRAINING_READING_TESTING_H
#define BL_NN_TRAINING_READING_TESTING_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/testing.h"

static bl_context *context;
static bl_arena arena;

static inline int open_arena(void **state) {
    (void)state;
    context = test_context(1);
    bl_arena_init(&arena, context);
    return 0;
}

static inline int close_arena(void **state) {
    (void)state;
    bl_arena_release(&arena);
    bl_context_free(context);
    return 0;
}

static inline const bl_item *yaml(const char *text) {
    const bl_item *item = NULL;
    bl_error err = {0};
    if (bl_yaml_parse(&arena, "x.yaml", text, strlen(text), &item, &err) != BL_OK)
        fail_msg("%s", err.message);
    return item;
}

static inline void says(const char *part, bl_status status, const bl_error *err) {
    assert_int_equal(status, BL_E_INVALID);
    if (!strstr(err->message, part))
        fail_msg("'%s' is not in '%s'", part, err->message);
}

static inline void near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("%.17g, expected %.17g", found, expected);
}

static inline void draw(float *to, size_t n, double from, double up_to) {
    for (size_t i = 0; i < n; i++)
        to[i] = (float)(from + (up_to - from) * drand48());
}

#endif
