// SPDX-License-Identifier: Apache-2.0
/// \file
/// Everything: beamline reads High Energy Physics data as columns, and runs models on them.
#ifndef BEAMLINE_BEAMLINE_H
#define BEAMLINE_BEAMLINE_H

#include <beamline/arrow.h>
#include <beamline/batch.h>
#include <beamline/context.h>
#include <beamline/expression.h>
#include <beamline/infer.h>
#include <beamline/output.h>
#include <beamline/plan.h>
#include <beamline/status.h>
#include <beamline/table.h>
#include <beamline/version.h>

#endif
