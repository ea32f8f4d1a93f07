// SPDX-License-Identifier: Apache-2.0
// Shards become files, one after the other and some rows at a time; a folder that is complete gets
// its name.
#include "data/publish/publish.h"

#include <beamline/version.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/text.h"
#include "data/publish/private.h"
#include "table/formats.h"

BL_DEFINE_AUTO(bl_table, bl_table_close);
BL_DEFINE_AUTO(bl_scan, bl_scan_close);
BL_DEFINE_AUTO(bl_output, bl_output_close);

/// Bytes of rows that are made at once.
static const uint64_t most_bytes = (uint64_t)16 << 20;

typedef struct publishing {
    bl_arena arena; ///< of paths and specs
    const bl_prepared *prepared;
    const bl_publish_options *options;
    bl_publish_plan plan;
    bl_publish_folder folder;
    bl_column_spec *specs; ///< [plan.n_columns]
    size_t *sources;       ///< [plan.n_columns] of the shard that is read
    bl_output_options output;
    bl_publish_report report;
    int64_t n_all;
} publishing;

const char *bl_publish_schema_name(bl_publish_schema schema) {
    return schema == BL_PUBLISH_SPARK ? "spark" : "columns";
}

static const char *extension_of(const bl_publish_options *options) {
    return options->extension ? options->extension : "parquet";
}

// ---- a shard ----

static bl_status open_shard(publishing *p, const bl_prepared_shard *shard, bl_table **ret_table,
                            bl_error *err) {
    char *path = bl_arena_printf(&p->arena, "%s/%s", p->prepared->folder, shard->file);
    if (!path)
        return bl_error_nomem(err, strlen(shard->file), "a path");
    BL_TRY(bl_prepared_check(p->prepared, shard, err));
    const char *const urls[] = {path};
    return bl_table_open(p->arena.context, urls, 1, NULL, ret_table, err);
}

/// Where the columns are in a shard, which has the types of the first.
static bl_status find_columns(publishing *p, const bl_table *shard, bl_error *err) {
    for (size_t i = 0; i < p->plan.n_columns; i++) {
        const bl_published *c = &p->plan.columns[i];
        bl_column_info info = {.size = sizeof info};
        BL_TRY(bl_table_find(shard, c->from, &p->sources[i], err));
        BL_TRY(bl_table_column(shard, p->sources[i], &info, err));
        if (!bl_type_equal(info.type, c->source))
            return bl_error_set(err, BL_E_CORRUPT,
                                "column '%s' has another type than in the "
                                "first shard",
                                c->from);
    }
    return BL_OK;
}

static bl_status make_batch(const publishing *p, const bl_batch *from, const size_t *places,
                            bl_batch **ret_batch, bl_error *err) {
    size_t n = p->plan.n_columns;
    const char **names = (const char **)bl_alloc_zero(p->arena.context, n, sizeof *names);
    if (!names)
        return bl_error_nomem(err, n * sizeof *names, "names");
    for (size_t i = 0; i < n; i++)
        names[i] = p->plan.columns[i].name;
    BL_AUTO(bl_batch) made = NULL;
    bl_status status =
        bl_batch_new(p->arena.context, n, names, from->first_row, from->n_rows, &made, err);
    bl_free(p->arena.context, names);
    BL_TRY(status);
    for (size_t i = 0; i < n; i++) {
        const bl_published *c = &p->plan.columns[i];
        BL_TRY_IN(c->make(c, p->arena.context, &from->columns[places[i]], &made->columns[i], err),
                  err, "column '%s'", c->name);
    }
    *ret_batch = BL_MOVE(made);
    return BL_OK;
}

/// Columns of shards, each once, and which of them each column is made of.
/// \param places [n_columns] \param columns [n_columns] \return how many
static size_t unique_sources(const publishing *p, size_t *places, size_t *columns) {
    size_t n = 0;
    for (size_t i = 0, k; i < p->plan.n_columns; i++) {
        for (k = 0; k < n && columns[k] != p->sources[i];)
            k++;
        columns[k] = p->sources[i];
        n = k == n ? n + 1 : n;
        places[i] = k;
    }
    return n;
}

static bl_status copy_rows(publishing *p, bl_table *shard, bl_writer *writer, bl_error *err) {
    size_t *places = (size_t *)bl_arena_array(&p->arena, 2 * p->plan.n_columns, sizeof *places);
    if (!places)
        return bl_error_nomem(err, 0, "columns");
    size_t *columns = places + p->plan.n_columns;
    uint64_t n_rows = most_bytes / p->plan.row_bytes;
    bl_scan_options options = {.size = sizeof options,
                               .columns = columns,
                               .n_columns = unique_sources(p, places, columns),
                               .batch_rows = n_rows ? (int64_t)n_rows : 1};
    BL_AUTO(bl_scan) scan = NULL;
    BL_TRY(bl_scan_open(shard, &options, &scan, err));
    for (;;) {
        BL_AUTO(bl_batch) from = NULL;
        BL_AUTO(bl_batch) made = NULL;
        bl_status status = bl_scan_next(scan, &from, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        BL_TRY(make_batch(p, from, places, &made, err));
        BL_TRY(bl_writer_write(writer, made, err));
        p->report.n_rows += made->n_rows;
        if (p->options->progress)
            p->options->progress(p->options->user, p->report.n_rows, p->n_all);
    }
}

static bl_status write_file(publishing *p, const bl_prepared_shard *shard, const char *url,
                            bl_error *err) {
    BL_AUTO(bl_table) table = NULL;
    BL_AUTO(bl_output) output = NULL;
    bl_writer *writer;
    BL_TRY(open_shard(p, shard, &table, err));
    BL_TRY_IN(find_columns(p, table, err), err, "%s", shard->file);
    BL_TRY(bl_output_open(p->arena.context, url, &p->output, &output, err));
    BL_TRY(bl_output_add(output, p->specs, p->plan.n_columns, NULL, &writer, err));
    BL_TRY_IN(copy_rows(p, table, writer, err), err, "%s", shard->file);
    return bl_output_finish(output, err);
}

// ---- all of them ----

static bl_status write_part(publishing *p, const bl_prepared_part *part, bl_error *err) {
    const char *extension = extension_of(p->options);
    const char *folder = bl_arena_printf(&p->arena, "%s/%s", p->folder.partial, part->name);
    if (!folder)
        return bl_error_nomem(err, 0, "a path");
    if (part->n_shards && mkdir(folder, 0777) != 0)
        return bl_error_errno(err, errno, folder);
    for (size_t i = 0; i < part->n_shards; i++) {
        struct stat status;
        const char *url = bl_arena_printf(&p->arena, "%s/part-%05zu.%s", folder, i, extension);
        if (!url)
            return bl_error_nomem(err, 0, "a path");
        BL_TRY(write_file(p, &part->shards[i], url, err));
        if (stat(url, &status) != 0)
            return bl_error_errno(err, errno, url);
        p->report.bytes += (uint64_t)status.st_size;
        p->report.n_files++;
    }
    return BL_OK;
}

static const char *joined(bl_arena *arena, const char *const *names, size_t n) {
    bl_text text = {.arena = arena};
    for (size_t i = 0; i < n; i++)
        bl_text_add(&text, i ? "\n%s" : "%s", names[i]);
    return text.has_failed ? NULL : n ? text.text : "";
}

/// What files say of themselves, beside their tables.
static bl_status note(publishing *p, bl_error *err) {
    const bl_prepared *prepared = p->prepared;
    const char *classes = joined(&p->arena, prepared->classes, prepared->n_classes);
    const char **pairs = (const char **)bl_arena_array(&p->arena, 8, sizeof *pairs);
    if (!classes || !pairs)
        return bl_error_nomem(err, 0, "metadata");
    const char *const known[] = {"beamline.version",    BL_VERSION,         "beamline.prepared",
                                 prepared->fingerprint, "beamline.classes", classes};
    size_t n = sizeof known / sizeof *known;
    memcpy(pairs, known, sizeof known);
    if (p->options->schema == BL_PUBLISH_SPARK) {
        pairs[n++] = BL_SPARK_SCHEMA_KEY;
        BL_TRY(bl_spark_schema(&p->arena, p->plan.columns, p->plan.n_columns, &pairs[n++], err));
    }
    p->output.metadata = pairs;
    p->output.n_metadata = n / 2;
    return BL_OK;
}

static bl_status describe(publishing *p, bl_error *err) {
    size_t n = p->plan.n_columns;
    p->specs = (bl_column_spec *)bl_arena_array(&p->arena, n, sizeof *p->specs);
    p->sources = (size_t *)bl_arena_array(&p->arena, n, sizeof *p->sources);
    if (!p->specs || !p->sources)
        return bl_error_nomem(err, n * sizeof *p->specs, "columns");
    for (size_t i = 0; i < n; i++)
        p->specs[i] = (bl_column_spec){.size = sizeof *p->specs,
                                       .name = p->plan.columns[i].name,
                                       .type = p->plan.columns[i].type};
    p->report.n_columns = n;
    p->output = (bl_output_options){.size = sizeof p->output, .codec = p->options->codec};
    return note(p, err);
}

/// The format of files that end so.
static bl_status find_format(bl_arena *arena, const char *extension, const bl_format **ret_format,
                             bl_error *err) {
    const char *packing, *name = bl_arena_printf(arena, "part.%s", extension);
    if (!name)
        return bl_error_nomem(err, strlen(extension), "a name");
    if (!strchr(extension, '/') &&
        bl_formats_for_output(bl_formats, name, NULL, ret_format, &packing, NULL) == BL_OK)
        return BL_OK;
    bl_status status = bl_error_set(
        err, BL_E_UNSUPPORTED, "files that end like '%s' cannot be written; known are", extension);
    for (const bl_format *format = bl_formats; format->name; format++)
        if (format->create)
            (void)bl_error_hint(err, status, " '%s'", format->extensions[0]);
    return status;
}

static bl_status check_options(publishing *p, bl_error *err) {
    const bl_format *format;
    BL_TRY(find_format(&p->arena, extension_of(p->options), &format, err));
    if (p->options->schema == BL_PUBLISH_SPARK && strcmp(format->name, "Parquet") != 0)
        return bl_error_set(err, BL_E_INVALID, "Spark's vectors are for Parquet, not for %s files",
                            format->name);
    if (!p->prepared->is_complete)
        return bl_error_set(err, BL_E_INVALID,
                            "%s: its preparation was not completed; prepare it again, which goes "
                            "on where it was",
                            p->prepared->folder);
    return BL_OK;
}

/// The first shard there is, whose columns are those of all.
static bl_status plan(publishing *p, bl_error *err) {
    const bl_prepared_shard *first = NULL;
    for (size_t i = 0; i < p->prepared->n_parts; i++) {
        const bl_prepared_part *part = &p->prepared->parts[i];
        p->n_all += part->n_rows;
        if (!first && part->n_shards)
            first = &part->shards[0];
    }
    if (!first)
        return bl_error_set(err, BL_E_INVALID, "%s: it has no events", p->prepared->folder);
    BL_AUTO(bl_table) shard = NULL;
    BL_TRY(open_shard(p, first, &shard, err));
    BL_TRY(bl_publish_plan_make(p->arena.context, p->prepared, p->options, shard, &p->plan, err));
    return describe(p, err);
}

static bl_status run(publishing *p, bl_error *err) {
    BL_TRY(check_options(p, err));
    BL_TRY(plan(p, err));
    BL_TRY(bl_publish_folder_begin(&p->arena, p->options->folder, p->options->overwrite, &p->folder,
                                   err));
    bl_status status = BL_OK;
    for (size_t i = 0; i < p->prepared->n_parts && status == BL_OK; i++)
        status = write_part(p, &p->prepared->parts[i], err);
    if (status == BL_OK)
        status = bl_publish_folder_finish(&p->folder, err);
    if (status != BL_OK)
        bl_publish_folder_drop(&p->folder);
    return status;
}

bl_status bl_publish(bl_context *context, const bl_prepared *prepared,
                     const bl_publish_options *options, bl_publish_report *ret_report,
                     bl_error *err) {
    publishing p = {.prepared = prepared, .options = options};
    bl_arena_init(&p.arena, context);
    bl_status status = run(&p, err);
    bl_publish_plan_release(&p.plan);
    bl_arena_release(&p.arena);
    if (status == BL_OK)
        *ret_report = p.report;
    return status;
}
