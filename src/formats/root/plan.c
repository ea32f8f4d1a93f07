// SPDX-License-Identifier: Apache-2.0
// From streamer info to steps. The file's own goes before what is known of ROOT's classes, which
// is for files that lost theirs. By hand: only what ROOT itself streams by hand and metadata needs
// (TObject, TString, TList, TObjArray, TArray). Source: ROOT, TStreamerInfo::Compile.
#include "formats/root/plan.h"

#include "base/context.h"
#include "formats/root/known_classes.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a class"); }

// ---- classes by name ----

static bl_root_streaming streaming_of(const char *name) {
    static const struct {
        const char *name;
        bl_root_streaming how;
    } by_hand[] = {
        {"TObject", BL_ROOT_TOBJECT_BY_HAND},
        {"TList", BL_ROOT_LIST_BY_HAND},
        {"THashList", BL_ROOT_LIST_BY_HAND},
        {"TObjArray", BL_ROOT_OBJECT_ARRAY_BY_HAND},
        {"TBasket", BL_ROOT_OPAQUE},
        {"TString", BL_ROOT_BARE},
        {"TArrayC", BL_ROOT_BARE},
        {"TArrayS", BL_ROOT_BARE},
        {"TArrayI", BL_ROOT_BARE},
        {"TArrayL", BL_ROOT_BARE},
        {"TArrayF", BL_ROOT_BARE},
        {"TArrayD", BL_ROOT_BARE},
        {"TArrayL64", BL_ROOT_BARE},
    };
    for (size_t i = 0; i < sizeof by_hand / sizeof *by_hand; i++)
        if (strcmp(name, by_hand[i].name) == 0)
            return by_hand[i].how;
    return BL_ROOT_BY_INFO;
}

static bl_status new_plan(bl_arena *arena, size_t n, bl_root_plan **ret_plan, bl_error *err) {
    bl_root_plan *plan = (bl_root_plan *)bl_arena_alloc(arena, sizeof *plan);
    if (!plan)
        return out_of_memory(err);
    plan->steps = (bl_root_step *)bl_arena_array(arena, n, sizeof *plan->steps);
    plan->fields = (bl_root_field *)bl_arena_array(arena, n, sizeof *plan->fields);
    if (!plan->steps || !plan->fields)
        return out_of_memory(err);
    *ret_plan = plan;
    return BL_OK;
}

/// TString is a text, TArrayI and its like a length and numbers; neither has a header.
static bl_status plan_bare(bl_arena *arena, bl_root_streamed *streamed, bl_error *err) {
    static const struct {
        char letter;
        int code; ///< of the numbers, as in a streamer element
    } numbers[] = {{'C', 1}, {'S', 2}, {'I', 3}, {'L', 4}, {'F', 5}, {'D', 8}};
    bl_root_plan *plan;
    BL_TRY(new_plan(arena, 1, &plan, err));
    plan->n_steps = plan->n_fields = 1;
    plan->steps[0].kind = BL_ROOT_STEP_TEXT;
    plan->fields[0].name = "fString";
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        bool is_l64 = strcmp(streamed->name, "TArrayL64") == 0;
        if (streamed->name[1] != 'A' || streamed->name[6] != numbers[i].letter)
            continue;
        plan->steps[0].kind = BL_ROOT_STEP_SIZED;
        plan->fields[0].name = "fArray";
        bl_root_number_of_code(is_l64 ? 16 : numbers[i].code, "", &plan->fields[0].number);
    }
    plan->steps[0].name = plan->fields[0].name;
    streamed->plans = plan;
    return BL_OK;
}

bl_status bl_root_plans_class(bl_root_plans *plans, const char *name, bl_root_streamed **ret_class,
                              bl_error *err) {
    size_t known = bl_name_map_find(&plans->by_name, name);
    if (known != SIZE_MAX) {
        *ret_class = plans->items[known];
        return BL_OK;
    }
    bl_context *context = plans->arena->context;
    BL_TRY(bl_array_grow(context, &plans->items, &plans->capacity, plans->n, sizeof *plans->items,
                         "classes", err));
    bl_root_streamed *made = (bl_root_streamed *)bl_arena_alloc(plans->arena, sizeof *made);
    if (!made || !(made->name = bl_arena_text(plans->arena, name, strlen(name))))
        return out_of_memory(err);
    made->how = streaming_of(name);
    if (made->how == BL_ROOT_BARE)
        BL_TRY(plan_bare(plans->arena, made, err));
    BL_TRY(bl_name_map_add(context, &plans->by_name, made->name, plans->n, err));
    plans->items[plans->n++] = made;
    *ret_class = made;
    return BL_OK;
}

void bl_root_plans_release(bl_root_plans *plans) {
    bl_name_map_release(plans->arena->context, &plans->by_name);
    bl_free(plans->arena->context, plans->items);
}

// ---- from elements to steps ----

static bl_root_step *add_step(bl_root_plan *plan, bl_root_step_kind kind, const char *name) {
    bl_root_step *step = &plan->steps[plan->n_steps++];
    *step = (bl_root_step){.kind = kind, .name = name, .field = plan->n_fields};
    return step;
}

static bl_root_field *add_field(bl_root_plan *plan, const bl_root_element *e,
                                const bl_root_number *number) {
    bl_root_field *field = &plan->fields[plan->n_fields++];
    *field = (bl_root_field){.name = e->name, .step = plan->n_steps - 1};
    if (number)
        field->number = *number;
    return field;
}

/// Puts a number, or an array of them, into the run in front of it or begins one.
static void add_to_run(bl_root_plan *plan, const bl_root_element *e, const bl_root_number *number,
                       bool is_array) {
    bool follows = plan->n_steps && plan->steps[plan->n_steps - 1].kind == BL_ROOT_STEP_RUN;
    bl_root_step *run =
        follows ? &plan->steps[plan->n_steps - 1] : add_step(plan, BL_ROOT_STEP_RUN, e->name);
    bl_root_field *field = add_field(plan, e, number);
    field->is_array = is_array;
    // a negative length can only be wrong: no record has room for it
    field->n = is_array ? (size_t)(e->array_length < 0 ? INT32_MAX : e->array_length) : 1;
    field->offset = run->size;
    run->size += field->n * number->size;
}

/// \return false: not a member of numbers
static bool add_numbers(bl_root_plan *plan, const bl_root_element *e) {
    bl_root_number number;
    if (bl_root_number_of_code(e->type, e->title, &number)) {
        add_to_run(plan, e, &number, false);
    } else if (bl_root_number_of_code(e->type - BL_ROOT_ARRAY_OF, e->title, &number)) {
        add_to_run(plan, e, &number, true);
    } else if (bl_root_number_of_code(e->type - BL_ROOT_POINTER_TO, e->title, &number)) {
        add_step(plan, BL_ROOT_STEP_COUNTED, e->name);
        add_field(plan, e, &number)->count_name = e->count_name;
    } else {
        return false;
    }
    return true;
}

/// A step that holds an object of a class known by name.
static bl_status add_of_class(bl_root_plans *plans, bl_root_plan *plan, bl_root_step_kind kind,
                              const bl_root_element *e, const char *class_name, bl_error *err) {
    bl_root_streamed *of_class;
    size_t length = strcspn(class_name, "*");
    if (class_name[length] && !(class_name = bl_arena_text(plans->arena, class_name, length)))
        return out_of_memory(err);
    BL_TRY(bl_root_plans_class(plans, class_name, &of_class, err));
    add_step(plan, kind, e->name)->of_class = of_class;
    if (kind == BL_ROOT_STEP_EMBEDDED)
        add_field(plan, e, NULL);
    return BL_OK;
}

static bl_status add_element(bl_root_plans *plans, bl_root_plan *plan, const bl_root_element *e,
                             bl_error *err) {
    if (add_numbers(plan, e))
        return BL_OK;
    switch (e->type) {
    case BL_ROOT_BASE:
        return add_of_class(plans, plan, BL_ROOT_STEP_BASE, e, e->name, err);
    case BL_ROOT_TOBJECT:
        return add_of_class(plans, plan, BL_ROOT_STEP_BASE, e, "TObject", err);
    case BL_ROOT_TNAMED:
        return add_of_class(plans, plan, BL_ROOT_STEP_BASE, e, "TNamed", err);
    case BL_ROOT_OBJECT_IN:
    case BL_ROOT_ANY_IN:
    case BL_ROOT_OBJECT_AT:
    case BL_ROOT_ANY_AT:
        return add_of_class(plans, plan, BL_ROOT_STEP_EMBEDDED, e, e->type_name, err);
    case BL_ROOT_TSTRING:
        add_step(plan, BL_ROOT_STEP_TEXT, e->name);
        add_field(plan, e, NULL);
        return BL_OK;
    case BL_ROOT_OBJECT_PTR:
    case BL_ROOT_ANY_PTR:
        add_step(plan, BL_ROOT_STEP_POINTER, e->name);
        add_field(plan, e, NULL);
        return BL_OK;
    default:
        add_step(plan, BL_ROOT_STEP_SKIPPED, e->name);
        return BL_OK;
    }
}

// ---- versions ----

static const bl_root_class *find_class(const bl_root_plans *plans, const char *name, int version,
                                       uint32_t checksum, bool *ret_by_checksum) {
    const bl_root_class *c = bl_root_bootstrap_class(name, version);
    if (!c && version > 0)
        c = bl_root_class_find(plans->classes, name, version, 0);
    if (c || version > 0)
        return c ? c : bl_root_known_version(name, version, 0);
    for (c = bl_root_class_find(plans->classes, name, -1, 0); c && c->checksum != checksum;)
        c = c->next;
    if (!c)
        c = bl_root_known_version(name, 0, checksum);
    *ret_by_checksum = c != NULL;
    return c ? c : bl_root_class_find(plans->classes, name, version, 0);
}

bl_status bl_root_plans_version(bl_root_plans *plans, bl_root_streamed *streamed, int version,
                                uint32_t checksum, bl_root_plan **ret_plan, bool *ret_by_checksum,
                                bl_error *err) {
    bl_root_plan *plan = streamed->last_plan;
    *ret_by_checksum = false;
    if (version > 0 && version == streamed->last_version) {
        *ret_plan = plan;
        return BL_OK;
    }
    const bl_root_class *c = find_class(plans, streamed->name, version, checksum, ret_by_checksum);
    for (plan = streamed->plans; plan && plan->of != c; plan = plan->next)
        ;
    if (c && !plan) {
        BL_TRY(new_plan(plans->arena, c->n_elements, &plan, err));
        for (size_t i = 0; i < c->n_elements; i++)
            BL_TRY(add_element(plans, plan, &c->elements[i], err));
        plan->of = c;
        plan->next = streamed->plans;
        streamed->plans = plan;
    }
    streamed->last_version = version > 0 ? version : 0;
    streamed->last_plan = plan;
    *ret_plan = plan;
    return BL_OK;
}

const bl_root_field *bl_root_plan_field(bl_root_plan *plan, const char *name) {
    uintptr_t address = (uintptr_t)name;
    size_t slot = (address ^ (address >> 6)) % (sizeof plan->asked / sizeof *plan->asked);
    if (plan->asked[slot].name == name)
        return plan->asked[slot].field;
    const bl_root_field *field = NULL;
    for (size_t i = plan->n_fields; i-- > 0 && !field;)
        if (strcmp(plan->fields[i].name, name) == 0)
            field = &plan->fields[i];
    plan->asked[slot].name = name;
    plan->asked[slot].field = field;
    return field;
}
