// SPDX-License-Identifier: Apache-2.0
/// \file
/// TensorBoard's event files: records of tensorflow.Event, framed as TFRecord.
/// \source tensorflow/core/util/event.proto and framework/summary.proto (field numbers), in
/// schemas/event.proto
#ifndef BL_LEARN_TRAIN_EVENTS_H
#define BL_LEARN_TRAIN_EVENTS_H

#include <beamline/context.h>

#include "base/error.h"

typedef struct bl_events bl_events;

/// Begins a file `events.out.tfevents.SECONDS.HOST.PROCESS` in a folder, whose name comes behind
/// those that are there. It grows while training goes on, so that TensorBoard can look: the one
/// output that has its name before it is whole.
/// \return BL_OK, BL_E_NOTFOUND (no such folder), BL_E_IO, BL_E_ACCESS, BL_E_NOMEM
bl_status bl_events_open(bl_context *context, const char *folder, bl_events **ret_events,
                         bl_error *err);
/// Says that training goes on at this step: what earlier files of the folder have of it and later
/// ones counts no longer. \param wall_s seconds since 1970 (bl_clock_wall_s)
bl_status bl_events_restart(bl_events *events, int64_t step, double wall_s, bl_error *err);
/// A number under a tag, such as "validation/loss", rounded to float32. It is kept until it is
/// flushed. \param tag UTF-8 \param wall_s seconds since 1970
/// \return BL_OK, BL_E_NOMEM
bl_status bl_events_scalar(bl_events *events, const char *tag, int64_t step, double wall_s,
                           double value, bl_error *err);
/// Makes what was written visible to others.
/// \return BL_OK, BL_E_IO (also a full disk); after that nothing more is taken
bl_status bl_events_flush(bl_events *events, bl_error *err);
/// Flushes what it can.
void bl_events_close(bl_events *events);
BL_DEFINE_AUTO(bl_events, bl_events_close);

#endif
