// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the context: what the rest of the library asks it for.
#ifndef BL_BASE_CONTEXT_H
#define BL_BASE_CONTEXT_H

#include <beamline/context.h>

#include "base/error.h"

BL_DEFINE_AUTO(bl_context, bl_context_free);

/// Logs one line; nothing happens where the user gave no callback.
void bl_log(bl_context *context, bl_log_level level, const char *format, ...) BL_PRINTF(3, 4);

/// One more / one less holder of the context's memory (a buffer, an exported array).
void bl_context_ref(bl_context *context);
void bl_context_unref(bl_context *context);

/// The part of the memory budget that allocations of the context may take. The rest is for what is
/// not counted: the program and its libraries, the stacks of threads, the allocator's waste.
uint64_t bl_context_budget_bytes(const bl_context *context);
/// Bytes that this context holds allocated now, without buffers that wait to be used again.
uint64_t bl_context_busy_bytes(const bl_context *context);

/// Takes a cancellation back, so that what was interrupted may still be written down. Whoever does
/// cancels again behind it.
void bl_context_revive(bl_context *context);
/// BL_E_CANCELLED once the context was cancelled, else BL_OK.
bl_status bl_context_check(const bl_context *context, bl_error *err);

/// Task `index` of a run. `worker` is below bl_context_n_threads and no two running tasks of one
/// run share it, so that scratch space can be one per worker.
typedef bl_status (*bl_task_fn)(void *argument, size_t index, unsigned worker, bl_error *err);

/// Runs tasks 0 … n−1 on the context's threads, the caller's among them, and waits for all.
/// Tasks are handed out in ascending order; after a failure no more are. Safe to call from several
/// threads at once, and from within a task.
/// \return BL_OK, BL_E_CANCELLED, or what the failing task of the lowest index returned
bl_status bl_run_tasks(bl_context *context, bl_task_fn task, void *argument, size_t n,
                       bl_error *err);

#endif
