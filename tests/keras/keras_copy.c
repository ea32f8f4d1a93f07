// SPDX-License-Identifier: Apache-2.0
// usage: keras_copy IN OUT VALUES [half]
// Reads a model file of Keras and writes it again, with `half` of each float32 parameter's value.
// VALUES gets the numbers of all weights as they were read, one behind the other in the order of
// `beamline inspect --json`.
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "model/keras/keras.h"

static void halve(const bl_keras_weight *weight) {
    float *values = (float *)weight->values->data;
    if (weight->role != BL_KERAS_PARAMETER || weight->values->type != BL_HDF5_FLOAT32)
        return;
    for (size_t i = 0; i < weight->values->n; i++)
        values[i] /= 2;
}

static int write_values(const bl_keras_file *file, const char *path) {
    FILE *out = fopen(path, "wbe");
    for (size_t i = 0; out && i < file->n_weights; i++) {
        const bl_hdf5_values *values = file->weights[i].values;
        if (fwrite(values->data, bl_hdf5_type_bytes(values->type), values->n, out) != values->n)
            return -1;
    }
    return out ? fclose(out) : -1;
}

int main(int argc, char **argv) {
    bl_context_options options = {.size = sizeof options};
    bl_error err = {0};
    BL_AUTO(bl_context) context = NULL;
    if (argc < 4 || bl_context_new(&options, &context, &err) != BL_OK)
        return 2;
    BL_AUTO(bl_keras_file) file = NULL;
    bl_status status = bl_keras_open(context, argv[1], &file, &err);
    if (status == BL_OK && write_values(file, argv[3]) != 0)
        return 2;
    for (size_t i = 0; status == BL_OK && argc > 4 && i < file->n_weights; i++)
        halve(&file->weights[i]);
    if (status == BL_OK)
        status = bl_keras_write(file, argv[2], true, &err);
    if (status != BL_OK)
        fprintf(stderr, "keras_copy: %s\n", err.message);
    return status == BL_OK ? 0 : 1;
}
