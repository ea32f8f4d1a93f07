// SPDX-License-Identifier: Apache-2.0
// The layout of Delphes 3.4.2's tree, of one table: collections, their members, and where each lies
// in a record.
#include "hep/generator/batch.h"

#include "column/column.h"

typedef struct leaf {
    const char *name;
    bl_type_id type;
    size_t offset; ///< in bl_record, of an array
} leaf;

typedef struct branch {
    const char *name, *counter, *source_type;
    size_t n; ///< offset of the count
    leaf leaves[8];
} branch;

#define AT(member) offsetof(bl_record, member)
#define TRACK(title, id, member) \
    { title, id, AT(tracks.member) }
#define TOWERS(of)                                                      \
    {                                                                   \
        {"ET", BL_FLOAT32, AT(of.et)}, {"Eta", BL_FLOAT32, AT(of.eta)}, \
            {"Phi", BL_FLOAT32, AT(of.phi)}, {                          \
            "E", BL_FLOAT32, AT(of.e)                                   \
        }                                                               \
    }
#define LEPTONS(of)                                                     \
    {                                                                   \
        {"PT", BL_FLOAT32, AT(of.pt)}, {"Eta", BL_FLOAT32, AT(of.eta)}, \
            {"Phi", BL_FLOAT32, AT(of.phi)}, {                          \
            "Charge", BL_INT32, AT(of.charge)                           \
        }                                                               \
    }

static const branch collections[BL_N_COLLECTIONS] = {
    {"Event",
     "Event_size",
     "TClonesArray<HepMCEvent>",
     AT(n_one),
     {{"Number", BL_INT64, AT(number)},
      {"ProcessID", BL_INT32, AT(process)},
      {"Weight", BL_FLOAT32, AT(weight)}}},
    {"EFlowTrack",
     "EFlowTrack_size",
     "TClonesArray<Track>",
     AT(tracks.n),
     {TRACK("PID", BL_INT32, pid), TRACK("Charge", BL_INT32, charge), TRACK("PT", BL_FLOAT32, pt),
      TRACK("Eta", BL_FLOAT32, eta), TRACK("Phi", BL_FLOAT32, phi), TRACK("X", BL_FLOAT32, x),
      TRACK("Y", BL_FLOAT32, y), TRACK("Z", BL_FLOAT32, z)}},
    {"EFlowPhoton", "EFlowPhoton_size", "TClonesArray<Tower>", AT(photons.n), TOWERS(photons)},
    {"EFlowNeutralHadron", "EFlowNeutralHadron_size", "TClonesArray<Tower>", AT(neutrals.n),
     TOWERS(neutrals)},
    {"Electron", "Electron_size", "TClonesArray<Electron>", AT(electrons.n), LEPTONS(electrons)},
    {"MuonTight", "MuonTight_size", "TClonesArray<Muon>", AT(muons.n), LEPTONS(muons)},
    {"Jet",
     "Jet_size",
     "TClonesArray<Jet>",
     AT(jets.n),
     {{"PT", BL_FLOAT32, AT(jets.pt)},
      {"Eta", BL_FLOAT32, AT(jets.eta)},
      {"Phi", BL_FLOAT32, AT(jets.phi)},
      {"Mass", BL_FLOAT32, AT(jets.mass)},
      {"BTag", BL_UINT32, AT(jets.btag)}}},
    {"MissingET",
     "MissingET_size",
     "TClonesArray<MissingET>",
     AT(n_one),
     {{"MET", BL_FLOAT32, AT(met)},
      {"Eta", BL_FLOAT32, AT(met_eta)},
      {"Phi", BL_FLOAT32, AT(met_phi)}}},
};

enum { MOST_LEAVES = sizeof collections->leaves / sizeof *collections->leaves };

static size_t n_leaves(const branch *collection) {
    size_t n = 0;
    while (n < MOST_LEAVES && collection->leaves[n].name)
        n++;
    return n;
}

// ---- types ----

static bl_status make_type(bl_context *context, const branch *collection, bl_type **ret_type,
                           bl_error *err) {
    const char *names[MOST_LEAVES];
    bl_type *types[MOST_LEAVES];
    size_t n = n_leaves(collection);
    for (size_t i = 0; i < n; i++) {
        names[i] = collection->leaves[i].name;
        types[i] = bl_type_primitive(collection->leaves[i].type);
    }
    BL_AUTO(bl_type) item = NULL;
    BL_TRY(bl_type_new_struct(context, n, names, types, &item, err));
    return bl_type_new_list(context, BL_LIST, 0, item, ret_type, err);
}

bl_status bl_delphes_init(bl_delphes *delphes, bl_context *context, bl_error *err) {
    *delphes = (bl_delphes){0};
    for (size_t i = 0; i < BL_N_COLLECTIONS; i++) {
        const branch *collection = &collections[i];
        bl_column_spec *spec = &delphes->specs[2 * i];
        bl_status status = make_type(context, collection, &delphes->types[2 * i], err);
        if (status != BL_OK) {
            bl_delphes_release(delphes);
            return status;
        }
        delphes->types[2 * i + 1] = bl_type_primitive(BL_INT32);
        spec[0] = (bl_column_spec){.size = sizeof *spec,
                                   .name = collection->name,
                                   .type = delphes->types[2 * i],
                                   .source_type = collection->source_type};
        spec[1] = (bl_column_spec){
            .size = sizeof *spec, .name = collection->counter, .type = delphes->types[2 * i + 1]};
    }
    return BL_OK;
}

void bl_delphes_release(bl_delphes *delphes) {
    for (size_t i = 0; i < BL_N_GENERATED_COLUMNS; i++)
        bl_type_release(delphes->types[i]);
    *delphes = (bl_delphes){0};
}

// ---- rows ----

bl_status bl_delphes_rows_init(bl_delphes_rows *rows, bl_context *context,
                               const bl_delphes *delphes, bl_error *err) {
    *rows = (bl_delphes_rows){0};
    for (size_t i = 0; i < BL_N_GENERATED_COLUMNS; i++) {
        bl_status status = bl_builder_init(&rows->builders[i], context, delphes->types[i], err);
        if (status != BL_OK) {
            bl_delphes_rows_release(rows);
            return status;
        }
    }
    return BL_OK;
}

void bl_delphes_rows_release(bl_delphes_rows *rows) {
    for (size_t i = 0; i < BL_N_GENERATED_COLUMNS; i++)
        bl_builder_release(&rows->builders[i]);
}

static void append(bl_builder *builder, const void *values, size_t n) {
    void *place = bl_builder_extend(builder, n);
    if (place && n)
        memcpy(place, values, n * bl_type_id_width(builder->type->id));
}

void bl_delphes_rows_append(bl_delphes_rows *rows, const bl_record *record) {
    const char *base = (const char *)record;
    for (size_t i = 0; i < BL_N_COLLECTIONS; i++) {
        const branch *collection = &collections[i];
        bl_builder *list = &rows->builders[2 * i], *item = &list->children[0];
        unsigned n;
        memcpy(&n, base + collection->n, sizeof n);
        for (size_t k = 0; k < item->n_children; k++)
            append(&item->children[k], base + collection->leaves[k].offset, n);
        bl_builder_end_list(list);
        int32_t count = (int32_t)n;
        append(&rows->builders[2 * i + 1], &count, 1);
    }
    rows->n++;
}

bl_status bl_delphes_rows_finish(bl_delphes_rows *rows, bl_context *context, int64_t first_row,
                                 bl_batch **ret_batch, bl_error *err) {
    const char *names[BL_N_GENERATED_COLUMNS];
    for (size_t i = 0; i < BL_N_COLLECTIONS; i++) {
        names[2 * i] = collections[i].name;
        names[2 * i + 1] = collections[i].counter;
    }
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_batch_new(context, BL_N_GENERATED_COLUMNS, names, first_row, rows->n, &batch, err));
    for (size_t i = 0; i < BL_N_GENERATED_COLUMNS; i++)
        BL_TRY(bl_builder_finish(&rows->builders[i], &batch->columns[i], err));
    rows->n = 0;
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}
