// SPDX-License-Identifier: Apache-2.0
// Charts as files.
#include <ctype.h>
#include <string.h>

#include "base/folder.h"
#include "learn/report/private.h"

// ---- names ----

/// A chart's name as that of a file: classes and columns may be called anything.
static char *safe_name(bl_arena *arena, const char *name) {
    char *safe = bl_arena_text(arena, name, strlen(name));
    for (char *at = safe; at && *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("+-_.", *at))
            *at = '_';
    if (safe && safe[0] == '.')
        safe[0] = '_';
    return safe;
}

static bool has_name(const bl_chart_file *files, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(files[i].name, name) == 0)
            return true;
    return false;
}

static size_t n_blocks(const bl_report *report) {
    size_t n = 0;
    for (size_t i = 0; i < report->n_parts; i++)
        n += report->parts[i].output.n_blocks;
    return n;
}

/// A name that no file before has: those that would be the same are numbered.
static bl_status name_file(bl_arena *arena, const bl_chart *chart, bl_chart_file *files, size_t n,
                           bl_error *err) {
    const char *safe = safe_name(arena, chart->name), *name = safe;
    for (size_t k = 2; name && has_name(files, n, name); k++)
        name = bl_arena_printf(arena, "%s-%zu", safe, k);
    if (!name)
        return bl_error_nomem(err, strlen(chart->name), "a name");
    files[n] = (bl_chart_file){chart, name};
    return BL_OK;
}

bl_status bl_report_chart_files(const bl_report *report, bl_arena *arena, bl_chart_file **ret_files,
                                size_t *ret_n, bl_error *err) {
    size_t n = 0, most = n_blocks(report);
    bl_chart_file *files = (bl_chart_file *)bl_arena_array(arena, most + 1, sizeof *files);
    if (!files)
        return bl_error_nomem(err, most * sizeof *files, "charts");
    for (size_t i = 0; i < report->n_parts; i++)
        for (size_t k = 0; k < report->parts[i].output.n_blocks; k++) {
            const bl_block *block = &report->parts[i].output.blocks[k];
            if (block->kind == BL_BLOCK_CHART)
                BL_TRY(name_file(arena, &block->chart, files, n++, err));
        }
    *ret_files = files;
    *ret_n = n;
    return BL_OK;
}

// ---- files ----

typedef struct plots {
    bl_context *context;
    bl_arena *arena;
    const char *folder;
    bool overwrite, has_pdf;
} plots;

static bl_status write_as(const plots *p, const bl_chart_file *file, const char *ending,
                          bl_error *err) {
    const char *path = bl_arena_printf(p->arena, "%s/%s.%s", p->folder, file->name, ending);
    if (!path)
        return bl_error_nomem(err, strlen(p->folder), "a path");
    return bl_chart_write(p->context, file->chart, path, p->overwrite, err);
}

static bl_status write_chart(plots *p, const bl_chart_file *file, bl_error *err) {
    BL_TRY(write_as(p, file, "svg", err));
    BL_TRY(write_as(p, file, "csv", err));
    bl_status status = p->has_pdf ? write_as(p, file, "pdf", err) : BL_OK;
    p->has_pdf &= status != BL_E_UNSUPPORTED;
    return status == BL_E_UNSUPPORTED ? BL_OK : status;
}

static bl_status write_charts(const bl_report *report, plots *p, bl_error *err) {
    bl_chart_file *files = NULL;
    size_t n = 0;
    BL_TRY(bl_report_chart_files(report, p->arena, &files, &n, err));
    BL_TRY(bl_folder_make(p->folder, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(write_chart(p, &files[i], err));
    return BL_OK;
}

bl_status bl_report_plots(const bl_report *report, const char *folder, bool overwrite,
                          bool *ret_has_pdf, bl_error *err) {
    bl_arena arena;
    plots p = {report->evaluation->context, &arena, folder, overwrite, .has_pdf = true};
    bl_arena_init(&arena, p.context);
    bl_status status = write_charts(report, &p, err);
    bl_arena_release(&arena);
    if (status == BL_OK)
        *ret_has_pdf = p.has_pdf;
    return status;
}
