// SPDX-License-Identifier: Apache-2.0
// The command `beamline`.
#include <malloc.h>

#include "cli/cli.h"

/// From so many bytes on a buffer is the system's again once it is freed. Left alone, the allocator
/// would raise this bound with every buffer, and what lies free between others would count against
/// the memory that --memory allows.
#define LARGE_BYTES (128 << 10)

int main(int argc, char **argv) {
#ifdef M_MMAP_THRESHOLD
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
#endif
#ifdef M_ARENA_MAX // what lies free in a thread's own heap would count as well
    (void)mallopt(M_ARENA_MAX, 1);
#endif
    return bl_cli_main(argc, argv);
}
