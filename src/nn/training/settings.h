// SPDX-License-Identifier: Apache-2.0
/// \file
/// How losses, optimisers and the like are written in YAML or JSON: a name alone, `adam`, or a name
/// with its options, `adam: {beta_1: 0.95}`. Each has a table of names and one of options, by which
/// it is read and written.
#ifndef BL_NN_TRAINING_SETTINGS_H
#define BL_NN_TRAINING_SETTINGS_H

#include "base/json_text.h"

typedef enum bl_nn_setting_kind {
    BL_NN_SETTING_NUMBER,
    BL_NN_SETTING_COUNT,
    BL_NN_SETTING_BOOL
} bl_nn_setting_kind;

/// One option: a double, an int64_t or a bool of a struct.
typedef struct bl_nn_setting {
    const char *name;
    bl_nn_setting_kind kind;
    size_t place;       ///< offsetof in the struct
    unsigned who;       ///< bit k: the k-th name has it
    double least, most; ///< of numbers, both allowed, if finite
} bl_nn_setting;

/// The names of one sort of thing and their options.
typedef struct bl_nn_settings {
    const char *what;         ///< in errors: "loss"
    const char *const *names; ///< [n_names], 32 at most
    size_t n_names;
    const bl_nn_setting *options; ///< [n_options]
    size_t n_options;
} bl_nn_settings;

/// Finds which name an item says, and the map of its options.
/// \param ret_map NULL: none \return BL_OK, BL_E_INVALID with the nearest names
bl_status bl_nn_settings_name(const bl_nn_settings *options, const bl_item *item, size_t *ret_name,
                              const bl_item **ret_map, bl_error *err);
/// Reads the options of a name into a struct, whose defaults stay where nothing is said.
/// \param map as bl_nn_settings_name gives it \param also keys that the caller reads, ends with
/// NULL; may be NULL \return BL_OK; BL_E_INVALID: unknown or out of range, with source and line
bl_status bl_nn_settings_read(const bl_nn_settings *options, size_t name, const bl_item *map,
                              const char *const *also, void *into, bl_error *err);
/// Writes all options of a name as members of a JSON object, without its braces.
void bl_nn_settings_write(const bl_nn_settings *options, size_t name, const void *from,
                          bl_text *to);
/// Writes a name with its options, as bl_nn_settings_name and bl_nn_settings_read read them.
void bl_nn_settings_write_named(const bl_nn_settings *options, size_t name, const void *from,
                                bl_text *to);

#endif
