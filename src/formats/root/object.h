// SPDX-License-Identifier: Apache-2.0
/// \file
/// Objects of metadata (trees, branches, leaves, streamer info) read by the file's own streamer
/// info into members by name. Columns of events never come this way.
#ifndef BL_FORMATS_ROOT_OBJECT_H
#define BL_FORMATS_ROOT_OBJECT_H

#include "formats/root/file.h"
#include "formats/root/number.h"
#include "formats/root/streamer.h"

typedef struct bl_root_object bl_root_object;

typedef enum bl_root_member_kind {
    BL_ROOT_INTEGER,
    BL_ROOT_REAL,
    BL_ROOT_TEXT,
    BL_ROOT_ARRAY, ///< numbers, still as on disk
    BL_ROOT_OBJECT,
} bl_root_member_kind;

typedef struct bl_root_member {
    const char *name;
    bl_root_member_kind kind;
    union {
        int64_t integer;
        double real;
        const char *text;
        bl_root_object *object; ///< NULL for a null pointer
        struct {
            const uint8_t *data; ///< borrows from the record's payload
            size_t n;
            const bl_root_number *number;
        } array;
    };
} bl_root_member;

/// Where members of one class were found before: all its objects have them in the same places.
/// Names are compared by address, so only literals and names of streamer info are remembered.
typedef struct bl_root_places {
    struct {
        const char *asked; ///< as the caller spelled it
        const char *name;  ///< of the member, by its class; NULL: it has none
        size_t index;      ///< where it has none, the number of its members
    } slots[256];
    size_t n_members; ///< of the object that was read last
} bl_root_places;

/// One object; lives in the arena that it was read into.
struct bl_root_object {
    const char *class_name;
    bl_root_places *places; ///< shared by the objects of a class; NULL: none remembered
    int version;
    size_t n_members, members_capacity;
    bl_root_member *members; ///< base classes first, flattened
    size_t n_items;
    bl_root_object **items; ///< of a TList or TObjArray; NULL for null pointers
    const uint8_t *raw;     ///< its bytes behind the class tag; borrows from the payload
    size_t raw_size;
    bool is_taken;      ///< a mark for whoever must meet an object only once
    const char *damage; ///< what went wrong while reading it, where something did
};

/// Reads the object that a record holds. What no streamer info describes is skipped by its byte
/// count. \param payload, key_len  of the record; must live as long as the object's arrays are used
/// \return BL_OK, BL_E_CORRUPT, BL_E_NOMEM
bl_status bl_root_object_read(const bl_root_classes *classes, bl_arena *arena,
                              const uint8_t *payload, size_t size, size_t key_len,
                              const char *class_name, bl_root_object **ret_object, bl_error *err);

/// The member of that name, or NULL. A name that occurs twice gives the most derived.
const bl_root_member *bl_root_object_member(const bl_root_object *object, const char *name);
/// The value of a member, or a default where it is not there or not of that kind.
int64_t bl_root_object_integer(const bl_root_object *object, const char *name, int64_t absent);
const char *bl_root_object_text(const bl_root_object *object, const char *name, const char *absent);
const bl_root_object *bl_root_object_object(const bl_root_object *object, const char *name);
/// One number on disk as an integer; what is not a whole number gives its bits.
int64_t bl_root_number_integer(const bl_root_number *number, const uint8_t *data);
/// Integer `i` of an array member; `absent` past its end.
int64_t bl_root_array_integer(const bl_root_member *array, size_t i, int64_t absent);

#endif
