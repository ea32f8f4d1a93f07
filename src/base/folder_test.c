// SPDX-License-Identifier: Apache-2.0
// Folders are listed in order, without what lies deeper, and cleared of what is wanted alone.
#include "base/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"

static char folder[] = "/tmp/beamline-folder-XXXXXX";

static void make(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    (void)fclose(file);
}

static bool is_arrow(const char *name) { return strstr(name, ".arrow") != NULL; }

static bl_status list(bl_context *context, bool (*is_wanted)(const char *), char *text,
                      size_t room) {
    bl_arena arena;
    const char **names = NULL;
    size_t n = 0, at = 0;
    bl_arena_init(&arena, context);
    bl_status status = bl_folder_list(&arena, folder, is_wanted, &names, &n, NULL);
    text[0] = 0;
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, room - at, "%s ", names[i]);
    bl_arena_release(&arena);
    return status;
}

static bl_status list_all(bl_context *context) {
    char text[256];
    return list(context, NULL, text, sizeof text);
}

static void folders_are_listed_and_cleared(void **state) {
    (void)state;
    char text[256], deep[256];
    bl_context *context = test_context(1);
    snprintf(deep, sizeof deep, "%s/deep", folder);
    assert_int_equal(mkdir(deep, 0777), 0);
    make("b.arrow");
    make(".hidden");
    make("a.json");
    make("deep/c.arrow");
    make("a.arrow");
    assert_ok(list(context, NULL, text, sizeof text));
    assert_string_equal(text, ".hidden a.arrow a.json b.arrow deep ");
    assert_ok(list(context, is_arrow, text, sizeof text));
    assert_string_equal(text, "a.arrow b.arrow ");
    test_every_allocation_fails(list_all);
    bl_folder_clear(context, folder, is_arrow);
    assert_ok(list(context, NULL, text, sizeof text));
    assert_string_equal(text, ".hidden a.json deep ");
    bl_folder_clear(context, deep, NULL);
    assert_int_equal(rmdir(deep), 0);
    bl_folder_clear(context, folder, NULL);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(list_all(context), BL_E_NOTFOUND);
    bl_context_free(context);
}

/// With all that is in it, but nothing that a link leads to.
static void folders_are_removed(void **state) {
    (void)state;
    char path[256], kept[] = "/tmp/beamline-kept-XXXXXX";
    assert_non_null(mkdtemp(kept));
    assert_int_equal(mkdir(folder, 0777), 0);
    snprintf(path, sizeof path, "%s/deep", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    make("deep/a");
    make("b");
    snprintf(path, sizeof path, "%s/link", folder);
    assert_int_equal(symlink(kept, path), 0);
    bl_folder_remove(folder);
    assert_int_equal(access(folder, F_OK), -1);
    assert_int_equal(rmdir(kept), 0);
    bl_folder_remove(folder); // there is none, which is as wanted
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(folders_are_listed_and_cleared),
                                       cmocka_unit_test(folders_are_removed)};
    if (!mkdtemp(folder))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
