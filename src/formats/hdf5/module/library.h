// SPDX-License-Identifier: Apache-2.0
/// \file
/// libhdf5 as this module uses it: one lock, identifiers that end with their scope, failures as
/// messages of ours, and bytes through our sources and sinks.
///
/// libhdf5 knows the whole file's structure and nothing of the data: chunks are read, unpacked and
/// put into columns by us, on all threads and without the lock (units.c).
#ifndef BL_FORMATS_HDF5_MODULE_LIBRARY_H
#define BL_FORMATS_HDF5_MODULE_LIBRARY_H

#define H5_USE_110_API
#include <hdf5.h>

#include "base/arena.h"
#include "io/bytes/sink.h"
#include "io/bytes/source.h"

/// Holds the library until the end of the scope. Not to be nested.
#define BL_HDF5_LOCKED                                                                      \
    __attribute__((cleanup(bl_hdf5_unlock_auto_), unused)) bl_hdf5_lock_state lock_state_ = \
        bl_hdf5_lock()

/// What the library would have printed failures with; it is put back.
typedef struct bl_hdf5_lock_state {
    H5E_auto2_t print;
    void *user;
} bl_hdf5_lock_state;

/// The library is one for the whole process and not made for threads.
bl_hdf5_lock_state bl_hdf5_lock(void);
void bl_hdf5_unlock_auto_(bl_hdf5_lock_state *state);

/// An identifier that its scope owns: `BL_HDF5_AUTO type = H5Dget_type(dataset);`
#define BL_HDF5_AUTO __attribute__((cleanup(bl_hdf5_id_auto_))) hid_t
void bl_hdf5_id_auto_(const hid_t *id);
/// Gives an identifier of any kind back; negative ones are none.
void bl_hdf5_release(hid_t id);

/// Where the library's bytes come from or go to. One of `source` and `sink` is there.
typedef struct bl_hdf5_io {
    bl_context *context;
    bl_source *source; ///< owns
    bl_sink *sink;     ///< owns
    void *file;        ///< as the driver holds it, made once: the library opens it twice; owns
    bool is_open;
    uint64_t size_bytes;
    bl_status status; ///< the first failure of a source or sink; BL_OK: none
    bl_error failure;
    bool is_locating;                ///< values are not read, but their place is noted:
    uint64_t located, located_bytes; ///< 0 bytes: nothing was asked for
    bool is_lost;                    ///< what is still to be written is thrown away
    uint8_t *window;                 ///< [BL_HDF5_WINDOW] bytes read ahead; owns
    uint64_t window_start;
    size_t window_size;
} bl_hdf5_io;

enum { BL_HDF5_WINDOW = 64 * 1024 };

/// A property list with which H5Fopen and H5Fcreate use `io`, which must outlive the file.
/// \param ret_list the caller owns it
bl_status bl_hdf5_access(bl_hdf5_io *io, hid_t *ret_list, bl_error *err);
/// Reads bytes of the file, small pieces through the window.
bl_status bl_hdf5_read(bl_hdf5_io *io, uint64_t offset, size_t size, void *data, bl_error *err);
/// Closes source and sink.
void bl_hdf5_io_release(bl_hdf5_io *io);

/// The library's failure as a message: `WHAT: REASON`, or what failed in `io` (NULL: none).
/// \param status where the library alone is at fault: BL_E_CORRUPT, BL_E_IO
bl_status bl_hdf5_failed(const bl_hdf5_io *io, bl_status status, const char *what, bl_error *err);

#endif
