// SPDX-License-Identifier: Apache-2.0
// usage: tfrecord_limit FILE
//
// What reading a TFRecord file costs at least: each record is read, its checksums are summed up and
// its bytes are copied. Prints the best seconds of some runs.
#include <stdint.h>

#include "bench/bench.h"
#include "formats/tfrecord/record.h"

enum { RUNS = 5, PIECE = 1 << 20 };

/// One run over a file in memory that goes through a piece at a time, as a reader does.
static double run(FILE *file, uint8_t *piece, uint8_t *copy) {
    double start = bench_seconds();
    size_t held = 0, n;
    bl_crc32c_fn crc = bl_crc32c_get();
    rewind(file);
    while ((n = fread(piece + held, 1, PIECE - held, file)) > 0) {
        size_t at = 0;
        uint64_t length;
        held += n;
        while (held - at >= BL_TF_FRAME) {
            if (!bl_tf_head_read(crc, piece + at, &length))
                bench_die("a length does not match its checksum");
            if (length > held - at - BL_TF_FRAME)
                break;
            bl_wire record = {piece + at + BL_TF_HEAD, piece + at + BL_TF_HEAD + length};
            if (!bl_tf_tail_matches(crc, record))
                bench_die("a record does not match its checksum");
            memcpy(copy + at, record.at, (size_t)length);
            at += (size_t)length + BL_TF_FRAME;
        }
        held -= at;
        memmove(piece, piece + at, held);
        if (held == PIECE)
            bench_die("a record is too long for this");
    }
    return bench_seconds() - start;
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    uint8_t *piece = malloc(PIECE), *copy = malloc(PIECE);
    if (!file || !piece || !copy)
        bench_die("usage: tfrecord_limit FILE");
    setvbuf(file, NULL, _IONBF, 0);
    double best = run(file, piece, copy);
    for (int i = 1; i < RUNS; i++) {
        double seconds = run(file, piece, copy);
        best = seconds < best ? seconds : best;
    }
    printf("{\"seconds\":%.6f}\n", best);
    free(piece);
    free(copy);
    fclose(file);
    return 0;
}
