// SPDX-License-Identifier: Apache-2.0
// usage: layers_table
// Prints the layers that there are with their options, as docs/networks.md has them.
#include <stdio.h>

#include "nn/graph/kinds.h"
#include "nn/kernels/activations.h"

static void print_names(const char *title, size_t n, const char *(*name_of)(size_t)) {
    printf("\n%s:", title);
    for (size_t i = 0; i < n; i++)
        printf("%s `%s`", i ? "," : "", name_of(i));
    printf(".\n");
}

static const char *activation_name(size_t i) {
    return bl_nn_activation_name((bl_nn_activation_kind)i);
}

static const char *initializer_name(size_t i) {
    static const char *const names[] = {
#define NAME(kind, name, class_name) name,
        BL_NN_INITIALIZERS(NAME)
#undef NAME
    };
    return names[i];
}

static void print_option(const bl_nn_option *option) {
    printf("| | `%s` | %s%s%s | %s", option->name, option->preset ? "`" : "",
           option->preset ? option->preset : "must be given", option->preset ? "`" : "",
           option->help);
    for (size_t i = 0; option->choices && option->choices[i]; i++)
        printf("%s `%s`", i ? "," : ":", option->choices[i]);
    printf(" |\n");
}

int main(void) {
    printf("| Layer | Option | Default | |\n|---|---|---|---|\n");
    for (size_t i = 0; i < BL_NN_KIND_N; i++) {
        const bl_nn_kind *kind = &bl_nn_kinds[i];
        if (kind->id == BL_NN_KIND_TREE_ENSEMBLE) // has no text
            continue;
        printf("| `%s` | | | %s |\n", kind->name, kind->help);
        for (size_t k = 0; k < kind->n_options; k++)
            print_option(&kind->options[k]);
    }
    print_names("Activations", BL_NN_N_ACTIVATIONS, activation_name);
    print_names("Initializers", BL_NN_INIT_N, initializer_name);
    return 0;
}
