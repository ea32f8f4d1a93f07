// SPDX-License-Identifier: Apache-2.0
// Charts of any numbers can be drawn, tables of them read to the same bits, and lack of memory is
// said.
#include "plot/chart.h"

#include <math.h>
#include <stdlib.h>

#include "base/testing.h"

static const double odd[] = {
    0,     -0.0,     1,         -1,  0.5, 1e-320, 1e300, -1e300,
    1e308, INFINITY, -INFINITY, NAN, 3,   1e-7,   42,    1.7976931348623157e308};

static uint64_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed >> 33;
}

enum { MOST_POINTS = 60, MOST_SERIES = 12, MOST_NAMES = 9 };

typedef struct random_chart {
    bl_chart chart;
    bl_series series[MOST_SERIES];
    bl_matrix matrix;
    double numbers[4][MOST_POINTS + 1], cells[MOST_NAMES * MOST_NAMES];
} random_chart;

static double random_number(uint64_t *seed, uint64_t kind) {
    uint64_t r = next_random(seed);
    if (kind == 0)
        return odd[r % (sizeof odd / sizeof *odd)];
    return kind == 1   ? (double)(r % 1000) / 100
           : kind == 2 ? ((double)(r % 2000) - 1000) * 1e-9
                       : 7;
}

static void fill(random_chart *c, uint64_t *seed) {
    static const char *const texts[] = {
        "", "x", "η & <φ> \"√s\" 10⁻³", "\xff\xfe\x01 bad",
        "a label so long that neither a legend nor a margin nor the frame has room for it"};
    static const char *const names[] = {
        "a",      "b",    "",
        "W → ℓν", "\xc3", "<&>",
        "g",      "h",    "the longest name of all categories that there are"};
    uint64_t kind = next_random(seed) % 4;
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i <= MOST_POINTS; i++)
            c->numbers[k][i] = random_number(seed, kind);
    for (size_t i = 0; i < MOST_NAMES * MOST_NAMES; i++)
        c->cells[i] = random_number(seed, kind);
    c->chart = (bl_chart){.name = "random",
                          .title = next_random(seed) % 2 ? texts[next_random(seed) % 5] : NULL,
                          .note = next_random(seed) % 2 ? "one\n\ntwo, that is longer" : NULL,
                          .x = {.title = texts[next_random(seed) % 5],
                                .is_log = next_random(seed) % 2,
                                .low = random_number(seed, kind)},
                          .y = {.is_log = next_random(seed) % 2, .high = random_number(seed, kind)},
                          .series = c->series,
                          .n_series = next_random(seed) % (MOST_SERIES + 1),
                          .has_diagonal = next_random(seed) % 2};
    bool has_names = next_random(seed) % 3 == 0;
    c->chart.y.n_names = has_names ? next_random(seed) % (MOST_NAMES + 1) : 0;
    c->chart.x.n_names = next_random(seed) % 5 == 0 ? next_random(seed) % (MOST_NAMES + 1) : 0;
    c->chart.x.names = c->chart.y.names = names;
    c->matrix = (bl_matrix){c->cells, random_number(seed, kind), random_number(seed, kind),
                            (int)(next_random(seed) % 5) - 1};
    c->chart.matrix = c->chart.x.n_names && c->chart.y.n_names ? &c->matrix : NULL;
    for (size_t k = 0; k < c->chart.n_series; k++) {
        bool has_errors = next_random(seed) % 2;
        bl_mark mark = (bl_mark)(next_random(seed) % (BL_MARK_BARS + 1));
        bool is_band = mark == BL_MARK_BAND || mark == BL_MARK_BOXES;
        size_t n = next_random(seed) % (MOST_POINTS + 1);
        c->series[k] =
            (bl_series){.label = next_random(seed) % 3 ? texts[next_random(seed) % 5] : NULL,
                        .mark = mark,
                        .n = mark == BL_MARK_BARS ? c->chart.y.n_names : n,
                        .x = mark == BL_MARK_BARS ? NULL : c->numbers[0],
                        .y = is_band ? NULL : c->numbers[1],
                        .low = is_band || has_errors ? c->numbers[2] : NULL,
                        .high = is_band || has_errors ? c->numbers[3] : NULL,
                        .color = (unsigned)next_random(seed),
                        .is_dashed = next_random(seed) % 2};
    }
}

static void draw_pdf(bl_context *context, const bl_chart *chart) {
    const char *bytes;
    size_t size;
    BL_AUTO(bl_canvas) canvas = NULL;
    bl_status status = bl_canvas_new_pdf(context, 300, 200, "random", &canvas, NULL);
    if (status == BL_E_UNSUPPORTED)
        return;
    assert_ok(status);
    bl_chart_draw(chart, canvas);
    assert_ok(canvas->ops->finish(canvas, &bytes, &size, NULL));
    assert_memory_equal(bytes, "%PDF-", 5);
}

static void any_numbers_are_drawn(void **state) {
    uint64_t seed = 5;
    (void)state;
    bl_context *context = test_context(1);
    random_chart *c = calloc(1, sizeof *c);
    assert_non_null(c);
    for (size_t i = 0; i < 2000; i++) {
        bl_arena arena;
        bl_arena_init(&arena, context);
        bl_text svg = {.arena = &arena}, csv = {.arena = &arena};
        fill(c, &seed);
        assert_ok(bl_chart_svg(context, &c->chart, "random", &svg, NULL));
        assert_null(strstr(svg.text, "nan"));
        assert_null(strstr(svg.text, "inf"));
        assert_non_null(strstr(svg.text, "</svg>"));
        bl_chart_csv(&c->chart, &csv);
        assert_non_null(csv.text);
        if (i % 10 == 0)
            draw_pdf(context, &c->chart);
        bl_arena_release(&arena);
    }
    free(c);
    bl_context_free(context);
}

/// The field `k` of the line after `line`, as its text says.
static double field(const char **line, size_t k) {
    *line = strchr(*line, '\n') + 1;
    const char *at = *line;
    for (; k; k--)
        at = strchr(at, ',') + 1;
    return strtod(at, NULL);
}

static bool is_same(double a, double b) {
    return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b);
}

static void tables_read_to_the_same_bits(void **state) {
    enum { N = sizeof odd / sizeof *odd };
    double numbers[N + 1];
    (void)state;
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_text text = {.arena = &arena};
    for (size_t i = 0; i <= N; i++)
        numbers[i] = i < N ? odd[i] : 1.0 / 3;
    const bl_series series[] = {
        {"a, \"b\"", BL_MARK_STEPS, N, numbers, numbers + 1, NULL, NULL, 0, false}};
    const bl_chart chart = {.name = "t", .n_series = 1, .series = series};
    bl_chart_csv(&chart, &text);
    const char *head = "series,x_low,x_high,y,low,high\n\"a, \"\"b\"\"\",0,-0.0,-0.0,,\n";
    assert_int_equal(strncmp(text.text, head, strlen(head)), 0);
    const char *lines[] = {text.text, text.text};
    for (size_t i = 0; i < N; i++) {
        double low = field(&lines[0], 2), y = field(&lines[1], 4); // the label has a comma
        assert_true(is_same(low, numbers[i]) && is_same(y, numbers[i + 1]));
    }
    bl_arena_release(&arena);
    bl_context_free(context);
}

static bl_status draw_all(bl_context *context) {
    static const double x[] = {1, 2, 3}, y[] = {4, NAN, 5}, cells[] = {1, 2};
    static const char *const names[] = {"a", "b"};
    static const bl_matrix matrix = {cells, 0, 2, 1};
    const bl_series series[] = {{"a", BL_MARK_LINE, 3, x, y, NULL, NULL, 0, false}};
    const bl_chart charts[] = {{.name = "a", .n_series = 1, .series = series},
                               {.name = "b",
                                .x = {.n_names = 2, .names = names},
                                .y = {.n_names = 1, .names = names},
                                .matrix = &matrix}};
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_text text = {.arena = &arena};
    bl_status status = bl_chart_svg(context, &charts[0], "a", &text, NULL);
    if (status == BL_OK)
        status = bl_chart_svg(context, &charts[1], "b", &text, NULL);
    bl_arena_release(&arena);
    return status;
}

static void other_files_are_refused(void **state) {
    const bl_chart chart = {.name = "a"};
    bl_error error = {0};
    (void)state;
    bl_context *context = test_context(1);
    assert_int_equal(bl_chart_write(context, &chart, "a.png", false, &error), BL_E_UNSUPPORTED);
    assert_string_equal(error.message, "a.png: charts are written as .pdf, .svg or .csv");
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_numbers_are_drawn),
        cmocka_unit_test(tables_read_to_the_same_bits),
        test_each_allocation(draw_all),
        cmocka_unit_test(other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
