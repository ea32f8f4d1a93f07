// SPDX-License-Identifier: Apache-2.0
/// \file
/// The spool: events of a data set as rows that are ready for shards, spread over files of
/// FOLDER/spool, each in ascending order of its keys, and what was counted on the way. It is what
/// the first of preparation's two passes leaves for the second.
///
/// Parts are rows of stretches, whatever the number of threads. When the files of a part lie there,
/// FOLDER/spool/NNNNN.json says so by atomic rename; a run that was killed goes on with the parts
/// that have none, or whose files are not as it left them. spool.json says what all of them were
/// made of.
#ifndef BL_DATA_SPREAD_SPOOL_H
#define BL_DATA_SPREAD_SPOOL_H

#include "data/inputs/identity.h"
#include "data/prepared/prepared.h"
#include "data/statistics/moments.h"
#include "data/statistics/reweight.h"
#include "data/stream/parts.h"

/// Columns of a spool file that shards do not have. The others are a shard's, in its order: key,
/// identities, file, entry, sample, label, weights, observers, inputs. `weight_train` is yet the
/// product of the factors that the configuration names, of either sign.
#define BL_SPOOL_CODE "part" ///< int32: the part that the event belongs to, of `codes`
#define BL_SPOOL_BIN "bin" ///< int32: of the spectra; −1: outside; only where they are asked for

/// Events of a spool of one part code and one class.
typedef struct bl_spool_count {
    int64_t n_rows;
    int64_t n_negative; ///< of them, those of negative weight_train
    int64_t n_negative_physics;
    double sumw, abs_w;  ///< Σ weight_train, Σ |weight_train|
    double sumw_physics; ///< Σ weight_physics
} bl_spool_count;

/// What was seen of a part, or of all of them. Moments and spectra are those of events as training
/// takes them: without those of negative weight_train where it drops them, spectra of |weight|
/// where it takes these.
typedef struct bl_spool_statistics {
    bl_spool_count *counts; ///< [n_codes × n_counted]
    bl_moments *moments;    ///< [n_codes × n_numbers] of numbers after their curves
    bl_spectra *spectra;    ///< [n_codes]; NULL: none are asked for
    int64_t *most_rows;     ///< [n_inputs] of an event of a sequence
    /// The same of events of negative weight_train alone, which are on their own until all parts
    /// are there: so what becomes of them can be said later than events are spread. Then zeros.
    bl_moments *of_negative;
    bl_spectra *negative_spectra;
} bl_spool_statistics;

typedef struct bl_spool_file {
    const char *name; ///< in FOLDER/spool: "00000.arrow", of a variation "00000.jesUp.arrow"
    int64_t n_rows;
    uint64_t bytes, xxh64;
    uint64_t raw_bytes; ///< of its rows in memory
    int64_t n_whole;    ///< of its rows, those that are not thinned
} bl_spool_file;

/// Some rows of a stretch: files, none where no row was taken, and more than one where rows were
/// larger than the input let expect.
typedef struct bl_spool_part {
    const char *name;          ///< "00000"
    const bl_stretch *stretch; ///< borrows from the data set
    int64_t first, last;       ///< rows of the stretch's chain
    bool is_done;
    size_t n_files;
    bl_spool_file *files; ///< [n_files]
    bl_spool_statistics statistics;
    size_t n_cuts;
    bl_flow *flow; ///< [n_cuts] "all" first
} bl_spool_part;

/// All parts once: as the columns are called, or with those of a variation of shape in their place,
/// of which only rows are kept that nobody trains on, or those of all folds.
typedef struct bl_spool_pass {
    const char *name; ///< of the variation; NULL: the first pass, with all there is
    const bl_variation_config *variation;
    bl_spool_part *parts; ///< [n_parts] of the spool
} bl_spool_pass;

/// What undersampling surely leaves out (thin.h).
typedef struct bl_thinning {
    double *most;   ///< [n_classes] of the factor of each; NULL: nothing is known
    bool is_of_all; ///< of all parts, else of the one that is trained on
    bool *inputs;   ///< [n_inputs] those of which such an event has nothing in the spool
} bl_thinning;

struct bl_spool;

typedef struct bl_spool_options {
    const char *folder;  ///< of what is prepared; made where there is none
    bool overwrite;      ///< what another configuration or other files left is replaced
    uint64_t file_bytes; ///< of rows in memory that become one file; 0: by the memory budget
    /// Called now and then, in the caller's thread, with events that were looked at; may be NULL.
    void (*progress)(void *user, int64_t done, int64_t all);
    /// Called when the fingerprint is known, before anything is written; may be NULL.
    /// \param ret_is_needed made false where nobody needs the rows: nothing is made then
    bl_status (*look)(void *user, const struct bl_spool *spool, bool *ret_is_needed, bl_error *err);
    void *user;
} bl_spool_options;

typedef struct bl_spool {
    bl_arena arena;
    bl_dataset *dataset;             ///< borrows
    const bl_prepare_config *config; ///< borrows
    bl_spool_options options;
    const char *folder;      ///< FOLDER/spool
    const char *fingerprint; ///< of all that rows depend on: configuration, files, version
    size_t n_codes;          ///< 3, or folds
    const char **codes;      ///< [n_codes] "train", "validation", "test", or "fold-0" …
    size_t n_classes;
    const char **classes; ///< [n_classes] names
    size_t n_counted;     ///< n_classes, but 1 where labels are numbers
    size_t n_inputs;
    bl_input *inputs;     ///< [n_inputs]
    size_t n_numbers;     ///< Σ width
    bl_identity identity; ///< of events
    size_t n_files;
    const char **files; ///< [n_files] URLs, of all samples
    size_t n_weights;
    const char **weights; ///< [n_weights] columns of weight variations
    size_t n_observers;
    const char **observers; ///< [n_observers] columns that are neither identities nor weights
    size_t n_columns;
    const bl_column_spec *columns; ///< [n_columns] of a spool file
    bool has_spectra;
    const char *const **cuts; ///< [samples of the data set] texts of the cut flow, and NULL
    bl_thinning thinning;
    const char *codec;              ///< of its files
    struct bl_spool_recipe *recipe; ///< how rows are made, for the first pass's own files
    size_t n_parts;
    size_t n_passes;
    bl_spool_pass *passes; ///< [n_passes] the first is the one of all there is

    // what this run did
    int64_t n_rows, n_taken; ///< events looked at, and spread
    uint64_t stored_bytes;   ///< read
    size_t n_resumed;        ///< parts of all passes that were there already
    bl_plan_times times;
    double spread_s;       ///< arranging, sorting and writing
    bl_text_list warnings; ///< the context's log had them, too
} bl_spool;

/// Makes the spool of a data set, or what is missing of it.
/// \param dataset, config borrow until the spool is closed; config is its configuration's, for
/// which bl_config_for_preparation was called
/// \return BL_OK, BL_E_EXISTS (another configuration or other files made what is there),
/// BL_E_INVALID (a name or label that does not fit), BL_E_TYPE (a column that does not), BL_E_SHAPE
/// (lists of an event of different lengths), BL_E_RANGE (a weight or label that is no finite
/// number): naming file and entry; BL_E_CANCELLED, and what streams and outputs return
bl_status bl_spool_make(bl_dataset *dataset, const bl_prepare_config *config,
                        const bl_spool_options *options, bl_spool **ret_spool, bl_error *err);
void bl_spool_close(bl_spool *spool);
BL_DEFINE_AUTO(bl_spool, bl_spool_close);
/// Removes FOLDER/spool: files that this spool wrote, and the folder.
void bl_spool_remove(const bl_spool *spool);

/// Zeroed statistics. \return BL_OK, BL_E_NOMEM, and what bl_spectra_init returns
bl_status bl_spool_statistics_init(bl_arena *arena, const bl_spool *spool,
                                   bl_spool_statistics *ret_statistics, bl_error *err);
/// Adds what was seen of another part. The same order gives the same bits.
void bl_spool_statistics_merge(const bl_spool *spool, bl_spool_statistics *statistics,
                               const bl_spool_statistics *other);

/// Opens a file as a table. \param ret_table the caller owns it
/// \return BL_OK, and what bl_table_open returns
bl_status bl_spool_open(const bl_spool *spool, const bl_spool_file *file, bl_table **ret_table,
                        bl_error *err);
/// The first row of an open file whose key is not below `key`; the number of its rows where there
/// is none.
bl_status bl_spool_find_key(bl_table *table, uint64_t key, int64_t *ret_row, bl_error *err);
/// Columns of rows [first, last) by name. \param names [n] of `columns`; NULL: all
/// \param ret_batch the caller holds it \return BL_OK, and what bl_table_read returns
bl_status bl_spool_read(bl_table *table, int64_t first, int64_t last, const char *const *names,
                        size_t n, bl_batch **ret_batch, bl_error *err);

#endif
