// SPDX-License-Identifier: Apache-2.0
// usage: charts_draw FOLDER: a chart of each kind as NAME.svg, NAME.pdf and NAME.csv, and all of
// them in page.html.
#include <beamline/context.h>
#include <math.h>
#include <stdio.h>

#include "base/whole_file.h"
#include "plot/chart.h"

enum { MOST = 4000, N_BINS = 40 };

static double xs[MOST], ys[8][MOST], lows[8][MOST], highs[8][MOST];

static double gauss(double x, double mean, double width) {
    return exp(-0.5 * pow((x - mean) / width, 2));
}

/// Not random, but uneven.
static double jitter(size_t i) { return fmod((double)(i * 2654435761U % 1000003U), 97) / 97 - 0.5; }

static const char *const classes[] = {"tt̄ → bqq bqq", "W → ℓν + jets", "QCD multijet"};
static const char *const features[] = {
    "p_T(ℓ)", "η",   "φ",  "E_T^miss", "m(jj) & <more>",
    "ΔR",     "H_T", "√s", "n_jets",   "a very long name of an observable"};

static const bl_chart *roc(void) {
    static const char *const labels[] = {"tt̄, AUC 0.9871 ± 0.0004", "W + jets, AUC 0.9512",
                                         "QCD, AUC 0.9433"};
    static bl_series series[4];
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < MOST; i++) {
            xs[i] = (double)(i + 1) / MOST;
            ys[k][i] = pow(xs[i], -1.2 - 0.5 * (double)k) * (1 + 2 * (1 - xs[i]));
            lows[k][i] = ys[k][i] * 0.85;
            highs[k][i] = ys[k][i] * (1 + 0.2 * xs[i]);
        }
        series[k + 1] =
            (bl_series){labels[k], BL_MARK_LINE, MOST, xs, ys[k], NULL, NULL, (unsigned)k, k == 2};
    }
    series[0] = (bl_series){"± 1σ", BL_MARK_BAND, MOST, xs, NULL, lows[0], highs[0], 0, false};
    static const bl_chart chart = {.name = "roc",
                                   .title = "ROC curves, one class against all others",
                                   .note = "√s = 13 TeV, 3 fb⁻¹\ntest events, equal composition",
                                   .x = {.title = "signal efficiency", .low = 0, .high = 1},
                                   .y = {.title = "1 / false-positive rate", .is_log = true},
                                   .n_series = 4,
                                   .series = series};
    return &chart;
}

static const bl_chart *scores(void) {
    static bl_series series[6];
    static double edges[N_BINS + 1], y[6][N_BINS], low[6][N_BINS], high[6][N_BINS], mid[N_BINS];
    static const char *const labels[] = {"tt̄ train", "W + jets train", "QCD train",
                                         "tt̄ test",  "W + jets test",  "QCD test"};
    for (size_t i = 0; i <= N_BINS; i++)
        edges[i] = (double)i / N_BINS;
    for (size_t k = 0; k < 6; k++) {
        for (size_t i = 0; i < N_BINS; i++) {
            mid[i] = (edges[i] + edges[i + 1]) / 2;
            y[k][i] = 400 * gauss(mid[i], 0.9 - 0.35 * (double)(k % 3), 0.12) +
                      (k > 2 ? 15 * jitter(i + 50 * k) : 0);
            low[k][i] = y[k][i] - sqrt(fabs(y[k][i]));
            high[k][i] = y[k][i] + sqrt(fabs(y[k][i]));
        }
        series[k] = (bl_series){labels[k],
                                k < 3 ? BL_MARK_FILLED : BL_MARK_POINTS,
                                N_BINS,
                                k < 3 ? edges : mid,
                                y[k],
                                k < 3 ? NULL : low[k],
                                k < 3 ? NULL : high[k],
                                (unsigned)k % 3,
                                false};
    }
    static const bl_chart chart = {.name = "scores",
                                   .x = {.title = "score of tt̄"},
                                   .y = {.title = "events / 0.025"},
                                   .n_series = 6,
                                   .series = series};
    return &chart;
}

static const bl_chart *mass(void) {
    static bl_series series[3];
    static double edges[N_BINS + 1], y[2][N_BINS], low[N_BINS], high[N_BINS];
    for (size_t i = 0; i <= N_BINS; i++)
        edges[i] = 20 * pow(100, (double)i / N_BINS);
    for (size_t i = 0; i < N_BINS; i++) {
        y[0][i] = 1e5 * pow(edges[i] / 20, -2.2) + 8000 * gauss(edges[i], 91, 6);
        y[1][i] = i % 9 == 8 ? 0 : y[0][i] * 0.02 * (1 + jitter(i));
        low[i] = y[0][i] * 0.7;
        high[i] = y[0][i] * 1.25;
    }
    series[0] = (bl_series){
        "systematic uncertainty", BL_MARK_BOXES, N_BINS, edges, NULL, low, high, 7, false};
    series[1] =
        (bl_series){"before selection", BL_MARK_STEPS, N_BINS, edges, y[0], NULL, NULL, 0, false};
    series[2] = (bl_series){"at ε = 1 %", BL_MARK_STEPS, N_BINS, edges, y[1], NULL, NULL, 1, true};
    static const bl_chart chart = {.name = "mass",
                                   .title = "Sculpting of the mass",
                                   .x = {.title = "m(ℓℓ) [GeV]", .is_log = true},
                                   .y = {.title = "sum of weights", .is_log = true},
                                   .n_series = 3,
                                   .series = series};
    return &chart;
}

static const bl_chart *loss(void) {
    static bl_series series[2];
    static double epochs[30], y[2][30];
    for (size_t i = 0; i < 30; i++) {
        epochs[i] = (double)i + 1;
        y[0][i] = 0.2 + 0.5 * exp(-(double)i / 6) + 0.01 * jitter(i);
        y[1][i] = i % 11 == 7 || i == 13
                      ? NAN
                      : 0.23 + 0.46 * exp(-(double)i / 5) + 0.03 * jitter(3 * i + 1);
    }
    series[0] = (bl_series){"training", BL_MARK_LINE, 30, epochs, y[0], NULL, NULL, 0, false};
    series[1] = (bl_series){"validation", BL_MARK_LINE, 30, epochs, y[1], NULL, NULL, 1, true};
    static const bl_chart chart = {.name = "loss",
                                   .x = {.title = "epoch"},
                                   .y = {.title = "loss"},
                                   .n_series = 2,
                                   .series = series};
    return &chart;
}

static const bl_chart *calibration(void) {
    static bl_series series[1];
    static double x[10], y[10], low[10], high[10];
    for (size_t i = 0; i < 10; i++) {
        x[i] = 0.05 + 0.1 * (double)i;
        y[i] = x[i] + 0.25 * x[i] * (1 - x[i]) * (x[i] - 0.4) + 0.03 * jitter(i);
        low[i] = y[i] - 0.02 - 0.02 * x[i];
        high[i] = y[i] + 0.02 + 0.02 * x[i];
    }
    series[0] = (bl_series){"HLF network", BL_MARK_POINTS, 10, x, y, low, high, 2, false};
    static const bl_chart chart = {.name = "calibration",
                                   .x = {.title = "predicted probability", .low = 0, .high = 1},
                                   .y = {.title = "fraction of signal", .low = 0, .high = 1},
                                   .n_series = 1,
                                   .series = series,
                                   .has_diagonal = true,
                                   .note = "ECE = 0.012"};
    return &chart;
}

static const bl_chart *importance(void) {
    static bl_series series[2];
    static double y[2][10], low[2][10], high[2][10];
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < 10; i++) {
            y[k][i] = 0.2 * exp(-0.5 * (double)i) - (i == 9 ? 0.004 : 0) + 0.01 * (double)k;
            low[k][i] = y[k][i] - 0.003;
            high[k][i] = y[k][i] + 0.003;
        }
        series[k] = (bl_series){k ? "inclusive" : "HLF",
                                BL_MARK_BARS,
                                10,
                                NULL,
                                y[k],
                                low[k],
                                high[k],
                                (unsigned)k,
                                false};
    }
    static const bl_chart chart = {.name = "importance",
                                   .title = "Permutation importance",
                                   .x = {.title = "loss of AUC"},
                                   .y = {.n_names = 10, .names = features},
                                   .n_series = 2,
                                   .series = series};
    return &chart;
}

static const bl_chart *confusion(void) {
    static const double cells[] = {0.912, 0.058, 0.030, 0.071, 0.850, 0.079, 0.034, 0.122, NAN};
    static const bl_matrix matrix = {cells, 0, 1, 3};
    static const bl_chart chart = {.name = "confusion",
                                   .title = "Confusion, rows add up to 1",
                                   .x = {.title = "predicted", .n_names = 3, .names = classes},
                                   .y = {.title = "true", .n_names = 3, .names = classes},
                                   .matrix = &matrix};
    return &chart;
}

static const bl_chart *correlation(void) {
    static double cells[100];
    for (size_t i = 0; i < 100; i++) {
        size_t row = i / 10, column = i % 10;
        cells[i] = row == column ? 1 : 0.9 * cos(1.3 * (double)(row + column));
    }
    static const bl_matrix matrix = {cells, -1, 1, 2};
    static const bl_chart chart = {.name = "correlation",
                                   .x = {.n_names = 10, .names = features},
                                   .y = {.n_names = 10, .names = features},
                                   .matrix = &matrix};
    return &chart;
}

static const bl_chart *many(void) {
    static bl_series series[12];
    static const char *const labels[] = {
        "one",    "two",   "three", "four", "five, with a label that does not end soon",
        "six",    "seven", "eight", "nine", "ten",
        "eleven", "twelve"};
    static const double x[2] = {0, 1};
    static double y[12][2];
    for (size_t k = 0; k < 12; k++) {
        y[k][0] = (double)k * 1e6;
        y[k][1] = (double)(12 - k) * 1.5e6;
        series[k] =
            (bl_series){labels[k], BL_MARK_LINE, 2, x, y[k], NULL, NULL, (unsigned)k, false};
    }
    static const bl_chart chart = {.name = "many",
                                   .x = {.title = "x"},
                                   .y = {.title = "y [μm²]"},
                                   .n_series = 12,
                                   .series = series};
    return &chart;
}

static const bl_chart *nothing(void) {
    static const double none[] = {NAN, INFINITY, -INFINITY};
    static const bl_series series[] = {{"a", BL_MARK_LINE, 3, none, none, NULL, NULL, 0, false}};
    static const bl_chart chart = {.name = "nothing",
                                   .title = "Of an empty class",
                                   .x = {.title = "x", .is_log = true},
                                   .y = {.title = "y"},
                                   .n_series = 1,
                                   .series = series};
    return &chart;
}

static const bl_chart *one_point(void) {
    static const double x[] = {3}, y[] = {0};
    static const bl_series series[] = {
        {"a < b & \"c\"", BL_MARK_LINE, 1, x, y, NULL, NULL, 0, false}};
    static const bl_chart chart = {.name = "one-point",
                                   .x = {.title = "x"},
                                   .y = {.title = "y", .is_log = true},
                                   .n_series = 1,
                                   .series = series};
    return &chart;
}

static const bl_chart *extreme(void) {
    static const double x[] = {-1e300, 0, 1e300, 1e308}, y[] = {1e-300, 1, 1e300, 3e-320};
    static const bl_series series[] = {{"extreme", BL_MARK_LINE, 4, x, y, NULL, NULL, 0, false}};
    static const bl_chart chart = {.name = "extreme",
                                   .x = {.title = "x"},
                                   .y = {.title = "y", .is_log = true},
                                   .n_series = 1,
                                   .series = series};
    return &chart;
}

static const bl_chart *nearly_equal(void) {
    static const double x[] = {1000000.1, 1000000.2, 1000000.4}, y[] = {5, 5, 5};
    static const bl_series series[] = {{NULL, BL_MARK_POINTS, 3, x, y, NULL, NULL, 0, false}};
    static const bl_chart chart = {.name = "nearly-equal",
                                   .x = {.title = "x"},
                                   .y = {.title = "y"},
                                   .n_series = 1,
                                   .series = series};
    return &chart;
}

static const bl_chart *crowded(void) {
    static bl_series series[3];
    static const char *const labels[] = {"noise", "more noise", "and more"};
    static double x[MOST];
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < MOST; i++) {
            x[i] = (double)i;
            ys[k + 4][i] = 0.00002 * jitter(i * (k + 3) + k);
        }
        series[k] = (bl_series){labels[k], BL_MARK_LINE,    MOST, x, ys[k + 4], NULL,
                                NULL,      (unsigned)k + 3, false};
    }
    static const bl_chart chart = {.name = "crowded",
                                   .x = {.title = "step"},
                                   .y = {.title = "gradient"},
                                   .n_series = 3,
                                   .series = series,
                                   .note = "three lines of noise"};
    return &chart;
}

typedef const bl_chart *(*make_fn)(void);
static const make_fn charts[] = {roc,        scores,    mass,         loss,   calibration,
                                 importance, confusion, correlation,  many,   nothing,
                                 one_point,  extreme,   nearly_equal, crowded};
enum { N_CHARTS = sizeof charts / sizeof *charts };

static bl_status write_all(bl_context *context, const char *folder, bl_error *err) {
    static const char *const endings[] = {"svg", "pdf", "csv"};
    char path[4096];
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_text page = {.arena = &arena};
    bl_text_add(&page, "<!doctype html><meta charset=\"utf-8\"><title>charts</title><style>");
    bl_chart_css(&page);
    bl_text_add(&page, "body{background:var(--bl-paper);color:var(--bl-text)}</style>\n");
    bl_status status = BL_OK;
    for (size_t i = 0; i < N_CHARTS && status == BL_OK; i++) {
        const bl_chart *chart = charts[i]();
        for (size_t k = 0; k < 3 && status == BL_OK; k++) {
            snprintf(path, sizeof path, "%s/%s.%s", folder, chart->name, endings[k]);
            status = bl_chart_write(context, chart, path, false, err);
            if (status == BL_E_UNSUPPORTED && k == 1)
                status = BL_OK; // built without PDF
        }
        if (status == BL_OK)
            status = bl_chart_svg(context, chart, chart->name, &page, err);
    }
    snprintf(path, sizeof path, "%s/page.html", folder);
    if (status == BL_OK)
        status = bl_whole_file_write(path, page.text, page.n, false, err);
    bl_arena_release(&arena);
    return status;
}

int main(int argc, char **argv) {
    bl_error error = {0};
    bl_context *context = NULL;
    if (argc != 2)
        return 2;
    bl_status status = bl_context_new(NULL, &context, &error);
    if (status == BL_OK)
        status = write_all(context, argv[1], &error);
    if (status != BL_OK)
        fprintf(stderr, "charts_draw: %s\n", error.message);
    bl_context_free(context);
    return status == BL_OK ? 0 : 1;
}
