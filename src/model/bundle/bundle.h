// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bundles: a network, its parameters and all that belongs to them in one file, `.blm`. It is a zip
/// archive that others can look into; docs/bundle.md describes it.
///
/// The same members give the same bytes: nothing in a file says when or where it was written.
#ifndef BL_MODEL_BUNDLE_BUNDLE_H
#define BL_MODEL_BUNDLE_BUNDLE_H

#include "io/bytes/sink.h"
#include "io/bytes/source.h"
#include "nn/network/network.h"
#include "nn/transform/transform.h"
#include "nn/trees/forest.h"

/// What is known of a model's making, as JSON objects that are kept as they are: X(name).
#define BL_BUNDLE_NOTES(X) \
    X(metrics)             \
    X(seeds)               \
    X(configuration)       \
    X(dataset)             \
    X(lineage)

typedef enum bl_bundle_note {
#define BL_BUNDLE_NOTE_ENUM(name) BL_BUNDLE_##name,
    BL_BUNDLE_NOTES(BL_BUNDLE_NOTE_ENUM)
#undef BL_BUNDLE_NOTE_ENUM
        BL_BUNDLE_N_NOTES
} bl_bundle_note;

/// A model. One that was read owns all of it, and lives in its arena; whoever writes one fills in
/// what there is, and bl_bundle_write borrows it.
typedef struct bl_bundle {
    bl_arena arena;
    const char *name;           ///< NULL: as the graph
    const char *version;        ///< of the beamline that wrote it; written is ours
    size_t n_classes;           ///< 0: not known
    const char *const *classes; ///< [n_classes] what each number of the first output stands for
    const bl_item *notes[BL_BUNDLE_N_NOTES]; ///< maps; NULL: none
    const bl_item *compiled; ///< how Keras compiled it, as its file says; NULL: none. Not written
    bl_nn_graph graph;
    size_t n_forests;
    bl_nn_forest **forests; ///< [n_forests] of TreeEnsembles in the graph; owns
    bl_nn_network *network; ///< made of the graph, with its parameters
    bl_nn_transform transform;
} bl_bundle;

/// "metrics"; a static string.
const char *bl_bundle_note_name(bl_bundle_note note);

/// What the first output of a model says of an event.
typedef enum bl_learned {
    BL_LEARNED_UNKNOWN, ///< it has no note of the data that it was trained on
    BL_LEARNED_CLASSES, ///< which class it is of
    BL_LEARNED_NUMBERS, ///< numbers of it, such as an energy
} bl_learned;

/// As the note `dataset` has it: parts whose events are counted by class, or are not.
bl_learned bl_bundle_learned(const bl_bundle *bundle);

/// The forest of a node, or of the layer inside it; NULL: it is no TreeEnsemble.
bl_nn_forest_options *bl_bundle_forest_of(const bl_nn_node *node);
/// Gives a bundle a forest. \param forest moves, also on failure \return BL_OK, BL_E_NOMEM
bl_status bl_bundle_own_forest(bl_bundle *bundle, bl_nn_forest *forest, bl_error *err);

/// An empty bundle to be filled in. \param ret_bundle the caller owns it
/// \return BL_OK, BL_E_NOMEM
bl_status bl_bundle_new(bl_context *context, bl_bundle **ret_bundle, bl_error *err);
/// Frees a bundle that was read or made by bl_bundle_new, its network too. NULL is allowed.
void bl_bundle_free(bl_bundle *bundle);
BL_DEFINE_AUTO(bl_bundle, bl_bundle_free);

/// Says whether a file is a bundle: an archive with a bundle.json. A file that cannot be read is
/// none. \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_bundle_probe(bl_context *context, const char *url, bool *ret_is_bundle, bl_error *err);
/// Reads a bundle; messages begin with its URL, then the member.
/// \param ret_bundle the caller owns it
/// \return BL_OK, BL_E_NOTFOUND, BL_E_ACCESS, BL_E_IO, BL_E_CORRUPT (a length or checksum is wrong,
/// something is missing), BL_E_INVALID (a member says what cannot be), BL_E_SHAPE (both shapes are
/// named), BL_E_UNSUPPORTED (a later version of the format, a layer that cannot be run), BL_E_LIMIT
/// (more than the memory budget), BL_E_NOMEM
bl_status bl_bundle_open(bl_context *context, const char *url, bl_bundle **ret_bundle,
                         bl_error *err);
/// The same of a source. \param source moves, also on failure
bl_status bl_bundle_read(bl_context *context, bl_source *source, bl_bundle **ret_bundle,
                         bl_error *err);

/// Writes a bundle; it appears when it is whole. \param overwrite replace what is there; else that
/// is BL_E_EXISTS
/// \return as bl_sink_open and bl_sink_write; BL_E_INVALID (a layer's name that no file can have,
/// a text that is no UTF-8, a transform that does not fit), BL_E_SHAPE, BL_E_LIMIT
bl_status bl_bundle_write(bl_context *context, const bl_bundle *bundle, const char *url,
                          bool overwrite, bl_error *err);
/// The same into a sink, which is finished. \param sink moves, also on failure
bl_status bl_bundle_write_to(bl_context *context, const bl_bundle *bundle, bl_sink *sink,
                             bl_error *err);
/// Whether each transform is of an input, of as many columns, and rows are arranged only of a
/// sequence, to no more than it has, and added only where it is not ragged: what read and write
/// check. \return BL_OK, BL_E_NOTFOUND, BL_E_SHAPE, BL_E_INVALID
bl_status bl_bundle_check_transform(const bl_bundle *bundle, bl_error *err);

#endif
