// SPDX-License-Identifier: Apache-2.0
// Attributes and domains by name.
#include "model/onnx/model.h"

const char *bl_onnx_attribute_text(int32_t kind) {
    static const char *const texts[] = {
#define TEXT(name, number, text) [number] = (text),
        BL_ONNX_ATTRIBUTES(TEXT)
#undef TEXT
    };
    return kind > 0 && kind < BL_ONNX_N_ATTRIBUTES ? texts[kind] : NULL;
}

bool bl_onnx_is_default_domain(const char *domain) {
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

int64_t bl_onnx_opset_version(const bl_onnx_opsets *opsets, const char *domain) {
    bool is_default = bl_onnx_is_default_domain(domain);
    for (size_t i = 0; i < opsets->n; i++) {
        const bl_onnx_opset *opset = &opsets->items[i];
        if (is_default ? bl_onnx_is_default_domain(opset->domain)
                       : opset->domain && strcmp(opset->domain, domain) == 0)
            return opset->version;
    }
    return 0;
}
