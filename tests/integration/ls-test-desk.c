/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-desk.h"

#include <gio/gunixinputstream.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

/* A desk that has done nothing for so long will do nothing more. What it has to do may take longer: after
 * a storm thousands of edits go, each to the disks of two, on a machine that does other things. */
#define PATIENCE_SECONDS 120
/* What is told of a desk that does not answer: the last that it said. */
#define N_LAST_LINES 30

struct _LsTestDesk {
  char *server_url;
  char *token;
  char *folder;
  LsTestDeskFunc func;
  gpointer func_data;

  GSubprocess *process;
  GDataInputStream *output;
  GCancellable *cancellable;
  int64_t last_number; /* of this process */
  int64_t answered;
  int64_t moved_at; /* when it last got further, monotonic */
  bool last_failed;
  JsonObject *row;
  JsonObject *digest;
  int64_t findings;
  int64_t version;
  int64_t verified;
  GHashTable *edits;  /* mid -> LsTestEdit */
  GHashTable *heard;  /* events */
  GQueue last_lines;
};

static void read_line (LsTestDesk *desk);

static void
edit_free (gpointer data)
{
  LsTestEdit *edit = data;

  g_free (edit->mid);
  g_free (edit);
}

static const char *
text_of (JsonObject *line,
         const char *name)
{
  return json_object_get_string_member_with_default (line, name, "");
}

static int64_t
integer_of (JsonObject *line,
            const char *name)
{
  return json_object_get_int_member_with_default (line, name, 0);
}

static LsTestEdit *
need_edit (LsTestDesk *desk,
           const char *mid)
{
  LsTestEdit *edit = g_hash_table_lookup (desk->edits, mid);

  if (edit == NULL)
    {
      edit = g_new0 (LsTestEdit, 1);
      edit->mid = g_strdup (mid);
      g_hash_table_insert (desk->edits, edit->mid, edit);
    }
  return edit;
}

static void
take_edit (LsTestDesk *desk,
           JsonObject *line)
{
  LsTestEdit *edit = need_edit (desk, text_of (line, "mid"));

  if (!g_str_equal (edit->state, text_of (line, "state")))
    desk->moved_at = g_get_monotonic_time ();
  g_strlcpy (edit->state, text_of (line, "state"), sizeof edit->state);
  g_strlcpy (edit->status, text_of (line, "status"), sizeof edit->status);
  edit->version = integer_of (line, "version");
}

static void
take_line (LsTestDesk *desk,
           JsonObject *line)
{
  const char *type = text_of (line, "t");

  if (g_str_equal (type, "done") || g_str_equal (type, "failed"))
    {
      desk->answered = integer_of (line, "number");
      desk->last_failed = g_str_equal (type, "failed");
      if (desk->last_failed)
        g_test_message ("%s: command %d: %s", desk->folder, (int) desk->answered,
                        text_of (line, "message"));
    }
  else if (g_str_equal (type, "made"))
    need_edit (desk, text_of (line, "mid"))->number = integer_of (line, "number");
  else if (g_str_equal (type, "edit"))
    take_edit (desk, line);
  else if (g_str_equal (type, "position"))
    {
      if (desk->version != integer_of (line, "version"))
        desk->moved_at = g_get_monotonic_time ();
      desk->version = integer_of (line, "version");
    }
  else if (g_str_equal (type, "status"))
    desk->verified = integer_of (line, "verified");
  else if (g_str_equal (type, "event"))
    g_hash_table_add (desk->heard, g_strdup (text_of (line, "event")));
  else if (g_str_equal (type, "check"))
    desk->findings = integer_of (line, "findings");
  else if (g_str_equal (type, "row"))
    {
      g_clear_pointer (&desk->row, json_object_unref);
      desk->row = json_object_ref (line);
    }
  else if (g_str_equal (type, "digest"))
    {
      g_clear_pointer (&desk->digest, json_object_unref);
      desk->digest = json_object_ref (line);
    }
  if (desk->func != NULL)
    desk->func (desk, line, desk->func_data);
}

static void
line_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source),
                                                                result, NULL, &error);
  g_autoptr (JsonParser) parser = NULL;

  /* Of a process that was ended: the desk may be gone. */
  if (text == NULL)
    return;
  g_queue_push_tail (&((LsTestDesk *) user_data)->last_lines, g_strdup (text));
  if (g_queue_get_length (&((LsTestDesk *) user_data)->last_lines) > N_LAST_LINES)
    g_free (g_queue_pop_head (&((LsTestDesk *) user_data)->last_lines));
  parser = json_parser_new ();
  json_parser_load_from_data (parser, text, -1, &error);
  g_assert_no_error (error);
  take_line (user_data, json_node_get_object (json_parser_get_root (parser)));
  if (((LsTestDesk *) user_data)->output == (GDataInputStream *) source)
    read_line (user_data);
}

static void
read_line (LsTestDesk *desk)
{
  g_data_input_stream_read_line_async (desk->output, G_PRIORITY_DEFAULT, desk->cancellable, line_cb,
                                       desk);
}

static void
die_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
forget_process (LsTestDesk *desk)
{
  g_cancellable_cancel (desk->cancellable);
  g_clear_object (&desk->cancellable);
  g_clear_object (&desk->output);
  g_clear_object (&desk->process);
  /* The cancelled read comes back in the next turns. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/**
 * ls_test_desk_new:
 * @server_url: the server
 * @token: who it is
 * @folder: its folder
 *
 * Returns: (transfer full): a desk that does not run
 */
LsTestDesk *
ls_test_desk_new (const char *server_url,
                  const char *token,
                  const char *folder)
{
  LsTestDesk *desk = g_new0 (LsTestDesk, 1);

  desk->server_url = g_strdup (server_url);
  desk->token = g_strdup (token);
  desk->folder = g_strdup (folder);
  desk->verified = -1;
  g_queue_init (&desk->last_lines);
  desk->edits = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, edit_free);
  desk->heard = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return desk;
}

/**
 * ls_test_desk_free:
 * @desk: (transfer full): a desk
 *
 * Ends it, politely if it runs.
 */
void
ls_test_desk_free (LsTestDesk *desk)
{
  if (desk->process != NULL)
    ls_test_desk_quit (desk);
  g_clear_pointer (&desk->row, json_object_unref);
  g_clear_pointer (&desk->digest, json_object_unref);
  g_queue_clear_full (&desk->last_lines, g_free);
  g_hash_table_unref (desk->edits);
  g_hash_table_unref (desk->heard);
  g_free (desk->server_url);
  g_free (desk->token);
  g_free (desk->folder);
  g_free (desk);
}

/**
 * ls_test_desk_set_func:
 * @desk: a desk
 * @func: (nullable): called for each line it says
 * @user_data: for @func
 *
 * Names who listens.
 */
void
ls_test_desk_set_func (LsTestDesk    *desk,
                       LsTestDeskFunc func,
                       gpointer       user_data)
{
  desk->func = func;
  desk->func_data = user_data;
}

/**
 * ls_test_desk_start:
 * @desk: a desk that does not run
 * @option: (nullable): one more option
 *
 * Starts its process.
 */
void
ls_test_desk_start (LsTestDesk *desk,
                    const char *option)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;

  g_assert_null (desk->process);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  desk->process = g_subprocess_launcher_spawn (
      launcher, &error, LOCKSTEP_CLIENT, "--server", desk->server_url, "--token", desk->token,
      "--dir", desk->folder, "--shop", "music", option, NULL);
  g_assert_no_error (error);
  desk->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (desk->process));
  desk->cancellable = g_cancellable_new ();
  desk->last_number = 0;
  desk->answered = 0;
  desk->verified = -1;
  read_line (desk);
}

/**
 * ls_test_desk_kill:
 * @desk: a desk that runs
 *
 * Ends its process by SIGKILL, at once.
 */
void
ls_test_desk_kill (LsTestDesk *desk)
{
  g_subprocess_force_exit (desk->process);
  g_subprocess_wait (desk->process, NULL, NULL);
  forget_process (desk);
}

/**
 * ls_test_desk_signal:
 * @desk: a desk that runs
 * @number: a signal that it outlives
 *
 * Sends its process a signal.
 */
void
ls_test_desk_signal (LsTestDesk *desk,
                     int         number)
{
  g_subprocess_send_signal (desk->process, number);
}

/**
 * ls_test_desk_quit:
 * @desk: a desk that runs
 *
 * Ends its process and expects it to end well.
 */
void
ls_test_desk_quit (LsTestDesk *desk)
{
  g_autoptr (GError) error = NULL;

  ls_test_desk_send (desk, "quit");
  g_subprocess_wait (desk->process, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (desk->process));
  forget_process (desk);
}

static int64_t
send_text (LsTestDesk *desk,
           const char *format,
           va_list     args)
{
  g_autofree char *command = g_strdup_vprintf (format, args);
  g_autofree char *line = g_strconcat (command, "\n", NULL);
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (g_subprocess_get_stdin_pipe (desk->process), line, strlen (line), NULL,
                             NULL, &error);
  g_assert_no_error (error);
  return ++desk->last_number;
}

/**
 * ls_test_desk_send:
 * @desk: a desk that runs
 * @format: a command
 * @...: its arguments
 *
 * Sends a command without waiting.
 *
 * Returns: its number
 */
int64_t
ls_test_desk_send (LsTestDesk *desk,
                   const char *format,
                   ...)
{
  va_list args;
  int64_t number;

  va_start (args, format);
  number = send_text (desk, format, args);
  va_end (args);
  return number;
}

static gboolean
impatient_cb (gpointer user_data)
{
  g_error ("%s", (const char *) user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
desk_impatient_cb (gpointer user_data)
{
  LsTestDesk *desk = user_data;

  if (g_get_monotonic_time () - desk->moved_at < PATIENCE_SECONDS * G_USEC_PER_SEC)
    return G_SOURCE_CONTINUE;
  for (GList *link = desk->last_lines.head; link != NULL; link = link->next)
    g_printerr ("%s: %s\n", desk->folder, (const char *) link->data);
  g_error ("%s does not answer", desk->folder);
  return G_SOURCE_REMOVE;
}

/**
 * ls_test_desk_wait:
 * @desk: a desk that runs
 * @number: of a command
 *
 * Waits until it is answered.
 *
 * Returns: whether the last one answered was done, not failed
 */
bool
ls_test_desk_wait (LsTestDesk *desk,
                   int64_t     number)
{
  unsigned timer = g_timeout_add_seconds (PATIENCE_SECONDS / 4, desk_impatient_cb, desk);

  desk->moved_at = g_get_monotonic_time ();
  while (desk->answered < number)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
  return !desk->last_failed;
}

/**
 * ls_test_desk_do:
 * @desk: a desk that runs
 * @format: a command
 * @...: its arguments
 *
 * Sends a command, and expects it to be done.
 */
void
ls_test_desk_do (LsTestDesk *desk,
                 const char *format,
                 ...)
{
  va_list args;
  int64_t number;

  va_start (args, format);
  number = send_text (desk, format, args);
  va_end (args);
  g_assert_true (ls_test_desk_wait (desk, number));
}

static char *
write_sums (JsonObject *sums)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GList) names = json_object_get_members (sums);

  names = g_list_sort (names, (GCompareFunc) strcmp);
  for (GList *link = names; link != NULL; link = link->next)
    g_string_append_printf (text, "%s %s\n", (const char *) link->data,
                            json_object_get_string_member (sums, link->data));
  return g_string_free (text, FALSE);
}

/**
 * ls_test_desk_get_sums:
 * @desk: a desk that runs
 *
 * Returns: (transfer full): count and hash of each collection, a line each
 */
char *
ls_test_desk_get_sums (LsTestDesk *desk)
{
  ls_test_desk_do (desk, "digest");
  desk->version = integer_of (desk->digest, "version");
  return write_sums (json_object_get_object_member (desk->digest, "sums"));
}

/**
 * ls_test_desk_check:
 * @desk: a desk that runs
 *
 * Returns: how many numbers it found that do not agree
 */
int64_t
ls_test_desk_check (LsTestDesk *desk)
{
  ls_test_desk_do (desk, "check");
  return desk->findings;
}

/**
 * ls_test_desk_get_version:
 * @desk: a desk
 *
 * Returns: the version it told last
 */
int64_t
ls_test_desk_get_version (LsTestDesk *desk)
{
  return desk->version;
}

/**
 * ls_test_desk_get_verified:
 * @desk: a desk
 *
 * Returns: the version at which it last found the server's digests equal to its own, or -1
 */
int64_t
ls_test_desk_get_verified (LsTestDesk *desk)
{
  return desk->verified;
}

/**
 * ls_test_desk_wait_verified:
 * @desk: a desk that runs
 *
 * Waits until the server's digests were equal to its own at its version.
 */
void
ls_test_desk_wait_verified (LsTestDesk *desk)
{
  unsigned timer = g_timeout_add_seconds (PATIENCE_SECONDS / 4, desk_impatient_cb, desk);

  desk->moved_at = g_get_monotonic_time ();
  while (desk->verified < desk->version)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
}

/**
 * ls_test_desk_get_integer:
 * @desk: a desk that runs
 * @collection: a collection
 * @key: a row
 * @field: a field
 *
 * Returns: the number that it shows, -1 when there is none
 */
int64_t
ls_test_desk_get_integer (LsTestDesk *desk,
                          const char *collection,
                          const char *key,
                          const char *field)
{
  g_clear_pointer (&desk->row, json_object_unref);
  if (!ls_test_desk_wait (desk, ls_test_desk_send (desk, "get %s %s", collection, key)))
    return -1;
  return json_object_get_int_member_with_default (
      json_object_get_object_member (desk->row, "fields"), field, -1);
}

/**
 * ls_test_desk_has_heard:
 * @desk: a desk
 * @event: type of an event
 *
 * Returns: whether it told of such an event since it was made
 */
bool
ls_test_desk_has_heard (LsTestDesk *desk,
                        const char *event)
{
  return g_hash_table_contains (desk->heard, event);
}

/**
 * ls_test_desk_get_edits:
 * @desk: a desk
 *
 * Returns: (transfer none) (element-type utf8 LsTestEdit): all edits that it told of, by mid
 */
GHashTable *
ls_test_desk_get_edits (LsTestDesk *desk)
{
  return desk->edits;
}

/**
 * ls_test_desk_iterate:
 *
 * Waits for the next line of any desk.
 */
void
ls_test_desk_iterate (void)
{
  unsigned timer =
      g_timeout_add_seconds (PATIENCE_SECONDS, impatient_cb, (gpointer) "no desk says anything");

  g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
}
