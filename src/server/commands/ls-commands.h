/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-access.h"
#include "server/ls-config.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsCommandExit:
 * @LS_EXIT_OK: done
 * @LS_EXIT_FAILED: not done; standard error says why
 * @LS_EXIT_USAGE: the command line makes no sense
 *
 * How a command ends.
 */
typedef enum {
  LS_EXIT_OK = 0,
  LS_EXIT_FAILED = 1,
  LS_EXIT_USAGE = 2,
} LsCommandExit;

/**
 * LsCommand:
 * @name: what stands after `lockstepd`
 * @summary: what it does, in a line
 * @run: does it; the first argument is the command's name
 *
 * A row of the table of commands.
 */
typedef struct {
  const char *name;
  const char *summary;
  LsCommandExit (*run) (int    argc,
                        char **argv);
} LsCommand;

/**
 * LsCommandSpec:
 * @usage: what stands after the command's name, such as `add USER`
 * @summary: what it does, in sentences
 * @examples: how it is used
 * @options: (array length=n_options): those of the configuration that it has; --config and --data
 *   are always among them
 * @n_options: how many
 * @entries: (nullable): options of its own
 *
 * What a command's line may look like.
 */
typedef struct {
  const char *usage;
  const char *summary;
  const char *examples;
  const LsOptionId *options;
  size_t n_options;
  const GOptionEntry *entries;
} LsCommandSpec;

const LsCommand *ls_commands_get      (size_t              *ret_count);
LsCommandExit    ls_commands_run      (int                  argc,
                                       char               **argv);

LsConfig        *ls_command_parse     (const LsCommandSpec *spec,
                                       int                 *argc,
                                       char              ***argv,
                                       LsCommandExit       *ret_exit);
LsCommandExit    ls_command_fail      (const GError        *error);
LsCommandExit    ls_command_misused   (const char          *command,
                                       const char          *words);
LsAccess        *ls_command_open_access (LsEnvironment     *environment,
                                         LsConfig          *config,
                                         GError           **error);
LsStorage       *ls_command_open_storage (LsEnvironment    *environment,
                                          LsConfig         *config,
                                          GError          **error);
char            *ls_command_read_password (const char      *prompt,
                                           GError         **error);

LsCommandExit    ls_command_backup     (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_check      (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_export     (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_help      (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_import    (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_init      (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_restore    (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_serve     (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_shop       (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_simulate  (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_status     (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_token     (int                  argc,
                                       char               **argv);
LsCommandExit    ls_command_user      (int                  argc,
                                       char               **argv);

G_END_DECLS
