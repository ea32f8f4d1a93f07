// SPDX-License-Identifier: Apache-2.0
// Where the recipe finds its leaves: as columns, as ROOT's split collections are read, or as
// members of lists of structs, as other formats hold them.
#include "hep/topology/private.h"

static const struct {
    bl_topology_collection collection;
    const char *name;
} leaves[N_LEAVES] = {
    [TRACK_PT] = {BL_TOPOLOGY_TRACKS, "PT"},
    [TRACK_ETA] = {BL_TOPOLOGY_TRACKS, "Eta"},
    [TRACK_PHI] = {BL_TOPOLOGY_TRACKS, "Phi"},
    [TRACK_PID] = {BL_TOPOLOGY_TRACKS, "PID"},
    [TRACK_X] = {BL_TOPOLOGY_TRACKS, "X"},
    [TRACK_Y] = {BL_TOPOLOGY_TRACKS, "Y"},
    [TRACK_Z] = {BL_TOPOLOGY_TRACKS, "Z"},
    [TRACK_CHARGE] = {BL_TOPOLOGY_TRACKS, "Charge"},
    [PHOTON_ET] = {BL_TOPOLOGY_PHOTONS, "ET"},
    [PHOTON_ETA] = {BL_TOPOLOGY_PHOTONS, "Eta"},
    [PHOTON_PHI] = {BL_TOPOLOGY_PHOTONS, "Phi"},
    [NEUTRAL_ET] = {BL_TOPOLOGY_NEUTRALS, "ET"},
    [NEUTRAL_ETA] = {BL_TOPOLOGY_NEUTRALS, "Eta"},
    [NEUTRAL_PHI] = {BL_TOPOLOGY_NEUTRALS, "Phi"},
    [ELECTRON_PT] = {BL_TOPOLOGY_ELECTRONS, "PT"},
    [ELECTRON_ETA] = {BL_TOPOLOGY_ELECTRONS, "Eta"},
    [ELECTRON_PHI] = {BL_TOPOLOGY_ELECTRONS, "Phi"},
    [ELECTRON_CHARGE] = {BL_TOPOLOGY_ELECTRONS, "Charge"},
    [MUON_PT] = {BL_TOPOLOGY_MUONS, "PT"},
    [MUON_ETA] = {BL_TOPOLOGY_MUONS, "Eta"},
    [MUON_PHI] = {BL_TOPOLOGY_MUONS, "Phi"},
    [MUON_CHARGE] = {BL_TOPOLOGY_MUONS, "Charge"},
    [JET_PT] = {BL_TOPOLOGY_JETS, "PT"},
    [JET_ETA] = {BL_TOPOLOGY_JETS, "Eta"},
    [JET_BTAG] = {BL_TOPOLOGY_JETS, "BTag"},
    [MET_MET] = {BL_TOPOLOGY_MET, "MET"},
    [MET_PHI] = {BL_TOPOLOGY_MET, "Phi"},
};

static bool is_list(const bl_type *type) {
    return type && (type->id == BL_LIST || type->id == BL_LARGE_LIST);
}

static bool is_number(const bl_type *type) {
    return type->id > BL_BOOL && type->id <= BL_FLOAT64 && !type->logical;
}

// ---- finding ----

/// Where names are looked up.
typedef struct finder {
    bl_topology *topology;
    const bl_table *table;
    const bl_name_rule *rule; ///< NULL: columns are called as they are
} finder;

static bl_status find(const finder *f, const char *name, size_t *ret_column, bl_error *err) {
    if (f->rule)
        BL_TRY(f->rule->apply(f->rule->self, name, &name, err));
    return bl_table_find(f->table, name, ret_column, err);
}

/// A member of a column that is a list of structs. \return false: there is none such
static bool find_member(const finder *f, const char *collection, const char *leaf,
                        size_t *ret_column, size_t *ret_member) {
    bl_column_info info = {.size = sizeof info};
    if (find(f, collection, ret_column, NULL) != BL_OK ||
        bl_table_column(f->table, *ret_column, &info, NULL) != BL_OK || !is_list(info.type) ||
        info.type->children[0]->id != BL_STRUCT)
        return false;
    const bl_type *item = info.type->children[0];
    for (size_t i = 0; i < item->n_children; i++)
        if (strcmp(item->names[i], leaf) == 0 && is_number(item->children[i]))
            return *ret_member = i, true;
    return false;
}

/// \param ret_member SIZE_MAX: the column's items are the leaf
static bl_status find_leaf(const finder *f, const char *collection, const char *leaf,
                           size_t *ret_column, size_t *ret_member, bl_error *err) {
    char type[128] = "";
    const char *path = bl_arena_printf(&f->topology->arena, "%s.%s", collection, leaf);
    bl_column_info info = {.size = sizeof info};
    if (!path)
        return bl_error_nomem(err, strlen(collection), "a path");
    if (find_member(f, collection, leaf, ret_column, ret_member))
        return BL_OK;
    BL_TRY(find(f, path, ret_column, err));
    BL_TRY(bl_table_column(f->table, *ret_column, &info, err));
    if (info.unreadable)
        return bl_error_set(err, BL_E_UNSUPPORTED, "column '%s': %s", info.path, info.unreadable);
    *ret_member = SIZE_MAX;
    if (is_list(info.type) && is_number(info.type->children[0]))
        return BL_OK;
    (void)bl_type_format(info.type, type, sizeof type);
    return bl_error_set(err, BL_E_TYPE, "column '%s' is %s, no list of numbers", info.path, type);
}

/// Muons are MuonTight in the published data, and Muon in what Delphes's own cards write.
static bl_status find_name(const finder *f, bl_topology_collection collection, bl_error *err) {
    static const char *const names[BL_TOPOLOGY_N_COLLECTIONS] = {
        "EFlowTrack", "EFlowPhoton", "EFlowNeutralHadron", "Electron",
        "MuonTight",  "Jet",         "MissingET"};
    size_t column, member;
    const char **name = &f->topology->options.names[collection];
    if (*name)
        return BL_OK;
    *name = names[collection];
    if (collection != BL_TOPOLOGY_MUONS)
        return BL_OK;
    bl_status status = find_leaf(f, *name, "PT", &column, &member, err);
    if (status == BL_E_NOTFOUND) {
        status = find_leaf(f, "Muon", "PT", &column, &member, err);
        *name = status == BL_OK ? "Muon" : *name;
    }
    return status == BL_E_NOMEM ? status : BL_OK;
}

static size_t place_of(bl_topology *topology, size_t column) {
    size_t i = 0;
    while (i < topology->n_columns && topology->columns[i] != column)
        i++;
    if (i == topology->n_columns)
        topology->columns[topology->n_columns++] = column;
    return i;
}

bl_status bl_topology_find_leaves(bl_topology *topology, const bl_table *table,
                                  const bl_name_rule *rule, bl_error *err) {
    const finder f = {.topology = topology, .table = table, .rule = rule};
    for (int i = 0; i < BL_TOPOLOGY_N_COLLECTIONS; i++)
        BL_TRY(find_name(&f, (bl_topology_collection)i, err));
    for (size_t i = 0; i < N_LEAVES; i++) {
        bl_topology_collection collection = leaves[i].collection;
        size_t column;
        if (i == TRACK_CHARGE && topology->options.is_compat)
            continue; // it takes the sign of PID
        BL_TRY_IN(find_leaf(&f, topology->options.names[collection], leaves[i].name, &column,
                            &topology->members[i], err),
                  err, "recipe topology: %s", bl_topology_key(collection));
        topology->places[i] = place_of(topology, column);
    }
    return BL_OK;
}

// ---- in a batch ----

static bl_status other_lengths(const bl_topology *topology, size_t leaf, size_t first_leaf,
                               int64_t row, bl_error *err) {
    const char *collection = topology->options.names[leaves[leaf].collection];
    return bl_error_set(
        err, BL_E_SHAPE, "recipe topology: entry %lld has other numbers of %s.%s and %s.%s",
        (long long)row, collection, leaves[first_leaf].name, collection, leaves[leaf].name);
}

/// Copies the offsets of a collection's first leaf, and compares those of its others.
static bl_status read_offsets(const bl_topology *topology, const bl_batch *batch, size_t leaf,
                              size_t first_leaf, int64_t *offsets, bl_error *err) {
    const bl_column *column = &batch->columns[topology->places[leaf]];
    if (leaf != first_leaf && topology->places[leaf] == topology->places[first_leaf])
        return BL_OK;
    for (int64_t i = 0; i <= batch->n_rows; i++) {
        int64_t offset = bl_column_offset(column, i);
        if (leaf == first_leaf)
            offsets[i] = offset;
        else if (offsets[i] != offset)
            return other_lengths(topology, leaf, first_leaf, batch->first_row + i - 1, err);
    }
    return BL_OK;
}

bl_status bl_topology_read_leaves(const bl_topology *topology, const bl_batch *batch,
                                  bl_topology_input *ret_input, bl_error *err) {
    bl_topology_input input = {.options = &topology->options, .n_rows = batch->n_rows};
    size_t first_leaf = 0;
    for (size_t i = 0; i < N_LEAVES; i++) {
        bl_topology_collection collection = leaves[i].collection;
        if (leaves[first_leaf].collection != collection)
            first_leaf = i;
        if (i == TRACK_CHARGE && topology->options.is_compat)
            continue;
        const bl_column *column = &batch->columns[topology->places[i]];
        int64_t *offsets =
            (int64_t *)(void *)topology->offsets->data + collection * (batch->n_rows + 1);
        BL_TRY(read_offsets(topology, batch, i, first_leaf, offsets, err));
        input.offsets[collection] = offsets;
        input.leaves[i] = &column->children[0];
        if (topology->members[i] != SIZE_MAX)
            input.leaves[i] = &column->children[0].children[topology->members[i]];
    }
    *ret_input = input;
    return BL_OK;
}
