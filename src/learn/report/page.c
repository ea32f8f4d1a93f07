// SPDX-License-Identifier: Apache-2.0
// The page of a report: HTML without scripts that asks for nothing. What it looks like, light and
// dark and on paper, page.css says.
#include <beamline/version.h>
#include <embedded/report_page.h>
#include <string.h>

#include "learn/report/private.h"

typedef struct page {
    bl_context *context;
    bl_text *to;
    const bl_chart_file *charts; ///< those that were not shown yet
    size_t n_charts;             ///< those that were
} page;

// ---- text ----

static void put_escaped(bl_text *to, const char *text) {
    while (*text) {
        size_t n = strcspn(text, "&<>\"");
        bl_text_add(to, "%.*s", (int)n, text);
        text += n;
        if (*text == '&')
            bl_text_add(to, "&amp;");
        else if (*text == '<')
            bl_text_add(to, "&lt;");
        else if (*text == '>')
            bl_text_add(to, "&gt;");
        else if (*text == '"')
            bl_text_add(to, "&quot;");
        text += *text != '\0';
    }
}

/// \param before, after markup
static void put(bl_text *to, const char *before, const char *text, const char *after) {
    bl_text_add(to, "%s", before);
    put_escaped(to, text);
    bl_text_add(to, "%s", after);
}

// ---- blocks ----

static void put_head_cells(bl_text *to, const bl_table_cells *table) {
    bl_text_add(to, "<thead><tr>");
    for (size_t i = 0; i < table->n_columns; i++)
        put(to, i < table->n_left ? "<th scope=\"col\" class=\"w\">" : "<th scope=\"col\">",
            table->head[i], "</th>");
    bl_text_add(to, "</tr></thead>\n");
}

static void put_row(bl_text *to, const bl_table_cells *table, const char *const *cells) {
    bl_text_add(to, "<tr>");
    for (size_t i = 0; i < table->n_columns; i++)
        if (i == 0 && table->n_left)
            put(to, "<th scope=\"row\" class=\"w\">", cells[i], "</th>");
        else
            put(to, i < table->n_left ? "<td class=\"w\">" : "<td>", cells[i], "</td>");
    bl_text_add(to, "</tr>\n");
}

/// A wide table scrolls within its own frame, by keys, too.
static void put_table(bl_text *to, const bl_table_cells *table) {
    put(to, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"",
        table->title ? table->title : "Table", "\"><table>");
    if (table->title)
        put(to, "<caption>", table->title, "</caption>");
    put_head_cells(to, table);
    bl_text_add(to, "<tbody>");
    for (size_t i = 0; i < table->n_rows; i++)
        put_row(to, table, table->cells + i * table->n_columns);
    bl_text_add(to, "</tbody></table></div>\n");
}

static void put_listing(bl_text *to, const bl_block *block) {
    put(to, "<figure class=\"listing\"><figcaption>", block->title, "</figcaption>");
    put(to, "<pre tabindex=\"0\"><code>", block->text, "</code></pre></figure>\n");
}

static bl_status put_chart(page *p, const bl_block *block, bl_error *err) {
    double width, height;
    const bl_chart_file *file = p->charts++;
    const char *id = bl_arena_printf(p->to->arena, "chart-%zu", ++p->n_charts);
    if (!id)
        return bl_error_nomem(err, 0, "a page");
    bl_chart_size(file->chart, &width, &height);
    bool is_wide = width > 1.25 * BL_CHART_WIDTH;
    bl_text_add(p->to, "<figure class=\"chart%s\">\n", is_wide ? " wide" : "");
    BL_TRY_IN(bl_chart_svg(p->context, file->chart, id, p->to, err), err, "chart '%s'", file->name);
    put(p->to, "<figcaption>", block->text ? block->text : "", "</figcaption></figure>\n");
    return BL_OK;
}

/// Charts behind each other stand side by side.
static bl_status put_charts(page *p, const bl_section_output *output, size_t *i, bl_error *err) {
    bl_text_add(p->to, "<div class=\"charts\">\n");
    for (; *i < output->n_blocks && output->blocks[*i].kind == BL_BLOCK_CHART; ++*i)
        BL_TRY(put_chart(p, &output->blocks[*i], err));
    bl_text_add(p->to, "</div>\n");
    return BL_OK;
}

static bl_status put_blocks(page *p, const bl_section_output *output, bl_error *err) {
    size_t i = 0;
    while (i < output->n_blocks) {
        const bl_block *block = &output->blocks[i];
        switch (block->kind) {
        case BL_BLOCK_CHART:
            BL_TRY(put_charts(p, output, &i, err));
            continue;
        case BL_BLOCK_WORDS:
            put(p->to, "<p>", block->text, "</p>\n");
            break;
        case BL_BLOCK_TABLE:
            put_table(p->to, &block->table);
            break;
        case BL_BLOCK_LISTING:
            put_listing(p->to, block);
            break;
        }
        i++;
    }
    return BL_OK;
}

// ---- the page ----

static void put_fact(bl_text *to, const char *name, const char *value) {
    put(to, "<div><dt>", name, "</dt>");
    put(to, "<dd>", value, "</dd></div>\n");
}

/// With commas, as tables have it.
static void put_count(bl_text *to, size_t n) {
    size_t step = 1;
    while (n / step >= 1000)
        step *= 1000;
    bl_text_add(to, "%zu", n / step);
    for (; step > 1; step /= 1000)
        bl_text_add(to, ",%03zu", n % step / (step / 1000));
}

static void put_facts(const bl_report *report, bl_text *to) {
    const bl_evaluation *evaluation = report->evaluation;
    bl_text_add(to, "<dl>\n");
    put_fact(to, "Data", evaluation->prepared->name);
    put_fact(to, "Part", evaluation->test->name);
    bl_text_add(to, "<div><dt>Events</dt><dd>");
    put_count(to, evaluation->test->n);
    bl_text_add(to, "</dd></div>\n<div><dt>%s</dt><dd>",
                evaluation->n_targets ? "Predicted" : "Classes");
    for (size_t k = 0; k < bl_evaluation_width(evaluation); k++)
        put(to, k ? ", " : "",
            evaluation->n_targets ? evaluation->targets[k] : evaluation->classes[k], "");
    bl_text_add(to, "</dd></div>\n</dl>\n");
}

static void put_top(const bl_report *report, bl_text *to) {
    bl_text_add(to, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta name=\"color-scheme\" content=\"light dark\">\n"
                    "<meta name=\"generator\" content=\"beamline " BL_VERSION "\">\n"
                    "<link rel=\"icon\" href=\"data:,\">\n");
    put(to, "<title>", report->title, "</title>\n");
    bl_text_add(to, "<style>\n");
    bl_chart_css(to);
    bl_text_add(to, "%s</style>\n</head>\n<body>\n", bl_report_page_css);
    bl_text_add(to, "<a class=\"skip\" href=\"#content\">Skip to the report</a>\n");
    put(to, "<header>\n<p>Evaluation</p>\n<h1>", report->title, "</h1>\n");
    put_facts(report, to);
    bl_text_add(to, "</header>\n");
}

static void put_contents(const bl_report *report, bl_text *to) {
    bl_text_add(to, "<nav aria-label=\"Contents\">\n<ol>\n");
    for (size_t i = 0; i < report->n_parts; i++) {
        const bl_report_part *part = &report->parts[i];
        if (!part->output.n_blocks)
            continue;
        bl_text_add(to, "<li><a href=\"#%s\">", part->section->name);
        put(to, "", part->section->title, "</a></li>\n");
    }
    bl_text_add(to, "</ol>\n</nav>\n");
}

static bl_status put_section(page *p, const bl_report_part *part, bl_error *err) {
    if (!part->output.n_blocks)
        return BL_OK;
    const char *name = part->section->name;
    bl_text_add(p->to,
                "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">"
                "<a href=\"#%s\">",
                name, name, name, name);
    put(p->to, "", part->section->title, "</a></h2>\n");
    BL_TRY(put_blocks(p, &part->output, err));
    bl_text_add(p->to, "</section>\n");
    return BL_OK;
}

bl_status bl_report_page(const bl_report *report, bl_text *to, bl_error *err) {
    bl_chart_file *charts = NULL;
    size_t n = 0;
    BL_TRY(bl_report_chart_files(report, to->arena, &charts, &n, err));
    page p = {report->evaluation->context, to, charts, 0};
    put_top(report, to);
    put_contents(report, to);
    bl_text_add(to, "<main id=\"content\">\n");
    for (size_t i = 0; i < report->n_parts; i++)
        BL_TRY(put_section(&p, &report->parts[i], err));
    bl_text_add(to, "</main>\n<footer><p>Made by beamline " BL_VERSION "</p></footer>\n"
                    "</body>\n</html>\n");
    return to->has_failed ? bl_error_nomem(err, to->n, "a page") : BL_OK;
}
