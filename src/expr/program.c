// SPDX-License-Identifier: Apache-2.0
// Programs as lists of steps, each found again by what it does.
#include "expr/lists.h"

enum { MOST_STEPS = 20000 };

void bl_program_init(bl_program *program, bl_arena *arena) {
    *program = (bl_program){.arena = arena};
}

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static uint64_t bits_of(double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static uint64_t hash_of(const bl_step *step) {
    uint64_t hash = mix((uint64_t)(uintptr_t)step->run, (uint64_t)(uintptr_t)step->operation);
    hash = mix(mix(hash, step->type.kind), (uint64_t)step->integer);
    hash = mix(mix(hash, (uint64_t)step->integer2), bits_of(step->number));
    for (unsigned i = 0; i < step->n_inputs; i++)
        hash = mix(hash, step->inputs[i]);
    return hash;
}

static bool is_equal(const bl_step *a, const bl_step *b) {
    return a->run == b->run && a->operation == b->operation && a->type.kind == b->type.kind &&
           a->type.depth == b->type.depth && a->integer == b->integer &&
           a->integer2 == b->integer2 && bits_of(a->number) == bits_of(b->number) &&
           a->n_inputs == b->n_inputs &&
           memcmp(a->inputs, b->inputs, a->n_inputs * sizeof *a->inputs) == 0;
}

/// The slot of a step, or the free one where it belongs.
static uint32_t *find(const bl_program *program, const bl_step *step) {
    for (uint64_t i = hash_of(step);; i++) {
        uint32_t *slot = &program->table[i & (program->table_size - 1)];
        if (*slot == 0 || is_equal(&program->steps[*slot - 1], step))
            return slot;
    }
}

/// Twice the room for steps and a table of four slots a step.
static bl_status grow(bl_program *program, bl_error *err) {
    size_t capacity = program->steps_capacity ? 2 * program->steps_capacity : 32;
    bl_step *steps = (bl_step *)bl_arena_array(program->arena, capacity, sizeof *steps);
    uint32_t *table = (uint32_t *)bl_arena_array(program->arena, 4 * capacity, sizeof *table);
    if (!steps || !table)
        return bl_error_nomem(err, capacity * sizeof *steps, "a compiled expression");
    if (program->n_steps)
        memcpy(steps, program->steps, program->n_steps * sizeof *steps);
    program->steps = steps;
    program->steps_capacity = capacity;
    program->table = table;
    program->table_size = 4 * capacity;
    for (size_t i = 0; i < program->n_steps; i++)
        *find(program, &steps[i]) = (uint32_t)i + 1;
    return BL_OK;
}

bl_status bl_program_add(bl_program *program, const bl_step *step, uint32_t *ret_step,
                         bl_error *err) {
    if (program->n_steps == program->steps_capacity)
        BL_TRY(grow(program, err));
    uint32_t *slot = find(program, step);
    if (*slot == 0) {
        if (program->n_steps == MOST_STEPS)
            return bl_error_set(err, BL_E_LIMIT, "expressions of more than %d steps", MOST_STEPS);
        program->steps[program->n_steps++] = *step;
        *slot = (uint32_t)program->n_steps;
    }
    *ret_step = *slot - 1;
    return BL_OK;
}

bl_status bl_program_column(bl_program *program, size_t column, int64_t *ret_place, bl_error *err) {
    for (size_t i = 0; i < program->n_columns; i++)
        if (program->columns[i] == column) {
            *ret_place = (int64_t)i;
            return BL_OK;
        }
    if (program->n_columns == program->columns_capacity) {
        size_t capacity = program->columns_capacity ? 2 * program->columns_capacity : 16;
        size_t *columns = (size_t *)bl_arena_array(program->arena, capacity, sizeof *columns);
        if (!columns)
            return bl_error_nomem(err, capacity * sizeof *columns, "a compiled expression");
        if (program->n_columns)
            memcpy(columns, program->columns, program->n_columns * sizeof *columns);
        program->columns = columns;
        program->columns_capacity = capacity;
    }
    program->columns[program->n_columns] = column;
    *ret_place = (int64_t)program->n_columns++;
    return BL_OK;
}

// ---- what is needed, and where it is ----

/// Until when the elements of each step are needed: \param until [n_steps] the last step that reads
/// them; UINT32_MAX: they are a result's; its own number: nobody does
static void find_uses(bl_program *program, const uint32_t *results, size_t n, uint32_t *until) {
    for (size_t i = 0; i < program->n_steps; i++)
        until[i] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) {
        until[results[i]] = UINT32_MAX;
        program->steps[results[i]].is_read = true;
    }
    for (size_t i = program->n_steps; i-- > 0;) {
        bl_step *step = &program->steps[i];
        step->is_needed = until[i] != i;
        // flatten has the elements of its input
        uint32_t last = step->run == bl_step_flatten ? until[i] : (uint32_t)i;
        for (unsigned k = 0; step->is_needed && k < step->n_inputs; k++) {
            bl_step *input = &program->steps[step->inputs[k]];
            input->is_read |= k != 1 || step->run != bl_step_take_combination;
            if (until[step->inputs[k]] < last)
                until[step->inputs[k]] = last;
        }
    }
}

/// Slots that are free again are taken first that were last used, which caches still have.
static void place_elements(bl_program *program, const uint32_t *until, uint32_t *free_slots,
                           bool *is_free) {
    size_t n_free = 0;
    for (size_t i = 0; i < program->n_steps; i++) {
        bl_step *step = &program->steps[i];
        if (!step->is_needed)
            continue;
        step->slot = n_free ? free_slots[--n_free] : (uint32_t)program->n_slots++;
        is_free[step->slot] = false;
        for (unsigned k = 0; k < step->n_inputs; k++) {
            uint32_t input = step->inputs[k], slot = program->steps[input].slot;
            if (until[input] != i || is_free[slot])
                continue;
            is_free[slot] = true;
            free_slots[n_free++] = slot;
        }
    }
}

/// Columns that only steps load which nobody needs are not asked for.
static bl_status choose_columns(bl_program *program, bl_error *err) {
    const size_t *all = program->columns;
    program->n_columns = program->columns_capacity = 0; // the new list is another array
    for (size_t i = 0; i < program->n_steps; i++) {
        bl_step *step = &program->steps[i];
        if (step->is_needed && step->run == bl_step_load)
            BL_TRY(bl_program_column(program, all[step->integer], &step->integer, err));
    }
    return BL_OK;
}

bl_status bl_program_finish(bl_program *program, const uint32_t *results, size_t n, bl_error *err) {
    size_t n_bytes = (program->n_steps + 1) * sizeof(uint32_t);
    uint32_t *until = (uint32_t *)bl_arena_array(program->arena, program->n_steps + 1, sizeof(int));
    uint32_t *slots = (uint32_t *)bl_arena_array(program->arena, program->n_steps + 1, sizeof(int));
    bool *is_free = (bool *)bl_arena_array(program->arena, program->n_steps + 1, sizeof *is_free);
    if (!until || !slots || !is_free)
        return bl_error_nomem(err, n_bytes, "a compiled expression");
    find_uses(program, results, n, until);
    place_elements(program, until, slots, is_free);
    return choose_columns(program, err);
}
