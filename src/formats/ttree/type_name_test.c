// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "formats/ttree/layout.h"

/// The type of a C++ name as text, or "-" where it is not understood.
static const char *type_of(const char *name) {
    static char text[256];
    bl_context *context = test_context(1);
    bl_layout layout = {0};
    static const bl_root_classes none;
    bl_layouts layouts;
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_layouts_init(&layouts, context, &arena, &none);
    bl_status status = bl_layout_of_type(&layouts, name, 0, &layout, NULL);
    if (status != BL_OK && status != BL_E_UNSUPPORTED)
        memcpy(text, bl_status_name(status), strlen(bl_status_name(status)) + 1);
    else if (status == BL_OK)
        bl_type_format(layout.type, text, sizeof text);
    else
        memcpy(text, "-", 2);
    bl_layout_release(context, &layout);
    bl_layouts_release(&layouts);
    bl_arena_release(&arena);
    bl_context_free(context);
    return text;
}

static void names_are_understood(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"float", "float32"},
        {"unsigned long long", "uint64"},
        {"Double32_t", "float64"},
        {"string", "utf8"},
        {"std::string*", "utf8"},
        {"TString", "utf8"},
        {"vector<float>", "list<float32>"},
        {"std::vector<std::vector<int> >", "list<list<int32>>"},
        {"vector<vector<vector<short>>>*", "list<list<list<int16>>>"},
        {"vector<string>", "list<utf8>"},
        {"vector<bool,allocator<bool> >", "list<bool>"},
        {"const std::set<unsigned char>", "list<uint8>"},
        {"ROOT::VecOps::RVec<double>", "list<float64>"},
        {"std::__1::vector<float>", "list<float32>"},
        {"array<float,3>", "fixed_list<float32>[3]"},
        {"std::array<std::vector<int>, 2>", "fixed_list<list<int32>>[2]"},
        {"bitset<8>", "list<bool>"},
        {"pair<int,float>", "struct<first: int32, second: float32>"},
        {"map<string,vector<int> >", "list<struct<key: utf8, value: list<int32>>>"},
        {"std::unordered_multimap<int,map<int,TString>>",
         "list<struct<key: int32, value: list<struct<key: int32, value: utf8>>>>"},
        {"vector<TRef>", "list<struct<ref: uint32>>"},
        {"TArrayD", "list<float64>"},
        {"TObject", "struct<fUniqueID: uint32, fBits: uint32>"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(type_of(names[i][0]), names[i][1]);
}

static void others_are_not(void **state) {
    (void)state;
    static const char *const names[] = {"",
                                        "*",
                                        " ",
                                        "const ",
                                        "vector",
                                        "vector<",
                                        "vector<>",
                                        ">",
                                        "<",
                                        "vector<float",
                                        "map<int>",
                                        "map<int,>",
                                        "TLorentzVector",
                                        "array<int",
                                        "array<int,>",
                                        "array<int,x>",
                                        "bitset<0>",
                                        "bitset<-1>",
                                        "pair<int,Unknown>",
                                        "vector<int*>",
                                        "vector<TList>",
                                        "array<int,-1>"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(type_of(names[i]), "-");
}

static void too_large_arrays_are_refused(void **state) {
    (void)state;
    assert_string_equal(type_of("array<double,1000000000>"), "BL_E_LIMIT");
    assert_string_equal(type_of("array<string,9000000000000000000>"), "BL_E_LIMIT");
    assert_string_equal(type_of("array<array<int,0>,1000000>"), "BL_E_LIMIT"); // bytes for none
    assert_string_equal(type_of("array<int,0>"), "fixed_list<int32>[0]");
}

static void long_names_need_no_stack(void **state) {
    (void)state;
    static char name[600001];
    static const char *const parts[] = {"const ", "vector<"};
    for (size_t p = 0; p < 2; p++) {
        size_t n = strlen(parts[p]);
        for (size_t i = 0; i + 1 < sizeof name; i++)
            name[i] = parts[p][i % n];
        assert_string_equal(type_of(name), "-");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_understood),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(too_large_arrays_are_refused),
        cmocka_unit_test(long_names_need_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
