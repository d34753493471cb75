/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <gio/gunixinputstream.h>
#include <unistd.h>

#include "client/ls-cache-scope.h"
#include "client/ls-client.h"
#include "core/ls-json-writer.h"

/*
 * A client without a screen, made of what ships. It reads commands from standard input, one a line,
 * and writes what happens to standard output, one JSON object a line, each at once:
 *
 *   edit COLLECTION KEY FIELD VALUE    sets a field
 *   add COLLECTION KEY FIELD NUMBER    adds to a number
 *   put COLLECTION KEY FIELD=VALUE ... makes a row
 *   del COLLECTION KEY                 removes one
 *   change [...]                       changes as they are on the wire, with any text in them
 *   get COLLECTION KEY                 tells a row as it is shown
 *   wait-live                          until it is connected
 *   wait-version N                     until the cache is at version N
 *   wait-idle                          until nothing waits and all that the server has is here
 *   digest                             tells the sums of all collections that are held, from which bucket
 *                                      on, and where they stand
 *   scope MONTHS [COLLECTION ...]      holds orders of so many months (0: all), and nothing of these
 *   wait-scope                         until that is so
 *   check                              looks for numbers that do not agree, and tells how many
 *   fat KEY COUNT BYTES                one edit that makes so many products with so long descriptions
 *   many KEY COUNT BYTES               the same in as many edits as it takes
 *   restore-lost                       makes all edits again that the server lost
 *   offline, online                    works offline by hand, and not
 *   attention WORD                     as if somebody were "active", "watching" or "away"
 *   quit
 *
 * Commands are carried out in order; a wait holds up those behind it. Each is answered by a line
 * with "t" "done" or "failed" and its number, counted from 1; edits are answered when they are on
 * the disk. Besides: "edit" when the state of an edit changes, "position", "status", "event".
 */

typedef struct {
  LsEnvironment *environment;
  LsClient *client;
  char *shop;
  GMainLoop *loop;
  GDataInputStream *input;
  GQueue lines; /* char * */
  int64_t number;
  bool busy;    /* a command is under way */
  bool ended;   /* standard input is */
  int status;

  /* What the command under way waits for */
  bool wants_live;
  bool wants_idle;
  bool wants_scope;
  LsScopeChoice choice;
  bool has_chosen;
  bool syncing;
  int64_t wants_version;
} Desk;

static void next_command (Desk *desk);

/* --- Output ---------------------------------------------------------------------------------- */

static LsJsonWriter *
begin (const char *type)
{
  LsJsonWriter *writer = ls_json_writer_new ();

  ls_json_writer_begin_object (writer);
  ls_json_writer_name (writer, "t");
  ls_json_writer_text (writer, type);
  return writer;
}

static void
put_text (LsJsonWriter *writer,
          const char   *name,
          const char   *text)
{
  if (text == NULL)
    return;
  ls_json_writer_name (writer, name);
  ls_json_writer_text (writer, text);
}

static void
put_integer (LsJsonWriter *writer,
             const char   *name,
             int64_t       integer)
{
  ls_json_writer_name (writer, name);
  ls_json_writer_integer (writer, integer);
}

/* Takes @writer. A line is on its way before the next thing happens. */
static void
end (LsJsonWriter *writer)
{
  g_autofree char *line = NULL;

  ls_json_writer_end_object (writer);
  line = ls_json_writer_finish (writer, NULL);
  puts (line);
  fflush (stdout);
  ls_json_writer_free (writer);
}

static void
done (Desk         *desk,
      const GError *error)
{
  LsJsonWriter *writer = begin (error == NULL ? "done" : "failed");

  put_integer (writer, "number", desk->number);
  if (error != NULL)
    {
      put_text (writer, "code", ls_error_info (ls_error_code_of (error))->name);
      put_text (writer, "message", error->message);
    }
  end (writer);
  desk->busy = false;
  next_command (desk);
}

static void
fail (Desk       *desk,
      const char *words)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_VALIDATION, words);

  done (desk, error);
}

/* --- Edits ----------------------------------------------------------------------------------- */

static void
mutated_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Desk *desk = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEdit) edit = ls_store_mutate_finish (LS_STORE (source), result, &error);

  if (edit != NULL)
    {
      LsJsonWriter *writer = begin ("made");

      put_integer (writer, "number", desk->number);
      put_text (writer, "mid", edit->mid);
      end (writer);
    }
  done (desk, error);
}

static bool
take_field (LsChange   *change,
            const char *name,
            const char *value)
{
  int index = ls_collection_find_field (change->collection, name);
  const LsField *field;
  int64_t number;

  if (index < 0)
    return false;
  field = &change->collection->fields[index];
  if (field->type == LS_TYPE_TEXT || field->type == LS_TYPE_KEY || field->type == LS_TYPE_ENUM ||
      field->type == LS_TYPE_CURRENCY)
    ls_change_take_set (change, (unsigned) index, ls_value_text (value));
  else if (g_ascii_string_to_signed (value, 10, INT64_MIN, INT64_MAX, &number, NULL))
    ls_change_take_set (change, (unsigned) index, ls_value_integer (number));
  else
    return false;
  return true;
}

static bool
read_fields (LsChange *change,
             char    **words)
{
  if (change->op == LS_CHANGE_SET || change->op == LS_CHANGE_ADD)
    return words[0] != NULL && words[1] != NULL && take_field (change, words[0], words[1]);
  for (; change->op == LS_CHANGE_PUT && *words != NULL; words++)
    {
      g_auto (GStrv) pair = g_strsplit (*words, "=", 2);

      if (g_strv_length (pair) != 2 || !take_field (change, pair[0], pair[1]))
        return false;
    }
  return true;
}

static void
mutate (Desk      *desk,
        LsChangeOp op,
        char     **words)
{
  const LsCollection *collection =
      words[1] != NULL ? ls_schema_find_collection (words[1]) : NULL;
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  LsChange *change;

  if (collection == NULL || words[2] == NULL)
    {
      fail (desk, "an edit names a collection and a key");
      return;
    }
  change = ls_change_new (op, collection, words[2]);
  g_ptr_array_add (changes, change);
  if (read_fields (change, words + 3))
    ls_store_mutate_async (ls_client_get_store (desk->client), desk->shop, changes, NULL,
                           mutated_cb, desk);
  else
    fail (desk, "a field or value that does not belong there");
}

static void
change_by_json (Desk       *desk,
                const char *json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) changes = ls_changes_from_json (json, &error);

  if (changes != NULL)
    ls_store_mutate_async (ls_client_get_store (desk->client), desk->shop, changes, NULL,
                           mutated_cb, desk);
  else
    done (desk, error);
}

static void
made_many_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsStoreMade) made =
      ls_store_mutate_many_finish (LS_STORE (source), result, &error);

  done (user_data, error);
}

/* Makes COUNT products with BYTES of description each: in one edit, which may be more than goes
 * through, or in as many as it takes. */
static void
fat (Desk  *desk,
     char **words)
{
  LsStore *store = ls_client_get_store (desk->client);
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  int64_t count = 0, bytes = 0;
  g_autofree char *text = NULL;

  if (g_strv_length (words) != 4 ||
      !g_ascii_string_to_signed (words[2], 10, 1, 100000, &count, NULL) ||
      !g_ascii_string_to_signed (words[3], 10, 1, 65536, &bytes, NULL))
    {
      fail (desk, "it needs a key, a count and bytes");
      return;
    }
  text = g_strnfill ((size_t) bytes, 'x');
  for (int64_t i = 0; i < count; i++)
    {
      g_autofree char *key = g_strdup_printf ("%s-%d", words[1], (int) i);
      LsChange *change = ls_change_new (LS_CHANGE_PUT, products, key);

      take_field (change, "name", key);
      take_field (change, "status", "active");
      take_field (change, "description", text);
      g_ptr_array_add (changes, change);
    }
  if (g_str_equal (words[0], "many"))
    ls_store_mutate_many_async (store, desk->shop, changes, NULL, made_many_cb, desk);
  else
    ls_store_mutate_async (store, desk->shop, changes, NULL, mutated_cb, desk);
}

static void
restored_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  ls_store_retry_finish (LS_STORE (source), result, &error);
  done (user_data, error);
}

/* --- Reading --------------------------------------------------------------------------------- */

static void
row_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  Desk *desk = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRow) row = ls_store_get_row_finish (LS_STORE (source), result, &error);

  if (row != NULL && ls_row_get_record (row) != NULL)
    {
      LsJsonWriter *writer = begin ("row");

      put_text (writer, "key", ls_record_get_key (ls_row_get_record (row)));
      ls_json_writer_name (writer, "pending");
      ls_json_writer_boolean (writer, ls_row_get_pending (row));
      ls_json_writer_name (writer, "fields");
      ls_record_encode (writer, ls_row_get_record (row), UINT64_MAX);
      end (writer);
    }
  done (desk, error);
}

static void
get (Desk  *desk,
     char **words)
{
  const LsCollection *collection =
      words[1] != NULL ? ls_schema_find_collection (words[1]) : NULL;

  if (collection == NULL || words[2] == NULL)
    fail (desk, "get names a collection and a key");
  else
    ls_store_get_row_async (ls_client_get_store (desk->client), desk->shop, collection, words[2],
                            NULL, row_cb, desk);
}

typedef struct {
  Desk *desk;
  LsPosition position;
  LsDigestSum sums[LS_N_COLLECTIONS];
  uint32_t since[LS_N_COLLECTIONS];
  unsigned n_waiting;
  GError *error;
} Sums;

static void
sums_told_cb (gpointer data)
{
  Sums *sums = data;
  LsJsonWriter *writer = begin ("digest");

  put_text (writer, "epoch", sums->position.epoch);
  put_integer (writer, "version", sums->position.version);
  put_integer (writer, "waiting", sums->n_waiting);
  ls_json_writer_name (writer, "sums");
  ls_json_writer_begin_object (writer);
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    {
      g_autofree char *text =
          g_strdup_printf ("%" G_GINT64_FORMAT ":%016" G_GINT64_MODIFIER "x", sums->sums[i].count,
                           sums->sums[i].hash);

      put_text (writer, ls_schema_collection ((LsCollectionId) i)->name, text);
    }
  ls_json_writer_end_object (writer);
  ls_json_writer_name (writer, "since");
  ls_json_writer_begin_object (writer);
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (sums->since[i] != LS_SCOPE_NOTHING)
      put_integer (writer, ls_schema_collection ((LsCollectionId) i)->name, sums->since[i]);
  ls_json_writer_end_object (writer);
  end (writer);
  done (sums->desk, sums->error);
  g_clear_error (&sums->error);
  g_free (sums);
}

static void
sum_cb (gpointer data)
{
  Sums *sums = data;
  Desk *desk = sums->desk;
  LsCache *cache = ls_store_get_cache (ls_client_get_store (desk->client));
  g_autoptr (GPtrArray) waiting = ls_cache_list_edits (cache, desk->shop, LS_EDITS_WAITING, NULL);

  sums->n_waiting = waiting != NULL ? waiting->len : 0;
  ls_cache_get_position (cache, desk->shop, &sums->position, NULL, NULL, NULL);
  for (unsigned i = 0; i < LS_N_COLLECTIONS && sums->error == NULL; i++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) i);

      sums->since[i] = ls_cache_get_since (cache, desk->shop, collection);
      ls_cache_get_digest (cache, desk->shop, collection, &sums->sums[i], &sums->error);
    }
  ls_environment_post (desk->environment,
                       ls_environment_get_queue (desk->environment, LS_QUEUE_MAIN), sums_told_cb,
                       sums, NULL);
}

static void
tell_digest (Desk *desk)
{
  Sums *sums = g_new0 (Sums, 1);
  LsCache *cache = ls_store_get_cache (ls_client_get_store (desk->client));

  sums->desk = desk;
  ls_environment_post (desk->environment, ls_cache_get_queue (cache), sum_cb, sums, NULL);
}

static void
checked_cb (const LsCheckReport *report,
            const GError        *error,
            gpointer             user_data)
{
  Desk *desk = user_data;

  if (report != NULL)
    {
      LsJsonWriter *writer = begin ("check");

      put_integer (writer, "version", report->position.version);
      put_integer (writer, "rules", report->n_rules);
      put_integer (writer, "skipped", report->n_skipped);
      put_integer (writer, "compared", (int64_t) report->n_compared);
      put_integer (writer, "findings", (int64_t) report->n_findings);
      end (writer);
    }
  done (desk, error);
}

/* --- Scope ----------------------------------------------------------------------------------- */

static void
set_scope (Desk  *desk,
           GStrv  words)
{
  uint64_t months = 0;

  desk->choice = (LsScopeChoice) { 0, 0 };
  if (words[1] == NULL ||
      !g_ascii_string_to_unsigned (words[1], 10, 0, LS_SCOPE_MAX_MONTHS, &months, NULL))
    {
      fail (desk, "not a number of months");
      return;
    }
  desk->choice.months = (unsigned) months;
  desk->has_chosen = true;
  for (size_t i = 2; words[i] != NULL; i++)
    {
      const LsCollection *collection = ls_schema_find_collection (words[i]);

      if (collection != NULL)
        desk->choice.off |= UINT32_C (1) << collection->id;
    }
  ls_client_set_scope (desk->client, desk->shop, &desk->choice);
  done (desk, NULL);
}

/* Whether what was chosen is held, no more and no less. */
static bool
is_scoped (Desk *desk)
{
  const LsShopEntry *shop = ls_client_find_shop (desk->client, desk->shop);

  return shop != NULL && shop->lacking == 0 &&
         (!desk->has_chosen || ls_scope_choice_equal (&shop->choice, &desk->choice));
}

/* --- Waiting --------------------------------------------------------------------------------- */

static bool
is_live (Desk *desk)
{
  LsConnectionState state = ls_client_get_status (desk->client)->state;

  return state == LS_CONNECTION_LIVE || state == LS_CONNECTION_LIMITED;
}

static void check_waits (Desk *desk);

static void
waiting_told_cb (gpointer data)
{
  Sums *sums = data;
  Desk *desk = sums->desk;
  bool idle = sums->n_waiting == 0;

  g_free (sums);
  desk->syncing = false;
  if (!desk->wants_idle)
    return;
  if (!idle)
    {
      check_waits (desk);
      return;
    }
  desk->wants_idle = false;
  done (desk, NULL);
}

/* The store has not read the edits of an earlier process yet when it has just been opened: the
 * cache knows. */
static void
count_waiting_cb (gpointer data)
{
  Sums *sums = data;
  Desk *desk = sums->desk;
  LsCache *cache = ls_store_get_cache (ls_client_get_store (desk->client));
  g_autoptr (GPtrArray) waiting = ls_cache_list_edits (cache, desk->shop, LS_EDITS_WAITING, NULL);

  sums->n_waiting = waiting != NULL ? waiting->len : 0;
  ls_environment_post (desk->environment,
                       ls_environment_get_queue (desk->environment, LS_QUEUE_MAIN),
                       waiting_told_cb, sums, NULL);
}

static void
synced_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Desk *desk = user_data;
  Sums *sums;

  /* When the connection broke its next status brings us back. */
  if (!ls_client_sync_finish (LS_CLIENT (source), result, NULL))
    {
      desk->syncing = false;
      return;
    }
  sums = g_new0 (Sums, 1);
  sums->desk = desk;
  ls_environment_post (desk->environment,
                       ls_cache_get_queue (ls_store_get_cache (ls_client_get_store (desk->client))),
                       count_waiting_cb, sums, NULL);
}

static void
check_waits (Desk *desk)
{
  LsStore *store = ls_client_get_store (desk->client);
  LsPosition position;

  if (desk->wants_live && is_live (desk))
    {
      desk->wants_live = false;
      done (desk, NULL);
    }
  else if (desk->wants_scope && is_scoped (desk))
    {
      desk->wants_scope = false;
      done (desk, NULL);
    }
  else if (desk->wants_version > 0 &&
           ls_store_get_position (store, desk->shop, &position, NULL) &&
           position.version >= desk->wants_version)
    {
      desk->wants_version = 0;
      done (desk, NULL);
    }
  else if (desk->wants_idle && !desk->syncing && is_live (desk) &&
           ls_store_get_pending_count (store) == 0)
    {
      desk->syncing = true;
      ls_client_sync_async (desk->client, desk->shop, NULL, synced_cb, desk);
    }
}

/* --- Commands -------------------------------------------------------------------------------- */

static void
wait_version (Desk       *desk,
              const char *number)
{
  if (number != NULL &&
      g_ascii_string_to_signed (number, 10, 1, INT64_MAX, &desk->wants_version, NULL))
    check_waits (desk);
  else
    fail (desk, "wait-version needs a number");
}

static void
set_attention (Desk       *desk,
               const char *word)
{
  static const char *const words[] = {
    [LS_ATTENTION_ACTIVE] = "active",
    [LS_ATTENTION_WATCHING] = "watching",
    [LS_ATTENTION_AWAY] = "away",
  };

  for (unsigned i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strcmp0 (word, words[i]) == 0)
      {
        ls_client_set_attention (desk->client, (LsAttention) i);
        done (desk, NULL);
        return;
      }
  fail (desk, "attention is active, watching or away");
}

static void
run_command (Desk       *desk,
             const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  const char *word = words[0];

  desk->number++;
  desk->busy = true;
  if (g_strcmp0 (word, "edit") == 0)
    mutate (desk, LS_CHANGE_SET, words);
  else if (g_strcmp0 (word, "change") == 0)
    change_by_json (desk, line + strlen ("change"));
  else if (g_strcmp0 (word, "add") == 0)
    mutate (desk, LS_CHANGE_ADD, words);
  else if (g_strcmp0 (word, "put") == 0)
    mutate (desk, LS_CHANGE_PUT, words);
  else if (g_strcmp0 (word, "del") == 0)
    mutate (desk, LS_CHANGE_DEL, words);
  else if (g_strcmp0 (word, "fat") == 0 || g_strcmp0 (word, "many") == 0)
    fat (desk, words);
  else if (g_strcmp0 (word, "restore-lost") == 0)
    ls_store_restore_async (ls_client_get_store (desk->client), desk->shop, NULL, NULL, restored_cb,
                            desk);
  else if (g_strcmp0 (word, "get") == 0)
    get (desk, words);
  else if (g_strcmp0 (word, "digest") == 0)
    tell_digest (desk);
  else if (g_strcmp0 (word, "check") == 0)
    ls_consistency_checker_check (ls_client_get_checker (desk->client), desk->shop, LS_CHECK_ALL,
                                  checked_cb, desk, NULL);
  else if (g_strcmp0 (word, "scope") == 0)
    set_scope (desk, words);
  else if (g_strcmp0 (word, "wait-scope") == 0)
    {
      desk->wants_scope = true;
      check_waits (desk);
    }
  else if (g_strcmp0 (word, "wait-version") == 0)
    wait_version (desk, words[1]);
  else if (g_strcmp0 (word, "wait-live") == 0 || g_strcmp0 (word, "wait-idle") == 0)
    {
      desk->wants_live = g_str_equal (word, "wait-live");
      desk->wants_idle = !desk->wants_live;
      check_waits (desk);
    }
  else if (g_strcmp0 (word, "offline") == 0 || g_strcmp0 (word, "online") == 0)
    {
      ls_client_set_offline (desk->client, g_str_equal (word, "offline"));
      done (desk, NULL);
    }
  else if (g_strcmp0 (word, "attention") == 0)
    set_attention (desk, words[1]);
  else if (g_strcmp0 (word, "quit") == 0)
    g_main_loop_quit (desk->loop);
  else
    fail (desk, "an unknown command");
}

static void
next_command (Desk *desk)
{
  g_autofree char *line = NULL;

  if (desk->busy)
    return;
  line = g_queue_pop_head (&desk->lines);
  if (line != NULL)
    run_command (desk, line);
  else if (desk->ended)
    g_main_loop_quit (desk->loop);
}

static void
line_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Desk *desk = user_data;
  char *line =
      g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL);

  if (line == NULL)
    {
      desk->ended = true;
      next_command (desk);
      return;
    }
  g_queue_push_tail (&desk->lines, line);
  g_data_input_stream_read_line_async (desk->input, G_PRIORITY_DEFAULT, NULL, line_cb, desk);
  next_command (desk);
}

/* --- What happens ---------------------------------------------------------------------------- */

static const char *
state_name (const LsEdit *edit)
{
  static const char *const names[] = { "queued", "sent", "applied", "dead", "discarded", "lost" };

  return names[edit->state];
}

static void
edit_changed_cb (LsStore *store,
                 LsEdit  *edit,
                 Desk    *desk)
{
  static const char *const statuses[] = { "applied", "conflict", "rejected", "decided" };
  LsJsonWriter *writer = begin ("edit");

  put_text (writer, "mid", edit->mid);
  put_text (writer, "state", state_name (edit));
  put_integer (writer, "n", edit->n);
  if (edit->resolved_at > 0)
    {
      put_text (writer, "status", statuses[edit->status]);
      put_integer (writer, "version", edit->version);
    }
  put_text (writer, "code", edit->code);
  put_text (writer, "message", edit->message);
  end (writer);
  check_waits (desk);
}

static void
position_changed_cb (LsStore    *store,
                     const char *shop,
                     Desk       *desk)
{
  LsPosition position;
  LsJsonWriter *writer;

  if (!ls_store_get_position (store, shop, &position, NULL))
    return;
  writer = begin ("position");
  put_text (writer, "shop", shop);
  put_text (writer, "epoch", position.epoch);
  put_integer (writer, "version", position.version);
  end (writer);
  check_waits (desk);
}

static void
status_cb (LsClient   *client,
           GParamSpec *pspec,
           Desk       *desk)
{
  const LsConnectionStatus *status = ls_client_get_status (client);
  LsJsonWriter *writer = begin ("status");

  put_text (writer, "state", ls_connection_state_to_name (status->state));
  put_integer (writer, "attempts", status->attempts);
  put_integer (writer, "verified", status->verified_version);
  if (status->error != NULL)
    put_text (writer, "message", status->error->message);
  end (writer);
  check_waits (desk);
}

static void
event_cb (LsEventBus *bus,
          LsEvent    *event,
          Desk       *desk)
{
  LsJsonWriter *writer;

  /* One for each delta and each edit: told by others. */
  if (g_str_equal (event->type, LS_EVENT_DELTA) || g_str_equal (event->type, LS_EVENT_SHOWN) ||
      g_str_has_prefix (event->type, "edit-"))
    return;
  writer = begin ("event");
  put_text (writer, "event", event->type);
  put_text (writer, "shop", event->shop);
  if (event->collection != NULL)
    put_text (writer, "collection", event->collection->name);
  put_integer (writer, "version", event->version);
  put_integer (writer, "count", event->count);
  put_text (writer, "code", event->code);
  put_text (writer, "message", event->message);
  end (writer);
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Desk *desk = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) input = NULL;
  const char *token = g_object_get_data (source, "token");
  LsStore *store;

  if (!ls_client_open_finish (desk->client, result, &error))
    {
      done (desk, error);
      desk->status = 1;
      g_main_loop_quit (desk->loop);
      return;
    }
  store = ls_client_get_store (desk->client);
  g_signal_connect (store, "edit-changed", G_CALLBACK (edit_changed_cb), desk);
  g_signal_connect (store, "position-changed", G_CALLBACK (position_changed_cb), desk);
  g_signal_connect (desk->client, "notify::status", G_CALLBACK (status_cb), desk);
  g_signal_connect_swapped (desk->client, "shops-changed", G_CALLBACK (check_waits), desk);
  g_signal_connect (ls_client_get_bus (desk->client), "event", G_CALLBACK (event_cb), desk);
  ls_client_set_token (desk->client, token);
  ls_client_start (desk->client);
  input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  desk->input = g_data_input_stream_new (input);
  g_data_input_stream_read_line_async (desk->input, G_PRIORITY_DEFAULT, NULL, line_cb, desk);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *server = NULL, *token = NULL, *dir = NULL, *shop = NULL, *ca = NULL;
  gboolean offline = FALSE;
  const GOptionEntry entries[] = {
    { "server", 0, 0, G_OPTION_ARG_STRING, &server, "The server's address", "URL" },
    { "token", 0, 0, G_OPTION_ARG_STRING, &token, "What lets its bearer in", "TOKEN" },
    { "dir", 0, 0, G_OPTION_ARG_FILENAME, &dir, "The folder of the cache", "DIR" },
    { "shop", 0, 0, G_OPTION_ARG_STRING, &shop, "The shop that commands are about", "SHOP" },
    { "ca", 0, 0, G_OPTION_ARG_FILENAME, &ca, "Certificates to trust", "FILE" },
    { "offline", 0, 0, G_OPTION_ARG_NONE, &offline, "Begin without a connection", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  Desk desk = { 0 };

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || server == NULL || dir == NULL ||
      shop == NULL)
    {
      fprintf (stderr, "lockstep-client: %s\n",
               error != NULL ? error->message : "--server, --dir and --shop are needed");
      return 2;
    }
  desk.environment = ls_system_environment_new ();
  desk.shop = shop;
  desk.loop = g_main_loop_new (NULL, FALSE);
  g_queue_init (&desk.lines);
  desk.client = ls_client_new (desk.environment, server, "headless", dir);
  g_object_set_data (G_OBJECT (desk.client), "token", token);
  ls_client_set_ca_file (desk.client, ca);
  ls_client_set_offline (desk.client, offline);
  ls_client_open_async (desk.client, NULL, opened_cb, &desk);
  g_main_loop_run (desk.loop);
  ls_client_stop (desk.client);
  g_clear_object (&desk.input);
  g_clear_object (&desk.client);
  ls_environment_stop (desk.environment);
  g_clear_object (&desk.environment);
  g_queue_clear_full (&desk.lines, g_free);
  g_main_loop_unref (desk.loop);
  return desk.status;
}
