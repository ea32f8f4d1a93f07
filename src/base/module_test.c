// SPDX-License-Identifier: Apache-2.0
#include "base/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"

static bl_status load(const char *name, bl_error *err) {
    const void *face = NULL;
    bl_status status = bl_module_load(name, "libnothing", &face, err);
    assert_true(status == BL_OK || !face);
    return status;
}

static void test_names(void **state) {
    (void)state;
    const char *const wrong[] = {"", "../x", "a/b", "A", "x.so", "a-very-long-name", "a\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(load(wrong[i], NULL), BL_E_INVALID);
}

static void test_missing(void **state) {
    (void)state;
    bl_error err = {0};
    assert_error(load("nosuchmodule", &err), BL_E_UNSUPPORTED, err, "beamline_nosuchmodule.so");
    assert_non_null(strstr(err.message, "libnothing"));
    assert_non_null(strstr(err.message, "/beamline"));
}

/// Loads with another environment, of one variable.
static bl_status load_from(const char *folder, bl_error *err) {
    char variable[80];
    char *mine[] = {variable, NULL}, **before = environ;
    (void)snprintf(variable, sizeof variable, "BEAMLINE_MODULES=%s", folder);
    environ = mine;
    bl_status status = load("fake", err);
    environ = before;
    return status;
}

/// What everybody may write to is not opened; a relative folder is not looked at.
static void test_places(void **state) {
    (void)state;
    char folder[] = "/tmp/beamline-modules-XXXXXX", path[64];
    bl_error err = {0};
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/beamline_fake.so", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_error(load_from(folder, &err), BL_E_UNSUPPORTED, err, "fake.so");
    assert_null(strstr(err.message, "everybody"));
    assert_int_equal(chmod(path, 0666), 0);
    assert_error(load_from(folder, &err), BL_E_UNSUPPORTED, err, "everybody");
    assert_error(load_from("tmp", &err), BL_E_UNSUPPORTED, err, "none of /");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
