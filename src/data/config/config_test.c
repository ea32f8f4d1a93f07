// SPDX-License-Identifier: Apache-2.0
// What data configurations mean, key by key, and what they are refused for.
#include "data/config/config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"

static bl_context *context;
static bl_arena arena;

static bl_status read(const char *text, bl_config *config, bl_error *err) {
    const bl_item *document = NULL;
    bl_config_init(config, &arena);
    assert_ok(bl_yaml_parse(&arena, "x.yaml", text, strlen(text), &document, NULL));
    return bl_config_read_document(config, document, err);
}

static bl_config config_of(const char *text) {
    bl_config config;
    bl_error err = {0};
    if (read(text, &config, &err) != BL_OK)
        fail_msg("%s", err.message);
    return config;
}

/// Refused when it is read, or when preparation begins.
static void refuses(const char *text, const char *message) {
    bl_config config;
    bl_error err = {0};
    bl_status status = read(text, &config, &err);
    if (status == BL_OK)
        status = bl_config_for_preparation(&config, &err);
    assert_error(status, BL_E_INVALID, err, message);
}

static bool same(double a, double b) { return a == b || fabs(a - b) < 1e-15; }

static void is(const bl_variable_config *v, const char *name, bl_scaler scaler, double low,
               double high, double missing, double pad) {
    assert_string_equal(v->name, name);
    assert_string_equal(bl_scaler_name(v->scaler), bl_scaler_name(scaler));
    assert_true(same(v->low, low));
    assert_true(same(v->high, high));
    assert_true(isnan(missing) ? isnan(v->missing) : v->missing == missing);
    assert_true(same(v->pad, pad));
}

static const double inf = (double)INFINITY, nan_ = (double)NAN;

// ---- inputs ----

static void numbers_of_weaver(void **state) {
    (void)state;
    bl_config manual = config_of("inputs:\n"
                                 "  g: {length: 128, pad_mode: wrap, vars: [a, [b, null, 2, 0, 1], "
                                 "[c, 1.7, 0.7], [d, 0, 1, 0, 1e1, -1], [e, auto], [f_mask]]}\n");
    const bl_input_config *g = &manual.prepare.inputs[0];
    assert_int_equal(g->n, 6);
    assert_int_equal(g->length, 128);
    assert_int_equal(g->padding, BL_NN_FILL_WRAP);
    is(&g->variables[0], "a", BL_SCALER_NONE, -inf, inf, 0, 0);
    is(&g->variables[1], "b", BL_SCALER_NONE, -inf, inf, 0, 0);
    is(&g->variables[2], "c", BL_SCALER_MANUAL, -5, 5, 0, 0);
    assert_true(same(g->variables[2].offset, 1.7));
    assert_true(same(g->variables[2].scale, 0.7));
    is(&g->variables[3], "d", BL_SCALER_MANUAL, 0, 10, 0, -1);
    is(&g->variables[4], "e", BL_SCALER_ROBUST, -5, 5, 0, 0);
    bl_config automatic =
        config_of("inputs: {g: {length: null, vars: [a, [b, null], [c, auto, 1, -2, 3], "
                  "x_mask, [d, 2]]}}\npreprocess: {method: auto, data_fraction: 0.5}\n");
    g = &automatic.prepare.inputs[0];
    assert_int_equal(g->length, 0);
    assert_int_equal(g->padding, BL_NN_FILL_NONE);
    is(&g->variables[0], "a", BL_SCALER_ROBUST, -5, 5, 0, 0);
    is(&g->variables[1], "b", BL_SCALER_NONE, -inf, inf, 0, 0);
    is(&g->variables[2], "c", BL_SCALER_ROBUST, -2, 3, 0, 0);
    is(&g->variables[3], "x_mask", BL_SCALER_NONE, -inf, inf, 0, 0);
    is(&g->variables[4], "d", BL_SCALER_MANUAL, -5, 5, 0, 0);
    assert_true(same(g->variables[4].scale, 1));
}

static void what_weaver_found_goes_first(void **state) {
    (void)state;
    bl_config config = config_of(
        "preprocess: {method: auto, params: {a: {length: 8, pad_mode: wrap, center: 0.5, scale: 2, "
        "min: -1, max: 1, pad_value: 3}, b: {center: null, scale: 1}}}\n"
        "inputs: {g: {vars: [a, b]}, h: {vars: [a]}}\n");
    for (size_t i = 0; i < 2; i++) {
        const bl_variable_config *a = &config.prepare.inputs[i].variables[0];
        is(a, "a", BL_SCALER_MANUAL, -1, 1, 0, 3);
        assert_true(same(a->offset, 0.5));
        assert_true(same(a->scale, 2));
    }
    is(&config.prepare.inputs[0].variables[1], "b", BL_SCALER_NONE, -inf, inf, 0, 0);
}

static void inputs_of_ours(void **state) {
    (void)state;
    bl_config config = config_of(
        "preprocess: {method: standard, fit: all}\n"
        "inputs:\n"
        "  HLF: {column: hfeatures, scale: minmax}\n"
        "  particles:\n"
        "    column: lfeatures\n"
        "    length: 801\n"
        "    pad_mode: none\n"
        "    order: {delta_r: [Eta, Phi], ascending: yes}\n"
        "    per_event: true\n"
        "    vars: [[isChHad, null], {name: E, curve: log, scale: robust, clip: [-5, null],"
        " pad: 1, missing: 2}]\n"
        "  jets: {length: 4, order: {by: pt}, vars: [pt, {name: m, subtract: 1, multiply: 3}]}\n");
    const bl_input_config *inputs = config.prepare.inputs;
    assert_int_equal(config.prepare.n_inputs, 3);
    assert_true(config.prepare.is_fitted_on_all);
    assert_string_equal(inputs[0].column, "hfeatures");
    assert_int_equal(inputs[0].others.scaler, BL_SCALER_MINMAX);
    assert_true(isnan(inputs[0].others.missing));
    assert_int_equal(inputs[1].padding, BL_NN_FILL_NONE);
    assert_int_equal(inputs[1].length, 801);
    assert_int_equal(inputs[1].others.scaler, BL_SCALER_STANDARD);
    assert_true(inputs[1].is_per_event && inputs[1].ascending && !inputs[1].order_by);
    assert_string_equal(inputs[1].eta, "Eta");
    assert_string_equal(inputs[1].phi, "Phi");
    is(&inputs[1].variables[0], "isChHad", BL_SCALER_NONE, -inf, inf, 0, 0);
    is(&inputs[1].variables[1], "E", BL_SCALER_ROBUST, -5, inf, 2, 1);
    assert_int_equal(inputs[1].variables[1].curve, BL_NN_CURVE_LOG);
    assert_int_equal(inputs[2].padding, BL_NN_FILL_CONSTANT);
    assert_string_equal(inputs[2].order_by, "pt");
    assert_false(inputs[2].ascending);
    is(&inputs[2].variables[0], "pt", BL_SCALER_STANDARD, -inf, inf, 0, 0);
    is(&inputs[2].variables[1], "m", BL_SCALER_MANUAL, -inf, inf, nan_, 0);
    assert_true(same(inputs[2].variables[1].scale, 3));
    static const char *const names[] = {"hfeatures", "lfeatures", "pt", "m"};
    assert_int_equal(config.names.n, 4); // what a column's numbers are called is no column
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(config.names.texts[i], names[i]);
}

// ---- labels, weights, parts ----

static void labels_and_weights(void **state) {
    (void)state;
    bl_config config =
        config_of("inputs: {g: {vars: [x]}}\n"
                  "labels: {type: simple, value: [a, b, c]}\n"
                  "negative_weights: abs\n"
                  "weights: {reweight_method: ref, reweight_vars: {pt: [0, 10, 1e2], eta: [-1, 1]},"
                  " reweight_classes: [c, a], class_weights: [2, 3], reweight_threshold: 15,"
                  " reweight_discard_under_overflow: false, reweight_basewgt: w * 2,"
                  " balance: {method: undersample, part: all}, resample: true}\n");
    const bl_weights_config *weights = &config.prepare.weights;
    assert_int_equal(config.prepare.label_kind, BL_LABEL_ONE_OF);
    assert_int_equal(weights->reweighting, BL_REWEIGHT_REF);
    assert_int_equal(weights->n_axes, 2);
    assert_int_equal(weights->axes[0].n_edges, 3);
    assert_true(same(weights->axes[0].edges[2], 100));
    assert_true(same(weights->threshold, 15));
    assert_true(weights->keeps_outside && weights->balances_all && weights->resamples);
    assert_int_equal(weights->balance, BL_BALANCE_UNDERSAMPLE);
    assert_int_equal(weights->negative, BL_NEGATIVE_ABS);
    assert_string_equal(weights->factors[0], "_basewgt_");
    assert_false(bl_text_list_has(&config.names, "_basewgt_"));
    assert_ok(bl_config_for_preparation(&config, NULL));
    assert_true(bl_text_list_has(&config.names, "_basewgt_"));
    assert_string_equal(config.variables[0].text, "w * 2");
    assert_int_equal(weights->n_class_weights, 2); // of c and a
    assert_string_equal(weights->classes[1], "a");
    assert_true(same(weights->class_weights[1], 3));
    config = config_of("weights: {use_precomputed_weights: true, weight_branches: [w1, w2]}");
    assert_int_equal(config.prepare.weights.n_factors, 2);
    assert_string_equal(config.prepare.weights.factors[1], "w2");
    config = config_of("labels: {type: custom, value: {m: log(mass)}}");
    assert_int_equal(config.prepare.label_kind, BL_LABEL_NUMBERS);
    assert_string_equal(config.prepare.labels[0], "m");
}

static void classes_of_samples(void **state) {
    (void)state;
    bl_config config = config_of("inputs: {g: {vars: [x]}}\n"
                                 "weights: {class_weights: [1, 0.5], balance: weights}\n"
                                 "samples: {qcd: {label: 0}, tt: {label: 1, dataset: ttbar},"
                                 " tt2: {label: 1, part: test}}\n");
    assert_ok(bl_config_for_preparation(&config, NULL));
    assert_int_equal(config.prepare.label_kind, BL_LABEL_OF_SAMPLE);
    assert_int_equal(config.prepare.n_labels, 2);
    assert_string_equal(config.prepare.labels[1], "tt");
    assert_string_equal(config.samples[1].dataset, "ttbar");
    assert_null(config.samples[0].dataset);
    assert_int_equal(config.samples[0].part, -1);
    assert_int_equal(config.samples[2].part, 2);
}

static void shares_and_folds(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double train, validation, test;
    } rows[] = {
        {"", 0.8, 0.1, 0.1},
        {"test: 0.25", 0.75, 0, 0.25},
        {"train: 1", 1, 0, 0},
        {"train: 0.7, validation: 0.1, test: 0.2", 0.7, 0.1, 0.2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = bl_arena_printf(&arena, "split: {%s}", rows[i].text);
        const bl_split_config split = config_of(text).prepare.split;
        assert_true(same(split.train, rows[i].train));
        assert_true(same(split.validation, rows[i].validation));
        assert_true(same(split.test, rows[i].test));
        assert_int_equal(split.n_folds, 0);
    }
    bl_config folds = config_of("split: {folds: 5, by: [run, event], seed: 3, duplicates: drop}\n"
                                "seed: 7\ntype: float64\n");
    assert_int_equal(folds.prepare.split.n_folds, 5);
    assert_int_equal(folds.prepare.split.n_identity, 2);
    assert_int_equal(folds.prepare.split.seed, 3);
    assert_int_equal(folds.prepare.split.duplicates, BL_DUPLICATES_DROP);
    assert_int_equal(folds.prepare.seed, 7);
    assert_true(folds.prepare.is_double && bl_text_list_has(&folds.names, "event"));
    assert_true(config_of("split: {by: entry}").prepare.split.is_by_entry);
}

static void variations(void **state) {
    (void)state;
    bl_config config = config_of("inputs: {g: {vars: [x]}}\n"
                                 "labels: {value: [a, b]}\n"
                                 "variations: {jesUp: {Jet_pt: Jet_pt_jesUp},"
                                 " scale: 'LHEScaleWeight[*]', pu: 1 / w}\n");
    const bl_variation_config *v = config.prepare.variations;
    assert_int_equal(config.prepare.n_variations, 3);
    assert_null(v[0].weight);
    assert_int_equal(v[0].n_renames, 1);
    assert_string_equal(v[0].from[0], "Jet_pt");
    assert_string_equal(v[0].to[0], "Jet_pt_jesUp");
    assert_string_equal(v[1].weight, "LHEScaleWeight");
    assert_string_equal(v[1].column, "weight_scale");
    assert_true(v[1].is_list && !v[2].is_list);
    assert_int_equal(config.n_variables, 0); // `ingest` does not write them
    assert_ok(bl_config_for_preparation(&config, NULL));
    assert_int_equal(config.n_variables, 2);
    assert_true(bl_text_list_has(&config.names, "weight_pu"));
    assert_false(bl_text_list_has(&config.names, "Jet_pt_jesUp"));
}

// ---- what is refused ----

static const struct {
    const char *text, *message;
} refusals[] = {
    {"inputs: {g: {lenght: 3, vars: [x]}}", "1:22: g: unknown key 'lenght'; did you mean 'l"},
    {"inputs: {g: {length: 0, vars: [x]}}", "length is above 0, or null"},
    {"inputs: {g: {length: 2, pad_mode: warp, vars: [x]}}",
     "1:35: pad_mode is 'none', 'constant' or 'wrap', not 'warp'; did you mean 'wrap'"},
    {"inputs: {a_mask: {pad_mode: wrap, vars: [x]}}", "pad_mode of 'a_mask' is 'constant'"},
    {"inputs: {g: {length: 2}}", "1:13: inputs.g has no vars, and no column"},
    {"inputs: {g: {vars: [x, x]}}", "1:24: inputs.g has 'x' twice"},
    {"inputs: {g: {vars: [[]]}}", "a variable is a name"},
    {"inputs: {g: {vars: [[x, 1, 2, 3, 4, 5, 6]]}}", "a variable is a name"},
    {"inputs: {g: {vars: [[x, .nan]]}}", "1:25: subtract is a finite number"},
    {"inputs: {g: {vars: [[x, automatic]]}}", "subtract is a number, not a text"},
    {"inputs: {g: {vars: [[x, 0, 1, 2, 1]]}}", "x is cut to 2 at least and 1 at most"},
    {"inputs: {g: {vars: [{nam: x}]}}", "a variable: unknown key 'nam'; did you mean 'name'"},
    {"inputs: {g: {vars: [{curve: log}]}}", "1:21: a variable has no name"},
    {"inputs: {g: {vars: [{name: x, curve: logp1}]}}", "did you mean 'log1p'"},
    {"inputs: {g: {vars: [{name: x, scale: standart}]}}", "did you mean 'standard'"},
    {"inputs: {g: {vars: [{name: x, scale: minmax, subtract: 1}]}}", "no scale to be found"},
    {"inputs: {g: {vars: [{name: x, clip: [3, 2]}]}}", "clip is [smallest, largest]"},
    {"inputs: {g: {vars: [{name: x, clip: 3}]}}", "clip is [smallest, largest]"},
    {"inputs: {g: {vars: [{name: x, missing: .inf}]}}", "missing is finite"},
    {"inputs: {g: {scale: non, vars: [x]}}", "did you mean 'none'"},
    {"inputs: {g: {vars: [pt], order: {by: pT}}}", "none of its vars; did you mean 'pt'"},
    {"inputs: {g: {vars: [pt], order: {}}}", "order is {by: NAME} or {delta_r: [ETA, PHI]}"},
    {"inputs: {g: {column: c, order: {delta_r: [a]}}}", "delta_r is [ETA, PHI]"},
    {"inputs: {g: {vars: [x], per_event: 2}}", "per_event is true or false"},
    {"preprocess: {method: automatic}", "'auto', 'manual', 'minmax', 'standard', 'robust' or"},
    {"preprocess: {data_fraction: 0}", "data_fraction is above 0"},
    {"preprocess: {fit: test}", "fit is 'train' or 'all', not 'test'"},
    {"preprocess: {params: {y: {center: 0}}}\ninputs: {g: {vars: [yy]}}",
     "params: no input has 'y'"},
    {"labels: {type: simpel, value: [a]}", "did you mean 'simple'"},
    {"labels: {type: simple}", "labels have no value"},
    {"labels: {type: custom, value: [a]}", "value is a map"},
    {"weights: {balance: undersampel}", "did you mean 'undersample'"},
    {"weights: {balance: {method: weights, part: test}}", "part is 'train' or 'all'"},
    {"weights: {reweight_method: ref}", "but no reweight_vars"},
    {"weights: {reweight_method: reff}", "did you mean 'ref'"},
    {"weights: {reweight_vars: {pt: [0]}}", "reweight_vars.pt has no two edges"},
    {"weights: {reweight_vars: {pt: [0, 2, 1]}}", "1:38: reweight_vars.pt: edges ascend"},
    {"weights: {reweight_vars: {pt: [0, .nan]}}", "edges ascend"},
    {"weights: {reweight_threshold: 101}", "reweight_threshold is a percentile"},
    {"labels: {value: [Hbb, Hcc]}\nweights: {reweight_classes: [Hb]}",
     "no label 'Hb'; did you mean 'Hbb'"},
    {"labels: {value: [a, b]}\nweights: {class_weights: [1]}",
     "class_weights are 1, and classes 2"},
    {"labels: {value: [a]}\nweights: {class_weights: [-1]}", "class_weights are above 0"},
    {"negative_weights: drp", "did you mean 'drop'"},
    {"split: {train: 0.5, test: 0.1}", "shares whose sum is 1"},
    {"split: {train: 0, test: 1}", "with train above 0"},
    {"split: {test: 2}", "1:15: test is a share of events, 0 to 1"},
    {"split: {folds: 2}", "folds are 3 to 1000"},
    {"split: {folds: 3, test: 0.1}", "split has folds"},
    {"split: {seed: -1}", "split.seed is 0 or above"},
    {"split: {by: []}", "by is 'entry', or a list of columns"},
    {"split: {duplicates: kep}", "did you mean 'keep'"},
    {"variations: {up-1: {a: b}}", "'up-1' is no name"},
    {"variations: {up: {}}", "variations.up renames no column"},
    {"variations: {up: {a: null}}", "variations.up: which column is a?"},
    {"variations: {up: [a]}", "variations.up is a map of columns"},
    {"variations: {train: w}", "weight_train is what shards have"},
    {"type: float16", "type is 'float32' or 'float64', not 'float16'"},
    {"seed: x", "seed is an integer"},
    {"samples: {a: {part: tset}}", "did you mean 'test'"},
    // what only preparation needs
    {"samples: {a: {label: 0}}", "there are no inputs"},
    {"inputs: {g: {vars: [x]}}\nsamples: {a: {label: 0}, b: {}}", "'b' has no label"},
    {"inputs: {g: {vars: [x]}}\nsamples: {a: {label: 0}, b: {label: 2}}",
     "there is a label 2, but none 1"},
    {"inputs: {g: {vars: [x]}}\nsamples: {a: {label: 0}}\nweights: {reweight_classes: [b]}",
     "no class is called 'b'"},
    {"inputs: {g: {vars: [x]}}\nsamples: {a: {label: 0}}\nweights: {class_weights: [1, 2]}",
     "class_weights are 2, and classes 1"},
    {"inputs: {g: {vars: [x]}}\nlabels: {type: custom, value: {m: x}}\nweights: {balance: "
     "weights}",
     "weights.balance: labels are numbers"},
    {"inputs: {g: {vars: [x]}}\nsamples: {a: {label: 0, part: test}}\nsplit: {folds: 3}",
     "'a' has a part, but split has folds"},
    {"inputs: {g: {vars: [x]}}\nlabels: {value: [a]}\nnew_variables: {weight_s: 1}\n"
     "variations: {s: w}",
     "'weight_s' is defined twice"},
};

static void refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        refuses(refusals[i].text, refusals[i].message);
}

static const char with_all_sections[] =
    "preprocess: {method: auto, params: {y: {center: 1}}}\n"
    "inputs: {g: {column: c, vars: [a]}, h: {length: 3, order: {by: x}, vars: [x, [y, 1]]}}\n"
    "labels: {type: simple, value: [is_a, is_b]}\n"
    "observers: [o]\n"
    "monitor_variables: [m]\n"
    "weights: {reweight_vars: {x: [0, 1]}, reweight_classes: [is_a], reweight_basewgt: 2 * w,"
    " class_weights: [2]}\n"
    "split: {by: [run, event]}\n"
    "variations: {up: {x: x_up}, scale: 'w[*]'}\n"
    "samples: {s: {files: s.root, label: 0, dataset: d, part: test}}\n";

static bl_status read_all_sections(bl_context *of_failures) {
    bl_arena of_config;
    bl_config config;
    const bl_item *document = NULL;
    bl_arena_init(&of_config, of_failures);
    bl_config_init(&config, &of_config);
    bl_status status = bl_yaml_parse(&of_config, "x.yaml", with_all_sections,
                                     sizeof with_all_sections - 1, &document, NULL);
    if (status == BL_OK)
        status = bl_config_read_document(&config, document, NULL);
    if (status == BL_OK)
        status = bl_config_for_preparation(&config, NULL);
    bl_arena_release(&of_config);
    return status;
}

// ---- weaver's own ----

static void configurations_of_weaver(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t n_features, n_labels;
    } rows[] = {{"JetClass_full", 17, 10},
                {"JetClass_kin", 7, 10},
                {"JetClass_kinpid", 13, 10},
                {"qg_kin", 7, 2},
                {"top_kin", 7, 2}};
    const char *folder = getenv("BEAMLINE_DATA"); // NOLINT(concurrency-mt-unsafe)
    if (!folder) {
        print_message("BEAMLINE_DATA does not name a folder of real files\n");
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[4096];
        bl_config config;
        bl_error err = {0};
        snprintf(path, sizeof path, "%s/weaver/%s.yaml", folder, rows[i].name);
        bl_config_init(&config, &arena);
        if (bl_config_read(&config, path, &err) != BL_OK ||
            bl_config_for_preparation(&config, &err) != BL_OK)
            fail_msg("%s", err.message);
        const bl_input_config *inputs = config.prepare.inputs;
        assert_int_equal(config.prepare.n_inputs, 4);
        assert_int_equal(config.prepare.n_labels, rows[i].n_labels);
        assert_int_equal(inputs[1].n, rows[i].n_features);
        assert_int_equal(inputs[1].length, 128);
        assert_int_equal(inputs[1].padding, BL_NN_FILL_WRAP);
        is(&inputs[0].variables[0], "part_deta", BL_SCALER_NONE, -inf, inf, 0, 0);
        is(&inputs[1].variables[0], "part_pt_log", BL_SCALER_MANUAL, -5, 5, 0, 0);
        assert_true(same(inputs[1].variables[0].offset, 1.7));
        assert_true(same(inputs[1].variables[0].scale, 0.7));
        assert_int_equal(inputs[3].padding, BL_NN_FILL_CONSTANT);
    }
}

/// Nothing is trained on, fitted, balanced or left out; classes keep their names without samples.
static void evaluation(void **state) {
    (void)state;
    bl_config config = config_of(
        "samples: {a: {files: x, label: 0}, b: {files: y, label: 1, part: train}}\n"
        "inputs: {v: {scale: robust, vars: [m, [pt, 1, 2]]}, s: {column: c, scale: minmax}}\n"
        "weights: {balance: oversample, class_weights: [1, 2], weight_branches: [w]}\n"
        "negative_weights: drop\nsplit: {validation: 0.3, seed: 5, by: [event]}\n");
    const bl_prepare_config *prepare = &config.prepare;
    assert_true(bl_split_trains(&prepare->split));
    assert_ok(bl_config_for_evaluation(&config, NULL));
    assert_false(bl_split_trains(&prepare->split));
    assert_true(prepare->split.test == 1 && prepare->split.validation == 0);
    assert_int_equal(prepare->split.seed, 5);
    assert_string_equal(prepare->split.identity[0], "event");
    assert_int_equal(config.samples[1].part, -1);
    assert_int_equal(prepare->weights.balance, BL_BALANCE_NONE);
    assert_int_equal(prepare->weights.negative, BL_NEGATIVE_KEEP);
    assert_int_equal(prepare->weights.n_factors + prepare->weights.n_class_weights, 0);
    for (size_t i = 0; i < prepare->n_inputs; i++) {
        assert_int_equal(prepare->inputs[i].others.scaler, BL_SCALER_NONE);
        for (size_t k = 0; k < prepare->inputs[i].n; k++)
            assert_int_equal(prepare->inputs[i].variables[k].scaler, BL_SCALER_NONE);
    }
    config.samples[0] = config.samples[1]; // only files of the second class
    config.n_samples = 1;
    assert_ok(bl_config_for_preparation(&config, NULL));
    assert_int_equal(prepare->n_labels, 2);
    assert_string_equal(prepare->labels[0], "a");
    config = config_of("inputs: {v: {vars: [m]}}\nsplit: {folds: 4}\n"
                       "labels: {type: simple, value: [a, b]}\n");
    assert_ok(bl_config_for_evaluation(&config, NULL));
    assert_true(prepare->split.n_folds == 4 && bl_split_trains(&prepare->split));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_weaver),
        cmocka_unit_test(what_weaver_found_goes_first),
        cmocka_unit_test(inputs_of_ours),
        cmocka_unit_test(labels_and_weights),
        cmocka_unit_test(classes_of_samples),
        cmocka_unit_test(shares_and_folds),
        cmocka_unit_test(variations),
        cmocka_unit_test(refused),
        test_each_allocation(read_all_sections),
        cmocka_unit_test(configurations_of_weaver),
        cmocka_unit_test(evaluation),
    };
    return test_run(tests, 1, &context, &arena);
}
