// SPDX-License-Identifier: Apache-2.0
// usage: onnx_operators
// Prints the operators that are read, as docs/models.md has them.
#include <stdio.h>

#include "model/onnx/to_graph.h"

int main(void) {
    for (size_t i = 0; i < bl_onnx_n_rules(); i++) {
        bl_onnx_rule_help rule = bl_onnx_rule_at(i);
        printf("| %s | %s | %s |\n", rule.name, rule.domain, rule.help);
    }
    return 0;
}
