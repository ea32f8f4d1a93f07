// SPDX-License-Identifier: Apache-2.0
// `--help`, `--version` and the command `help`.
#include "cli/help.h"

#include <stdio.h>

#include "cli/cli.h"
#include "expr/expressions.h"

enum { OPTION_INDENT = 26 };

const char *bl_help_full_name(const bl_command *command, char joint, char *text) {
    if (*command->name)
        snprintf(text, 64, "beamline%c%s", joint, command->name);
    else
        snprintf(text, 64, "beamline");
    return text;
}

const char *bl_help_option_text(const bl_option *option, char *text) {
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(text, 128, "%s--%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    return text;
}

bool bl_help_exit_code(size_t i, int *ret_code, char *text) {
    static const struct {
        int code;
        const char *text;
    } rows[] = {
#define ROW(name, status_text, exit_code, http, grpc, python) {exit_code, status_text},
        BL_STATUS_TABLE(ROW)
#undef ROW
    };
    size_t at = 0, n_rows = BL_COUNT(rows);
    for (; at < n_rows && i > 0; i--)
        for (int code = rows[at].code; at < n_rows && rows[at].code == code;)
            at++;
    if (at == n_rows)
        return false;
    *ret_code = rows[at].code;
    if (*ret_code == 0) { // the end of data is no outcome of a command
        snprintf(text, 256, "success");
        return true;
    }
    size_t used = 0;
    for (const char *joint = ""; at < n_rows && rows[at].code == *ret_code && used < 200; at++) {
        used += (size_t)snprintf(text + used, 256 - used, "%s%s", joint, rows[at].text);
        joint = ", ";
    }
    return true;
}

/// Fills lines up to the page's width; later lines start after `indent` spaces.
static void wrap(bl_out *out, const char *text, size_t indent, size_t column) {
    while (*text) {
        if (*text == '\n') { // an empty line between paragraphs
            bl_out_text(out, "\n\n");
            bl_out_repeat(out, ' ', indent);
            text += strspn(text, "\n");
            column = indent;
        }
        size_t n = strcspn(text, " \n");
        if (column > indent && column + 1 + n > BL_HELP_COLUMNS) {
            bl_out_char(out, '\n');
            bl_out_repeat(out, ' ', indent);
            column = indent;
        } else if (column > indent) {
            bl_out_char(out, ' ');
            column++;
        }
        bl_out_bytes(out, text, n);
        column += n;
        text += n;
        text += *text == ' ';
    }
    bl_out_char(out, '\n');
}

static void write_entry(bl_out *out, const char *name, const char *text, size_t indent) {
    size_t n = strlen(name);
    bl_out_text(out, "  ");
    bl_out_bytes(out, name, n);
    if (n + 4 > indent) {
        bl_out_char(out, '\n');
        bl_out_repeat(out, ' ', indent);
    } else {
        bl_out_repeat(out, ' ', indent - n - 2);
    }
    wrap(out, text, indent, indent);
}

static void write_options(bl_out *out, const bl_command *command) {
    const bl_option *option;
    bl_out_text(out, "\nOptions:\n");
    for (size_t i = 0; (option = bl_command_option(command, i)); i++) {
        char text[128];
        if (!option->is_hidden)
            write_entry(out, bl_help_option_text(option, text), option->help, OPTION_INDENT);
    }
}

static void write_exit_codes(bl_out *out) {
    char text[256], number[16];
    int code;
    bl_out_text(out, "\nExit codes:\n");
    for (size_t i = 0; bl_help_exit_code(i, &code, text); i++) {
        snprintf(number, sizeof number, "%d", code);
        write_entry(out, number, text, 8);
    }
}

void bl_help_command(bl_out *out, const bl_command *command) {
    char name[64];
    bl_help_full_name(command, ' ', name);
    bl_out_printf(out, "Usage: %s%s%s%s\n\n", name, command->n_options ? " [OPTION]..." : "",
                  *command->operands ? " " : "", command->operands);
    wrap(out, command->description, 0, 0);
    if (command == &bl_command_root) {
        const bl_command *sub;
        bl_out_text(out, "\nCommands:\n");
        for (size_t i = 0; (sub = bl_command_at(i)); i++)
            write_entry(out, sub->name, sub->summary, 16);
    }
    if (bl_command_option(command, 0))
        write_options(out, command);
    if (command->n_examples)
        bl_out_text(out, "\nExamples:\n");
    for (size_t i = 0; i < command->n_examples; i++)
        bl_out_printf(out, "  # %s\n  %s\n", command->examples[i].what,
                      command->examples[i].command);
    if (command == &bl_command_root)
        write_exit_codes(out);
}

void bl_help_version(bl_out *out) {
    bl_out_printf(out, "beamline %s\n", bl_version());
#if defined(__clang__)
    bl_out_printf(out, "compiler: clang %d.%d.%d\n", __clang_major__, __clang_minor__,
                  __clang_patchlevel__);
#elif defined(__GNUC__)
    bl_out_printf(out, "compiler: gcc %d.%d.%d\n", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
    bl_out_text(out, "codecs: zlib, lzma, lz4, zstd\n");
}

/// The language of selections, by its own table.
static void write_functions(bl_out *out) {
    bl_function_info f;
    bl_out_text(out,
                "Functions of selections and variables; docs/expressions.md says the rest.\n\n");
    for (size_t i = 0; bl_function_at(i, &f); i++) {
        char name[128], text[512];
        snprintf(name, sizeof name, "%s(%s)", f.name, f.parameters);
        snprintf(text, sizeof text, "%s%s%s", f.help, f.aliases ? "; also called " : "",
                 f.aliases ? f.aliases : "");
        write_entry(out, name, text, OPTION_INDENT);
    }
}

static bl_status run_help(bl_cli *cli, bl_error *err) {
    const bl_arguments *arguments = &cli->arguments;
    if (arguments->man)
        return bl_help_write_manuals(cli->context, arguments->man, err);
    const bl_command *command = &bl_command_root;
    bool is_functions = arguments->n_operands && strcmp(arguments->operands[0], "functions") == 0;
    if (arguments->n_operands && !is_functions)
        BL_TRY(bl_command_find(arguments->operands[0], &command, err));
    if (arguments->markdown)
        bl_help_markdown(&cli->out);
    else if (is_functions)
        write_functions(&cli->out);
    else
        bl_help_command(&cli->out, command);
    return BL_OK;
}

static const bl_option help_options[] = {
    {"man", 0, "DIR", "Write the manual pages of all commands into DIR", BL_OPTION_TEXT,
     BL_HINT_FOLDERS, NULL, offsetof(bl_arguments, man), false},
    {"markdown", 0, NULL, "Print the reference of all commands as markdown", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, markdown)},
    {"help", 'h', NULL, "Explain this command", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, help)},
};

static const bl_example help_examples[] = {
    {"Read about a command", "beamline help stats"},
    {"Read about the functions of selections", "beamline help functions"},
    {"Install the manual pages", "beamline help --man /usr/local/share/man/man1"},
};

const bl_command bl_command_help = {
    .name = "help",
    .summary = "explain a command, or write the manual",
    .operands = "[COMMAND|functions]",
    .description = "Explains a command, as COMMAND --help does, or lists the functions of "
                   "selections and variables. The manual pages and the reference are made of the "
                   "same text.",
    .options = help_options,
    .n_options = BL_COUNT(help_options),
    .operand_hint = BL_HINT_COMMANDS,
    .max_operands = 1,
    .examples = help_examples,
    .n_examples = BL_COUNT(help_examples),
    .run = run_help,
};
