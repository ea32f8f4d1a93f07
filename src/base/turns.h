// SPDX-License-Identifier: Apache-2.0
/// \file
/// Turns: tasks of one run that have something to do in the order of their numbers, and the rest at
/// once. A task waits only for tasks with smaller indices, which bl_run_tasks hands out before it,
/// so that nobody waits for ever; whoever fails says so.
#ifndef BL_BASE_TURNS_H
#define BL_BASE_TURNS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct bl_turns {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t next;   ///< whose turn it is
    size_t failed; ///< the first that failed; SIZE_MAX: none
} bl_turns;

void bl_turns_init(bl_turns *turns);
void bl_turns_release(bl_turns *turns);
/// Begins with number 0 again; nobody waits.
void bl_turns_restart(bl_turns *turns);
/// Waits until all before `number` have passed. \return false: one of them failed
bool bl_turns_await(bl_turns *turns, size_t number);
/// Ends the turn that was awaited.
void bl_turns_pass(bl_turns *turns);
/// Instead of passing, at any time: nobody behind `number` gets a turn any more.
void bl_turns_fail(bl_turns *turns, size_t number);

#endif
