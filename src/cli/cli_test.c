// SPDX-License-Identifier: Apache-2.0
// The subcommands over a table of misfortunes: exact output, exit status, every allocation failing.
#include "cli/run_testing.h"

#define HEAD(column, type) \
    "{\"file\":\"f.root\",\"tree\":\"T\",\"column\":\"" column "\",\"type\":\"" type "\""

static void test_stats_json(void **state) {
    (void)state;
    outcome got = run("beamline stats -q --json f.root", INT32_MAX);
    assert_int_equal(got.status, BL_OK);
    assert_int_equal(got.worst, BL_E_CORRUPT);
    assert_string_equal(
        got.text, HEAD("i", "int32") ",\"entries\":10,\"values\":10,\"sum\":45,\"min\":0,\"max\":9,"
                                     "\"nan\":0,\"inf\":0,\"nulls\":0,\"longest\":1}\n" //
        HEAD("bad", "int32") ",\"error\":\"branch 'bad': corrupt\"}\n"                  //
        HEAD("v", "list<float32>") ",\"entries\":10,\"values\":9,\"sum\":3.8000000193715096,"
                                   "\"min\":0.10000000149011612,\"max\":0.800000011920929,"
                                   "\"nan\":1,\"inf\":0,\"nulls\":0,\"longest\":2}\n" //
        HEAD("odd", "int32") ",\"entries\":4,\"values\":4,\"sum\":6,\"min\":0,\"max\":3,"
                             "\"nan\":0,\"inf\":0,\"nulls\":0,\"longest\":1}\n" //
        HEAD("u", "Some_t") ",\"unreadable\":\"type 'Foo' is unknown\"}\n"      //
        HEAD("worse", "int32") ",\"error\":\"branch 'worse': corrupt\"}\n"      //
        HEAD("s", "utf8") ",\"entries\":10,\"values\":10,\"sum\":null,\"min\":null,\"max\":null,"
                          "\"nan\":0,\"inf\":0,\"nulls\":0,\"longest\":1,\"bytes\":20}\n" //
                          "{\"file\":\"f.root\",\"tree\":\"T\",\"column\":\"i\",\"duplicate\":1,"
                          "\"type\":\"int32\","
                          "\"entries\":10,\"values\":10,\"sum\":45,\"min\":0,\"max\":9,"
                          "\"nan\":0,\"inf\":0,\"nulls\":0,\"longest\":1}\n");
}

static void test_stats_table(void **state) {
    (void)state;
    expect("beamline stats -q -c v,odd,s,u f.root",
           "f.root: T\n"
           "  column        type         entries  values  min  max   mean  nan  inf  longest\n"
           "  v             list<float…       10       9  0.1  0.8  0.475    1    0        2\n"
           "  odd           int32              4       4    0    3    1.5    0    0        1\n"
           "  s             utf8              10      10    -    -      -    0    0        1\n"
           "  u             unreadable: type 'Foo' is unknown\n");
}

static void test_cat(void **state) {
    (void)state;
    expect("beamline cat -q -f jsonl -e 3:6 -c s,v,i,odd,u f.root",
           "{\"s\":\"r3\",\"v\":[],\"i\":3,\"i#1\":3}\n"
           "{\"s\":\"r4\",\"v\":[null],\"i\":4,\"i#1\":4}\n"
           "{\"s\":\"r5\",\"v\":[0.5,0.5],\"i\":5,\"i#1\":5}\n");
    expect("beamline cat -q -f csv -e 4:6 -c i#1,v f.root",
           "i#1,v\n4,\"[null]\"\n5,\"[0.5,0.5]\"\n");
    expect("beamline cat -q -e 7:10 -c v,i,s f.root", "   v           i  i  s\n"
                                                      "7  [0.7]       7  7  r7\n"
                                                      "8  [0.8, 0.8]  8  8  r8\n"
                                                      "9  []          9  9  r9\n");
    expect("beamline cat -q -f csv -e 20:30 -c i#1 f.root", "i#1\n");
    assert_int_equal(BL_E_CORRUPT, run("beamline cat -q -c bad f.root", INT32_MAX).status);
    assert_int_equal(BL_E_UNSUPPORTED, run("beamline cat -q -c u f.root", INT32_MAX).status);
    assert_int_equal(BL_E_NOTFOUND, run("beamline cat -q -c nope f.root", INT32_MAX).status);
}

static void test_inspect(void **state) {
    (void)state;
    expect("beamline inspect f.root -c i,u,v",
           "f.root: ROOT 6.20/04, 64-bit, 123 kB\n"
           "\n"
           "T: 10 entries, 2 clusters, 4 columns, 1.7 kB (raw 4.2 kB, ratio 2.50)\n"
           "  column            type             stored       raw   ratio   share  codec\n"
           "  i                 int32             100 B     250 B    2.50   5.9 %  zlib\n"
           "  i#1               int32             800 B    2.0 kB    2.50  47.1 %  zlib\n"
           "  u                 unreadable: type 'Foo' is unknown\n"
           "  v                 list<float32>     300 B     750 B    2.50  17.6 %  zlib\n");
    expect("beamline inspect --names f.root", "T\n");
    expect("beamline inspect --names --tree T f.root", "i\nbad\nv\nodd\nu\nworse\ns\ni#1\n");
    outcome got = run("beamline inspect f.root", INT32_MAX);
    assert_non_null(strstr(got.text, "\n  dir;1             TDirectory            60 B\n"
                                     "    h;1             TH1F                 400 B  "
                                     "a \"histogram\"\n"));
    got = run("beamline inspect --json -c i#1 f.root", INT32_MAX);
    assert_non_null(strstr(got.text, "\"tables\":[{\"path\":\"T\",\"entries\":10,\"clusters\":2,"
                                     "\"columns\":[{\"path\":\"i\",\"name\":\"i\",\"duplicate\":1,"
                                     "\"title\":\"title\",\"source_type\":\"Some_t\","
                                     "\"type\":\"int32\",\"entries\":10,\"chunks\":2,"
                                     "\"stored_bytes\":800,\"raw_bytes\":2000,"
                                     "\"codec\":\"zlib\"}]}]}\n"));
}

static void test_out_of_memory(void **state) {
    (void)state;
    expect_nomem("beamline stats -q --json f.root");
    expect_nomem("beamline stats -q f.root");
    expect_nomem("beamline cat -q -f jsonl -c i,v,s f.root");
    expect_nomem("beamline cat -q -c i,v,s f.root");
    expect_nomem("beamline inspect f.root");
    expect_nomem("beamline help stats");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stats_json),    cmocka_unit_test(test_stats_table),
        cmocka_unit_test(test_cat),           cmocka_unit_test(test_inspect),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
