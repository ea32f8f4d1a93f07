// SPDX-License-Identifier: Apache-2.0
// Damaged files: every file is cut at some places and has bytes flipped, by a seed that never
// changes, and is then read as far as it lets itself be read. All cases run in this one process.
// Files, of any format that is known by its extension, come from the folders on the command line
// and from BEAMLINE_DATA. A case must end within seconds, hold no memory afterwards, allocate
// within a bound that its size gives, and every failure must say where it is. BEAMLINE_DAMAGE_CASES
// sets how many cases a file gets.
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/walk_testing.h"
#include "table/formats.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW_BUILD 1
#endif
#endif
#ifdef SLOW_BUILD
enum { CASES = 15, SECONDS_A_CASE = 60 };
#else
enum { CASES = 60, SECONDS_A_CASE = 10 };
#endif

enum { CUTS = 16, MAX_FILES = 512 }; // a longer run cuts every 16th time

// A record is taken as it is stored, and a compressed one only after its blocks have been checked
// to add up to what it claims, each within what its codec can give. Physics compresses at most some
// 20 times (all-zero branches more), numbers are at most 8 times as wide in memory as on disk (a
// bool's byte to a counter's int64) and buffers double as they grow. So no single allocation of an
// honest file needs more than this; a damaged one may ask for it, but not for more.
#define BYTES_A_FILE_BYTE 32
#define BYTES_ALWAYS ((size_t)2 << 20)
static size_t largest_allowed(size_t file_size) {
    return BYTES_ALWAYS + BYTES_A_FILE_BYTE * file_size;
}

// Other formats have dictionaries and repeated values, of which a small file may hold any number;
// the memory budget holds them back.
#define BUDGET ((size_t)64 << 20)

// ---- an allocator that measures ----

typedef struct meter {
    size_t live, peak, largest;
} meter;

typedef struct block {
    _Alignas(16) size_t size; ///< what follows is as aligned
} block;

static void *metered(meter *m, block *b, size_t size) {
    if (!b)
        return NULL;
    b->size = size;
    m->live += size;
    m->peak = m->live > m->peak ? m->live : m->peak;
    m->largest = size > m->largest ? size : m->largest;
    return b + 1;
}

static void *meter_alloc(void *user, size_t size) {
    return metered((meter *)user, (block *)malloc(sizeof(block) + size), size);
}

static void *meter_realloc(void *user, void *memory, size_t size) {
    block *old = memory ? (block *)memory - 1 : NULL;
    size_t old_size = old ? old->size : 0;
    block *b = (block *)realloc(old, sizeof(block) + size);
    if (b)
        ((meter *)user)->live -= old_size;
    return metered((meter *)user, b, size);
}

static void meter_free(void *user, void *memory) {
    if (!memory)
        return;
    ((meter *)user)->live -= ((block *)memory - 1)->size;
    free((block *)memory - 1);
}

// ---- files ----

typedef struct file {
    char *path;
    const bl_format *format;
    uint8_t *data;
    size_t size;
} file;

static file files[MAX_FILES];
static size_t n_files;

/// The format whose files are called so, or NULL.
static const bl_format *format_of(const char *path) {
    const char *dot = strrchr(path, '.');
    for (const bl_format *format = bl_formats; dot && format->name; format++)
        for (const char *const *extension = format->extensions; *extension; extension++)
            if (strcmp(*extension, dot + 1) == 0)
                return format;
    return NULL;
}

static int add_path(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about, (void)place;
    const bl_format *format = format_of(path);
    if (kind == FTW_F && format && n_files < MAX_FILES)
        files[n_files++] = (file){.path = strdup(path), .format = format};
    return 0;
}

static bool is_root(const file *f) { return f->format == &bl_formats[0]; }

static const bl_format *now_open; ///< what walks open files as

static bl_status open_now(bl_context *context, bl_source *source, bl_file **ret_file,
                          bl_error *err) {
    const bl_open_options options = {.size = sizeof options};
    return now_open->open(context, source, &options, ret_file, err);
}

static bool load(file *f) {
    FILE *stream = fopen(f->path, "rb");
    if (!stream)
        return false;
    bool good = fseek(stream, 0, SEEK_END) == 0;
    long size = ftell(stream);
    rewind(stream);
    f->size = size > 0 ? (size_t)size : 0;
    f->data = (uint8_t *)malloc(f->size + 1);
    good = good && f->data && fread(f->data, 1, f->size, stream) == f->size;
    return fclose(stream) == 0 && good;
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const file *)a)->path, ((const file *)b)->path);
}

// ---- one case ----

typedef struct totals {
    size_t n_cases, n_whole, n_partly, n_refused, n_bad;
    size_t by_status[BL_E_CANCELLED + 1];
    double largest_ratio; ///< of the allowed
} totals;

typedef struct a_case {
    const file *of;
    char what[64];
    totals *sums;
} a_case;

static char now_running[512]; ///< for the alarm, which may not look far

static void too_slow(int number) {
    (void)number;
    static const char text[] = "damage_test: takes too long: ";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    (void)!write(STDERR_FILENO, now_running, strlen(now_running));
    (void)!write(STDERR_FILENO, "\n", 1);
    _exit(EXIT_FAILURE);
}

static void complain(a_case *c, const char *what, const char *detail) {
    if (c->sums->n_bad++ < 50)
        fprintf(stderr, "%s: %s: %s: %s\n", c->of->path, c->what, what, detail);
}

static bool has_any(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strstr(text, *words))
            return true;
    return false;
}

static void check_message(void *user, const bl_error *err) {
    static const char *const objects[] = {"tree '",   "branch '",      "basket ",     "directory",
                                          "record",   "streamer info", "file header", "ROOT file",
                                          "key list", "the header",    NULL};
    static const char *const places[] = {"byte ",       "entry ",          "basket ",
                                         "row",         "entries",         "offset ",
                                         "no key list", "the header says", NULL};
    a_case *c = (a_case *)user;
    if (!*err->message)
        complain(c, "there is no message", "");
    if (is_root(c->of) && !has_any(err->message, objects))
        complain(c, "the message names no object", err->message);
    if (is_root(c->of) && err->status == BL_E_CORRUPT && !has_any(err->message, places))
        complain(c, "the message names no place", err->message);
    if (err->status == BL_E_NOMEM)
        complain(c, "wants too much memory", err->message);
}

static void count(a_case *c, const walk *w) {
    totals *sums = c->sums;
    sums->n_cases++;
    sums->by_status[w->status]++;
    if (!w->opened || (w->n_tables && !w->n_tables_read))
        sums->n_refused++;
    else if (w->status == BL_OK)
        sums->n_whole++;
    else
        sums->n_partly++;
}

static void run_case(a_case *c, const uint8_t *data, size_t size) {
    meter m = {0};
    bl_allocator allocator = {meter_alloc, meter_realloc, meter_free, &m};
    bl_context_options options = {.size = sizeof options,
                                  .n_threads = 1,
                                  .allocator = &allocator,
                                  .memory_bytes = is_root(c->of) ? 0 : BUDGET};
    bl_context *context = NULL;
    walk w = {.on_failure = check_message, .user = c, .open = open_now, .name = c->of->path};
    now_open = c->of->format;
    snprintf(now_running, sizeof now_running, "%s: %s", c->of->path, c->what);
    alarm(SECONDS_A_CASE);
    if (bl_context_new(&options, &context, NULL) == BL_OK)
        walk_bytes(context, data, size, &w);
    bl_context_free(context);
    alarm(0);
    char detail[128];
    size_t allowed = is_root(c->of) ? largest_allowed(c->of->size) : BUDGET;
    snprintf(detail, sizeof detail, "%zu bytes at once, %zu are allowed, %zu in all", m.largest,
             allowed, m.peak);
    if (m.largest > allowed || m.peak > 4 * allowed)
        complain(c, "allocates too much", detail);
    snprintf(detail, sizeof detail, "%zu bytes", m.live);
    if (m.live)
        complain(c, "leaks", detail);
    double ratio = (double)m.largest / (double)allowed;
    if (ratio > c->sums->largest_ratio)
        c->sums->largest_ratio = ratio;
    count(c, &w);
}

// ---- damage ----

/// A small generator with the same numbers everywhere (Marsaglia's xorshift, 2003).
static uint64_t next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/// Where metadata is: the header, the last records, and everywhere.
static size_t pick(uint64_t *state, size_t size) {
    uint64_t where = next(state) % 4, r = next(state);
    size_t ends = size < 16384 ? size : 16384;
    if (where == 0)
        return r % (size < 512 ? size : 512);
    return where == 1 ? size - 1 - r % ends : r % size;
}

static void flip(uint64_t *state, uint8_t *data, size_t size) {
    static const uint8_t loud[] = {0x00, 0xff, 0x7f, 0x80, 0x40};
    size_t at = pick(state, size);
    uint64_t how = next(state) % 3, r = next(state);
    if (how == 0)
        data[at] ^= (uint8_t)(1u << (r % 8));
    else
        data[at] = how == 1 ? (uint8_t)r : loud[r % sizeof loud];
}

static void damage_file(const file *f, size_t seed, size_t n_cases, totals *sums) {
    uint64_t state = 88172645463325252u + seed * 7919;
    a_case c = {.of = f, .sums = sums};
    size_t most = n_cases / 16 > CUTS ? n_cases / 16 : CUTS;
    size_t n_cuts = n_cases / 3 < most ? n_cases / 3 : most;
    for (size_t i = 0; i < n_cuts; i++) {
        size_t size = f->size * (i + 1) / (n_cuts + 1);
        uint8_t *cut = (uint8_t *)malloc(size ? size : 1); // a sanitizer sees a byte too far
        if (!cut)
            abort();
        memcpy(cut, f->data, size);
        snprintf(c.what, sizeof c.what, "cut at byte %zu", size);
        run_case(&c, cut, size);
        free(cut);
    }
    uint8_t *flipped = (uint8_t *)malloc(f->size ? f->size : 1);
    for (size_t i = n_cuts; flipped && f->size && i < n_cases; i++) {
        static const size_t how_many[] = {1, 1, 2, 4, 16};
        size_t n = how_many[next(&state) % 5];
        memcpy(flipped, f->data, f->size);
        for (size_t k = 0; k < n; k++)
            flip(&state, flipped, f->size);
        snprintf(c.what, sizeof c.what, "flips, case %zu", i);
        run_case(&c, flipped, f->size);
    }
    free(flipped);
}

static void print_totals(const totals *sums) {
    printf("%zu files, %zu cases: %zu read whole, %zu partly, %zu refused\n", n_files,
           sums->n_cases, sums->n_whole, sums->n_partly, sums->n_refused);
    for (int i = 0; i <= BL_E_CANCELLED; i++)
        if (sums->by_status[i])
            printf("%8zu  %s\n", sums->by_status[i], bl_status_name((bl_status)i));
    printf("largest allocation: %.0f %% of the allowed\n", 100 * sums->largest_ratio);
}

int main(int argc, char **argv) {
    const char *data = getenv("BEAMLINE_DATA");
    const char *wanted = getenv("BEAMLINE_DAMAGE_CASES");
    size_t n_cases = wanted ? strtoul(wanted, NULL, 10) : CASES;
    char folder[4096];
    for (int i = 1; i < argc; i++)
        (void)nftw(argv[i], add_path, 16, 0);
    size_t n_own = n_files;
    snprintf(folder, sizeof folder, "%s/parquet", data ? data : "");
    if (data)
        (void)nftw(folder, add_path, 16, 0);
    snprintf(folder, sizeof folder, "%s/root", data ? data : "");
    if (data)
        (void)nftw(folder, add_path, 16, 0);
    else
        printf("BEAMLINE_DATA is not set: real files are left out\n");
    if (n_files == (data ? n_own : 0)) {
        fprintf(stderr, "%s holds no files\n", folder);
        return EXIT_FAILURE;
    }
    qsort(files, n_files, sizeof *files, by_path);
    signal(SIGALRM, too_slow);
    totals sums = {0};
    for (size_t i = 0; i < n_files; i++) {
        if (load(&files[i]))
            damage_file(&files[i], i, n_cases, &sums);
        else
            sums.n_bad++;
        free(files[i].data);
        free(files[i].path);
    }
    print_totals(&sums);
    return sums.n_bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
