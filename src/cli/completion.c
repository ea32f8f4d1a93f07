// SPDX-License-Identifier: Apache-2.0
// `beamline completion`: scripts that let a shell complete commands, options and their arguments,
// made of the table of commands. Names of trees and columns are asked of `beamline inspect --names`
// for the files that stand on the command line already.
#include <stdio.h>

#include "cli/cli.h"

/// Text inside single quotes of any of the three shells; quotes in it become typographic ones.
static void quoted(bl_out *out, const char *text) {
    for (; *text; text++)
        if (*text == '\'')
            bl_out_text(out, "’");
        else
            bl_out_char(out, *text);
}

static void option_words(bl_out *out, const bl_command *command) {
    const bl_option *option;
    for (size_t i = 0; (option = bl_command_option(command, i)); i++)
        if (!option->is_hidden)
            bl_out_printf(out, " --%s", option->name);
}

static void command_words(bl_out *out) {
    const bl_command *command;
    for (size_t i = 0; (command = bl_command_at(i)); i++)
        bl_out_printf(out, "%s%s", i ? " " : "", command->name);
}

static const char bash_head[] =
    "# bash completion of beamline: source it, or put it among bash's completions\n"
    "_beamline_names() {\n"
    "    local word file tree i\n"
    "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        [[ ${COMP_WORDS[i-1]} == --tree ]] && tree=$word && continue\n"
    "        [[ -f $word ]] && file=$word\n"
    "    done\n"
    "    [[ $file ]] || return\n"
    "    if [[ $1 == columns ]]; then\n"
    "        beamline inspect --names --columns '*' ${tree:+--tree \"$tree\"} \"$file\" "
    "2>/dev/null\n"
    "    else\n"
    "        beamline inspect --names \"$file\" 2>/dev/null\n"
    "    fi\n"
    "}\n"
    "_beamline() {\n"
    "    local IFS=$'\\n' cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local words='' before=''\n"
    "    COMPREPLY=()\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        words='";

static void bash_argument(bl_out *out, const bl_command *command, const bl_option *option) {
    bl_out_printf(out, "    %s:--%s", command->name, option->name);
    if (option->letter)
        bl_out_printf(out, " | %s:-%c", command->name, option->letter);
    bl_out_text(out, ")\n");
    switch (option->hint) {
    case BL_HINT_CHOICES:
        bl_out_printf(out, "        words='%s' ;;\n", option->choices);
        return;
    case BL_HINT_TREES:
        bl_out_text(out, "        COMPREPLY=($(compgen -W \"$(_beamline_names trees)\" -- "
                         "\"$cur\"))\n        return ;;\n");
        return;
    case BL_HINT_COLUMNS:
        bl_out_text(out, "        [[ $cur == *,* ]] && before=${cur%,*},\n"
                         "        COMPREPLY=($(compgen -P \"$before\" -W \"$(_beamline_names "
                         "columns)\" -- \"${cur##*,}\"))\n        return ;;\n");
        return;
    case BL_HINT_FILES:
    case BL_HINT_FOLDERS:
        bl_out_text(out, "        COMPREPLY=($(compgen -f -- \"$cur\"))\n        return ;;\n");
        return;
    default:
        bl_out_text(out, "        return ;;\n");
    }
}

static void bash_operands(bl_out *out, const bl_command *command) {
    bl_out_printf(out, "    %s:*)\n        if [[ $cur == -* ]]; then\n            words='",
                  command->name);
    option_words(out, command);
    bl_out_text(out, "'\n        else\n            ");
    if (command->operand_hint == BL_HINT_CHOICES) {
        bl_out_printf(out, "words='%s'", command->operand_choices);
    } else if (command->operand_hint == BL_HINT_COMMANDS) {
        bl_out_text(out, "words='");
        command_words(out);
        bl_out_char(out, '\'');
    } else {
        bl_out_text(out, "COMPREPLY=($(compgen -f -- \"$cur\"))\n            return");
    }
    bl_out_text(out, "\n        fi ;;\n");
}

static void write_bash(bl_out *out) {
    bl_out_text(out, bash_head);
    command_words(out);
    option_words(out, &bl_command_root);
    bl_out_text(out, "'\n    else case ${COMP_WORDS[1]}:$prev in\n");
    const bl_command *command;
    const bl_option *option;
    for (size_t c = 0; (command = bl_command_at(c)); c++) {
        for (size_t i = 0; (option = bl_command_option(command, i)); i++)
            if (option->argument && !option->is_hidden)
                bash_argument(out, command, option);
        bash_operands(out, command);
    }
    bl_out_text(out, "    esac; fi\n"
                     "    COMPREPLY=($(IFS=' '; compgen -W \"$words\" -- \"$cur\"))\n"
                     "}\n"
                     "complete -o filenames -F _beamline beamline\n");
}

static const char zsh_head[] =
    "#compdef beamline\n"
    "# zsh completion of beamline: put it as _beamline into a folder of $fpath\n"
    "_beamline_names() {\n"
    "    local word file tree i\n"
    "    local -a names\n"
    "    for ((i = 2; i < CURRENT; i++)); do\n"
    "        word=${(Q)words[i]}\n"
    "        [[ $words[i-1] == --tree ]] && tree=$word && continue\n"
    "        [[ -f $word ]] && file=$word\n"
    "    done\n"
    "    [[ -n $file ]] || return 1\n"
    "    if [[ $1 == columns ]]; then\n"
    "        names=(${(f)\"$(beamline inspect --names --columns '*' ${tree:+--tree} $tree $file "
    "2>/dev/null)\"})\n"
    "        _values -s , column ${names//:/\\\\:}\n"
    "    else\n"
    "        names=(${(f)\"$(beamline inspect --names $file 2>/dev/null)\"})\n"
    "        compadd -a names\n"
    "    fi\n"
    "}\n"
    "_beamline_columns() { _beamline_names columns }\n"
    "_beamline_trees() { _beamline_names trees }\n"
    "_beamline() {\n"
    "    local -a commands\n"
    "    commands=(\n";

static void zsh_action(bl_out *out, bl_hint hint, const char *choices) {
    if (hint == BL_HINT_CHOICES)
        bl_out_printf(out, "(%s)", choices);
    else if (hint == BL_HINT_COMMANDS) {
        bl_out_char(out, '(');
        command_words(out);
        bl_out_char(out, ')');
    } else if (hint == BL_HINT_COLUMNS)
        bl_out_text(out, "_beamline_columns");
    else if (hint == BL_HINT_TREES)
        bl_out_text(out, "_beamline_trees");
    else if (hint == BL_HINT_FOLDERS)
        bl_out_text(out, "_files -/");
    else if (hint == BL_HINT_FILES)
        bl_out_text(out, "_files");
    else
        bl_out_char(out, ' ');
}

static void zsh_command(bl_out *out, const bl_command *command) {
    bl_out_printf(out, "    %s)\n        _arguments -s", command->name);
    const bl_option *option;
    for (size_t i = 0; (option = bl_command_option(command, i)); i++) {
        if (option->is_hidden)
            continue;
        bl_out_text(out, " \\\n            ");
        if (option->letter)
            bl_out_printf(out, "'(-%c --%s)'{-%c,--%s}'[", option->letter, option->name,
                          option->letter, option->name);
        else
            bl_out_printf(out, "'--%s[", option->name);
        quoted(out, option->help);
        bl_out_char(out, ']');
        if (option->argument) {
            bl_out_printf(out, ":%s:", option->argument);
            zsh_action(out, option->hint, option->choices);
        }
        bl_out_char(out, '\'');
    }
    bl_out_text(out, " \\\n            '*:argument:");
    zsh_action(out, command->operand_hint, command->operand_choices);
    bl_out_text(out, "' ;;\n");
}

static void write_zsh(bl_out *out) {
    const bl_command *command;
    bl_out_text(out, zsh_head);
    for (size_t i = 0; (command = bl_command_at(i)); i++) {
        bl_out_printf(out, "        '%s:", command->name);
        quoted(out, command->summary);
        bl_out_text(out, "'\n");
    }
    bl_out_text(out, "    )\n"
                     "    if ((CURRENT == 2)); then\n"
                     "        _describe command commands\n"
                     "        return\n"
                     "    fi\n"
                     "    shift words\n"
                     "    ((CURRENT--))\n"
                     "    case $words[1] in\n");
    for (size_t i = 0; (command = bl_command_at(i)); i++)
        zsh_command(out, command);
    bl_out_text(out, "    esac\n}\n"
                     "if [[ $funcstack[1] == _beamline ]]; then _beamline \"$@\"; "
                     "else compdef _beamline beamline; fi\n");
}

static const char fish_head[] =
    "# fish completion of beamline: put it as beamline.fish among fish's completions\n"
    "function __beamline_names\n"
    "    set -l words (commandline -opc)\n"
    "    set -l file; set -l tree; set -l last\n"
    "    for word in $words[2..-1]\n"
    "        if test \"$last\" = --tree\n"
    "            set tree --tree $word\n"
    "        else if test -f $word\n"
    "            set file $word\n"
    "        end\n"
    "        set last $word\n"
    "    end\n"
    "    test -n \"$file\"; or return\n"
    "    if test $argv[1] = columns\n"
    "        set -l before (commandline -ct | string replace -r '[^,]*$' '')\n"
    "        printf '%s\\n' $before(beamline inspect --names --columns '*' $tree $file "
    "2>/dev/null)\n"
    "    else\n"
    "        beamline inspect --names $file 2>/dev/null\n"
    "    end\n"
    "end\n"
    "complete -c beamline -f\n";

static void fish_argument(bl_out *out, const bl_option *option) {
    switch (option->hint) {
    case BL_HINT_FILES:
        bl_out_text(out, " -r -F");
        return;
    case BL_HINT_FOLDERS:
        bl_out_text(out, " -x -a '(__fish_complete_directories)'");
        return;
    case BL_HINT_COLUMNS:
        bl_out_text(out, " -x -a '(__beamline_names columns)'");
        return;
    case BL_HINT_TREES:
        bl_out_text(out, " -x -a '(__beamline_names trees)'");
        return;
    case BL_HINT_CHOICES:
        bl_out_printf(out, " -x -a '%s'", option->choices);
        return;
    default:
        bl_out_text(out, option->argument ? " -x" : "");
    }
}

static void fish_command(bl_out *out, const bl_command *command) {
    char condition[128] = "__fish_use_subcommand";
    if (*command->name)
        snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s", command->name);
    const bl_option *option;
    for (size_t i = 0; (option = bl_command_option(command, i)); i++) {
        if (option->is_hidden)
            continue;
        bl_out_printf(out, "complete -c beamline -n '%s' -l %s", condition, option->name);
        if (option->letter)
            bl_out_printf(out, " -s %c", option->letter);
        fish_argument(out, option);
        bl_out_text(out, " -d '");
        quoted(out, option->help);
        bl_out_text(out, "'\n");
    }
    if (!*command->name)
        return;
    bl_out_printf(out, "complete -c beamline -n '%s'", condition);
    if (command->operand_hint == BL_HINT_CHOICES) {
        bl_out_printf(out, " -a '%s'\n", command->operand_choices);
    } else if (command->operand_hint == BL_HINT_COMMANDS) {
        bl_out_text(out, " -a '");
        command_words(out);
        bl_out_text(out, "'\n");
    } else {
        bl_out_text(out, " -F\n");
    }
}

static void write_fish(bl_out *out) {
    bl_out_text(out, fish_head);
    const bl_command *command;
    for (size_t i = 0; (command = bl_command_at(i)); i++) {
        bl_out_printf(out, "complete -c beamline -n __fish_use_subcommand -a %s -d '",
                      command->name);
        quoted(out, command->summary);
        bl_out_text(out, "'\n");
    }
    fish_command(out, &bl_command_root);
    for (size_t i = 0; (command = bl_command_at(i)); i++)
        fish_command(out, command);
}

static const char shells[] = "bash zsh fish";

static bl_status run_completion(bl_cli *cli, bl_error *err) {
    static void (*const writers[])(bl_out *) = {write_bash, write_zsh, write_fish};
    const char *shell = cli->arguments.operands[0];
    unsigned place;
    if (!bl_choice_find(shells, shell, strlen(shell), &place))
        return bl_error_set(err, BL_E_USAGE, "no shell '%s'; there are: %s", shell, shells);
    writers[place](&cli->out);
    return BL_OK;
}

static const bl_option completion_options[] = {
    {"help", 'h', NULL, "Explain this command", BL_OPTION_FLAG,
     .offset = offsetof(bl_arguments, help)},
};

static const bl_example completion_examples[] = {
    {"Complete in this bash from now on", "source <(beamline completion bash)"},
    {"Install for fish", "beamline completion fish > ~/.config/fish/completions/beamline.fish"},
};

const bl_command bl_command_completion = {
    .name = "completion",
    .summary = "print the completion script of a shell",
    .operands = "bash|zsh|fish",
    .description = "Prints a script that lets the shell complete commands, options and, for "
                   "--tree and --columns, the names in the files on the command line.",
    .options = completion_options,
    .n_options = BL_COUNT(completion_options),
    .operand_hint = BL_HINT_CHOICES,
    .operand_choices = shells,
    .min_operands = 1,
    .max_operands = 1,
    .examples = completion_examples,
    .n_examples = BL_COUNT(completion_examples),
    .run = run_completion,
};
