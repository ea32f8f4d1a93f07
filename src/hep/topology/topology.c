// SPDX-License-Identifier: Apache-2.0
// The recipe over batches. Events are looked at twice: first which pass and how many rows each has,
// so that all have their places; then their features are made there. Both are tasks of some events.
#include "hep/topology/topology.h"

#include "base/context.h"
#include "hep/topology/private.h"

enum { EVENTS_A_TASK = 16 };

const char *const bl_topology_steps[BL_TOPOLOGY_N_STEPS] = {
    "topology: an electron or a muon", "topology: tracks, photons and neutral hadrons",
    "topology: an isolated lepton, pT > 23 GeV"};
const char *const bl_topology_outputs[BL_TOPOLOGY_N_OUTPUTS] = {"hfeatures", "lfeatures"};
const char *const bl_topology_titles[BL_TOPOLOGY_N_OUTPUTS] = {
    "HT,MET,PhiMET,MT,nJets,nBjets,LepPt,LepEta,LepPhi,LepIsoCh,LepIsoGamma,LepIsoNeu,LepCharge,"
    "LepIsEle",
    "Energy,Px,Py,Pz,Pt,Eta,Phi,vtxX,vtxY,vtxZ,ChPFIso,GammaPFIso,NeuPFIso,isChHad,isNeuHad,"
    "isGamma,isEle,isMu,Charge"};

// ---- opening ----

static bl_status make_types(bl_topology *topology, bl_error *err) {
    const bl_topology_options *o = &topology->options;
    bl_type *number = bl_type_primitive(o->is_double ? BL_FLOAT64 : BL_FLOAT32);
    BL_AUTO(bl_type) row = NULL;
    BL_TRY(bl_type_new_list(topology->context, BL_FIXED_LIST, BL_TOPOLOGY_N_HIGH, number,
                            &topology->types[0], err));
    BL_TRY(
        bl_type_new_list(topology->context, BL_FIXED_LIST, BL_TOPOLOGY_N_LOW, number, &row, err));
    return bl_type_new_list(topology->context, o->is_padded ? BL_FIXED_LIST : BL_LIST,
                            o->is_padded ? BL_TOPOLOGY_N_ROWS : 0, row, &topology->types[1], err);
}

bl_status bl_topology_open(bl_context *context, const bl_table *table,
                           const bl_topology_options *options, const bl_name_rule *rule,
                           bl_topology **ret_topology, bl_error *err) {
    bl_topology *made = (bl_topology *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a recipe");
    BL_AUTO(bl_topology) topology = made;
    topology->context = context;
    topology->options = *options;
    bl_arena_init(&topology->arena, context);
    bl_arena_init(&topology->of_threads, context);
    BL_TRY(bl_topology_find_leaves(topology, table, rule, err));
    BL_TRY(make_types(topology, err));
    topology->description = bl_topology_describe(&topology->arena, &topology->options);
    if (!topology->description)
        return bl_error_nomem(err, 0, "a recipe");
    *ret_topology = BL_MOVE(topology);
    return BL_OK;
}

void bl_topology_close(bl_topology *topology) {
    if (!topology)
        return;
    for (size_t i = 0; i < BL_TOPOLOGY_N_OUTPUTS; i++)
        bl_type_release(topology->types[i]);
    bl_buffer_release(topology->offsets);
    bl_buffer_release(topology->events);
    bl_arena_release(&topology->of_threads);
    bl_arena_release(&topology->arena);
    bl_free(topology->context, topology);
}

size_t bl_topology_columns(const bl_topology *topology, const size_t **ret_columns) {
    *ret_columns = topology->columns;
    return topology->n_columns;
}

const bl_type *bl_topology_type(const bl_topology *topology, size_t i) {
    return topology->types[i];
}

const char *bl_topology_description(const bl_topology *topology) { return topology->description; }

static size_t width_of(const bl_topology *topology) {
    return topology->options.is_double ? sizeof(double) : sizeof(float);
}

int64_t bl_topology_rows_in(const bl_topology *topology, uint64_t bytes) {
    uint64_t a_row = (BL_TOPOLOGY_N_ROWS * BL_TOPOLOGY_N_LOW + BL_TOPOLOGY_N_HIGH) *
                     (uint64_t)width_of(topology);
    return bytes < a_row ? 1 : (int64_t)(bytes / a_row);
}

// ---- room ----

static bl_status reserve(bl_context *context, size_t n, size_t size, bl_buffer **buffer,
                         bl_error *err) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        return bl_error_set(err, BL_E_LIMIT, "a batch of %zu rows", n);
    if (*buffer)
        return bl_buffer_reserve(buffer, bytes, err);
    return bl_buffer_new(context, bytes, buffer, err);
}

/// The most items that a row of the particles' collections has.
static size_t most_items(const bl_topology_input *input) {
    int64_t most = 0;
    for (int collection = 0; collection <= BL_TOPOLOGY_NEUTRALS; collection++)
        for (int64_t row = 0; row < input->n_rows; row++) {
            int64_t n = input->offsets[collection][row + 1] - input->offsets[collection][row];
            most = n > most ? n : most;
        }
    return (size_t)most;
}

/// Makes room for the largest event of a batch, once for all threads.
static bl_status make_scratch(bl_topology *topology, size_t most, bl_error *err) {
    unsigned n = bl_context_n_threads(topology->context);
    if (topology->scratch && topology->scratch[n - 1].most >= most)
        return BL_OK;
    topology->scratch = NULL;
    bl_arena_release(&topology->of_threads);
    bl_topology_scratch *made =
        (bl_topology_scratch *)bl_arena_array(&topology->of_threads, n, sizeof *made);
    if (!made)
        return bl_error_nomem(err, n * sizeof *made, "a recipe");
    for (unsigned i = 0; i < n; i++)
        BL_TRY(bl_topology_scratch_init(&topology->of_threads, most + most / 4, &made[i], err));
    topology->scratch = made;
    return BL_OK;
}

// ---- running ----

/// One pass over a batch.
typedef struct pass {
    bl_topology *topology;
    bl_topology_input input;
    bl_topology_event *events; ///< [rows]
    int64_t *first_rows;       ///< [rows] of the matrices, in the output; NULL while looking
    int64_t *places;           ///< [rows] among the events that passed
    uint8_t *low, *high;
} pass;

static bl_status select_some(void *argument, size_t task, unsigned worker, bl_error *err) {
    const pass *p = (const pass *)argument;
    int64_t first = (int64_t)task * EVENTS_A_TASK, last = first + EVENTS_A_TASK;
    (void)err;
    for (int64_t row = first; row < last && row < p->input.n_rows; row++)
        bl_topology_select(&p->input, row, &p->topology->scratch[worker], &p->events[row]);
    return BL_OK;
}

static bl_status make_some(void *argument, size_t task, unsigned worker, bl_error *err) {
    const pass *p = (const pass *)argument;
    int64_t first = (int64_t)task * EVENTS_A_TASK, last = first + EVENTS_A_TASK;
    size_t width = width_of(p->topology);
    size_t row_bytes = BL_TOPOLOGY_N_LOW * width, high_bytes = BL_TOPOLOGY_N_HIGH * width;
    (void)err;
    for (int64_t row = first; row < last && row < p->input.n_rows; row++) {
        const bl_topology_event *event = &p->events[row];
        if (event->n_steps < BL_TOPOLOGY_N_STEPS)
            continue;
        uint8_t *low = p->low + (size_t)p->first_rows[row] * row_bytes;
        bl_topology_make(&p->input, row, event, &p->topology->scratch[worker], low,
                         p->high + (size_t)p->places[row] * high_bytes);
        if (p->topology->options.is_padded)
            memset(low + (size_t)event->n_rows * row_bytes, 0,
                   (size_t)(BL_TOPOLOGY_N_ROWS - event->n_rows) * row_bytes);
    }
    return BL_OK;
}

static size_t n_tasks(int64_t n_rows) {
    return ((size_t)n_rows + EVENTS_A_TASK - 1) / EVENTS_A_TASK;
}

/// Gives events that passed their places. \param ret_n_taken, ret_n_rows events, rows of matrices
static void place(pass *p, int64_t *ret_n_taken, int64_t *ret_n_rows) {
    int64_t taken = 0, rows = 0;
    for (int64_t row = 0; row < p->input.n_rows; row++) {
        const bl_topology_event *event = &p->events[row];
        p->places[row] = taken;
        p->first_rows[row] = rows;
        if (event->n_steps < BL_TOPOLOGY_N_STEPS)
            continue;
        taken++;
        rows += p->topology->options.is_padded ? BL_TOPOLOGY_N_ROWS : event->n_rows;
    }
    *ret_n_taken = taken;
    *ret_n_rows = rows;
}

static bl_status new_numbers(const bl_topology *topology, int64_t n, size_t of_each,
                             bl_column *column, bl_error *err) {
    size_t bytes = (size_t)n * of_each * width_of(topology);
    column->length = n * (int64_t)of_each;
    BL_TRY(bl_buffer_new(topology->context, bytes, &column->values, err));
    column->values->size = bytes;
    return BL_OK;
}

static bl_status write_offsets(const pass *p, int64_t n_taken, int64_t n_rows, bl_column *column,
                               bl_error *err) {
    size_t bytes = ((size_t)n_taken + 1) * sizeof(int32_t);
    if (n_rows > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "recipe topology: %lld rows in one batch",
                            (long long)n_rows);
    BL_TRY(bl_buffer_new(p->topology->context, bytes, &column->offsets, err));
    column->offsets->size = bytes;
    int32_t *offsets = (int32_t *)(void *)column->offsets->data;
    for (int64_t row = 0; row < p->input.n_rows; row++)
        offsets[p->places[row]] = (int32_t)p->first_rows[row];
    offsets[n_taken] = (int32_t)n_rows;
    return BL_OK;
}

/// The columns without their numbers.
static bl_status make_columns(const pass *p, int64_t n_taken, int64_t n_rows, bl_batch *batch,
                              bl_error *err) {
    const bl_topology *topology = p->topology;
    bl_column *high = &batch->columns[0], *low = &batch->columns[1];
    BL_TRY(bl_column_init(topology->context, high, topology->types[0], err));
    BL_TRY(bl_column_init(topology->context, &high->children[0], topology->types[0]->children[0],
                          err));
    BL_TRY(bl_column_init(topology->context, low, topology->types[1], err));
    bl_column *row = &low->children[0];
    BL_TRY(bl_column_init(topology->context, row, topology->types[1]->children[0], err));
    BL_TRY(bl_column_init(topology->context, &row->children[0], row->type->children[0], err));
    high->length = low->length = n_taken;
    row->length = n_rows;
    BL_TRY(new_numbers(topology, n_taken, BL_TOPOLOGY_N_HIGH, &high->children[0], err));
    BL_TRY(new_numbers(topology, n_rows, BL_TOPOLOGY_N_LOW, &row->children[0], err));
    return topology->options.is_padded ? BL_OK : write_offsets(p, n_taken, n_rows, low, err);
}

static bl_status begin(bl_topology *topology, const bl_batch *batch, pass *p, bl_error *err) {
    size_t n = (size_t)batch->n_rows;
    size_t of_event = sizeof(bl_topology_event) + 2 * sizeof(int64_t);
    p->topology = topology;
    BL_TRY(reserve(topology->context, n + 1, BL_TOPOLOGY_N_COLLECTIONS * sizeof(int64_t),
                   &topology->offsets, err));
    BL_TRY(reserve(topology->context, n, of_event, &topology->events, err));
    BL_TRY(bl_topology_read_leaves(topology, batch, &p->input, err));
    p->events = (bl_topology_event *)(void *)topology->events->data;
    p->places = (int64_t *)(void *)(p->events + n);
    p->first_rows = p->places + n;
    return make_scratch(topology, most_items(&p->input), err);
}

bl_status bl_topology_run(bl_topology *topology, const bl_batch *batch, uint8_t *ret_steps,
                          bl_batch **ret_batch, bl_error *err) {
    pass p = {0};
    int64_t n_taken, n_rows;
    BL_AUTO(bl_batch) made = NULL;
    BL_TRY(begin(topology, batch, &p, err));
    BL_TRY(bl_run_tasks(topology->context, select_some, &p, n_tasks(batch->n_rows), err));
    place(&p, &n_taken, &n_rows);
    BL_TRY(bl_batch_new(topology->context, BL_TOPOLOGY_N_OUTPUTS, bl_topology_outputs,
                        batch->first_row, n_taken, &made, err));
    BL_TRY(make_columns(&p, n_taken, n_rows, made, err));
    p.high = made->columns[0].children[0].values->data;
    p.low = made->columns[1].children[0].children[0].values->data;
    BL_TRY(bl_run_tasks(topology->context, make_some, &p, n_tasks(batch->n_rows), err));
    for (int64_t row = 0; row < batch->n_rows; row++)
        ret_steps[row] = p.events[row].n_steps;
    *ret_batch = BL_MOVE(made);
    return BL_OK;
}
