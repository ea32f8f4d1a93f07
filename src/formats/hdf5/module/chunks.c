// SPDX-License-Identifier: Apache-2.0
// Where the chunks of a dataset are. libhdf5 1.10 has a function that tells it, which goes through
// the whole index for every chunk. It finds one fast that it reads; so it is asked to read, and the
// file driver notes the place instead (library.h). Some chunks behind the one that is wanted are
// looked up with it, while the part of the index that holds them is at hand.
#include "formats/hdf5/module/dataset.h"

enum { AHEAD = 32 };

bool bl_hdf5_chunk_next(const bl_hdf5_dataset *d, hsize_t *at) {
    for (unsigned i = d->rank; i-- > 1;) {
        at[i] += d->chunk[i];
        if (at[i] < d->dims[i])
            return true;
        at[i] = 0;
    }
    return false;
}

static bool next_of_all(const bl_hdf5_dataset *d, hsize_t *at) {
    if (bl_hdf5_chunk_next(d, at))
        return true;
    at[0] += d->chunk[0];
    return at[0] < d->dims[0];
}

/// Counts the chunks in front of one.
static uint64_t index_of(const bl_hdf5_dataset *d, const hsize_t *at) {
    uint64_t index = 0;
    for (unsigned i = 0; i < d->rank; i++)
        index = index * ((d->dims[i] + d->chunk[i] - 1) / d->chunk[i]) + at[i] / d->chunk[i];
    return index;
}

/// True where nobody wrote the chunk; only the slow function tells that from an index that is
/// damaged. Of a dataset without any chunk the library does not say even that.
static bool is_absent(const bl_hdf5_dataset *d, const hsize_t *at) {
    unsigned mask = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t size = 0;
    H5D_space_status_t state;
    if (d->stored_bytes == 0)
        return H5Dget_space_status(d->id, &state) >= 0 && state == H5D_SPACE_STATUS_NOT_ALLOCATED;
    return H5Dget_chunk_info_by_coord(d->id, at, &mask, &address, &size) >= 0 &&
           (address == HADDR_UNDEF || size == 0);
}

/// \return false where the library fails
static bool look_up(bl_hdf5_io *io, const bl_hdf5_dataset *d, const hsize_t *at,
                    bl_hdf5_stored *stored) {
    uint8_t untouched;
    *stored = (bl_hdf5_stored){0};
    if (d->stored_bytes == 0)
        return is_absent(d, at);
    io->located_bytes = 0;
    io->is_locating = true;
    herr_t result = H5Dread_chunk(d->id, H5P_DEFAULT, at, &stored->mask, &untouched);
    io->is_locating = false;
    stored->offset = io->located;
    stored->size = io->located_bytes;
    return (result >= 0 && stored->size) || is_absent(d, at);
}

bl_status bl_hdf5_chunk_find(bl_hdf5_file *file, bl_hdf5_dataset *d, const hsize_t *at,
                             bl_hdf5_stored *ret_stored, bl_error *err) {
    uint64_t index = index_of(d, at);
    if (index >= d->first_ahead && index - d->first_ahead < d->n_ahead) {
        *ret_stored = d->ahead[index - d->first_ahead];
        return BL_OK;
    }
    if (!d->ahead)
        d->ahead = (bl_hdf5_stored *)bl_alloc(d->context, AHEAD * sizeof *d->ahead);
    if (!d->ahead)
        return bl_error_nomem(err, AHEAD * sizeof *d->ahead, "places of chunks");
    hsize_t next[H5S_MAX_RANK] = {0};
    memcpy(next, at, d->rank * sizeof *next);
    d->first_ahead = index;
    d->n_ahead = 0;
    bool is_there;
    do { // a failure is none yet, unless it is the first
        bl_hdf5_stored *stored = &d->ahead[d->n_ahead];
        bool is_known = look_up(&file->io, d, next, stored);
        is_there = is_known && stored->size;
        d->n_ahead += is_known;
    } while (is_there && d->n_ahead < AHEAD && next_of_all(d, next));
    if (d->n_ahead == 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "a chunk's place", err);
    *ret_stored = d->ahead[0];
    return BL_OK;
}
