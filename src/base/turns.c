// SPDX-License-Identifier: Apache-2.0
// Turns among the tasks of a run.
#include "base/turns.h"

#include <stdint.h>

void bl_turns_init(bl_turns *turns) {
    pthread_mutex_init(&turns->lock, NULL);
    pthread_cond_init(&turns->moved, NULL);
    bl_turns_restart(turns);
}

void bl_turns_release(bl_turns *turns) {
    pthread_cond_destroy(&turns->moved);
    pthread_mutex_destroy(&turns->lock);
}

void bl_turns_restart(bl_turns *turns) {
    turns->next = 0;
    turns->failed = SIZE_MAX;
}

bool bl_turns_await(bl_turns *turns, size_t number) {
    pthread_mutex_lock(&turns->lock);
    while (turns->next != number && turns->failed > number)
        pthread_cond_wait(&turns->moved, &turns->lock);
    bool is_mine = turns->failed > number;
    pthread_mutex_unlock(&turns->lock);
    return is_mine;
}

void bl_turns_pass(bl_turns *turns) {
    pthread_mutex_lock(&turns->lock);
    turns->next++;
    pthread_cond_broadcast(&turns->moved);
    pthread_mutex_unlock(&turns->lock);
}

void bl_turns_fail(bl_turns *turns, size_t number) {
    pthread_mutex_lock(&turns->lock);
    turns->failed = number < turns->failed ? number : turns->failed;
    pthread_cond_broadcast(&turns->moved);
    pthread_mutex_unlock(&turns->lock);
}
