// SPDX-License-Identifier: Apache-2.0
/// \file
/// Shapes: how one element of a dataset lies on disk, and what it becomes in a column.
#ifndef BL_FORMATS_HDF5_MODULE_SHAPE_H
#define BL_FORMATS_HDF5_MODULE_SHAPE_H

#include "column/builder.h"
#include "formats/hdf5/module/heap.h"
#include "formats/hdf5/module/library.h"

typedef enum bl_hdf5_kind {
    BL_HDF5_NUMBER,
    BL_HDF5_BOOL,   ///< one byte
    BL_HDF5_HALF,   ///< float16, widened to float32
    BL_HDF5_TEXT,   ///< `size` bytes, padded
    BL_HDF5_STRING, ///< of any length, on the heap
    BL_HDF5_LIST,   ///< of any length, on the heap
    BL_HDF5_ARRAY,  ///< `n_items`
    BL_HDF5_STRUCT,
} bl_hdf5_kind;

/// How a text is told from its padding.
typedef enum bl_hdf5_padding {
    BL_HDF5_NUL_ENDS,
    BL_HDF5_NUL_PADS,
    BL_HDF5_SPACE_PADS
} bl_hdf5_padding;

typedef struct bl_hdf5_shape {
    bl_hdf5_kind kind;
    size_t size;     ///< bytes of one on disk
    bool is_swapped; ///< numbers: big-endian
    bl_hdf5_padding padding;
    size_t n_items;
    bool has_heap; ///< this or something inside lies on the heap
    bl_type *type; ///< owns
    size_t n_children;
    struct bl_hdf5_shape *children; ///< [n_children]
    size_t *offsets;                ///< [n_children] of a struct's members
} bl_hdf5_shape;

/// Types nest no deeper, and hold no more members altogether.
enum { BL_HDF5_MAX_DEPTH = 16, BL_HDF5_MAX_MEMBERS = 65536 };

/// Makes the shape of a type of a file. The library is locked by the caller.
/// \param arena holds what the shape needs but its types: see bl_hdf5_shape_release
/// \param reference_size of values on the heap, as bl_hdf5_disk_size
/// \return BL_OK, BL_E_UNSUPPORTED (says what it is), BL_E_CORRUPT, BL_E_NOMEM
bl_status bl_hdf5_shape_make(bl_arena *arena, hid_t type, size_t reference_size,
                             bl_hdf5_shape *ret_shape, bl_error *err);
/// Bytes of one value of a file's type on disk. The library tells how it would lie in memory, where
/// values of any length are pointers. \param reference_size of values on the heap, on disk
size_t bl_hdf5_disk_size(hid_t type, size_t reference_size);
/// Places of a compound's members on disk. \param ret_offsets [n members] in the arena
/// \return BL_OK, BL_E_CORRUPT, BL_E_NOMEM
bl_status bl_hdf5_disk_offsets(bl_arena *arena, hid_t type, size_t reference_size,
                               size_t **ret_offsets, bl_error *err);
/// Releases types; zeroed shapes are fine.
void bl_hdf5_shape_release(bl_hdf5_shape *shape);
/// Writes what a type is called: "float32", "compound", "object reference".
void bl_hdf5_type_text(hid_t type, char *text, size_t size);

/// Where elements lie. Element i begins at `data + i·element`, its byte b is `b·byte` behind that:
/// `byte` is 1, or, in a chunk whose bytes are still shuffled, the number of elements there.
typedef struct bl_hdf5_place {
    const uint8_t *data;
    size_t element, byte;
} bl_hdf5_place;

/// Appends `n` elements to a builder of the shape's type.
/// \param heap NULL where the shape has none
/// \return BL_OK, BL_E_CORRUPT, BL_E_IO, BL_E_LIMIT (past the memory budget), BL_E_NOMEM; other
/// failures stick to the builder
bl_status bl_hdf5_decode(const bl_hdf5_shape *shape, bl_hdf5_place place, size_t n,
                         bl_builder *builder, bl_hdf5_heap *heap, bl_error *err);

#endif
