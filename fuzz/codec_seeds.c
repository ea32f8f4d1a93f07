// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of fuzz/corpus/codec into the folder named on the command line: for each codec
// one framed payload of two blocks, one stream without a frame, and one that is cut.
#include <stdio.h>

#include "io/codec/blocks_testing.h"

#define N_RAW 300

static int save(const char *folder, const char *kind, bl_codec_id id, const uint8_t *payload,
                size_t size) {
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s-%s", folder, bl_codec_name(id), kind);
    FILE *file = length < (int)sizeof path ? fopen(path, "wb") : NULL;
    if (!file) {
        perror(path);
        return 1;
    }
    const uint8_t head[] = {N_RAW & 0xff, N_RAW >> 8, 0, (uint8_t)id};
    int bad = fwrite(head, sizeof head, 1, file) != 1 || fwrite(payload, size, 1, file) != 1;
    return fclose(file) != 0 || bad;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: codec_seeds FOLDER\n");
        return 2;
    }
    uint8_t raw[N_RAW], packed[4096];
    test_fill(raw, N_RAW, 1);
    int bad = 0;
    for (bl_codec_id id = BL_CODEC_ZLIB; id < BL_N_ROOT_CODECS; id++) {
        size_t size = test_write_blocks(id, raw, N_RAW, N_RAW / 2, packed, sizeof packed);
        bad |= save(argv[1], "blocks", id, packed, size);
        bad |= save(argv[1], "cut", id, packed, size * 3 / 4);
        size = test_compress(id, raw, N_RAW, packed, sizeof packed);
        bad |= save(argv[1], "stream", id, packed, size);
    }
    return bad;
}
