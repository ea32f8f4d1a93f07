// SPDX-License-Identifier: Apache-2.0
// Checkpoints. Parameters and moments are stored as the blocks that they are in memory: who resumes
// has the same network.
#include "learn/train/checkpoint.h"

#include <math.h>

#include "base/json_text.h"
#include "io/archive/npy.h"
#include "io/archive/zip.h"

#define FORMAT "beamline checkpoint"
#define STATE "state.json"
enum { VERSION = 1, MOST_STATE = 16 << 20, MOST_ARRAYS = 4 };

// ---- numbers ----

typedef enum kind { COUNT, NUMBER, BOOL } kind;

/// A number of a struct: an int64_t or uint64_t, a double, or a bool.
typedef struct field {
    const char *name;
    kind kind;
    size_t place;
    int64_t least; ///< of a count
} field;

#define PLACE(member) offsetof(bl_training_state, member)
#define N(table) (sizeof(table) / sizeof *(table))

static const field state_fields[] = {
    {"epoch", COUNT, PLACE(epoch), 0},
    {"batch", COUNT, PLACE(batch), 0},
    {"learning_rate", NUMBER, PLACE(learning_rate), 0},
    {"plateau_best", NUMBER, PLACE(plateau.best), 0},
    {"plateau_wait", COUNT, PLACE(plateau.wait), 0},
    {"plateau_cooldown", COUNT, PLACE(plateau.cooldown), 0},
    {"plateau_has_best", BOOL, PLACE(plateau.has_best), 0},
    {"best", NUMBER, PLACE(best), 0},
    {"best_epoch", COUNT, PLACE(best_epoch), -1},
    {"wait", COUNT, PLACE(wait), 0},
    {"loss_sum", NUMBER, PLACE(loss_sum), 0},
    {"n_seen", COUNT, PLACE(n_seen), 0},
    {"n_skipped_batches", COUNT, PLACE(n_skipped_batches), 0},
    {"n_skipped_events", COUNT, PLACE(n_skipped_events), 0},
    {"is_finished", BOOL, PLACE(is_finished), 0},
};
static const field progress_fields[] = {
    {"n_steps", COUNT, offsetof(bl_nn_progress, n_steps), 0},
    {"n_events", COUNT, offsetof(bl_nn_progress, n_events), 0},
};

/// What is no finite number is a text; bl_item_number reads both.
static void put_number(bl_text *to, double value) {
    if (isfinite(value))
        bl_json_put_number(to, value);
    else
        bl_text_add(to, isnan(value) ? "\"nan\"" : value < 0 ? "\"-inf\"" : "\"inf\"");
}

static void put_fields(const char *name, const field *fields, size_t n, const void *from,
                       bl_text *to) {
    bl_text_add(to, ",\n \"%s\": {", name);
    for (size_t i = 0; i < n; i++) {
        const char *place = (const char *)from + fields[i].place;
        int64_t count;
        double number;
        bl_text_add(to, "%s\"%s\": ", i ? ", " : "", fields[i].name);
        if (fields[i].kind == BOOL)
            bl_text_add(to, *(const bool *)place ? "true" : "false");
        else if (fields[i].kind == COUNT)
            bl_json_put_integer(to, (memcpy(&count, place, sizeof count), count));
        else
            put_number(to, (memcpy(&number, place, sizeof number), number));
    }
    bl_text_add(to, "}");
}

static bl_status read_field(const field *f, const bl_item *item, char *place, bl_error *err) {
    int64_t count = f->least;
    double number = 0;
    switch (f->kind) {
    case BOOL:
        return bl_item_bool(item, f->name, (bool *)place, err);
    case NUMBER:
        BL_TRY(bl_item_number(item, f->name, &number, err));
        memcpy(place, &number, sizeof number);
        return BL_OK;
    default:
        BL_TRY(bl_item_integer(item, f->name, &count, err));
        if (count < f->least)
            return bl_item_error(item, BL_E_INVALID, err, "%s is %lld", f->name, (long long)count);
        memcpy(place, &count, sizeof count);
        return BL_OK;
    }
}

static bl_status read_fields(const bl_item *document, const char *name, const field *fields,
                             size_t n, void *into, bl_error *err) {
    const bl_item *map = bl_item_get(document, name);
    if (!map || map->kind != BL_ITEM_MAP)
        return bl_item_error(document, BL_E_INVALID, err, "'%s' is missing", name);
    for (size_t i = 0; i < n; i++) {
        const bl_item *item = bl_item_get(map, fields[i].name);
        if (!item || item->kind == BL_ITEM_NULL)
            return bl_item_error(document, BL_E_INVALID, err, "'%s' of '%s' is missing",
                                 fields[i].name, name);
        BL_TRY(read_field(&fields[i], item, (char *)into + fields[i].place, err));
    }
    return BL_OK;
}

// ---- arrays ----

/// An array of a checkpoint, where it is in memory.
typedef struct array {
    const char *name; ///< of its member
    bl_npy_type type;
    size_t sizes[2];
    void *values;
} array;

/// All arrays but the history. \return how many
static size_t list_arrays(const bl_checkpoint *c, array arrays[static MOST_ARRAYS]) {
    size_t n_floats = c->network->plan.n_floats, n_moments, n = 0;
    float *moments = bl_nn_trainer_moments(c->trainer, &n_moments);
    n_moments = n_floats ? n_moments / n_floats : 0;
    arrays[n++] = (array){"parameters.npy", BL_NPY_FLOAT32, {1, n_floats}, c->network->parameters};
    arrays[n++] = (array){"moments.npy", BL_NPY_FLOAT32, {n_moments, n_floats}, moments};
    if (c->best_parameters)
        arrays[n++] = (array){"best.npy", BL_NPY_FLOAT32, {1, n_floats}, c->best_parameters};
    return n;
}

static array history_array(const bl_history *history) {
    return (array){
        "history.npy", BL_NPY_FLOAT64, {history->n_rows, history->n_columns}, history->values};
}

// ---- writing ----

static void put_state(const bl_checkpoint *c, bl_text *to) {
    bl_text_add(to,
                "{\n \"format\": \"" FORMAT "\",\n \"version\": %d,\n \"fingerprint\": ", VERSION);
    bl_json_put_text(to, c->fingerprint);
    put_fields("state", state_fields, N(state_fields), &c->state, to);
    put_fields("progress", progress_fields, N(progress_fields), bl_nn_trainer_progress(c->trainer),
               to);
    bl_text_add(to, ",\n \"columns\": [");
    for (size_t i = 0; i < c->history->n_columns; i++) {
        bl_text_add(to, i ? ", " : "");
        bl_json_put_text(to, c->history->names[i]);
    }
    bl_text_add(to, "]\n}\n");
}

static bl_status make_array(bl_arena *arena, const array *from, bl_zip_part *ret_part,
                            bl_error *err) {
    uint8_t header[BL_NPY_HEADER_BYTES];
    size_t n_header = bl_npy_header(from->type, 2, from->sizes, header);
    size_t n_values = from->sizes[0] * from->sizes[1] * (size_t)from->type;
    uint8_t *data = (uint8_t *)bl_arena_alloc(arena, n_header + n_values);
    if (!data)
        return bl_error_nomem(err, n_header + n_values, "a checkpoint");
    memcpy(data, header, n_header);
    if (n_values)
        memcpy(data + n_header, from->values, n_values);
    *ret_part = (bl_zip_part){.name = from->name, .data = data, .size = n_header + n_values};
    return BL_OK;
}

static bl_status write_all(bl_arena *arena, const bl_checkpoint *c, bl_sink *sink, bl_error *err) {
    array arrays[MOST_ARRAYS];
    bl_zip_part parts[1 + MOST_ARRAYS];
    bl_text state = {.arena = arena};
    size_t n = list_arrays(c, arrays);
    arrays[n++] = history_array(c->history);
    put_state(c, &state);
    if (state.has_failed)
        return bl_error_nomem(err, state.n, "a checkpoint");
    parts[0] = (bl_zip_part){.name = STATE, .data = state.text, .size = state.n};
    for (size_t i = 0; i < n; i++)
        BL_TRY(make_array(arena, &arrays[i], &parts[1 + i], err));
    BL_TRY(bl_zip_write(sink, parts, 1 + n, err));
    return bl_sink_finish(sink, err);
}

bl_status bl_checkpoint_write_to(bl_context *context, const bl_checkpoint *checkpoint,
                                 bl_sink *sink, bl_error *err) {
    BL_AUTO(bl_sink) owned = sink;
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_status status = write_all(&arena, checkpoint, owned, err);
    bl_arena_release(&arena);
    return status;
}

bl_status bl_checkpoint_write(bl_context *context, const bl_checkpoint *checkpoint,
                              const char *path, bl_error *err) {
    bl_sink *sink = NULL;
    BL_TRY(bl_sink_open(context, path, true, &sink, err));
    BL_TRY_IN(bl_checkpoint_write_to(context, checkpoint, sink, err), err, "%s", path);
    return BL_OK;
}

// ---- reading ----

typedef struct reader {
    bl_arena arena; ///< of the list and state.json
    bl_zip zip;
    bl_checkpoint *checkpoint;
    bl_training_state state;
    bl_nn_progress progress;
} reader;

static bl_status find_member(const reader *r, const char *name, const bl_zip_member **ret_member,
                             bl_error *err) {
    *ret_member = bl_zip_find(&r->zip, name);
    return *ret_member ? BL_OK : bl_error_set(err, BL_E_CORRUPT, "member '%s' is missing", name);
}

static bl_status check_columns(const bl_history *history, const bl_item *document, bl_error *err) {
    const bl_item *columns = bl_item_get(document, "columns");
    size_t n = columns && columns->kind == BL_ITEM_LIST ? columns->n : 0;
    for (size_t i = 0; i < n && i < history->n_columns; i++) {
        const char *name = NULL;
        BL_TRY(bl_item_text(columns->items[i], "columns", &name, err));
        if (!name || strcmp(name, history->names[i]) != 0)
            return bl_item_error(document, BL_E_INVALID, err,
                                 "column %zu of its history is '%s', here '%s'", i + 1,
                                 name ? name : "", history->names[i]);
    }
    if (n != history->n_columns)
        return bl_item_error(document, BL_E_INVALID, err, "its history has %zu columns, here %zu",
                             n, history->n_columns);
    return BL_OK;
}

static bl_status check_head(const bl_checkpoint *c, const bl_item *document, bl_error *err) {
    const char *format = NULL, *fingerprint = NULL;
    int64_t version = 0;
    BL_TRY(bl_item_text(bl_item_get(document, "format"), "format", &format, err));
    if (!format || strcmp(format, FORMAT) != 0)
        return bl_item_error(document, BL_E_INVALID, err, "no checkpoint");
    BL_TRY(bl_item_integer(bl_item_get(document, "version"), "version", &version, err));
    if (version != VERSION)
        return bl_item_error(document, version > VERSION ? BL_E_UNSUPPORTED : BL_E_INVALID, err,
                             "version %lld of checkpoints; this beamline reads %d",
                             (long long)version, VERSION);
    BL_TRY(bl_item_text(bl_item_get(document, "fingerprint"), "fingerprint", &fingerprint, err));
    if (!fingerprint || strcmp(fingerprint, c->fingerprint) != 0)
        return bl_item_error(document, BL_E_INVALID, err,
                             "of another training: fingerprint '%s', here it is '%s'",
                             fingerprint ? fingerprint : "", c->fingerprint);
    return check_columns(c->history, document, err);
}

static bl_status read_state(reader *r, bl_error *err) {
    const bl_zip_member *member = NULL;
    const bl_item *document = NULL;
    uint8_t *text = NULL;
    BL_TRY(find_member(r, STATE, &member, err));
    if (member->raw_bytes > MOST_STATE)
        return bl_error_set(err, BL_E_LIMIT, "%s: more than %d bytes", STATE, MOST_STATE);
    BL_TRY(bl_zip_read(&r->arena, &r->zip, member, &text, err));
    BL_TRY(bl_json_parse(&r->arena, STATE, (const char *)text, (size_t)member->raw_bytes, &document,
                         err));
    BL_TRY(check_head(r->checkpoint, document, err));
    BL_TRY(read_fields(document, "state", state_fields, N(state_fields), &r->state, err));
    return read_fields(document, "progress", progress_fields, N(progress_fields), &r->progress,
                       err);
}

static bl_status check_shape(const bl_npy *there, const array *here, bool any_rows, bl_error *err) {
    char theirs[BL_NPY_SHAPE_BYTES], ours[BL_NPY_SHAPE_BYTES];
    if (there->rank == 2 && there->sizes[1] == here->sizes[1] &&
        (any_rows || there->sizes[0] == here->sizes[0]))
        return BL_OK;
    return bl_error_set(err, BL_E_SHAPE, "its shape is %s, where this training has %s",
                        bl_npy_shape(there->rank, there->sizes, theirs),
                        bl_npy_shape(2, here->sizes, ours));
}

/// Takes an array of a member's bytes.
typedef bl_status (*take_fn)(reader *r, const array *to, const uint8_t *data, size_t size,
                             bl_error *err);

static bl_status take_block(reader *r, const array *to, const uint8_t *data, size_t size,
                            bl_error *err) {
    bl_npy there;
    (void)r;
    BL_TRY(bl_npy_read(to->type, data, size, &there, err));
    BL_TRY(check_shape(&there, to, false, err));
    size_t n_bytes = to->sizes[0] * to->sizes[1] * (size_t)to->type;
    if (n_bytes)
        memcpy(to->values, there.values, n_bytes);
    return BL_OK;
}

static bl_status take_history(reader *r, const array *to, const uint8_t *data, size_t size,
                              bl_error *err) {
    bl_history *history = r->checkpoint->history;
    size_t n_bytes = history->n_columns * sizeof(double);
    double *row = (double *)bl_arena_alloc(&r->arena, n_bytes + 1);
    bl_npy there;
    if (!row)
        return bl_error_nomem(err, n_bytes, "a history");
    BL_TRY(bl_npy_read(to->type, data, size, &there, err));
    BL_TRY(check_shape(&there, to, true, err));
    history->n_rows = 0;
    for (size_t i = 0; n_bytes && i < there.sizes[0]; i++) {
        memcpy(row, there.values + i * n_bytes, n_bytes); // where it is aligned
        BL_TRY(bl_history_append(history, row, err));
    }
    return BL_OK;
}

static bl_status read_array(reader *r, const array *to, take_fn take, bl_error *err) {
    const bl_zip_member *member = NULL;
    uint8_t *data = NULL;
    bl_arena arena;
    BL_TRY(find_member(r, to->name, &member, err));
    bl_arena_init(&arena, r->arena.context);
    bl_status status = bl_zip_read(&arena, &r->zip, member, &data, err);
    if (status == BL_OK) {
        status = take(r, to, data, (size_t)member->raw_bytes, err);
        if (status != BL_OK)
            status = bl_error_in(err, status, "member '%s'", to->name);
    }
    bl_arena_release(&arena);
    return status;
}

static bl_status read_all(reader *r, bl_source *source, bl_error *err) {
    bl_checkpoint *c = r->checkpoint;
    array arrays[MOST_ARRAYS], history = history_array(c->history);
    BL_TRY(bl_zip_open(&r->arena, source, &r->zip, err));
    BL_TRY(read_state(r, err));
    size_t n = list_arrays(c, arrays);
    if (r->zip.n_members != n + 2)
        return bl_error_set(err, BL_E_INVALID, "%zu members instead of %zu", r->zip.n_members,
                            n + 2);
    for (size_t i = 0; i < n; i++)
        BL_TRY(read_array(r, &arrays[i], take_block, err));
    BL_TRY(read_array(r, &history, take_history, err));
    bl_nn_network_pack(c->network);
    *bl_nn_trainer_progress(c->trainer) = r->progress;
    c->state = r->state;
    return BL_OK;
}

bl_status bl_checkpoint_read_from(bl_context *context, bl_source *source, bl_checkpoint *checkpoint,
                                  bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    reader r = {.checkpoint = checkpoint};
    bl_arena_init(&r.arena, context);
    bl_status status = read_all(&r, owned, err);
    bl_arena_release(&r.arena);
    return status == BL_OK ? BL_OK : bl_error_in(err, status, "%s", owned->url);
}

bl_status bl_checkpoint_read(bl_context *context, const char *path, bl_checkpoint *checkpoint,
                             bl_error *err) {
    bl_source *source = NULL;
    BL_TRY(bl_source_open(context, path, &source, err));
    return bl_checkpoint_read_from(context, source, checkpoint, err);
}
