// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside bundles: the list of members, and what they are called.
#ifndef BL_MODEL_BUNDLE_PRIVATE_H
#define BL_MODEL_BUNDLE_PRIVATE_H

#include "io/archive/zip.h"
#include "model/bundle/bundle.h"

#define BL_BUNDLE_ABOUT "bundle.json"
#define BL_BUNDLE_NETWORK "network.yaml"
#define BL_BUNDLE_TRANSFORM "transform.json"
#define BL_BUNDLE_WEIGHTS "weights/"
#define BL_BUNDLE_FORESTS "forest/"

/// Bytes of a text member at most.
enum { BL_BUNDLE_MOST_TEXT = 64 << 20 };

/// A member as bundle.json lists it: all but that itself.
typedef struct bl_bundle_member {
    const char *name;
    uint64_t n_bytes;
    uint64_t checksum;          ///< XXH64 of the bytes
    const bl_zip_member *there; ///< while reading: in the archive
    bool is_taken;
} bl_bundle_member;

typedef struct bl_bundle_members {
    size_t n;
    bl_bundle_member *items;
} bl_bundle_members;

/// bundle.json as text. \param ret_text in the arena, ends with a NUL
bl_status bl_bundle_about_write(bl_arena *arena, const bl_bundle *bundle,
                                const bl_bundle_members *members, const char **ret_text,
                                bl_error *err);
/// Reads it. \param ret_members lives in the bundle's arena
bl_status bl_bundle_about_read(bl_bundle *bundle, const char *text, size_t size,
                               bl_bundle_members *ret_members, bl_error *err);
/// "weights/LAYER/NAME.npy"; NULL: no memory
const char *bl_bundle_weight_name(bl_arena *arena, const bl_nn_parameter *parameter);

#endif
