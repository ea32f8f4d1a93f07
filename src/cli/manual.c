// SPDX-License-Identifier: Apache-2.0
// Manual pages in mdoc, and the markdown reference, from the table of commands.
// \source mandoc's mdoc(7) manual page: macros and the order of sections.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/help.h"

/// Text as roff takes it: no control line, no escapes, one sentence a line, paragraphs apart.
static void roff(bl_out *out, const char *text) {
    bool at_start = true;
    for (; *text; text++) {
        if (*text == '\n') {
            bl_out_text(out, "\n.Pp\n");
            text += text[1] == '\n';
            at_start = true;
            continue;
        }
        if (at_start && (*text == '.' || *text == '\''))
            bl_out_text(out, "\\&");
        if (*text == '\\')
            bl_out_text(out, "\\e");
        else if (*text == '-')
            bl_out_text(out, "\\-");
        else
            bl_out_char(out, *text);
        at_start = false;
        if ((*text == '.' || *text == '?') && text[1] == ' ') {
            bl_out_char(out, '\n');
            text++;
            at_start = true;
        }
    }
    bl_out_char(out, '\n');
}

/// Lines of a shell as they are to be typed.
static void roff_literal(bl_out *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\\')
            bl_out_text(out, "\\e");
        else if (*text == '-')
            bl_out_text(out, "\\-");
        else if (*text == '\'')
            bl_out_text(out, "\\(aq");
        else
            bl_out_char(out, *text);
    }
    bl_out_char(out, '\n');
}

static void capital(bl_out *out, const char *text) {
    for (; *text; text++)
        bl_out_char(out, (char)(*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text));
}

static void manual_head(bl_out *out, const bl_command *command) {
    char name[64];
    bl_help_full_name(command, '-', name);
    bl_out_text(out, ".\\\" SPDX-License-Identifier: Apache-2.0\n.Dd $Mdocdate$\n.Dt ");
    capital(out, name);
    bl_out_printf(out, " 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n.Sh SYNOPSIS\n", name, command->summary);
    bl_out_printf(out, ".Nm beamline%s%s\n.Op Ar option ...\n", *command->name ? " " : "",
                  command->name);
    const char *operands = command->operands;
    bool is_optional = *operands == '[';
    int n = (int)strcspn(operands + is_optional, " ].");
    if (n > 0)
        bl_out_printf(out, is_optional ? ".Op Ar %.*s%s\n" : ".Ar %.*s%s\n", n,
                      operands + is_optional, strstr(operands, "...") ? " ..." : "");
}

static void manual_options(bl_out *out, const bl_command *command) {
    const bl_option *option;
    bl_out_text(out, ".Pp\nThe options are:\n.Bl -tag -width Ds\n");
    for (size_t i = 0; (option = bl_command_option(command, i)); i++) {
        if (option->is_hidden)
            continue;
        bl_out_text(out, ".It ");
        if (option->letter)
            bl_out_printf(out, "Fl %c , ", option->letter);
        bl_out_printf(out, "Fl \\-%s%s%s\n", option->name, option->argument ? " Ar " : "",
                      option->argument ? option->argument : "");
        roff(out, option->help);
    }
    bl_out_text(out, ".El\n");
}

static void manual_tail(bl_out *out, const bl_command *command) {
    char text[256];
    int code;
    bl_out_text(out, ".Sh EXIT STATUS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; bl_help_exit_code(i, &code, text); i++) {
        bl_out_printf(out, ".It %d\n", code);
        roff(out, text);
    }
    bl_out_text(out, ".El\n");
    if (command->n_examples)
        bl_out_text(out, ".Sh EXAMPLES\n");
    for (size_t i = 0; i < command->n_examples; i++) {
        if (i)
            bl_out_text(out, ".Pp\n");
        bl_out_printf(out, "%s:\n.Bd -literal -offset indent\n", command->examples[i].what);
        roff_literal(out, command->examples[i].command);
        bl_out_text(out, ".Ed\n");
    }
    bl_out_text(out, ".Sh SEE ALSO\n");
    const bl_command *sub = &bl_command_root;
    const char *joint = "";
    // the pages in the order of their names, as mandoc wants it
    const char *last = "";
    for (size_t round = 0; sub; round++) {
        sub = round == 0 ? &bl_command_root : NULL;
        const bl_command *candidate;
        for (size_t i = 0; round > 0 && (candidate = bl_command_at(i)); i++)
            if (strcmp(candidate->name, last) > 0 &&
                (!sub || strcmp(candidate->name, sub->name) < 0))
                sub = candidate;
        if (!sub)
            break;
        last = sub->name;
        if (sub == command)
            continue;
        char name[64];
        bl_out_printf(out, "%s.Xr %s 1", joint, bl_help_full_name(sub, '-', name));
        joint = " ,\n";
    }
    bl_out_char(out, '\n');
}

void bl_help_manual(bl_out *out, const bl_command *command) {
    manual_head(out, command);
    bl_out_text(out, ".Sh DESCRIPTION\n");
    roff(out, command->description);
    const bl_command *sub;
    if (command == &bl_command_root) {
        bl_out_text(out, ".Pp\nThe commands are:\n.Bl -tag -width Ds\n");
        for (size_t i = 0; (sub = bl_command_at(i)); i++)
            bl_out_printf(out, ".It Cm %s\n%s\n", sub->name, sub->summary);
        bl_out_text(out, ".El\n");
    }
    manual_options(out, command);
    manual_tail(out, command);
}

static bl_status write_manual(const char *folder, const bl_command *command, bl_error *err) {
    char name[64], path[4096], buffer[BL_OUT_BYTES];
    int n = snprintf(path, sizeof path, "%s/%s.1", folder, bl_help_full_name(command, '-', name));
    if (n < 0 || (size_t)n >= sizeof path)
        return bl_error_set(err, BL_E_INVALID, "%s: the path is too long", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return bl_error_errno(err, errno, path);
    bl_out out;
    bl_out_init_fd(&out, fd, buffer);
    bl_help_manual(&out, command);
    bl_status status = bl_out_finish(&out, err);
    if (close(fd) != 0 && status == BL_OK)
        return bl_error_errno(err, errno, path);
    return status;
}

bl_status bl_help_write_manuals(bl_context *context, const char *folder, bl_error *err) {
    (void)context;
    BL_TRY(write_manual(folder, &bl_command_root, err));
    const bl_command *command;
    for (size_t i = 0; (command = bl_command_at(i)); i++)
        BL_TRY(write_manual(folder, command, err));
    return BL_OK;
}

static void markdown_command(bl_out *out, const bl_command *command) {
    char name[64], text[256];
    bl_out_printf(out, "\n## %s\n\n%s.\n\n", bl_help_full_name(command, ' ', name),
                  command->summary);
    bl_out_printf(out, "```\n%s [OPTION]...%s%s\n```\n\n%s\n\n", name,
                  *command->operands ? " " : "", command->operands, command->description);
    const bl_option *option;
    bl_out_text(out, "| Option | |\n|---|---|\n");
    for (size_t i = 0; (option = bl_command_option(command, i)); i++)
        if (!option->is_hidden) {
            const char *shown = bl_help_option_text(option, text);
            bl_out_printf(out, "| `%s` | %s |\n", shown + strspn(shown, " "), option->help);
        }
    for (size_t i = 0; i < command->n_examples; i++)
        bl_out_printf(out, "\n%s:\n```sh\n%s\n```\n", command->examples[i].what,
                      command->examples[i].command);
}

void bl_help_markdown(bl_out *out) {
    bl_out_text(out, "# The command beamline\n\nWritten by `beamline help --markdown`.\n");
    markdown_command(out, &bl_command_root);
    const bl_command *command;
    for (size_t i = 0; (command = bl_command_at(i)); i++)
        markdown_command(out, command);
    bl_out_text(out, "\n## Exit codes\n\n| Code | |\n|---|---|\n");
    char text[256];
    int code;
    for (size_t i = 0; bl_help_exit_code(i, &code, text); i++)
        bl_out_printf(out, "| %d | %s |\n", code, text);
}
