// SPDX-License-Identifier: Apache-2.0
// prepared.json, read: it may have come from anywhere, so everything is checked before it counts.
#include <stdlib.h>

#include "data/prepared/private.h"

typedef struct reader {
    bl_arena *arena;
    bl_prepared *prepared;
    const bl_item *document;
} reader;

// ---- values ----

/// What must be there, of one kind.
static bl_status take(const bl_item *map, const char *key, bl_item_kind kind,
                      const bl_item **ret_item, bl_error *err) {
    BL_TRY(bl_item_expect(map, "an entry", BL_ITEM_MAP, err));
    const bl_item *item = bl_item_get(map, key);
    if (!item) {
        (void)bl_item_error(map, BL_E_INVALID, err, "'%s' is missing", key);
        return BL_E_INVALID; // for the analyzer, which does not know the call
    }
    *ret_item = item;
    return bl_item_expect(item, key, kind, err);
}

static bl_status take_text(const bl_item *map, const char *key, const char **ret_text,
                           bl_error *err) {
    const bl_item *item = NULL;
    BL_TRY(take(map, key, BL_ITEM_TEXT, &item, err));
    *ret_text = item->text;
    return BL_OK;
}

static bl_status take_bool(const bl_item *map, const char *key, bool *ret_bool, bl_error *err) {
    const bl_item *item = NULL;
    BL_TRY(take(map, key, BL_ITEM_BOOL, &item, err));
    *ret_bool = item->integer != 0;
    return BL_OK;
}

static bl_status take_integer(const bl_item *map, const char *key, int64_t *ret_integer,
                              bl_error *err) {
    const bl_item *item = NULL;
    BL_TRY(take(map, key, BL_ITEM_INTEGER, &item, err));
    *ret_integer = item->integer;
    return BL_OK;
}

/// How many of something.
static bl_status take_count(const bl_item *map, const char *key, int64_t *ret_count,
                            bl_error *err) {
    int64_t count = 0;
    BL_TRY(take_integer(map, key, &count, err));
    if (count < 0)
        return bl_item_error(bl_item_get(map, key), BL_E_INVALID, err, "%s is negative", key);
    *ret_count = count;
    return BL_OK;
}

static bl_status take_size(const bl_item *map, const char *key, uint64_t *ret_size, bl_error *err) {
    int64_t count = 0;
    BL_TRY(take_count(map, key, &count, err));
    *ret_size = (uint64_t)count;
    return BL_OK;
}

static bl_status take_number(const bl_item *map, const char *key, double *ret_number,
                             bl_error *err) {
    const bl_item *item = bl_item_get(map, key);
    if (!item)
        return bl_item_error(map, BL_E_INVALID, err, "'%s' is missing", key);
    return bl_item_number(item, key, ret_number, err);
}

static bl_status take_texts(reader *r, const bl_item *map, const char *key, const char ***ret_texts,
                            size_t *ret_n, bl_error *err) {
    const bl_item *list = NULL;
    BL_TRY(take(map, key, BL_ITEM_LIST, &list, err));
    const char **texts = (const char **)bl_arena_array(r->arena, list->n + 1, sizeof *texts);
    if (!texts)
        return bl_error_nomem(err, list->n * sizeof *texts, key);
    for (size_t i = 0; i < list->n; i++) {
        BL_TRY(bl_item_expect(list->items[i], key, BL_ITEM_TEXT, err));
        texts[i] = list->items[i]->text;
    }
    *ret_texts = texts;
    *ret_n = list->n;
    return BL_OK;
}

/// A list of maps, and room for what they become.
static bl_status take_list(reader *r, const bl_item *map, const char *key, size_t size,
                           const bl_item **ret_list, void *ret_array, bl_error *err) {
    const bl_item *list = NULL;
    BL_TRY(take(map, key, BL_ITEM_LIST, &list, err));
    void *array = bl_arena_array(r->arena, list->n + 1, size);
    if (!array)
        return bl_error_nomem(err, list->n * size, key);
    *ret_list = list;
    memcpy(ret_array, &array, sizeof array);
    return BL_OK;
}

// ---- what events are ----

static bl_status read_label(reader *r, bl_error *err) {
    static const struct {
        const char *name;
        bl_label_kind kind;
    } kinds[] = {
#define NAME(KIND, name) {#name, BL_LABEL_##KIND},
        BL_LABEL_KINDS(NAME)
#undef NAME
    };
    const char *name = NULL;
    BL_TRY(take_text(r->document, "label", &name, err));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            r->prepared->label_kind = kinds[i].kind;
            return BL_OK;
        }
    return bl_item_error(bl_item_get(r->document, "label"), BL_E_UNSUPPORTED, err,
                         "unknown kind of labels '%s'", name);
}

static bl_status read_type(reader *r, bl_error *err) {
    const char *name = NULL;
    BL_TRY(take_text(r->document, "type", &name, err));
    r->prepared->is_double = strcmp(name, "float64") == 0;
    if (!r->prepared->is_double && strcmp(name, "float32") != 0)
        return bl_item_error(bl_item_get(r->document, "type"), BL_E_UNSUPPORTED, err,
                             "unknown type '%s'", name);
    return BL_OK;
}

static bl_status read_inputs(reader *r, bl_error *err) {
    bl_prepared *prepared = r->prepared;
    const bl_item *list = NULL;
    BL_TRY(take_list(r, r->document, "inputs", sizeof *prepared->inputs, &list, &prepared->inputs,
                     err));
    for (size_t i = 0; i < list->n; i++) {
        bl_prepared_input *input = &prepared->inputs[i];
        const bl_item *map = list->items[i];
        BL_TRY(take_text(map, "name", &input->name, err));
        BL_TRY(take_bool(map, "sequence", &input->is_sequence, err));
        BL_TRY(take_size(map, "most_rows", &input->most_rows, err));
        BL_TRY(take_texts(r, map, "columns", &input->columns, &input->width, err));
        if (!input->width)
            return bl_item_error(map, BL_E_INVALID, err, "input '%s' has no columns", input->name);
    }
    prepared->n_inputs = list->n;
    return BL_OK;
}

static bl_status read_cuts(reader *r, const bl_item *map, bl_prepared_sample *sample,
                           bl_error *err) {
    const bl_item *list = NULL;
    BL_TRY(take_list(r, map, "cut_flow", sizeof *sample->cuts, &list, &sample->cuts, err));
    for (size_t i = 0; i < list->n; i++) {
        bl_prepared_cut *cut = &sample->cuts[i];
        BL_TRY(take_text(list->items[i], "cut", &cut->text, err));
        BL_TRY(take_count(list->items[i], "events", &cut->n_rows, err));
        BL_TRY(take_number(list->items[i], "sumw", &cut->sumw, err));
        BL_TRY(take_number(list->items[i], "sumw2", &cut->sumw2, err));
    }
    sample->n_cuts = list->n;
    return BL_OK;
}

static bl_status read_samples(reader *r, bl_error *err) {
    bl_prepared *prepared = r->prepared;
    const bl_item *list = NULL;
    BL_TRY(take_list(r, r->document, "samples", sizeof *prepared->samples, &list,
                     &prepared->samples, err));
    for (size_t i = 0; i < list->n; i++) {
        bl_prepared_sample *sample = &prepared->samples[i];
        BL_TRY(take_text(list->items[i], "name", &sample->name, err));
        BL_TRY(take_number(list->items[i], "weight_factor", &sample->factor, err));
        BL_TRY(read_cuts(r, list->items[i], sample, err));
    }
    prepared->n_samples = list->n;
    return BL_OK;
}

// ---- parts ----

static bl_status read_class(const bl_item *map, bl_prepared_class *class, bl_error *err) {
    BL_TRY(take_count(map, "events", &class->n_rows, err));
    BL_TRY(take_count(map, "negative", &class->n_negative, err));
    BL_TRY(take_number(map, "sumw_physics", &class->sumw_physics, err));
    BL_TRY(take_number(map, "sumw_train", &class->sumw_train, err));
    return take_number(map, "abs_train", &class->abs_train, err);
}

static bl_status read_classes(reader *r, const bl_item *map, const char *key,
                              bl_prepared_class **ret_classes, bl_error *err) {
    const bl_item *list = NULL;
    bl_prepared_class *classes = NULL;
    BL_TRY(take_list(r, map, key, sizeof *classes, &list, &classes, err));
    if (list->n != r->prepared->n_classes)
        return bl_item_error(list, BL_E_INVALID, err, "'%s' has %zu entries for %zu classes", key,
                             list->n, r->prepared->n_classes);
    for (size_t i = 0; i < list->n; i++)
        BL_TRY(read_class(list->items[i], &classes[i], err));
    *ret_classes = classes;
    return BL_OK;
}

/// A plain name: nothing outside the folder is ever opened.
static bool is_name(const char *text) {
    return *text && !strchr(text, '/') && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static bl_status read_shard(reader *r, const bl_item *map, bl_prepared_part *part, bl_error *err) {
    bl_prepared_shard shard = {0};
    const char *digits = NULL;
    char *end = NULL;
    BL_TRY(take_text(map, "file", &shard.file, err));
    if (!is_name(shard.file))
        return bl_item_error(map, BL_E_INVALID, err, "'%s' is no file of the folder", shard.file);
    BL_TRY(take_count(map, "events", &shard.n_rows, err));
    BL_TRY(take_size(map, "bytes", &shard.bytes, err));
    BL_TRY(take_text(map, "xxh64", &digits, err));
    shard.xxh64 = strtoull(digits, &end, 16);
    if (strlen(digits) != 16 || *end)
        return bl_item_error(map, BL_E_INVALID, err, "'%s' is no checksum", digits);
    BL_TRY(read_classes(r, map, "classes", &shard.classes, err));
    if (shard.n_rows > INT64_MAX - part->n_rows)
        return bl_item_error(map, BL_E_INVALID, err, "too many events");
    return bl_prepared_add_shard(r->prepared, part, &shard, err);
}

static bl_status read_part(reader *r, const bl_item *map, bl_error *err) {
    bl_prepared *prepared = r->prepared;
    const char *name = NULL;
    const bl_item *shards = NULL;
    int64_t n_rows = 0;
    BL_TRY(take_text(map, "name", &name, err));
    if (bl_prepared_find(prepared, name))
        return bl_item_error(map, BL_E_INVALID, err, "part '%s' is there twice", name);
    BL_TRY(bl_prepared_add_part(prepared, name, err));
    bl_prepared_part *part = &prepared->parts[prepared->n_parts - 1];
    BL_TRY(read_classes(r, map, "before", &part->before, err));
    BL_TRY(take(map, "shards", BL_ITEM_LIST, &shards, err));
    for (size_t i = 0; i < shards->n; i++)
        BL_TRY_IN(read_shard(r, shards->items[i], part, err), err, "part '%s'", name);
    BL_TRY(take_count(map, "events", &n_rows, err));
    if (n_rows != part->n_rows)
        return bl_item_error(map, BL_E_INVALID, err,
                             "part '%s' has %lld events, and its shards have %lld", name,
                             (long long)n_rows, (long long)part->n_rows);
    return BL_OK;
}

static bl_status read_parts(reader *r, bl_error *err) {
    const bl_item *list = NULL;
    BL_TRY(take(r->document, "parts", BL_ITEM_LIST, &list, err));
    for (size_t i = 0; i < list->n; i++)
        BL_TRY(read_part(r, list->items[i], err));
    return BL_OK;
}

// ---- what was fitted ----

/// Transforms are those of the inputs, so that whoever runs them need not look again.
static bl_status check_transform(const bl_prepared *prepared, const bl_nn_transform *transform,
                                 const bl_item *item, bl_error *err) {
    for (size_t i = 0; i < prepared->n_inputs; i++) {
        const bl_prepared_input *input = &prepared->inputs[i];
        const bl_nn_columns *columns = bl_nn_transform_find(transform, input->name);
        if (columns && columns->n != input->width)
            return bl_item_error(item, BL_E_INVALID, err,
                                 "input '%s' has %zu columns, and its transform has %zu",
                                 input->name, input->width, columns->n);
    }
    return BL_OK;
}

static bl_status read_transforms(reader *r, bl_error *err) {
    bl_prepared *prepared = r->prepared;
    size_t n = prepared->n_folds ? prepared->n_folds : 1;
    const bl_item *list = NULL;
    BL_TRY(take_list(r, r->document, "transforms", sizeof *prepared->transforms, &list,
                     &prepared->transforms, err));
    if (list->n != n && (list->n || prepared->is_complete))
        return bl_item_error(list, BL_E_INVALID, err, "%zu transforms, and there should be %zu",
                             list->n, n);
    for (size_t i = 0; i < list->n; i++) {
        BL_TRY_IN(bl_nn_transform_read(r->arena, list->items[i], &prepared->transforms[i], err),
                  err, "transform %zu", i);
        BL_TRY(check_transform(prepared, &prepared->transforms[i], list->items[i], err));
    }
    prepared->n_transforms = list->n;
    return BL_OK;
}

// ---- all of it ----

static bl_status check_format(const bl_item *document, bl_error *err) {
    const char *format = NULL, *rule = NULL;
    BL_TRY(take_text(document, "format", &format, err));
    if (strncmp(format, BL_PREPARED_ANY, strlen(BL_PREPARED_ANY)) != 0)
        return bl_item_error(document, BL_E_INVALID, err, "is no prepared data set");
    BL_TRY(take_text(document, "rule", &rule, err));
    if (strcmp(format, BL_PREPARED_FORMAT) != 0 || strcmp(rule, BL_FATE_RULE) != 0)
        return bl_item_error(document, BL_E_UNSUPPORTED, err,
                             "'%s' with rule '%s', where '%s' with '%s' is known", format, rule,
                             BL_PREPARED_FORMAT, BL_FATE_RULE);
    return BL_OK;
}

static bl_status read_numbers(reader *r, bl_error *err) {
    bl_prepared *prepared = r->prepared;
    int64_t seed = 0, split_seed = 0;
    BL_TRY(take_bool(r->document, "complete", &prepared->is_complete, err));
    BL_TRY(take_integer(r->document, "seed", &seed, err));
    BL_TRY(take_integer(r->document, "split_seed", &split_seed, err));
    BL_TRY(take_size(r->document, "folds", &prepared->n_folds, err));
    BL_TRY(take_size(r->document, "buckets", &prepared->n_buckets, err));
    BL_TRY(take_size(r->document, "gathered", &prepared->n_gathered, err));
    BL_TRY(take_count(r->document, "duplicates_dropped", &prepared->n_duplicates, err));
    prepared->seed = (uint64_t)seed;
    prepared->split_seed = (uint64_t)split_seed;
    if (prepared->n_gathered > prepared->n_buckets)
        return bl_item_error(r->document, BL_E_INVALID, err, "more was gathered than there is");
    return BL_OK;
}

static bl_status read_names(reader *r, bl_error *err) {
    bl_prepared *p = r->prepared;
    const bl_item *configuration = bl_item_get(r->document, "configuration");
    BL_TRY(take_text(r->document, "fingerprint", &p->fingerprint, err));
    BL_TRY(bl_item_text(configuration, "configuration", &p->configuration, err));
    BL_TRY(bl_item_text(bl_item_get(r->document, "treename"), "treename", &p->treename, err));
    BL_TRY(take_texts(r, r->document, "classes", &p->classes, &p->n_classes, err));
    BL_TRY(take_texts(r, r->document, "observers", &p->observers, &p->n_observers, err));
    BL_TRY(take_texts(r, r->document, "weights", &p->weights, &p->n_weights, err));
    BL_TRY(take_texts(r, r->document, "identity", &p->identity, &p->n_identity, err));
    BL_TRY(take_texts(r, r->document, "files", &p->files, &p->n_files, err));
    if (!p->n_classes)
        return bl_item_error(r->document, BL_E_INVALID, err, "there are no classes");
    return BL_OK;
}

bl_status bl_prepared_take(bl_prepared *prepared, const bl_item *document, bl_error *err) {
    reader r = {.arena = &prepared->arena, .prepared = prepared, .document = document};
    BL_TRY(check_format(document, err));
    BL_TRY(read_numbers(&r, err));
    BL_TRY(read_names(&r, err));
    BL_TRY(read_label(&r, err));
    BL_TRY(read_type(&r, err));
    BL_TRY(read_inputs(&r, err));
    BL_TRY(read_samples(&r, err));
    BL_TRY(read_transforms(&r, err));
    return read_parts(&r, err);
}

bl_status bl_prepared_open(bl_context *context, const char *folder, bl_prepared **ret_prepared,
                           bl_error *err) {
    BL_AUTO(bl_prepared) prepared = NULL;
    const bl_item *document = NULL;
    BL_TRY(bl_prepared_new(context, folder, &prepared, err));
    char *path = bl_arena_printf(&prepared->arena, "%s/" BL_PREPARED_FILE, folder);
    if (!path)
        return bl_error_nomem(err, 0, "a path");
    BL_TRY(bl_document_read(&prepared->arena, path, &document, err));
    BL_TRY(bl_prepared_take(prepared, document, err));
    *ret_prepared = BL_MOVE(prepared);
    return BL_OK;
}
