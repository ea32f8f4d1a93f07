// SPDX-License-Identifier: Apache-2.0
// Lineage. Names of folders are left out: the same files give the same bytes wherever they lie.
#include "data/stream/lineage.h"

#include <beamline/version.h>

#include "hep/topology/topology.h"

enum { MOST_PAIRS = 8, MOST_SOURCES = 1000 };

typedef struct pairs {
    bl_arena *arena;
    const char **texts; ///< [2 × MOST_PAIRS]
    size_t n;
    bool no_memory;
} pairs;

static void add(pairs *p, const char *key, const char *value) {
    p->no_memory = p->no_memory || !value;
    p->texts[p->n++] = key;
    p->texts[p->n++] = value;
}

static const char *file_name(const char *url) {
    const char *slash = strrchr(url, '/');
    return slash && slash[1] ? slash + 1 : url;
}

/// Text behind text, a line each.
typedef struct lines {
    char *text, *end;
} lines;

static bool begin(bl_arena *arena, size_t size, lines *l) {
    l->text = l->end = (char *)bl_arena_alloc(arena, size + 1);
    return l->text != NULL;
}

static void put(lines *l, const char *text) {
    size_t length = strlen(text);
    memcpy(l->end, text, length);
    l->end += length;
}

static const char *sources(bl_arena *arena, const bl_lineage *lineage) {
    size_t n = lineage->n_urls < MOST_SOURCES ? lineage->n_urls : MOST_SOURCES, size = 0;
    lines l;
    for (size_t i = 0; i < n; i++)
        size += strlen(file_name(lineage->urls[i])) + 1;
    if (!begin(arena, size, &l))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        put(&l, i ? "\n" : "");
        put(&l, file_name(lineage->urls[i]));
    }
    return l.text;
}

static const char *cuts(bl_arena *arena, const bl_lineage *lineage) {
    size_t size = 0;
    lines l;
    for (size_t i = 0; i < lineage->n_cuts; i++)
        size += strlen(lineage->cuts[i]) + 1;
    if (!begin(arena, size, &l))
        return NULL;
    for (size_t i = 0; i < lineage->n_cuts; i++) {
        put(&l, i ? "\n" : "");
        put(&l, lineage->cuts[i]);
    }
    return l.text;
}

static const char *variables(bl_arena *arena, const bl_lineage *lineage) {
    size_t size = 0;
    lines l;
    for (size_t i = 0; i < lineage->n_variables; i++)
        size += strlen(lineage->variables[i].name) + strlen(lineage->variables[i].text) + 4;
    if (!begin(arena, size, &l))
        return NULL;
    for (size_t i = 0; i < lineage->n_variables; i++) {
        put(&l, i ? "\n" : "");
        put(&l, lineage->variables[i].name);
        put(&l, " = ");
        put(&l, lineage->variables[i].text);
    }
    return l.text;
}

bl_status bl_lineage_pairs(bl_arena *arena, const bl_lineage *lineage,
                           const char *const **ret_pairs, size_t *ret_n, bl_error *err) {
    pairs p = {.arena = arena,
               .texts = (const char **)bl_arena_array(arena, 2 * MOST_PAIRS, sizeof(char *))};
    if (!p.texts)
        return bl_error_nomem(err, 0, "lineage");
    add(&p, "beamline.version", BL_VERSION);
    add(&p, "beamline.sources", sources(arena, lineage));
    if (lineage->table)
        add(&p, "beamline.source_table", lineage->table);
    if (lineage->n_cuts)
        add(&p, "beamline.cuts", cuts(arena, lineage));
    if (lineage->n_variables)
        add(&p, "beamline.variables", variables(arena, lineage));
    if (lineage->recipe) {
        add(&p, "beamline.recipe", bl_arena_printf(arena, "topology:%s", lineage->recipe));
        add(&p, "beamline.hfeatures", bl_topology_titles[0]);
        add(&p, "beamline.lfeatures", bl_topology_titles[1]);
    }
    if (p.no_memory)
        return bl_error_nomem(err, 0, "lineage");
    *ret_pairs = p.texts;
    *ret_n = p.n / 2;
    return BL_OK;
}
