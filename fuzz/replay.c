// SPDX-License-Identifier: Apache-2.0
// Gives every file of the folders named on the command line to a fuzz target, in the order of their
// names, and the empty input first. Needs no fuzzing engine: `make test` replays the corpora so.
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The bytes are copied to a block of exactly their size: a sanitizer then sees one byte too far.
static bool replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (!file || fstat(fileno(file), &about) != 0 || about.st_size < 0) {
        perror(path);
        if (file)
            fclose(file);
        return false;
    }
    size_t size = (size_t)about.st_size;
    uint8_t *data = malloc(size ? size : 1);
    bool good = data && fread(data, 1, size, file) == size;
    fclose(file);
    if (good)
        LLVMFuzzerTestOneInput(data, size);
    else
        fprintf(stderr, "%s: cannot be read\n", path);
    free(data);
    return good;
}

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static bool replay_folder(const char *folder, int *n_files) {
    struct dirent **entries;
    int n_entries = scandir(folder, &entries, is_visible, alphasort);
    if (n_entries < 0) {
        perror(folder);
        return false;
    }
    bool good = true;
    for (int i = 0; i < n_entries; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        good = length < (int)sizeof path && replay_file(path) && good;
        free(entries[i]);
    }
    free(entries);
    *n_files += n_entries;
    return good;
}

int main(int argc, char **argv) {
    int n_files = 0;
    bool good = true;
    static const uint8_t nothing[1];
    LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++)
        good = replay_folder(argv[i], &n_files) && good;
    printf("%d inputs replayed\n", n_files);
    return good && n_files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
