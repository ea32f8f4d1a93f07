// SPDX-License-Identifier: Apache-2.0
// Reports: what any section says becomes a page and JSON that others can read, whatever classes are
// called; files of charts have names of their own; nothing is lost without memory.
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/folder_testing.h"
#include "learn/evaluate/evaluation_testing.h"
#include "learn/report/cells.h"
#include "learn/report/private.h"

enum { N = 300 };

static bl_context *context;
static hand_made made;

static size_t count(const char *text, const char *what) {
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

/// A report of events by hand, with odd names. \param title NULL: none
static bl_report *report_of(const char *title) {
    static const char *classes[HAND_CLASSES] = {"q/d", "<t&t>", "q d"};
    const bl_report_options options = {.title = title};
    bl_report *report = NULL;
    hand_make(context, &made, N);
    made.prepared.classes = classes;
    made.evaluation.classes = classes;
    assert_ok(bl_report_make(&made.evaluation, &options, &report, NULL));
    return report;
}

// ---- the page ----

static void page_has_all(void **state) {
    (void)state;
    bl_report *report = report_of("a < \"b\"");
    bl_text page = {.arena = &report->arena};
    assert_ok(bl_report_page(report, &page, NULL));
    assert_true(report->n_parts > 3);
    for (size_t i = 0; i < report->n_parts; i++) {
        const char *link =
            bl_arena_printf(&report->arena, "<a href=\"#%s\">%s</a>",
                            report->parts[i].section->name, report->parts[i].section->title);
        // in the contents and above the section, where there is more than JSON
        assert_int_equal(count(page.text, link), report->parts[i].output.n_blocks ? 2 : 0);
    }
    assert_int_equal(count(page.text, "<title>a &lt; &quot;b&quot;</title>"), 1);
    assert_int_equal(count(page.text, "<h1>a &lt; &quot;b&quot;</h1>"), 1);
    assert_int_equal(count(page.text, "<t&t>"), 0);
    assert_true(count(page.text, "&lt;t&amp;t&gt;") > 3);
    assert_int_equal(count(page.text, "http"), 0);
    assert_int_equal(count(page.text, "<section "), count(page.text, "</section>"));
    bl_report_close(report);
}

static void titles_are_names(void **state) {
    (void)state;
    bl_report *report = report_of(NULL);
    assert_string_equal(report->title, "first, second");
    assert_non_null(bl_report_find(report, "summary"));
    assert_null(bl_report_find(report, "history")); // no run
    bl_report_close(report);
}

static void listings_and_tables(void **state) {
    static const char *const head[] = {"Name", "Number", NULL};
    static const bl_section section = {"made", "Made", BL_OF_ANY, NULL};
    (void)state;
    bl_report *report = report_of(NULL);
    bl_report_part part = {&section, {.arena = &report->arena, .json = {.arena = &report->arena}}};
    bl_cells cells;
    bl_cells_begin(&cells, &report->arena, "Cells", 1, head);
    bl_cells_add(&cells, "%s", "a&b");
    bl_cells_count(&cells, -1234567);
    bl_cells_add(&cells, "half");
    bl_cells_share(&cells, 1, 2);
    bl_cells_add(&cells, "none");
    bl_cells_number(&cells, NAN);
    assert_ok(bl_cells_end(&cells, &part.output, NULL));
    assert_ok(bl_section_add_listing(&part.output, "Lines", "x < y\n  z", NULL));
    report->parts = &part;
    report->n_parts = 1;
    bl_text page = {.arena = &report->arena};
    assert_ok(bl_report_page(report, &page, NULL));
    assert_non_null(strstr(page.text, "<caption>Cells</caption>"));
    assert_non_null(strstr(
        page.text, "<tr><th scope=\"row\" class=\"w\">a&amp;b</th><td>-1,234,567</td></tr>"));
    assert_non_null(strstr(page.text, ">half</th><td>50.00 %</td>"));
    assert_non_null(strstr(page.text, ">none</th><td>–</td>"));
    assert_non_null(strstr(page.text, "<code>x &lt; y\n  z</code>"));
    bl_report_close(report);
}

// ---- JSON ----

static void json_has_all(void **state) {
    (void)state;
    bl_report *report = report_of(NULL);
    bl_text json = {.arena = &report->arena};
    const bl_item *item = NULL;
    assert_ok(bl_report_json(report, &json, NULL));
    assert_ok(bl_json_parse(&report->arena, "report", json.text, json.n, &item, NULL));
    assert_int_equal(bl_item_get(item, "version")->integer, 1);
    assert_string_equal(bl_item_get(item, "classes")->items[1]->text, "<t&t>");
    assert_string_equal(bl_item_get(bl_item_get(item, "data"), "name")->text, "made by hand");
    assert_int_equal(bl_item_get(bl_item_get(item, "data"), "events")->integer, N);
    const bl_item *sections = bl_item_get(item, "sections");
    for (size_t i = 0; i < report->n_parts; i++)
        if (report->parts[i].output.json.n)
            assert_non_null(bl_item_get(sections, report->parts[i].section->name));
    assert_true(sections->n > 3);
    bl_report_close(report);
}

// ---- files of charts ----

static void files_have_names_of_their_own(void **state) {
    (void)state;
    bl_report *report = report_of(NULL);
    bl_chart_file *files = NULL;
    const char **names = NULL;
    size_t n = 0, n_files = 0;
    bool has_pdf = false;
    assert_ok(bl_report_chart_files(report, &report->arena, &files, &n, NULL));
    assert_true(n > 3);
    for (size_t i = 0; i < n; i++) {
        assert_null(strpbrk(files[i].name, "/<>& "));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(files[i].name, files[k].name);
    }
    assert_ok(bl_report_plots(report, test_folder, false, &has_pdf, NULL));
    assert_ok(bl_folder_list(&report->arena, test_folder, NULL, &names, &n_files, NULL));
    assert_int_equal(n_files, n * (has_pdf ? 3 : 2));
    assert_int_equal(bl_report_plots(report, test_folder, false, &has_pdf, NULL), BL_E_EXISTS);
    assert_ok(bl_report_plots(report, test_folder, true, &has_pdf, NULL));
    bl_report_close(report);
}

// ---- what goes wrong ----

static bl_status without_memory(bl_context *faulty) {
    bl_report *report = NULL;
    const bl_report_options options = {0};
    hand_make(faulty, &made, 20);
    made.evaluation.n_replicas = 3;
    BL_TRY(bl_report_make(&made.evaluation, &options, &report, NULL));
    bl_text page = {.arena = &report->arena}, json = page;
    bl_status status = bl_report_page(report, &page, NULL);
    if (status == BL_OK)
        status = bl_report_json(report, &json, NULL);
    bl_report_close(report);
    return status;
}

static void cancelled(void **state) {
    (void)state;
    bl_report *report = NULL;
    const bl_report_options options = {0};
    bl_context *other = test_context(1);
    hand_make(other, &made, N);
    bl_context_cancel(other);
    assert_int_equal(bl_report_make(&made.evaluation, &options, &report, NULL), BL_E_CANCELLED);
    bl_context_free(other);
}

static int set_up(void **state) {
    context = test_context(2);
    return test_make_folder(state);
}

static int tear_down(void **state) {
    bl_context_free(context);
    return test_remove_folder(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_has_all),
        cmocka_unit_test(titles_are_names),
        cmocka_unit_test(listings_and_tables),
        cmocka_unit_test(json_has_all),
        cmocka_unit_test(files_have_names_of_their_own),
        test_each_allocation(without_memory),
        cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
