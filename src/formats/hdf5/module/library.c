// SPDX-License-Identifier: Apache-2.0
// The lock around libhdf5, its identifiers and its failures.
#include "formats/hdf5/module/library.h"

#include <pthread.h>

#include "base/error.h"

/// The one thing that contexts share: so is the library behind it.
static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;

bl_hdf5_lock_state bl_hdf5_lock(void) {
    bl_hdf5_lock_state state = {0};
    pthread_mutex_lock(&library_lock);
    // At the end of the process everything is gone that open files would be flushed to.
    (void)H5dont_atexit();
    (void)H5Eget_auto2(H5E_DEFAULT, &state.print, &state.user);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return state;
}

void bl_hdf5_unlock_auto_(bl_hdf5_lock_state *state) {
    (void)H5Eclear2(H5E_DEFAULT);
    (void)H5Eset_auto2(H5E_DEFAULT, state->print, state->user);
    pthread_mutex_unlock(&library_lock);
}

void bl_hdf5_release(hid_t id) {
    if (id >= 0)
        (void)H5Idec_ref(id);
}

void bl_hdf5_id_auto_(const hid_t *id) { bl_hdf5_release(*id); }

/// Keeps the innermost sentence of the library's stack: outer ones say "can't open file".
static herr_t take_innermost(unsigned n, const H5E_error2_t *entry, void *user) {
    char *text = (char *)user;
    if (n == 0 && entry->desc)
        (void)snprintf(text, 200, "%s", entry->desc);
    return 0;
}

bl_status bl_hdf5_failed(const bl_hdf5_io *io, bl_status status, const char *what, bl_error *err) {
    char text[200] = "libhdf5 does not say why";
    if (io && io->status != BL_OK) {
        if (err)
            *err = io->failure;
        return bl_error_in(err, io->status, "%s", what);
    }
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, text);
    return bl_error_set(err, status, "%s: %s", what, text);
}
