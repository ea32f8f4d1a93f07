// SPDX-License-Identifier: Apache-2.0
// What is known of ROOT's own classes is what real files say of them.
#include "base/testing.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/root/known_classes.h"

enum { COUNTER = 6, INT = 3, BOOL = 18, BYTE = 11 };

static size_t n_compared;

/// An int that counts others has a type of its own, and so has a bool: older files do not say so.
static int type_of(const bl_root_element *e) {
    return e->type == COUNTER ? INT : e->type == BOOL ? BYTE : e->type;
}

static void compare(const bl_root_class *known, const bl_root_class *real) {
    n_compared++;
    assert_int_equal(known->n_elements, real->n_elements);
    for (size_t i = 0; i < known->n_elements; i++) {
        const bl_root_element *k = &known->elements[i], *r = &real->elements[i];
        assert_string_equal(k->name, r->name);
        assert_int_equal(type_of(k), type_of(r));
        assert_int_equal(k->array_length, r->array_length);
        if (k->count_name)
            assert_string_equal(k->count_name, r->count_name);
    }
}

static int compare_file(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about, (void)place;
    size_t length = strlen(path);
    bl_context *context = test_context(1);
    bl_source *source = NULL;
    bl_root_file *file = NULL;
    const bl_root_classes *classes = NULL;
    if (kind == FTW_F && length > 5 && strcmp(path + length - 5, ".root") == 0 &&
        bl_source_open(context, path, &source, NULL) == BL_OK &&
        bl_root_file_open(context, source, &file, NULL) == BL_OK &&
        bl_root_classes_of(file, &classes, NULL) == BL_OK)
        for (size_t i = 0; i < classes->n; i++) {
            const bl_root_class *real = &classes->items[i];
            const bl_root_class *known =
                bl_root_known_version(real->name, real->version, real->checksum);
            if (known)
                compare(known, real);
        }
    bl_root_file_release(file);
    bl_context_free(context);
    return 0;
}

static void files_agree(void **state) {
    (void)state;
    const char *data = getenv("BEAMLINE_DATA");
    if (!data) {
        fputs("skipped: BEAMLINE_DATA names no folder of real files\n", stderr);
        skip();
    }
    assert_int_equal(nftw(data, compare_file, 16, FTW_PHYS), 0);
    fprintf(stderr, "%zu descriptions compared\n", n_compared);
    assert_true(n_compared > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
