// SPDX-License-Identifier: Apache-2.0
// Charts as files and as parts of pages.
#include <string.h>

#include "base/whole_file.h"
#include "plot/chart.h"

/// What a chart is called by those who do not see it.
static const char *title_of(const bl_chart *chart) {
    return chart->title ? chart->title : chart->name ? chart->name : "chart";
}

bl_status bl_chart_svg(bl_context *context, const bl_chart *chart, const char *id, bl_text *to,
                       bl_error *err) {
    double width, height;
    const char *bytes;
    size_t size;
    BL_AUTO(bl_canvas) canvas = NULL;
    bl_chart_size(chart, &width, &height);
    BL_TRY(bl_canvas_new_svg(context, width, height, title_of(chart), id, &canvas, err));
    bl_chart_draw(chart, canvas);
    BL_TRY(canvas->ops->finish(canvas, &bytes, &size, err));
    bl_text_add(to, "%s", bytes);
    return to->has_failed ? bl_error_nomem(err, size, "a picture") : BL_OK;
}

static void add_colors(bl_text *to, bool is_dark) {
    for (size_t i = 0; i < BL_N_INKS; i++)
        bl_text_add(to, "--bl-%s:#%06x;", bl_inks[i].name,
                    (unsigned)(is_dark ? bl_inks[i].dark : bl_inks[i].light));
}

void bl_chart_css(bl_text *to) {
    bl_text_add(to, ":root{");
    add_colors(to, false);
    bl_text_add(to, "}\n@media screen and (prefers-color-scheme:dark){:root{");
    add_colors(to, true);
    bl_text_add(to, "}}\n.bl-chart{max-width:100%%;height:auto}\n");
}

// ---- files ----

typedef bl_status (*canvas_fn)(bl_context *context, double width, double height, const char *title,
                               bl_canvas **ret_canvas, bl_error *err);

static bl_status new_svg_file(bl_context *context, double width, double height, const char *title,
                              bl_canvas **ret_canvas, bl_error *err) {
    return bl_canvas_new_svg(context, width, height, title, NULL, ret_canvas, err);
}

static bl_status write_csv(bl_context *context, const bl_chart *chart, const char *path,
                           bool overwrite, bl_error *err) {
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_text text = {.arena = &arena};
    bl_chart_csv(chart, &text);
    bl_status status = BL_OK;
    if (text.has_failed)
        status = bl_error_nomem(err, text.n, "a table");
    else
        status = bl_whole_file_write(path, text.text, text.n, overwrite, err);
    bl_arena_release(&arena);
    return status;
}

static const struct {
    const char *ending;
    canvas_fn new_canvas; ///< NULL: CSV
} forms[] = {{".pdf", bl_canvas_new_pdf}, {".svg", new_svg_file}, {".csv", NULL}};

bl_status bl_chart_write(bl_context *context, const bl_chart *chart, const char *path,
                         bool overwrite, bl_error *err) {
    const size_t n_forms = sizeof forms / sizeof *forms;
    const char *dot = strrchr(path, '.'), *bytes;
    size_t form = 0, size;
    double width, height;
    BL_AUTO(bl_canvas) canvas = NULL;
    while (form < n_forms && (!dot || strcmp(dot, forms[form].ending) != 0))
        form++;
    if (form == n_forms)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%s: charts are written as .pdf, .svg or .csv",
                            path);
    if (!forms[form].new_canvas)
        return write_csv(context, chart, path, overwrite, err);
    bl_chart_size(chart, &width, &height);
    BL_TRY(forms[form].new_canvas(context, width, height, title_of(chart), &canvas, err));
    bl_chart_draw(chart, canvas);
    BL_TRY(canvas->ops->finish(canvas, &bytes, &size, err));
    return bl_whole_file_write(path, bytes, size, overwrite, err);
}
