// SPDX-License-Identifier: Apache-2.0
#include "hep/topology/options.h"

#include "base/names.h"

/// A key of two values.
typedef struct choice {
    const char *key;
    const char *values[2]; ///< the default first
    size_t offset;         ///< of the bool that is true for the second
} choice;

static const choice choices[] = {
    {"mode", {"fixed", "compat"}, offsetof(bl_topology_options, is_compat)},
    {"layout", {"ragged", "padded"}, offsetof(bl_topology_options, is_padded)},
    {"type", {"float32", "float64"}, offsetof(bl_topology_options, is_double)},
};

static const struct {
    const char *key, *name; ///< and how Delphes calls it
} collections[] = {
    [BL_TOPOLOGY_TRACKS] = {"tracks", "EFlowTrack"},
    [BL_TOPOLOGY_PHOTONS] = {"photons", "EFlowPhoton"},
    [BL_TOPOLOGY_NEUTRALS] = {"neutral_hadrons", "EFlowNeutralHadron"},
    [BL_TOPOLOGY_ELECTRONS] = {"electrons", "Electron"},
    [BL_TOPOLOGY_MUONS] = {"muons", "MuonTight or Muon"},
    [BL_TOPOLOGY_JETS] = {"jets", "Jet"},
    [BL_TOPOLOGY_MET] = {"met", "MissingET"},
};

enum { N_CHOICES = sizeof choices / sizeof *choices };

const char *bl_topology_key(bl_topology_collection collection) {
    return collections[collection].key;
}

static bool *place_of(bl_topology_options *options, const choice *c) {
    return (bool *)((char *)options + c->offset);
}

static bl_status choose(bl_topology_options *options, const choice *c, const char *value,
                        bl_error *err) {
    bl_nearest nearest;
    for (size_t i = 0; i < 2; i++)
        if (strcmp(value, c->values[i]) == 0)
            return *place_of(options, c) = i == 1, BL_OK;
    bl_nearest_init(&nearest, value);
    bl_nearest_offer(&nearest, c->values[0]);
    bl_nearest_offer(&nearest, c->values[1]);
    return bl_nearest_hint(&nearest,
                           bl_error_set(err, BL_E_INVALID, "%s is '%s' or '%s', not '%s'", c->key,
                                        c->values[0], c->values[1], value),
                           err);
}

bl_status bl_topology_set(bl_topology_options *options, const char *key, const char *value,
                          bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, key);
    for (size_t i = 0; i < N_CHOICES; i++) {
        if (strcmp(key, choices[i].key) == 0)
            return choose(options, &choices[i], value, err);
        bl_nearest_offer(&nearest, choices[i].key);
    }
    for (size_t i = 0; i < BL_TOPOLOGY_N_COLLECTIONS; i++) {
        if (strcmp(key, collections[i].key) == 0) {
            if (!*value)
                return bl_error_set(err, BL_E_INVALID, "%s is the name of a collection", key);
            options->names[i] = value;
            return BL_OK;
        }
        bl_nearest_offer(&nearest, collections[i].key);
    }
    return bl_nearest_hint(
        &nearest, bl_error_set(err, BL_E_INVALID, "the recipe topology has no option '%s'", key),
        err);
}

const char *bl_topology_describe(bl_arena *arena, const bl_topology_options *options) {
    bl_topology_options o = *options;
    const char *text = "";
    for (size_t i = 0; i < N_CHOICES && text; i++)
        text = bl_arena_printf(arena, "%s%s%s=%s", text, i ? "," : "", choices[i].key,
                               choices[i].values[*place_of(&o, &choices[i])]);
    for (size_t i = 0; i < BL_TOPOLOGY_N_COLLECTIONS && text; i++)
        text = bl_arena_printf(arena, "%s,%s=%s", text, collections[i].key,
                               o.names[i] ? o.names[i] : collections[i].name);
    return text;
}
