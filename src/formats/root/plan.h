// SPDX-License-Identifier: Apache-2.0
/// \file
/// How objects of a class are read: its streamer info, turned once into few steps. Numbers that
/// follow each other are one step; their values stay in the record until somebody asks.
#ifndef BL_FORMATS_ROOT_PLAN_H
#define BL_FORMATS_ROOT_PLAN_H

#include "formats/root/number.h"
#include "formats/root/streamer.h"

typedef enum bl_root_step_kind {
    BL_ROOT_STEP_RUN,      ///< numbers and arrays of numbers, `size` bytes together
    BL_ROOT_STEP_COUNTED,  ///< flag byte, and as many numbers as another member says
    BL_ROOT_STEP_SIZED,    ///< int32 and so many numbers
    BL_ROOT_STEP_TEXT,     ///< TString
    BL_ROOT_STEP_POINTER,  ///< class tag and object, or a reference to one
    BL_ROOT_STEP_EMBEDDED, ///< object of a class that is known
    BL_ROOT_STEP_BASE,     ///< the same, but its members count as the derived object's
    BL_ROOT_STEP_SKIPPED,  ///< whatever it is, it has a byte count
} bl_root_step_kind;

typedef struct bl_root_step {
    bl_root_step_kind kind;
    const char *name;                  ///< of the member; of a run's first
    size_t size;                       ///< of a run
    size_t field;                      ///< of the member; of a run's first
    struct bl_root_streamed *of_class; ///< of what is embedded or a base; borrows
} bl_root_step;

/// A member by name.
typedef struct bl_root_field {
    const char *name;
    size_t step;
    size_t offset; ///< in its run
    size_t n;      ///< numbers of an array in a run
    bool is_array;
    bl_root_number number;
    const char *count_name; ///< of the member that counts it
} bl_root_field;

/// The steps of one version of a class.
typedef struct bl_root_plan {
    const bl_root_class *of;
    struct bl_root_plan *next; ///< of another version
    size_t n_steps, n_fields;
    bl_root_step *steps;
    bl_root_field *fields;
    /// Names that were asked for before. They are compared by address, so that only literals and
    /// names of streamer info may be asked for.
    struct {
        const char *name;
        const bl_root_field *field; ///< NULL: there is none
    } asked[64];
} bl_root_plan;

/// How ROOT streams a class.
typedef enum bl_root_streaming {
    BL_ROOT_BY_INFO, ///< header, then the steps of the version in it
    BL_ROOT_BARE,    ///< the steps of `plans` without a header: TString, TArrayI
    BL_ROOT_OPAQUE,  ///< TBasket, which others look into
    BL_ROOT_TOBJECT_BY_HAND,
    BL_ROOT_LIST_BY_HAND,
    BL_ROOT_OBJECT_ARRAY_BY_HAND,
} bl_root_streaming;

/// A class by name. Its versions are planned when they are met.
typedef struct bl_root_streamed {
    const char *name;
    bl_root_streaming how;
    bl_root_plan *plans;
    int last_version; ///< positive; 0: none met
    bl_root_plan *last_plan;
} bl_root_streamed;

/// All classes that were met while one record is read.
typedef struct bl_root_plans {
    const bl_root_classes *classes; ///< borrows
    bl_arena *arena;                ///< borrows; the plans live there
    bl_name_map by_name;
    size_t n, capacity;
    bl_root_streamed **items;
} bl_root_plans;

/// Frees what is not in the arena. Plans that objects use stay.
void bl_root_plans_release(bl_root_plans *plans);
/// The class of that name, which is copied. \return BL_OK, BL_E_NOMEM
bl_status bl_root_plans_class(bl_root_plans *plans, const char *name, bl_root_streamed **ret_class,
                              bl_error *err);
/// The plan for a version; `checksum` is that of a class without versions, for which `version` is
/// not positive. \param ret_plan NULL where the class has no streamer info of that version
/// \param ret_by_checksum true where the checksum said it \return BL_OK, BL_E_NOMEM
bl_status bl_root_plans_version(bl_root_plans *plans, bl_root_streamed *streamed, int version,
                                uint32_t checksum, bl_root_plan **ret_plan, bool *ret_by_checksum,
                                bl_error *err);
/// The member of that name, or NULL.
const bl_root_field *bl_root_plan_field(bl_root_plan *plan, const char *name);

#endif
