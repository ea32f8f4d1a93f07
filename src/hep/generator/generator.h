// SPDX-License-Identifier: Apache-2.0
/// \file
/// The event generator: collisions of protons at 13 TeV with an electron or muon among what is
/// born, as a detector like CMS would see them, in Delphes's layout. docs/generator.md tells what
/// it is and is not.
///
/// Event k of a seed and a process is the same whoever makes it, in whatever batch.
#ifndef BL_HEP_GENERATOR_GENERATOR_H
#define BL_HEP_GENERATOR_GENERATOR_H

#include <beamline/output.h>

#include "base/error.h"

/// The numbers are also those of Event.ProcessID.
typedef enum bl_process { BL_PROCESS_QCD, BL_PROCESS_TTBAR, BL_PROCESS_WJETS } bl_process;

typedef struct bl_generator_options {
    bl_process process;
    uint64_t seed;
    int64_t first, last;      ///< events [first, last), 0 ≤ first ≤ last
    double negative_fraction; ///< of events with weight −1, in [0, 1]; else 1
} bl_generator_options;

typedef struct bl_generator bl_generator;

/// \param ret_generator the caller owns it. \return BL_OK, BL_E_NOMEM
bl_status bl_generator_new(bl_context *context, const bl_generator_options *options,
                           bl_generator **ret_generator, bl_error *err);
/// NULL is allowed.
void bl_generator_free(bl_generator *generator);
BL_DEFINE_AUTO(bl_generator, bl_generator_free);

/// The columns of its batches. \param ret_specs [*ret_n]; borrows from the generator
void bl_generator_specs(const bl_generator *generator, const bl_column_spec **ret_specs,
                        size_t *ret_n);
/// The next events, made on all threads of the context.
/// \param ret_batch the caller holds one reference. \return BL_OK, BL_END, BL_E_NOMEM,
/// BL_E_CANCELLED
bl_status bl_generator_next(bl_generator *generator, bl_batch **ret_batch, bl_error *err);

#endif
