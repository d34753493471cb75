/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsTestServer:
 *
 * A real lockstepd on a data folder of its own that goes away, listening on a port that the system
 * picks. It ends with the test, however that ends. What goes wrong with it fails the test.
 */
typedef struct _LsTestServer LsTestServer;

/**
 * ls_test_server_new:
 * @options: (nullable) (array zero-terminated=1): more words for `lockstepd serve`
 *
 * Makes a data folder with the user `admin` and the shop `music`, and starts a server on it.
 * Returns when it listens. Sign-ins and connections are without limit unless @options say
 * otherwise.
 *
 * Returns: (transfer full): the server
 */
LsTestServer *ls_test_server_new          (const char *const *options);

/**
 * ls_test_server_new_stopped:
 * @options: (nullable) (array zero-terminated=1): more words for `lockstepd serve`
 *
 * Makes the data folder only, so that something can be put into it before ls_test_server_start().
 *
 * Returns: (transfer full): the server
 */
LsTestServer *ls_test_server_new_stopped  (const char *const *options);

/**
 * ls_test_server_free:
 * @server: (transfer full): a server
 *
 * Ends it by SIGTERM if it runs, expects that to be clean, and removes its folder.
 */
void          ls_test_server_free         (LsTestServer       *server);

/**
 * ls_test_server_start:
 * @server: a server that does not run
 *
 * Starts it again, on the address it had.
 */
void          ls_test_server_start        (LsTestServer       *server);

/**
 * ls_test_server_stop:
 * @server: a server that runs
 *
 * Ends it by SIGTERM and waits for that.
 *
 * Returns: its exit status
 */
int           ls_test_server_stop         (LsTestServer       *server);

/**
 * ls_test_server_kill:
 * @server: a server that runs
 *
 * Ends it by SIGKILL, at once.
 */
void          ls_test_server_kill         (LsTestServer       *server);

/**
 * ls_test_server_terminate:
 * @server: a server that runs
 *
 * Sends it SIGTERM without waiting: ls_test_server_wait() does.
 */
void          ls_test_server_terminate    (LsTestServer       *server);

/**
 * ls_test_server_wait:
 * @server: a server that ends
 *
 * Waits for that.
 *
 * Returns: its exit status, or minus the number of the signal that ended it
 */
int           ls_test_server_wait         (LsTestServer       *server);

/**
 * ls_test_server_run:
 * @server: a server, running or not
 * @input: (nullable): what the command reads
 * @word: the command's name
 * @...: more words, %NULL-terminated
 *
 * Runs another command of lockstepd on the same data folder, and expects it to succeed.
 *
 * Returns: (transfer full): what it printed, without the last line feed
 */
char         *ls_test_server_run          (LsTestServer       *server,
                                           const char         *input,
                                           const char         *word,
                                           ...) G_GNUC_NULL_TERMINATED;

/**
 * ls_test_server_try:
 * @server: a server, running or not
 * @ret_output: (out) (optional): what the command printed
 * @ret_errors: (out) (optional): what it said to standard error
 * @word: the command's name
 * @...: more words, %NULL-terminated
 *
 * Runs another command of lockstepd on the same data folder, however it ends.
 *
 * Returns: its exit status
 */
int           ls_test_server_try          (LsTestServer       *server,
                                           char              **ret_output,
                                           char              **ret_errors,
                                           const char         *word,
                                           ...) G_GNUC_NULL_TERMINATED;

/**
 * ls_test_server_get_url:
 * @server: a server that ran
 *
 * Returns: (transfer none): `http://127.0.0.1:PORT`
 */
const char   *ls_test_server_get_url      (LsTestServer       *server);

/**
 * ls_test_server_get_port:
 * @server: a server that ran
 *
 * Returns: its port on the loopback address
 */
uint16_t      ls_test_server_get_port     (LsTestServer       *server);

/**
 * ls_test_server_get_data:
 * @server: a server
 *
 * Returns: (transfer none): its data folder
 */
const char   *ls_test_server_get_data     (LsTestServer       *server);

/**
 * ls_test_server_get_token:
 * @server: a server
 *
 * Returns: (transfer none): a token of `admin`, who owns all shops
 */
const char   *ls_test_server_get_token    (LsTestServer       *server);

/**
 * ls_test_server_add_user:
 * @server: a server
 * @user: a new name
 * @role: what he is in all shops
 *
 * Returns: (transfer full): a token for him
 */
char         *ls_test_server_add_user     (LsTestServer       *server,
                                           const char         *user,
                                           const char         *role);

/**
 * ls_test_server_get_pid:
 * @server: a server that runs
 *
 * Returns: (transfer none): its process id, in decimal
 */
const char   *ls_test_server_get_pid      (LsTestServer       *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestServer, ls_test_server_free)

G_END_DECLS
