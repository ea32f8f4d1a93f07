// SPDX-License-Identifier: Apache-2.0
// From the columns of an identity, or file and entry, to what becomes of an event.
#include "data/inputs/identity.h"

#include <string.h>

#include "data/inputs/numbers.h"

enum { MOST_COLUMNS = 16 };

// ---- what identities begin with ----

static const char *identity_of(bl_arena *arena, const bl_dataset_file *file) {
    const char *slash = strrchr(file->url, '/');
    return file->uuid ? file->uuid
                      : bl_arena_printf(arena, "%s %llu", slash ? slash + 1 : file->url,
                                        (unsigned long long)file->bytes);
}

static bool list_sample(bl_arena *arena, const bl_sample *sample, const char **files) {
    for (size_t i = 0; i < sample->n_files; i++)
        if (!(files[i] = identity_of(arena, &sample->files[i])))
            return false;
    return true;
}

bl_status bl_identity_init(bl_arena *arena, const bl_dataset *dataset, bl_identity *identity,
                           bl_error *err) {
    size_t n_files = 0;
    if (identity->n > MOST_COLUMNS)
        return bl_error_set(err, BL_E_LIMIT, "split.by: %zu columns, and %d are the most",
                            identity->n, MOST_COLUMNS);
    for (size_t i = 0; i < dataset->n_samples; i++)
        n_files += dataset->samples[i].n_files;
    identity->files = (const char **)bl_arena_array(arena, n_files + 1, sizeof(char *));
    identity->datasets =
        (const char **)bl_arena_array(arena, dataset->n_samples + 1, sizeof(char *));
    if (!identity->files || !identity->datasets)
        return bl_error_nomem(err, n_files * sizeof(char *), "identities");
    for (size_t i = 0; i < dataset->n_samples; i++) {
        const bl_sample *sample = &dataset->samples[i];
        const char *name = sample->config->dataset;
        identity->datasets[i] = name ? name : sample->config->name;
        if (!list_sample(arena, sample, identity->files + sample->first_file))
            return bl_error_nomem(err, 0, "identities");
    }
    return BL_OK;
}

// ---- columns ----

bl_status bl_identity_find(bl_arena *arena, const bl_identity *identity,
                           const bl_column_finder *finder, size_t **ret_columns, bl_error *err) {
    size_t *columns = (size_t *)bl_arena_array(arena, identity->n + 1, sizeof *columns);
    const bl_type *type;
    if (!columns)
        return bl_error_nomem(err, identity->n * sizeof *columns, "columns");
    for (size_t i = 0; i < identity->n; i++) {
        const char *name = identity->names[i];
        BL_TRY(finder->find(finder->self, name, &columns[i], &type, err));
        if (!bl_is_integer(type))
            return bl_column_wrong_type(name, type, "and what says which event one is are integers",
                                        err);
    }
    *ret_columns = columns;
    return BL_OK;
}

// ---- fates ----

bl_status bl_identity_fate(const bl_identified *events, int64_t event, size_t file, int64_t entry,
                           bl_event_fate *ret_fate, bl_error *err) {
    const bl_identity *identity = events->identity;
    const char *dataset = identity->datasets[events->sample];
    int64_t values[MOST_COLUMNS];
    size_t n = identity->n;
    for (size_t i = 0; i < n; i++) {
        const bl_column *column = &events->batch->columns[events->columns[i]];
        if (bl_column_is_null(column, event))
            return bl_error_set(err, BL_E_RANGE, "'%s', which says which event it is, is missing",
                                identity->names[i]);
        values[i] = bl_column_integer(column, event);
    }
    if (n == 0) {
        dataset = identity->files[file];
        values[n++] = entry;
    }
    *ret_fate = bl_event_fate_of(identity->seed, identity->split_seed, dataset, values, n);
    return BL_OK;
}
