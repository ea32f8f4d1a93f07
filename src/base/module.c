// SPDX-License-Identifier: Apache-2.0
// Finding and opening modules. The loader of the system counts who opened what, so that nothing is
// kept here: a module is opened again each time, and never closed.
#include "base/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PLACES = 3 };

typedef struct places {
    char path[MAX_PLACES][PATH_MAX];
    size_t n;
    uid_t owner; ///< of the program or library that asks
} places;

/// Writes the folder of the program or shared library that this code is part of.
static bool find_self(char *folder, uid_t *ret_owner) {
    char path[PATH_MAX];
    Dl_info info;
    struct link_map *map = NULL;
    struct stat self;
    if (!dladdr1((const void *)&bl_module_load, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
        return false;
    const char *name = map->l_name[0] ? map->l_name : "/proc/self/exe"; // "" is the program
    if (!realpath(name, path) || stat(path, &self) != 0)
        return false;
    *ret_owner = self.st_uid;
    *strrchr(path, '/') = '\0';
    memcpy(folder, path, strlen(path) + 1);
    return true;
}

static void add_place(places *to, const char *folder, const char *below) {
    int length = snprintf(to->path[to->n], PATH_MAX, "%s%s", folder, below);
    if (length > 0 && length < PATH_MAX - 64)
        to->n++;
}

static void list_places(places *to) {
    char folder[PATH_MAX];
    const char *chosen = secure_getenv("BEAMLINE_MODULES");
    to->owner = geteuid();
    if (chosen && chosen[0] == '/') {
        add_place(to, chosen, "");
        return;
    }
    if (find_self(folder, &to->owner)) {
        add_place(to, folder, "/beamline");
        add_place(to, folder, "/../" BL_MODULE_FOLDER);
    }
    add_place(to, BL_MODULE_INSTALLED, "");
}

/// Only those who could change the program itself may put a module in its way.
static bool is_trusted(const struct stat *info, uid_t owner) {
    bool is_known = info->st_uid == 0 || info->st_uid == geteuid() || info->st_uid == owner;
    return is_known && !(info->st_mode & S_IWOTH);
}

/// \return BL_OK, BL_END (nothing there)
static bl_status check_place(const char *folder, const char *path, uid_t owner, bl_error *err) {
    struct stat above, file;
    if (stat(folder, &above) != 0 || stat(path, &file) != 0 || !S_ISREG(file.st_mode))
        return BL_END;
    if (is_trusted(&above, owner) && is_trusted(&file, owner))
        return BL_OK;
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "%s is not opened: it, or its folder, is somebody else's or can be "
                        "written to by everybody",
                        path);
}

static bl_status open_module(const char *name, const char *path, const void **ret_face,
                             bl_error *err) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s", dlerror());
    const bl_module *module = (const bl_module *)dlsym(handle, "bl_module_entry");
    if (module && strcmp(module->name, name) == 0 && strcmp(module->build, BL_MODULE_BUILD) == 0) {
        *ret_face = module->face;
        // cppcheck-suppress resourceLeak // it stays open until the process ends
        return BL_OK;
    }
    dlclose(handle);
    return bl_error_set(err, BL_E_UNSUPPORTED, "%s is of another build of beamline", path);
}

static bool is_name(const char *name) {
    return *name && strlen(name) < 32 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(name);
}

bl_status bl_module_load(const char *name, const char *needs, const void **ret_face,
                         bl_error *err) {
    places to = {.n = 0};
    if (!is_name(name))
        return bl_error_set(err, BL_E_INVALID, "'%s' is no name of a module", name);
    list_places(&to);
    for (size_t i = 0; i < to.n; i++) {
        char path[PATH_MAX + 64];
        (void)snprintf(path, sizeof path, "%s/beamline_%s.so", to.path[i], name);
        bl_status status = check_place(to.path[i], path, to.owner, err);
        if (status == BL_OK)
            status = open_module(name, path, ret_face, err);
        if (status != BL_END)
            return status;
    }
    bl_status status = bl_error_set(
        err, BL_E_UNSUPPORTED,
        "the module beamline_%s.so, which a build with %s makes, is in none of", name, needs);
    for (size_t i = 0; i < to.n; i++)
        (void)bl_error_hint(err, status, "%s %s", i ? "," : "", to.path[i]);
    return status;
}
