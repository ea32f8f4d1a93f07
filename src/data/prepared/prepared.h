// SPDX-License-Identifier: Apache-2.0
/// \file
/// A prepared data set: a folder of shards, Arrow IPC files of events in random order, what was
/// fitted to them, and prepared.json, which describes all of it. docs/prepare.md says what each
/// column of a shard and each key is.
///
/// Numbers in shards are physical: rows are arranged (ordered, cut) and nothing else is done to
/// them. Whoever reads them runs the transform, as a served model does with what a client sends.
#ifndef BL_DATA_PREPARED_PREPARED_H
#define BL_DATA_PREPARED_PREPARED_H

#include "base/text.h"
#include "data/config/prepare.h"

/// Columns that every shard has, beside identities, observers and inputs.
#define BL_SHARD_KEY "key"                ///< uint64: shards are in its order
#define BL_SHARD_FILE "source_file"       ///< int32: of `files`
#define BL_SHARD_ENTRY "source_entry"     ///< int64: in that file's tree
#define BL_SHARD_SAMPLE "sample_index"    ///< int32
#define BL_SHARD_LABEL "label"            ///< int32 the class; of numbers, list<float64> of them
#define BL_SHARD_PHYSICS "weight_physics" ///< float64
#define BL_SHARD_TRAIN "weight_train"     ///< float64

typedef struct bl_prepared_input {
    const char *name;
    size_t width;
    const char **columns; ///< [width] names
    bool is_sequence;     ///< list<fixed_list<number>[width]>, else fixed_list<number>[width]
    size_t most_rows;     ///< of an event of a sequence
} bl_prepared_input;

/// Events of one class. Sums are those of the shards, added in their order.
typedef struct bl_prepared_class {
    int64_t n_rows, n_negative;   ///< events; those of negative weight_physics
    double sumw_physics;          ///< Σ weight_physics
    double sumw_train, abs_train; ///< Σ weight_train, Σ |weight_train|
} bl_prepared_class;

typedef struct bl_prepared_shard {
    const char *file; ///< in the folder
    int64_t n_rows;
    uint64_t bytes, xxh64;
    bl_prepared_class *classes; ///< [n_classes]
} bl_prepared_shard;

/// Shards whose events belong together: "train", "validation", "test", or "fold-0" …; of a
/// variation of shape "test.jesUp".
typedef struct bl_prepared_part {
    const char *name;
    size_t n_shards, shards_capacity;
    bl_prepared_shard *shards;  ///< [n_shards]; arrays that grow are of the arena
    int64_t n_rows;             ///< of all shards
    bl_prepared_class *classes; ///< [n_classes] of all shards
    /// [n_classes] as the selection took them: before classes are balanced, events left out or
    /// taken more than once. weight_train is as weight branches have it.
    bl_prepared_class *before;
} bl_prepared_part;

/// What a cut left of a sample, and the sum of the weights of these events.
typedef struct bl_prepared_cut {
    const char *text;
    int64_t n_rows;
    double sumw, sumw2;
} bl_prepared_cut;

typedef struct bl_prepared_sample {
    const char *name;
    double factor; ///< of weight_physics: σ·k·L/Σw
    size_t n_cuts;
    bl_prepared_cut *cuts; ///< [n_cuts] the cut flow, "all" first
} bl_prepared_sample;

typedef struct bl_prepared {
    bl_arena arena;
    const char *folder;
    const char *name;          ///< that people know it by: the folder, or what it was made of
    const char *fingerprint;   ///< of all that the events depend on
    const char *configuration; ///< the text of the data configuration
    const char *treename;      ///< that files were to have, whoever said so; NULL: the only one
    bl_label_kind label_kind;
    size_t n_classes;
    const char **classes; ///< [n_classes] names, of labels that are numbers too
    size_t n_inputs;
    bl_prepared_input *inputs; ///< [n_inputs]
    size_t n_samples;
    bl_prepared_sample *samples; ///< [n_samples]
    size_t n_files;
    const char **files; ///< [n_files] URLs of the input
    size_t n_observers;
    const char **observers; ///< [n_observers] columns
    size_t n_weights;
    const char **weights; ///< [n_weights] columns of weight variations, "weight_" and a name
    size_t n_identity;
    const char **identity; ///< [n_identity] columns; none: file and entry
    bool is_double;
    bool is_complete;               ///< else preparation goes on
    uint64_t n_buckets, n_gathered; ///< of the key's ranges, those that shards have
    uint64_t seed, split_seed;
    size_t n_folds; ///< 0: none
    size_t n_parts, parts_capacity;
    bl_prepared_part *parts; ///< [n_parts]
    int64_t n_duplicates;    ///< events that were left out because they were there already
    /// What was fitted: one transform; of folds one for each, which has not seen fold k nor fold
    /// k + 1, its validation.
    size_t n_transforms;
    bl_nn_transform *transforms; ///< [n_transforms]
} bl_prepared;

/// Whether a path is a folder with a prepared.json.
bool bl_prepared_is(const char *path);
/// Reads prepared.json and transforms. Shards are opened when they are read.
/// \return BL_OK, BL_E_NOTFOUND, BL_E_IO, BL_E_INVALID, BL_E_UNSUPPORTED (a later version),
/// BL_E_NOMEM: naming file and key
bl_status bl_prepared_open(bl_context *context, const char *folder, bl_prepared **ret_prepared,
                           bl_error *err);
void bl_prepared_close(bl_prepared *prepared);
BL_DEFINE_AUTO(bl_prepared, bl_prepared_close);
/// A description without anything, for who prepares. \return BL_OK, BL_E_NOMEM
bl_status bl_prepared_new(bl_context *context, const char *folder, bl_prepared **ret_prepared,
                          bl_error *err);
/// Adds a part without shards. \param name copied \return BL_OK, BL_E_NOMEM
bl_status bl_prepared_add_part(bl_prepared *prepared, const char *name, bl_error *err);
/// Adds a shard, and what it has to its part's sums. \param shard copied, with its classes
/// \return BL_OK, BL_E_NOMEM
bl_status bl_prepared_add_shard(bl_prepared *prepared, bl_prepared_part *part,
                                const bl_prepared_shard *shard, bl_error *err);
/// Writes prepared.json by atomic rename. \return BL_OK, BL_E_IO, BL_E_ACCESS, BL_E_NOMEM
bl_status bl_prepared_write(const bl_prepared *prepared, bl_error *err);
/// Puts a sample's cut flow, a list in JSON with a line a cut: text, events and sums of weights.
void bl_prepared_put_cuts(bl_text *to, const bl_prepared_sample *sample);
/// The part of a name; NULL: there is none.
const bl_prepared_part *bl_prepared_find(const bl_prepared *prepared, const char *name);
/// What a model wants to be fed.
typedef struct bl_wanted_input {
    const char *name;
    size_t width; ///< numbers of a row
    size_t steps; ///< most rows of an event; 0: a vector
    bool cuts;    ///< more rows are cut off
    bool is_only; ///< the model has no other
} bl_wanted_input;

/// The input that a model's is fed: that of its name; where both have only one, whatever they are
/// called. \return BL_OK, BL_E_SHAPE (both sides named), BL_E_NOTFOUND (with those that there are,
/// and the nearest)
bl_status bl_prepared_find_input(const bl_prepared *prepared, const bl_wanted_input *want,
                                 const bl_prepared_input **ret_input, bl_error *err);
/// Compares size and hash of a shard with what prepared.json says.
/// \return BL_OK, BL_E_NOTFOUND, BL_E_CORRUPT, BL_E_IO
bl_status bl_prepared_check(const bl_prepared *prepared, const bl_prepared_shard *shard,
                            bl_error *err);
/// What an event's identity says, whatever the order of files: its place in the order of events,
/// and a number in [0, 1) that decides its part.
typedef struct bl_event_fate {
    uint64_t key;
    double share;
} bl_event_fate;

/// The name of the rule, which prepared.json has: h(s) = XXH3-128 of the identity, little-endian
/// int64 in its order, seeded with XXH3-64, seeded with s, of the data set's name. The key is the
/// low half of h(seed); the share is the upper 53 bits of the high half of h(split_seed), over
/// 2^53.
#define BL_FATE_RULE "xxh3"
/// \param dataset name of the sample's data set, or the file's UUID \param identity [n], n ≥ 1
bl_event_fate bl_event_fate_of(uint64_t seed, uint64_t split_seed, const char *dataset,
                               const int64_t *identity, size_t n);
/// The fold of a share: the whole part of share·n.
size_t bl_fold_of(double share, size_t n_folds);
/// The part of a share without folds: 0 below `train`, 1 below train + validation, else 2.
size_t bl_part_of(double share, const bl_split_config *split);

#endif
