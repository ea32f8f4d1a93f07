// SPDX-License-Identifier: Apache-2.0
// Command-line parsing: getopt_long fed from the tables; every message is ours.
#include "cli/args.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/size.h"
#include "cli/number.h"

enum { MAX_OPTIONS = 64, FIRST_LONG = 256 };

static bool parse_row(const char *text, const char **ret_end, int64_t *ret_row) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *text < '0' || *text > '9')
        return false;
    *ret_end = end;
    *ret_row = value;
    return true;
}

bl_status bl_args_rows(const char *text, bl_row_range *ret_rows, bl_error *err) {
    bl_row_range rows = {.first = 0, .last = INT64_MAX, .is_set = true};
    const char *at = text;
    bool good = *at == ':' || parse_row(at, &at, &rows.first);
    if (good && *at == '\0') {
        rows.last = rows.first;
        rows.first = 0;
    } else if (good && *at == ':') {
        at++;
        good = *at == '\0' || parse_row(at, &at, &rows.last);
    }
    if (!good || *at)
        return bl_error_set(err, BL_E_USAGE, "'%s' is no range of entries such as 100:200", text);
    if (rows.first > rows.last)
        return bl_error_set(err, BL_E_USAGE, "range '%s' ends before it starts", text);
    *ret_rows = rows;
    return BL_OK;
}

bl_status bl_args_whole(const char *option, const char *text, uint64_t most, uint64_t *ret_number,
                        bl_error *err) {
    const char *end = text + strlen(text), *at = NULL;
    uint64_t number = *text >= '0' && *text <= '9' ? bl_number_read_uint(text, end, &at) : 0;
    if (at != end || number > most)
        return bl_error_set(err, BL_E_USAGE, "--%s '%s' is no number from 0 to %llu", option, text,
                            (unsigned long long)most);
    *ret_number = number;
    return BL_OK;
}

static bl_status parse_events(const char *text, int64_t *ret_number, bl_error *err) {
    const char *end = text;
    int64_t number = 0;
    if (!parse_row(text, &end, &number) || *end || number < 1)
        return bl_error_set(err, BL_E_USAGE, "'%s' is no whole number above 0", text);
    *ret_number = number;
    return BL_OK;
}

static bl_status parse_count(const char *text, unsigned *ret_count, bl_error *err) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || *text < '1' || *text > '9' || value > 4096)
        return bl_error_set(err, BL_E_USAGE, "'%s' is no number from 1 to 4096", text);
    *ret_count = (unsigned)value;
    return BL_OK;
}

static bl_status parse_choice(const bl_option *option, const char *text, unsigned *ret_place,
                              bl_error *err) {
    if (bl_choice_find(option->choices, text, strlen(text), ret_place))
        return BL_OK;
    return bl_error_set(err, BL_E_USAGE, "'%s' is none of: %s", text, option->choices);
}

static bl_status add_text(const char *text, bl_texts *texts, bl_error *err) {
    if (texts->n == BL_COUNT(texts->texts))
        return bl_error_set(err, BL_E_USAGE, "'%s' is one too many", text);
    texts->texts[texts->n++] = text;
    return BL_OK;
}

static bl_status store(const bl_option *option, const char *text, bl_arguments *arguments,
                       bl_error *err) {
    void *place = (char *)arguments + option->offset;
    switch (option->kind) {
    case BL_OPTION_FLAG:
        *(bool *)place = true;
        return BL_OK;
    case BL_OPTION_TEXT:
        *(const char **)place = text;
        return BL_OK;
    case BL_OPTION_TEXTS:
        return add_text(text, place, err);
    case BL_OPTION_CHOICE:
        return parse_choice(option, text, place, err);
    case BL_OPTION_COUNT:
        return parse_count(text, place, err);
    case BL_OPTION_EVENTS:
        return parse_events(text, place, err);
    case BL_OPTION_SIZE:
        return bl_size_parse(text, place, err);
    case BL_OPTION_ROWS:
        return bl_args_rows(text, place, err);
    }
    return BL_OK;
}

/// getopt's two faces of one command's table; a long option's value is FIRST_LONG + its place.
typedef struct getopt_tables {
    struct option longs[MAX_OPTIONS + 1];
    char shorts[2 * MAX_OPTIONS + 3];
} getopt_tables;

static void fill_tables(const bl_command *command, getopt_tables *tables) {
    *tables = (getopt_tables){.longs = {{0}}};
    char *at = tables->shorts;
    // '+' stops at the first operand, the subcommand; ':' asks for an answer to missing arguments
    if (command == &bl_command_root)
        *at++ = '+';
    *at++ = ':';
    const bl_option *option;
    for (size_t i = 0; i < MAX_OPTIONS && (option = bl_command_option(command, i)); i++) {
        bool takes = option->kind != BL_OPTION_FLAG;
        tables->longs[i] = (struct option){option->name, takes ? required_argument : no_argument,
                                           NULL, FIRST_LONG + (int)i};
        if (option->letter) {
            *at++ = option->letter;
            if (takes)
                *at++ = ':';
        }
    }
}

static const bl_option *option_of(const bl_command *command, int value) {
    const bl_option *option;
    for (size_t i = 0; (option = bl_command_option(command, i)); i++)
        if (value == FIRST_LONG + (int)i || (option->letter && value == option->letter))
            return option;
    return NULL;
}

/// An option that getopt knows no single long name for: none, or the start of several.
static bl_status unknown_long(const bl_command *command, const char *word, bl_error *err) {
    int length = (int)strcspn(word, "=");
    char wanted[64], names[MAX_OPTIONS][64];
    snprintf(wanted, sizeof wanted, "%.*s", length, word);
    bl_nearest nearest;
    bl_nearest_init(&nearest, wanted);
    unsigned n_longer = 0;
    const bl_option *option;
    for (size_t i = 0; i < MAX_OPTIONS && (option = bl_command_option(command, i)); i++) {
        snprintf(names[i], sizeof names[i], "--%s", option->name);
        if (!option->is_hidden)
            bl_nearest_offer(&nearest, names[i]);
        n_longer += strncmp(names[i], wanted, strlen(wanted)) == 0;
    }
    bl_status status = bl_error_set(err, BL_E_USAGE, "%s %s",
                                    n_longer > 1 ? "ambiguous option" : "no option", wanted);
    return bl_nearest_hint(&nearest, status, err);
}

static bl_status unknown_option(const bl_command *command, const char *word, bl_error *err) {
    if (optopt >= FIRST_LONG) // getopt knows the option, but it takes no argument
        return bl_error_set(err, BL_E_USAGE, "option %.*s takes no argument",
                            (int)strcspn(word, "="), word);
    if (optopt)
        return bl_error_set(err, BL_E_USAGE, "no option -%c", optopt);
    return unknown_long(command, word, err);
}

static bl_status parse_options(int argc, char **argv, bl_arguments *arguments, bl_error *err) {
    const bl_command *command = arguments->command;
    getopt_tables tables;
    fill_tables(command, &tables);
    optind = 0; // glibc: start afresh
    opterr = 0;
    int value;
    for (;;) {
        int index = 0;
        value = getopt_long(argc, argv, tables.shorts, tables.longs, &index);
        if (value == -1)
            break;
        if (value == '?')
            return unknown_option(command, argv[optind - 1], err);
        if (value == ':')
            return bl_error_set(err, BL_E_USAGE, "option %s wants an argument", argv[optind - 1]);
        const bl_option *option = option_of(command, value);
        BL_TRY_IN(store(option, optarg, arguments, err), err, "--%s", option->name);
    }
    arguments->operands = (const char *const *)argv + optind;
    arguments->n_operands = (size_t)(argc - optind);
    return BL_OK;
}

bl_status bl_args_parse(int argc, char **argv, bl_arguments *ret_arguments, bl_error *err) {
    bl_arguments *arguments = ret_arguments;
    *arguments = (bl_arguments){.command = &bl_command_root};
    BL_TRY(parse_options(argc, argv, arguments, err));
    if (arguments->help || arguments->version)
        return BL_OK;
    if (arguments->n_operands == 0)
        return bl_error_set(err, BL_E_USAGE, "no command given; see beamline --help");
    int skipped = argc - (int)arguments->n_operands;
    const bl_command *command;
    BL_TRY(bl_command_find(argv[skipped], &command, err));
    *arguments = (bl_arguments){.command = command};
    BL_TRY(parse_options(argc - skipped, argv + skipped, arguments, err));
    if (arguments->help || arguments->version)
        return BL_OK;
    if (arguments->n_operands < command->min_operands)
        return bl_error_set(err, BL_E_USAGE, "%s is missing; see beamline %s --help",
                            command->operands, command->name);
    if (arguments->n_operands > command->max_operands)
        return bl_error_set(err, BL_E_USAGE, "'%s' is one argument too many",
                            arguments->operands[command->max_operands]);
    return BL_OK;
}
