// SPDX-License-Identifier: Apache-2.0
/// \file
/// Objects of metadata (trees, branches, leaves, streamer info) read by the file's own streamer
/// info. Members are asked for by name; numbers stay in the record until then. Columns of events
/// never come this way.
#ifndef BL_FORMATS_ROOT_OBJECT_H
#define BL_FORMATS_ROOT_OBJECT_H

#include "formats/root/plan.h"

typedef struct bl_root_object bl_root_object;

/// What a step of a plan gave; which of them, the step says.
typedef union bl_root_value {
    const uint8_t *data; ///< of numbers; borrows from the payload; NULL: not read
    const char *text;
    bl_root_object *object; ///< NULL for a null pointer
} bl_root_value;

/// The members of one class of an object, without those of its bases.
typedef struct bl_root_part {
    bl_root_plan *plan;
    struct bl_root_part *next; ///< of a base class
    bl_root_value values[];    ///< [plan->n_steps]
} bl_root_part;

/// One object; lives in the arena that it was read into.
struct bl_root_object {
    const char *class_name;
    bl_root_part *parts;    ///< the most derived class first; NULL: nothing is known of it
    bl_root_object **items; ///< [n_items] of a TList or TObjArray; NULL for null pointers
    const uint8_t *raw;     ///< its bytes behind the class tag; borrows from the payload
    const char *damage;     ///< what went wrong while reading it, where something did
    uint32_t raw_size;
    uint32_t n_items;
    int version;
    bool is_taken; ///< a mark for whoever must meet an object only once
};

/// An array of numbers, still as on disk.
typedef struct bl_root_array {
    const uint8_t *data; ///< borrows from the record's payload
    size_t n;
    const bl_root_number *number;
} bl_root_array;

/// Reads the object that a record holds. What no streamer info describes is skipped by its byte
/// count. \param payload, key_len  of the record; must live as long as the object is used
/// \return BL_OK, BL_E_CORRUPT, BL_E_NOMEM
bl_status bl_root_object_read(const bl_root_classes *classes, bl_arena *arena,
                              const uint8_t *payload, size_t size, size_t key_len,
                              const char *class_name, bl_root_object **ret_object, bl_error *err);

// Members by name, which is a literal or a name of streamer info. A name that occurs twice gives
// the most derived. `object` may be NULL. What is absent, or not of that kind, gives a default.

int64_t bl_root_object_integer(const bl_root_object *object, const char *name, int64_t absent);
const char *bl_root_object_text(const bl_root_object *object, const char *name, const char *absent);
bl_root_object *bl_root_object_object(const bl_root_object *object, const char *name);
/// An array of no numbers where it is absent.
bl_root_array bl_root_object_array(const bl_root_object *object, const char *name);
/// Integer `i` of an array; `absent` past its end.
int64_t bl_root_array_integer(const bl_root_array *array, size_t i, int64_t absent);
/// One number on disk as an integer; what is not a whole number gives its bits.
int64_t bl_root_number_integer(const bl_root_number *number, const uint8_t *data);

#endif
