/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample-server"

#include "config.h"

#include "app/ls-sample-server.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/ls-reason.h"

/**
 * LsSampleServer:
 *
 * A private lockstepd with a sample shop, behind a Unix socket in a folder that only this user can
 * enter. It is made at the first start, kept afterwards, simulates traffic while it runs, and ends
 * with the app: by a signal of the kernel's also when the app is killed.
 *
 * Start: `init --sample` (or `token` when the folder is there already), then `serve`, which tells
 * by the notification socket of systemd that it listens. Main thread only; nothing waits.
 */
struct _LsSampleServer {
  GObject parent_instance;

  /* owned */
  char *data_dir;
  char *runtime_dir;
  char *socket_path;
  GSubprocess *process;
  GSubprocess *traffic;
  LsErrorDesk *desk;
  GSocket *notify;
  GSource *notify_source;
};

G_DEFINE_FINAL_TYPE (LsSampleServer, ls_sample_server, G_TYPE_OBJECT)

#define SAMPLE_SEED "20260501"
#define SAMPLE_USER "admin"

/* Simulated orders, downloads and edits an hour: enough to see the desk live, not so many that
 * nobody can read it. */
#define SAMPLE_RATE "600"

static char *
program_path (void)
{
  const char *override = g_getenv ("LOCKSTEP_SERVER_PROGRAM");
  g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = own != NULL ? g_path_get_dirname (own) : NULL;
  g_autofree char *beside = folder != NULL ? g_build_filename (folder, "lockstepd", NULL) : NULL;

  if (override != NULL)
    return g_strdup (override);
  if (beside != NULL && g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&beside);
  return g_find_program_in_path ("lockstepd");
}

static void
end_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

static void
close_notify (LsSampleServer *self)
{
  if (self->notify_source != NULL)
    g_source_destroy (self->notify_source);
  g_clear_pointer (&self->notify_source, g_source_unref);
  g_clear_object (&self->notify);
}

static GSocket *
open_notify (const char *path,
             GError    **error)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);

  g_unlink (path);
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  if (socket == NULL || !g_socket_bind (socket, address, TRUE, error))
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  return g_steal_pointer (&socket);
}

static void
fail (GTask      *task,
      LsReason    reason,
      const char *words)
{
  GError *error = NULL;

  ls_reason_set_error (&error, reason, words);
  g_task_return_error (task, error);
}

static void
start_traffic (LsSampleServer *self,
               const char     *program)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  self->traffic = g_subprocess_launcher_spawn (launcher, &error, program, "simulate", "--data",
                                               self->data_dir, "--rate", SAMPLE_RATE, NULL);
  if (self->traffic == NULL)
    ls_error_desk_tell (self->desk, LS_OPERATION_SAMPLE_TRAFFIC, error, NULL, NULL);
}

static gboolean
notified_cb (GSocket     *socket,
             GIOCondition condition,
             gpointer     user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  LsSampleServer *self = g_task_get_source_object (task);
  g_autofree char *program = program_path ();
  char message[4096];
  gssize length = g_socket_receive (socket, message, sizeof message - 1, NULL, NULL);

  if (length <= 0)
    return G_SOURCE_CONTINUE;
  message[length] = '\0';
  if (strstr (message, "READY=1") == NULL)
    return G_SOURCE_CONTINUE;
  close_notify (self);
  if (program != NULL)
    start_traffic (self, program);
  if (!g_task_get_completed (task))
    g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

static void
ended_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsSampleServer *self = g_task_get_source_object (task);
  gboolean waiting = self->notify != NULL;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  if (G_SUBPROCESS (source) == self->process)
    g_clear_object (&self->process);
  close_notify (self);
  if (waiting)
    fail (task, LS_REASON_SAMPLE_ENDED, NULL);
}

static void
serve (GTask      *task,
       const char *program)
{
  LsSampleServer *self = g_task_get_source_object (task);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autofree char *notify_path = g_build_filename (self->runtime_dir, "notify", NULL);
  g_autofree char *listen = g_strconcat ("unix:", self->socket_path, NULL);
  GError *error = NULL;

  self->notify = open_notify (notify_path, &error);
  if (self->notify == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_subprocess_launcher_setenv (launcher, "NOTIFY_SOCKET", notify_path, TRUE);
  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  self->notify_source = g_socket_create_source (self->notify, G_IO_IN, NULL);
  g_source_set_static_name (self->notify_source, "ls-sample-server-notify");
  g_source_set_callback (self->notify_source, G_SOURCE_FUNC (notified_cb), g_object_ref (task),
                         g_object_unref);
  g_source_attach (self->notify_source, NULL);
  self->process = g_subprocess_launcher_spawn (launcher, &error, program, "serve", "--data",
                                               self->data_dir, "--listen", listen, NULL);
  if (self->process == NULL)
    {
      close_notify (self);
      g_task_return_error (task, error);
      return;
    }
  g_subprocess_wait_async (self->process, NULL, ended_cb, g_object_ref (task));
}

static void
made_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autofree char *output = NULL;
  g_autofree char *words = NULL;
  g_autofree char *program = program_path ();
  GError *error = NULL;

  if (!g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, &output, &words, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (!g_subprocess_get_successful (G_SUBPROCESS (source)) || output == NULL)
    {
      fail (task, LS_REASON_SAMPLE_MADE, words != NULL ? g_strstrip (words) : "");
      return;
    }
  g_task_set_task_data (task, g_strdup (g_strstrip (output)), g_free);
  serve (task, program);
}

static void
ls_sample_server_dispose (GObject *object)
{
  ls_sample_server_stop (LS_SAMPLE_SERVER (object));
  G_OBJECT_CLASS (ls_sample_server_parent_class)->dispose (object);
}

static void
ls_sample_server_finalize (GObject *object)
{
  LsSampleServer *self = LS_SAMPLE_SERVER (object);

  g_object_unref (self->desk);
  g_free (self->data_dir);
  g_free (self->runtime_dir);
  g_free (self->socket_path);
  G_OBJECT_CLASS (ls_sample_server_parent_class)->finalize (object);
}

static void
ls_sample_server_class_init (LsSampleServerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_sample_server_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_sample_server_finalize;
}

static void
ls_sample_server_init (LsSampleServer *self)
{
}

/**
 * ls_sample_server_new:
 * @desk: where failures end that nobody waits for
 * @data_dir: where the sample shop is kept; made when missing
 * @runtime_dir: where the socket is; made when missing
 *
 * Returns: (transfer full): a server that does not run yet
 */
LsSampleServer *
ls_sample_server_new (LsErrorDesk *desk,
                      const char  *data_dir,
                      const char  *runtime_dir)
{
  LsSampleServer *self = g_object_new (LS_TYPE_SAMPLE_SERVER, NULL);

  self->desk = g_object_ref (desk);
  self->data_dir = g_strdup (data_dir);
  self->runtime_dir = g_strdup (runtime_dir);
  self->socket_path = g_build_filename (runtime_dir, "socket", NULL);
  return self;
}

/**
 * ls_sample_server_start_async:
 * @self: a server that does not run
 * @cancellable: (nullable): stops the making of the shop
 * @callback: what to call
 * @user_data: for @callback
 *
 * Makes the sample shop if there is none, and serves it. Making one takes some seconds.
 */
void
ls_sample_server_start_async (LsSampleServer     *self,
                              GCancellable       *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *program = program_path ();
  g_autofree char *database = g_build_filename (self->data_dir, "lockstep.db", NULL);
  g_autoptr (GSubprocess) process = NULL;
  GError *error = NULL;

  g_task_set_source_tag (task, ls_sample_server_start_async);
  if (program == NULL)
    {
      fail (task, LS_REASON_SAMPLE_PROGRAM, NULL);
      return;
    }
  if (g_mkdir_with_parents (self->runtime_dir, 0700) != 0 || g_chmod (self->runtime_dir, 0700) != 0)
    {
      g_task_return_new_error (task, LS_ERROR, LS_ERROR_STORAGE, "%s: %s", self->runtime_dir,
                               g_strerror (errno));
      return;
    }
  if (g_file_test (database, G_FILE_TEST_EXISTS))
    process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error,
                                program, "token", "--data", self->data_dir, "--user", SAMPLE_USER, NULL);
  else
    process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error,
                                program, "init", "--data", self->data_dir, "--sample", "--seed",
                                SAMPLE_SEED, "--user", SAMPLE_USER, NULL);
  if (process == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_subprocess_communicate_utf8_async (process, NULL, cancellable, made_cb, g_steal_pointer (&task));
}

/**
 * ls_sample_server_start_finish:
 * @self: the server
 * @result: of ls_sample_server_start_async()
 * @ret_url: (out): its address
 * @ret_token: (out): a token for it
 * @error: where to put why not
 *
 * Returns: whether it serves
 */
gboolean
ls_sample_server_start_finish (LsSampleServer *self,
                               GAsyncResult   *result,
                               char          **ret_url,
                               char          **ret_token,
                               GError        **error)
{
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *ret_url = g_strconcat ("lockstep+unix://", self->socket_path, NULL);
  *ret_token = g_strdup (g_task_get_task_data (G_TASK (result)));
  return TRUE;
}

/**
 * ls_sample_server_stop:
 * @self: a server
 *
 * Ends it and its traffic; nothing when it does not run.
 */
void
ls_sample_server_stop (LsSampleServer *self)
{
  close_notify (self);
  if (self->traffic != NULL)
    g_subprocess_send_signal (self->traffic, SIGTERM);
  if (self->process != NULL)
    g_subprocess_send_signal (self->process, SIGTERM);
  g_clear_object (&self->traffic);
  g_clear_object (&self->process);
}
