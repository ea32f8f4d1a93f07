// SPDX-License-Identifier: Apache-2.0
// Objects of derived classes where a base class is expected: which part of them is its.
#include "formats/ttree/class_layout.h"

enum { MAX_BASES = 16 };

/// The base of a class, by its newest version, that is `target` or leads to it; NULL: none.
static const bl_root_element *way_to(const bl_layouts *layouts, const bl_root_class *c,
                                     const char *target, int depth) {
    for (size_t i = 0; c && depth < MAX_BASES && i < c->n_elements; i++) {
        const bl_root_element *element = &c->elements[i];
        if (!bl_root_element_is_base(element))
            continue;
        if (strcmp(element->name, target) == 0)
            return element;
        const bl_root_class *base = bl_root_class_find(layouts->classes, element->name, -1, 0);
        if (way_to(layouts, base, target, depth + 1))
            return element;
    }
    return NULL;
}

static bl_status make_view(bl_layouts *layouts, const char *name, const char *target, int depth,
                           bl_class_layout **ret_view, bl_error *err);

/// The base class that holds the target's part, or is it.
static bl_status base_part(bl_layouts *layouts, const char *base, const char *target, int depth,
                           bl_class_member *member, bl_error *err) {
    member->name = base;
    member->is_base = true;
    if (strcmp(base, target) == 0)
        return bl_layout_of_type(layouts, target, 0, &member->layout, err);
    member->layout.kind = BL_LAYOUT_OBJECT;
    return make_view(layouts, base, target, depth + 1, &member->layout.of_class, err);
}

/// One version of a class: what lies before the part, to be read past, and the part.
static bl_status make_version(bl_layouts *layouts, const bl_root_class *described,
                              const char *target, int depth, bl_class_version *version,
                              bl_error *err) {
    *version = (bl_class_version){.version = described->version,
                                  .checksum = described->checksum,
                                  .takes_bytes = true,
                                  .is_partial = true};
    version->members = (bl_class_member *)bl_arena_array(layouts->arena, described->n_elements + 1,
                                                         sizeof *version->members);
    if (!version->members)
        return bl_error_nomem(err, described->n_elements, "members of a class");
    const bl_root_element *way = way_to(layouts, described, target, 0);
    for (size_t i = 0; way && i < described->n_elements; i++) {
        bl_class_member *member = &version->members[version->n_members++];
        const bl_root_element *element = &described->elements[i];
        if (element == way)
            return base_part(layouts, element->name, target, depth, member, err);
        member->name = element->name;
        member->column = BL_NO_COLUMN;
        BL_TRY(bl_layout_of_element(layouts, element, &member->layout, err));
        if (member->layout.kind == BL_LAYOUT_COUNTED || member->layout.kind == BL_LAYOUT_LOOP)
            return bl_error_set(err, BL_E_UNSUPPORTED, "a counted array lies before its base %s",
                                target);
    }
    return bl_error_set(err, BL_E_UNSUPPORTED, "this version has no base %s", target);
}

static bl_status make_view(bl_layouts *layouts, const char *name, const char *target, int depth,
                           bl_class_layout **ret_view, bl_error *err) {
    bl_class_layout *view;
    const bl_root_class *newest = bl_root_class_find(layouts->classes, name, -1, 0);
    size_t n = 0;
    for (const bl_root_class *c = newest; c; c = c->next)
        n++;
    if (depth >= MAX_BASES)
        return bl_error_set(err, BL_E_UNSUPPORTED, "classes are derived deeper than %d", MAX_BASES);
    BL_TRY(bl_class_layout_new(layouts, name, &view, err));
    view->versions =
        (bl_class_version *)bl_arena_array(layouts->arena, n + 1, sizeof *view->versions);
    if (!view->versions)
        return bl_error_nomem(err, n * sizeof *view->versions, "versions of a class");
    for (const bl_root_class *c = newest; c; c = c->next) {
        bl_error why = {0};
        bl_class_version *version = &view->versions[view->n_versions++];
        bl_status status = make_version(layouts, c, target, depth, version, &why);
        if (status == BL_E_NOMEM)
            return bl_error_set(err, status, "%s", why.message);
        if (status != BL_OK &&
            !(version->unreadable = bl_arena_printf(layouts->arena, "%s", why.message)))
            return bl_error_nomem(err, 0, "a reason");
    }
    *ret_view = view;
    return BL_OK;
}

bl_status bl_class_find_views(bl_layouts *layouts, const char *class_name,
                              bl_class_views **ret_views, bl_error *err) {
    const bl_root_classes *classes = layouts->classes;
    bl_class_views *views = (bl_class_views *)bl_arena_alloc(layouts->arena, sizeof *views);
    if (!views)
        return bl_error_nomem(err, sizeof *views, "derived classes");
    views->class_name = class_name;
    views->items =
        (bl_class_view *)bl_arena_array(layouts->arena, classes->n + 1, sizeof *views->items);
    if (!views->items)
        return bl_error_nomem(err, classes->n * sizeof *views->items, "derived classes");
    for (size_t i = 0; i < classes->n; i++) {
        const char *name = classes->items[i].name;
        size_t newest = bl_name_map_find(&classes->by_name, name);
        if (newest != i || !way_to(layouts, &classes->items[i], class_name, 0))
            continue;
        bl_class_view *view = &views->items[views->n++];
        view->name = name;
        BL_TRY(make_view(layouts, name, class_name, 0, &view->layout, err));
    }
    *ret_views = views;
    return BL_OK;
}
