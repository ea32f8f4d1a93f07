// SPDX-License-Identifier: Apache-2.0
/// \file
/// Objects of metadata written by the descriptions of known_classes and of streamer info: an object
/// is its class and the members that are not zero; the description says what is written, in which
/// order and how wide. The counterpart of object.h.
#ifndef BL_FORMATS_ROOT_OBJECT_WRITE_H
#define BL_FORMATS_ROOT_OBJECT_WRITE_H

#include "base/arena.h"
#include "base/packer.h"

/// An object to be written.
typedef struct bl_root_draft bl_root_draft;

/// The value of one of its members.
typedef struct bl_root_setting {
    const char *name;
    enum {
        BL_ROOT_KIND_INTEGER,
        BL_ROOT_KIND_REAL,
        BL_ROOT_KIND_TEXT,
        BL_ROOT_KIND_NUMBERS,
        BL_ROOT_KIND_OBJECT,
    } kind;
    union {
        int64_t integer;
        double real;
        const char *text;
        bl_root_draft *object; ///< NULL: a null pointer
        struct {
            const uint8_t *data; ///< as on disk
            size_t n;
        } numbers;
    };
} bl_root_setting;

#define BL_ROOT_SET_INTEGER(member, value) \
    { .name = (member), .kind = BL_ROOT_KIND_INTEGER, .integer = (value) }
#define BL_ROOT_SET_REAL(member, value) \
    { .name = (member), .kind = BL_ROOT_KIND_REAL, .real = (value) }
#define BL_ROOT_SET_TEXT(member, value) \
    { .name = (member), .kind = BL_ROOT_KIND_TEXT, .text = (value) }
#define BL_ROOT_SET_NUMBERS(member, bytes, count)                                      \
    {                                                                                  \
        .name = (member), .kind = BL_ROOT_KIND_NUMBERS, .numbers = {(bytes), (count) } \
    }
#define BL_ROOT_SET_OBJECT(member, value) \
    { .name = (member), .kind = BL_ROOT_KIND_OBJECT, .object = (value) }

struct bl_root_draft {
    const char *class_name;
    size_t n_settings;
    const bl_root_setting *settings; ///< members that are not among them are zero
    size_t n_items;
    bl_root_draft **items; ///< of a TList or TObjArray
    uint32_t written_at;   ///< where, for references to it; 0: nowhere yet
};

/// An object with those members, in the arena. \param settings copied; their texts, numbers and
/// objects borrow \return NULL when there is no memory
bl_root_draft *bl_root_draft_new(bl_arena *arena, const char *class_name,
                                 const bl_root_setting *settings, size_t n_settings);
/// A TList or TObjArray with room for `n` items, none yet. \return NULL when there is no memory
bl_root_draft *bl_root_draft_new_list(bl_arena *arena, const char *class_name, size_t n);

enum { BL_ROOT_MAX_WRITTEN_CLASSES = 64 };

/// One record being written.
typedef struct bl_root_scribe {
    bl_packer packer; ///< the payload
    size_t key_len;   ///< of the record: references count from so far before the payload
    size_t n_classes; ///< written so far, in the order of their first object
    struct {
        const char *name;
        uint32_t written_at; ///< of its tag; 0: only embedded
    } classes[BL_ROOT_MAX_WRITTEN_CLASSES];
} bl_root_scribe;

/// Writes an object as a record's payload begins: without a tag of its class. Failures stick to the
/// packer.
void bl_root_scribe_object(bl_root_scribe *scribe, const bl_root_draft *object);
/// Writes an object behind the tag of its class, as lists hold them; one that was written before is
/// referred to. \param object NULL: a null pointer
void bl_root_scribe_pointer(bl_root_scribe *scribe, bl_root_draft *object);

/// Appends the items of `more` to a TList that was written before and ends where the packer does.
/// \param list position of its byte count in the payload
/// \return BL_OK, BL_E_CORRUPT (no list is there), BL_E_NOMEM
bl_status bl_root_scribe_append(bl_root_scribe *scribe, size_t list, const bl_root_draft *more,
                                bl_error *err);

#endif
