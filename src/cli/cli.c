// SPDX-License-Identifier: Apache-2.0
// The command around its subcommands: context, signals, messages, exit codes.
#include "cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/help.h"
#include "cli/terminal.h"

// A signal handler takes no argument, so what it cancels has to be found here: the one variable of
// the command, set while a subcommand runs.
static _Atomic(bl_context *) interruptible;

static void on_signal(int number) {
    (void)number;
    bl_context *context = atomic_load(&interruptible);
    if (context)
        bl_context_cancel(context);
}

/// The first Ctrl-C asks for a clean end; the handler is gone then, so a second one ends at once.
static void catch_signals(bl_context *context) {
    atomic_store(&interruptible, context);
    struct sigaction cancel = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &cancel, NULL);
    sigaction(SIGTERM, &cancel, NULL);
    // a reader that went away shows as EPIPE, which ends the command quietly
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

static void log_line(void *user, bl_log_level level, const char *line) {
    const bl_cli *cli = user;
    bool is_shown = level == BL_LOG_WARNING ? !cli->arguments.quiet : cli->arguments.verbose;
    if (is_shown)
        fprintf(stderr, "beamline: %s\n", line);
}

/// Writes text that may come from a file: control characters must not reach the terminal. Lines are
/// ended where the next one is indented, as under an expression that is wrong.
static void print_clean(const char *text) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_line_end = c == '\n' && strncmp(text + 1, "  ", 2) == 0;
        fputc((c < 0x20 && !is_line_end) || c == 0x7f ? '?' : c, stderr);
    }
}

void bl_cli_complain(const bl_cli *cli, const bl_error *err) {
    const char *name = cli->arguments.command ? cli->arguments.command->name : "";
    fprintf(stderr, "beamline: %s%s", name, *name ? ": " : "");
    print_clean(*err->message ? err->message : bl_status_text(err->status));
    fputc('\n', stderr);
}

bl_status bl_cli_skip(bl_cli *cli, bl_status status, bl_error *err) {
    if (status == BL_OK || status == BL_E_CANCELLED || status == BL_E_NOMEM)
        return status;
    bl_cli_complain(cli, err);
    if (cli->worst == BL_OK)
        cli->worst = status;
    *err = (bl_error){.status = BL_OK};
    return BL_OK;
}

void bl_cli_note(const bl_cli *cli, const char *format, ...) {
    if (cli->arguments.quiet)
        return;
    char line[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fprintf(stderr, "beamline: %s: ", cli->arguments.command->name);
    print_clean(line);
    fputc('\n', stderr);
}

static bl_status run_command(bl_cli *cli, bl_error *err) {
    const bl_command *command = cli->arguments.command;
    bl_context_options options = {.size = sizeof options,
                                  .log = log_line,
                                  .log_user = cli,
                                  .n_threads = cli->arguments.n_threads,
                                  .memory_bytes = cli->arguments.memory_bytes};
    if (!command->takes_common)
        options.n_threads = 1; // explains itself, and computes nothing
    BL_TRY(bl_context_new(&options, &cli->context, err));
    cli->out.context = cli->context;
    catch_signals(cli->context);
    bl_status status = command->run(cli, err);
    atomic_store(&interruptible, NULL);
    return status;
}

static bl_status run(bl_cli *cli, int argc, char **argv, bl_error *err) {
    BL_TRY(bl_args_parse(argc, argv, &cli->arguments, err));
    const bl_arguments *arguments = &cli->arguments;
    cli->color = bl_terminal_color(STDOUT_FILENO, arguments->color);
    cli->progress = isatty(STDERR_FILENO) && !arguments->quiet && !arguments->no_progress;
    if (arguments->version)
        bl_help_version(&cli->out);
    else if (arguments->help)
        bl_help_command(&cli->out, arguments->command);
    else
        return run_command(cli, err);
    return BL_OK;
}

int bl_cli_main(int argc, char **argv) {
    char buffer[BL_OUT_BYTES];
    bl_cli cli = {.width = bl_terminal_width(STDOUT_FILENO)};
    bl_error err = {0};
    bl_out_init_fd(&cli.out, STDOUT_FILENO, buffer);
    bl_status status = run(&cli, argc, argv, &err);
    // what was done is shown even where the rest failed
    bl_error write_err = {0};
    bl_status written = bl_out_finish(&cli.out, &write_err);
    if (written != BL_OK) {
        err = write_err;
        status = written;
    }
    if (status != BL_OK && status != BL_END) {
        err.status = status;
        bl_cli_complain(&cli, &err);
    }
    bl_context_free(cli.context);
    return bl_status_exit_code(status == BL_OK ? cli.worst : status);
}
