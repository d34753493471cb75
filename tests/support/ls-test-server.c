/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-server.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "ls-test-dir.h"

#define PATIENCE_SECONDS 120

struct _LsTestServer {
  LsTestDir *dir;
  char *data;
  char *token;
  char *url;
  uint16_t port;
  GPtrArray *options;
  GSubprocess *process;
};

/* A test that ends early takes its servers with it. */
static void
die_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocessLauncher *
launcher_new (GSubprocessFlags flags)
{
  GSubprocessLauncher *launcher = g_subprocess_launcher_new (flags);

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  return launcher;
}

/* The words of a command line, with the data folder. */
static GPtrArray *
collect (LsTestServer *server,
         const char   *word,
         va_list       more)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (words, g_strdup (LOCKSTEPD));
  for (const char *each = word; each != NULL; each = va_arg (more, const char *))
    g_ptr_array_add (words, g_strdup (each));
  g_ptr_array_add (words, g_strconcat ("--data=", server->data, NULL));
  g_ptr_array_add (words, NULL);
  return words;
}

static int
run (GPtrArray       *words,
     GSubprocessFlags flags,
     const char      *input,
     char           **ret_output,
     char           **ret_errors)
{
  g_autoptr (GSubprocessLauncher) launcher =
      launcher_new (flags | G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  process =
      g_subprocess_launcher_spawnv (launcher, (const char *const *) words->pdata, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, input, NULL, ret_output, ret_errors, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  return g_subprocess_get_exit_status (process);
}

char *
ls_test_server_run (LsTestServer *server,
                    const char   *input,
                    const char   *word,
                    ...)
{
  g_autoptr (GPtrArray) words = NULL;
  char *output = NULL;
  va_list more;

  va_start (more, word);
  words = collect (server, word, more);
  va_end (more);
  if (run (words, G_SUBPROCESS_FLAGS_NONE, input, &output, NULL) != 0)
    g_error ("lockstepd %s failed", word);
  return g_strchomp (output);
}

int
ls_test_server_try (LsTestServer *server,
                    char        **ret_output,
                    char        **ret_errors,
                    const char   *word,
                    ...)
{
  g_autoptr (GPtrArray) words = NULL;
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  va_list more;
  int status;

  va_start (more, word);
  words = collect (server, word, more);
  va_end (more);
  status = run (words, G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL, &output, &errors);
  if (ret_output != NULL)
    *ret_output = g_steal_pointer (&output);
  if (ret_errors != NULL)
    *ret_errors = g_steal_pointer (&errors);
  return status;
}

LsTestServer *
ls_test_server_new_stopped (const char *const *options)
{
  LsTestServer *server = g_new0 (LsTestServer, 1);
  g_autofree char *shop = NULL;

  server->dir = ls_test_dir_new ();
  server->data = ls_test_dir_file (server->dir, "data");
  server->options = g_ptr_array_new_with_free_func (g_free);
  for (size_t i = 0; options != NULL && options[i] != NULL; i++)
    g_ptr_array_add (server->options, g_strdup (options[i]));
  server->token = ls_test_server_run (server, NULL, "init", NULL);
  shop = ls_test_server_run (server, NULL, "shop", "add", "music", "--name=Tape Machine", NULL);
  return server;
}

LsTestServer *
ls_test_server_new (const char *const *options)
{
  LsTestServer *server = ls_test_server_new_stopped (options);

  ls_test_server_start (server);
  return server;
}

void
ls_test_server_free (LsTestServer *server)
{
  if (server->process != NULL)
    g_assert_cmpint (ls_test_server_stop (server), ==, 0);
  g_ptr_array_unref (server->options);
  g_free (server->data);
  g_free (server->token);
  g_free (server->url);
  ls_test_dir_free (server->dir);
  g_free (server);
}

static GSocket *
bind_notify (const char *path)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                                  G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (socket, 1);
  return socket;
}

/* A server that fails to start says nothing here, but it ends. */
static void
wait_ready (GSubprocess *process,
            GSocket     *socket)
{
  for (int i = 0; i < PATIENCE_SECONDS; i++)
    {
      g_autoptr (GError) error = NULL;
      char text[256];
      gssize length = g_socket_receive (socket, text, sizeof text - 1, NULL, &error);

      if (length > 0)
        {
          text[length] = '\0';
          if (strstr (text, "READY=1") != NULL)
            return;
        }
      else if (g_subprocess_get_identifier (process) == NULL)
        break;
    }
  g_error ("The server did not start");
}

static void
read_address (LsTestServer *server)
{
  g_autofree char *file = g_build_filename (server->data, "address", NULL);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&server->url, g_free);
  g_file_get_contents (file, &server->url, NULL, &error);
  g_assert_no_error (error);
  server->url[strcspn (server->url, "\n")] = '\0';
  server->port = (uint16_t) g_ascii_strtoull (strrchr (server->url, ':') + 1, NULL, 10);
}

void
ls_test_server_start (LsTestServer *server)
{
  g_autoptr (GSubprocessLauncher) launcher = launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autofree char *data = g_strconcat ("--data=", server->data, NULL);
  g_autofree char *listen = g_strdup_printf ("--listen=127.0.0.1:%u", server->port);
  g_autofree char *path = ls_test_dir_file (server->dir, "notify");
  g_autoptr (GSocket) notify = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (server->process);
  g_ptr_array_add (words, (gpointer) LOCKSTEPD);
  g_ptr_array_add (words, (gpointer) "serve");
  g_ptr_array_add (words, data);
  g_ptr_array_add (words, listen);
  g_ptr_array_add (words, (gpointer) "--address-rate=0");
  g_ptr_array_add (words, (gpointer) "--account-rate=0");
  g_ptr_array_add (words, (gpointer) "--log-level=warning");
  /* Peers that do not read do not answer the close either. */
  g_ptr_array_add (words, (gpointer) "--drain-timeout=300ms");
  for (unsigned i = 0; i < server->options->len; i++)
    g_ptr_array_add (words, g_ptr_array_index (server->options, i));
  g_ptr_array_add (words, NULL);
  g_remove (path);
  notify = bind_notify (path);
  g_subprocess_launcher_setenv (launcher, "NOTIFY_SOCKET", path, TRUE);
  server->process =
      g_subprocess_launcher_spawnv (launcher, (const char *const *) words->pdata, &error);
  g_assert_no_error (error);
  wait_ready (server->process, notify);
  read_address (server);
}

int
ls_test_server_wait (LsTestServer *server)
{
  g_autoptr (GSubprocess) process = g_steal_pointer (&server->process);
  g_autoptr (GError) error = NULL;

  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
  return g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process)
                                              : -g_subprocess_get_term_sig (process);
}

void
ls_test_server_terminate (LsTestServer *server)
{
  g_subprocess_send_signal (server->process, SIGTERM);
}

int
ls_test_server_stop (LsTestServer *server)
{
  ls_test_server_terminate (server);
  return ls_test_server_wait (server);
}

void
ls_test_server_kill (LsTestServer *server)
{
  g_subprocess_send_signal (server->process, SIGKILL);
  ls_test_server_wait (server);
}

const char *
ls_test_server_get_url (LsTestServer *server)
{
  return server->url;
}

uint16_t
ls_test_server_get_port (LsTestServer *server)
{
  return server->port;
}

const char *
ls_test_server_get_data (LsTestServer *server)
{
  return server->data;
}

const char *
ls_test_server_get_token (LsTestServer *server)
{
  return server->token;
}

char *
ls_test_server_add_user (LsTestServer *server,
                         const char   *user,
                         const char   *role)
{
  g_autofree char *flag = g_strconcat ("--user=", user, NULL);
  g_autofree char *role_flag = g_strconcat ("--role=", role, NULL);

  g_free (ls_test_server_run (server, NULL, "user", "add", user, role_flag, "--no-password", NULL));
  return ls_test_server_run (server, NULL, "token", flag, NULL);
}

const char *
ls_test_server_get_pid (LsTestServer *server)
{
  return g_subprocess_get_identifier (server->process);
}
