// SPDX-License-Identifier: Apache-2.0
// file_magic. Its patterns are regular expressions of Python, which PCRE2 reads, too.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "data/stream/file_magic.h"

#include <pcre2.h>

bl_status bl_file_magic_names(const bl_config *config, const char ***ret_names, size_t *ret_n,
                              bl_error *err) {
    bl_text_list names = {0};
    for (size_t i = 0; i < config->n_file_values; i++)
        if (!bl_text_list_has(&names, config->file_values[i].name))
            BL_TRY(bl_text_list_add(config->arena, &names, config->file_values[i].name, err));
    *ret_names = names.texts;
    *ret_n = names.n;
    return BL_OK;
}

static bl_status run_pattern(pcre2_code *code, const char *pattern, const char *url,
                             bool *ret_matches, bl_error *err) {
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (!data)
        return bl_error_nomem(err, 0, "a pattern");
    int found = pcre2_match(code, (PCRE2_SPTR)url, PCRE2_ZERO_TERMINATED, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH)
        return bl_error_set(err, BL_E_LIMIT, "file_magic: '%s' takes too long on '%s'", pattern,
                            url);
    *ret_matches = found >= 0;
    return BL_OK;
}

static bl_status matches(const char *pattern, const char *url, bool *ret_matches, bl_error *err) {
    int failure;
    PCRE2_SIZE place;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &failure, &place, NULL);
    if (!code) {
        char text[256] = "";
        (void)pcre2_get_error_message(failure, (PCRE2_UCHAR *)text, sizeof text);
        return bl_error_set(err, BL_E_INVALID, "file_magic: '%s': %s at character %zu", pattern,
                            text, (size_t)place);
    }
    bl_status status = run_pattern(code, pattern, url, ret_matches, err);
    pcre2_code_free(code);
    return status;
}

static bl_status value_of(const bl_config *config, const char *name, const char *url,
                          double *ret_value, bl_error *err) {
    *ret_value = 0;
    for (size_t i = 0; i < config->n_file_values; i++) {
        const bl_file_value *value = &config->file_values[i];
        bool is_it = strcmp(value->name, name) == 0;
        if (is_it)
            BL_TRY(matches(value->pattern, url, &is_it, err));
        if (is_it)
            return *ret_value = value->value, BL_OK;
    }
    return BL_OK;
}

bl_status bl_file_magic_values(const bl_config *config, const char *const *names, size_t n,
                               const char *url, double *values, bl_error *err) {
    for (size_t i = 0; i < n; i++)
        BL_TRY(value_of(config, names[i], url, &values[i], err));
    return BL_OK;
}
