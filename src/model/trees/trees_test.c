// SPDX-License-Identifier: Apache-2.0
// Small models by hand: what they give, and what is refused with which words.
#include "model/trees/trees.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/testing.h"

static const char xgboost[] =
    "{\"learner\":{\"feature_names\":[\"pt\",\"eta\"],\"gradient_booster\":{\"model\":{"
    "\"tree_info\":[0],\"trees\":[{\"default_left\":[1,0,0],\"left_children\":[1,-1,-1],"
    "\"right_children\":[2,-1,-1],\"split_conditions\":[1.5,-2,3],\"split_indices\":[1,0,0],"
    "\"split_type\":[0,0,0],\"tree_param\":{\"size_leaf_vector\":\"1\"}}]},\"name\":\"gbtree\"},"
    "\"learner_model_param\":{\"base_score\":\"[5E-1]\",\"num_class\":\"0\",\"num_feature\":\"2\","
    "\"num_target\":\"1\"},\"objective\":{\"name\":\"binary:logistic\"}},\"version\":[3,2,0]}";

static const char lightgbm[] = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\n"
                               "max_feature_idx=1\nobjective=binary sigmoid:2\n"
                               "feature_names=pt eta\n\nTree=0\nnum_leaves=2\nnum_cat=0\n"
                               "split_feature=1\nthreshold=1.5\ndecision_type=2\nleft_child=-1\n"
                               "right_child=-2\nleaf_value=-0.25 0.5\nis_linear=0\n\n\n"
                               "end of trees\n";

static float logistic(double x) { return (float)(1 / (1 + exp(-x))); }

static float run(const bl_trees_model *model, float pt, float eta) {
    float x[] = {pt, eta}, out = NAN;
    bl_nn_forest_run(model->forest, 1, x, 2, &out, 1);
    return out;
}

static void assert_near(float a, float b) { assert_true(fabsf(a - b) < 1e-6F); }

static void by_hand(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    BL_AUTO(bl_trees_model) x = NULL;
    BL_AUTO(bl_trees_model) l = NULL;
    assert_ok(bl_trees_parse(context, xgboost, sizeof xgboost - 1, &x, NULL));
    assert_string_equal(x->format, "XGBoost JSON");
    assert_string_equal(x->version, "3.2.0");
    assert_string_equal(x->objective, "binary:logistic");
    assert_int_equal(x->n_names, 2);
    assert_string_equal(x->names[1], "eta");
    assert_near(run(x, 0, 1.25F), logistic(-2));
    assert_near(run(x, 0, 1.5F), logistic(3));
    assert_near(run(x, 0, NAN), logistic(-2));
    assert_ok(bl_trees_parse(context, lightgbm, sizeof lightgbm - 1, &l, NULL));
    assert_string_equal(l->format, "LightGBM text");
    assert_string_equal(l->objective, "binary");
    assert_string_equal(l->names[0], "pt");
    assert_near(run(l, 0, 1.5F), logistic(-0.5));
    assert_near(run(l, 0, 2), logistic(1));
    assert_near(run(l, 0, NAN), logistic(-0.5)); // it is 0 where NaN is not what is missing
    bl_trees_free(BL_MOVE(x));
    bl_trees_free(BL_MOVE(l));
    bl_context_free(context);
}

/// A model with one piece of its text replaced.
typedef struct change {
    const char *from, *to;
    bl_status status;
    const char *message;
} change;

static void expect(bl_context *context, const char *text, const change *c) {
    char changed[2048];
    BL_AUTO(bl_trees_model) model = NULL;
    bl_error err = {0};
    const char *at = strstr(text, c->from);
    assert_non_null(at);
    int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, c->to,
                     at + strlen(c->from));
    assert_int_equal(bl_trees_parse(context, changed, (size_t)n, &model, &err), c->status);
    if (c->message)
        assert_string_equal(err.message, c->message);
}

static void refused(void **state) {
    (void)state;
    static const change of_xgboost[] = {
        {"gbtree", "gblinear", BL_E_UNSUPPORTED, "booster 'gblinear' is none of trees"},
        {"binary:logistic", "binary:hinge", BL_E_UNSUPPORTED,
         "objective 'binary:hinge' is not known"},
        {"\"split_type\":[0", "\"split_type\":[1", BL_E_UNSUPPORTED,
         "tree 0: node 0 splits by categories"},
        {"vector\":\"1", "vector\":\"2", BL_E_UNSUPPORTED, "tree 0: vectors in leaves"},
        {"[1,-1,-1]", "[1,-1]", BL_E_CORRUPT, "tree 0: 'right_children' has 3 items, not 2"},
        {"[1,-1,-1]", "[1,0,-1]", BL_E_CORRUPT, "tree 0: node 1: child -1 of 3 nodes"},
        {"[1,-1,-1]", "[3,-1,-1]", BL_E_CORRUPT, "tree 0: node 0: child 3 of 3 nodes"},
        {"[1,-1,-1]", "[2,-1,-1]", BL_E_INVALID, NULL},
        {"[1,-1,-1]", "[]", BL_E_CORRUPT, NULL},
        {"[1.5,-2,3]", "[1.5,-2,1e39]", BL_E_INVALID, NULL},
        {"[1.5,-2,3]", "[\"a\",-2,3]", BL_E_INVALID, NULL},
        {"\"split_indices\":[1", "\"split_indices\":[2", BL_E_RANGE, NULL},
        {"\"tree_info\":[0]", "\"tree_info\":[1]", BL_E_RANGE, NULL},
        {"[5E-1]", "[5E-1,5E-1]", BL_E_INVALID, NULL},
        {"[5E-1]", "[1E0]", BL_E_INVALID, "base_score is '[1E0]'"},
        {"[5E-1]", "", BL_E_INVALID, NULL},
        {"\"num_feature\":\"2\"", "\"num_feature\":\"x\"", BL_E_INVALID, NULL},
        {"\"num_class\":\"0\"", "\"num_class\":\"99999\"", BL_E_LIMIT, NULL},
        {"\"objective\"", "\"other\"", BL_E_INVALID, "'objective' is missing"},
        {"\"trees\":[{", "\"trees\":[{},{", BL_E_CORRUPT, NULL},
        {"\"left_children\"", "\"left\"", BL_E_INVALID, "tree 0: 'left_children' is missing"},
        {"{\"learner", "{\"learned", BL_E_FORMAT, "no model of XGBoost or LightGBM"},
        {"[3,2,0]}", "[3,2,0]", BL_E_INVALID, NULL},
    };
    static const change of_lightgbm[] = {
        {"objective=binary", "objective=mine", BL_E_UNSUPPORTED, "objective 'mine' is not known"},
        {"sigmoid:2", "sqrt", BL_E_UNSUPPORTED, NULL},
        {"num_cat=0", "num_cat=1", BL_E_UNSUPPORTED, "tree 0: splits by categories"},
        {"is_linear=0", "is_linear=1", BL_E_UNSUPPORTED, "tree 0: linear leaves"},
        {"decision_type=2", "decision_type=1", BL_E_UNSUPPORTED, NULL},
        {"decision_type=2", "decision_type=4", BL_E_UNSUPPORTED, NULL},
        {"decision_type=2", "decision_type=-1", BL_E_CORRUPT, NULL},
        {"num_leaves=2", "num_leaves=3", BL_E_CORRUPT, "tree 0: leaf_value: number 2 of 3 is none"},
        {"num_leaves=2", "num_leaves=99999999", BL_E_CORRUPT, NULL},
        {"num_leaves=2", "num_leaves=0", BL_E_CORRUPT, NULL},
        {"leaf_value=-0.25 0.5", "leaf_value=-0.25 0.5 1", BL_E_CORRUPT,
         "tree 0: leaf_value: more than 2 numbers"},
        {"left_child=-1", "left_child=-2", BL_E_INVALID, NULL},
        {"left_child=-1", "left_child=0", BL_E_INVALID, NULL},
        {"left_child=-1", "left_child=5", BL_E_INVALID, NULL},
        {"split_feature=1", "split_feature=2", BL_E_RANGE, NULL},
        {"threshold=1.5", "threshold=nan", BL_E_CORRUPT, NULL},
        {"threshold=1.5\n", "", BL_E_CORRUPT, "tree 0: threshold is missing"},
        {"feature_names=pt eta", "feature_names=pt", BL_E_CORRUPT, NULL},
        {"end of trees\n", "", BL_E_CORRUPT, "tree 0: the file ends in it"},
    };
    bl_context *context = test_context(1);
    for (size_t i = 0; i < sizeof of_xgboost / sizeof *of_xgboost; i++)
        expect(context, xgboost, &of_xgboost[i]);
    for (size_t i = 0; i < sizeof of_lightgbm / sizeof *of_lightgbm; i++)
        expect(context, lightgbm, &of_lightgbm[i]);
    bl_context_free(context);
}

static bl_status read_both(bl_context *context) {
    BL_AUTO(bl_trees_model) model = NULL;
    BL_AUTO(bl_trees_model) other = NULL;
    BL_TRY(bl_trees_parse(context, lightgbm, sizeof lightgbm - 1, &model, NULL));
    return bl_trees_parse(context, xgboost, sizeof xgboost - 1, &other, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(refused),
        test_each_allocation(read_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
