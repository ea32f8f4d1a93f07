// SPDX-License-Identifier: Apache-2.0
#include "hep/topology/event.h"

/// Room for `n` elements, or none at all after a failure.
static void *room(bl_arena *arena, size_t n, size_t size, bool *failed) {
    void *memory = *failed ? NULL : bl_arena_array(arena, n ? n : 1, size);
    *failed = !memory;
    return memory;
}

bl_status bl_topology_scratch_init(bl_arena *arena, size_t most, bl_topology_scratch *ret_scratch,
                                   bl_error *err) {
    bl_topology_scratch s = {.most = most};
    bool failed = false;
    bl_topology_rows *r = &s.rows;
    double **of_rows[] = {&r->pt, &r->eta,    &r->phi,        &r->px,        &r->py,
                          &r->pz, &r->energy, &r->center_eta, &r->center_phi};
    for (int kind = 0; kind < BL_CONES_N_KINDS; kind++) {
        bl_particles *p = &s.particles[kind];
        double **of_particles[] = {&p->pt, &p->eta, &p->phi};
        for (size_t i = 0; i < sizeof of_particles / sizeof *of_particles; i++)
            *of_particles[i] = (double *)room(arena, most, sizeof(double), &failed);
        p->at = (uint32_t *)room(arena, most, sizeof *p->at, &failed);
        r->isolation[kind] = (double *)room(arena, BL_TOPOLOGY_N_ROWS, sizeof(double), &failed);
    }
    for (size_t i = 0; i < sizeof of_rows / sizeof *of_rows; i++)
        *of_rows[i] = (double *)room(arena, BL_TOPOLOGY_N_ROWS, sizeof(double), &failed);
    for (int i = 0; i < N_TRACK_LEAVES; i++)
        s.of_tracks[i] = (double *)room(arena, most, sizeof(double), &failed);
    r->kind = (uint8_t *)room(arena, BL_TOPOLOGY_N_ROWS, sizeof *r->kind, &failed);
    r->own = (uint32_t *)room(arena, BL_TOPOLOGY_N_ROWS, sizeof *r->own, &failed);
    s.order = (double *)room(arena, most, sizeof *s.order, &failed);
    s.chosen = (uint32_t *)room(arena, most, sizeof *s.chosen, &failed);
    if (failed)
        return bl_error_nomem(err, most * sizeof(double), "an event");
    BL_TRY(
        bl_cones_new(arena, most < BL_TOPOLOGY_N_ROWS ? BL_TOPOLOGY_N_ROWS : most, &s.cones, err));
    *ret_scratch = s;
    return BL_OK;
}
