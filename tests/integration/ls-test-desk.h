/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsTestEdit:
 * @mid: its id
 * @number: of the command that made it
 * @state: what the client said of it last: queued, sent, applied, dead
 * @status: how it ended, empty before
 * @version: the version of its result
 *
 * An edit as a client told of it.
 */
typedef struct {
  char *mid;
  int64_t number;
  char state[16];
  char status[16];
  int64_t version;
} LsTestEdit;

/**
 * LsTestDesk:
 *
 * A lockstep-client in a process of its own, with its own folder. It ends with the test.
 */
typedef struct _LsTestDesk LsTestDesk;

/**
 * LsTestDeskFunc:
 * @desk: a desk
 * @line: what it said
 * @user_data: of the caller
 *
 * Called for each line that a desk says.
 */
typedef void (*LsTestDeskFunc) (LsTestDesk *desk,
                                JsonObject *line,
                                gpointer    user_data);

LsTestDesk *ls_test_desk_new      (const char    *server_url,
                                   const char    *token,
                                   const char    *folder);
void        ls_test_desk_free     (LsTestDesk    *desk);
void        ls_test_desk_set_func (LsTestDesk    *desk,
                                   LsTestDeskFunc func,
                                   gpointer       user_data);
void        ls_test_desk_start    (LsTestDesk    *desk,
                                   const char    *option);
void        ls_test_desk_kill     (LsTestDesk    *desk);
void        ls_test_desk_signal   (LsTestDesk    *desk,
                                   int            number);
void        ls_test_desk_quit     (LsTestDesk    *desk);
int64_t     ls_test_desk_send        (LsTestDesk     *desk,
                                      const char     *format,
                                      ...) G_GNUC_PRINTF (2, 3);
bool ls_test_desk_wait (LsTestDesk *desk,
                        int64_t     number);
void        ls_test_desk_do          (LsTestDesk     *desk,
                                      const char     *format,
                                      ...) G_GNUC_PRINTF (2, 3);
char       *ls_test_desk_get_sums     (LsTestDesk *desk);
int64_t     ls_test_desk_get_version  (LsTestDesk *desk);
int64_t     ls_test_desk_get_integer  (LsTestDesk *desk,
                                       const char *collection,
                                       const char *key,
                                       const char *field);
bool        ls_test_desk_has_heard    (LsTestDesk *desk,
                                       const char *event);
int64_t     ls_test_desk_get_verified (LsTestDesk *desk);
void        ls_test_desk_wait_verified (LsTestDesk *desk);
int64_t     ls_test_desk_check        (LsTestDesk *desk);
GHashTable *ls_test_desk_get_edits    (LsTestDesk *desk);
void        ls_test_desk_iterate      (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestDesk, ls_test_desk_free)

/* What the server's database holds, read by SQL. */
char   *ls_test_proof_sums    (const char *data,
                               const char *shop);
GHashTable *ls_test_proof_mids (const char *data,
                                const char *shop);
int64_t ls_test_proof_integer (const char *data,
                               const char *sql,
                               const char *first,
                               const char *second);

G_END_DECLS
