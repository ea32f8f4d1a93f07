// SPDX-License-Identifier: Apache-2.0
/// \file
/// Loops for processors with wider vectors.
#ifndef BL_BASE_WIDE_H
#define BL_BASE_WIDE_H

/// Makes a loop a second time for processors with wider vectors; it computes the same bits.
/// Sanitizers cannot start programs that choose functions when they are loaded. A loop that is made
/// twice is static: a library would offer its names.
#if defined __x86_64__ && defined __gnu_linux__ && !defined __clang__ && \
    !defined __SANITIZE_THREAD__ && !defined __SANITIZE_ADDRESS__
#define BL_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define BL_WIDE
#endif

#endif
