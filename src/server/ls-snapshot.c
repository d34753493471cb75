/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-snapshot"

#include "config.h"

#include "server/ls-snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <gio/gunixoutputstream.h>
#include <glib/gstdio.h>

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "core/ls-snapshot.h"

/*
 * One snapshot is written at a time, on a queue of its own: more would only share the same disk and
 * processor, and each holds back the checkpoints of the storage while it reads.
 */

#define QUEUE "snapshot"
#define PIECE_BYTES (64 * 1024)
/* Light: the text is written once and read by few. */
#define GZIP_LEVEL 2
#define MAX_AGE ((int64_t) 30 * G_USEC_PER_SEC)
/* Beyond so many versions what follows a shared snapshot is worth another one. */
#define MAX_BEHIND 2000
/* Of the log, in one read: a shop that is written to all the time may have much of it by now. */
#define READ_BYTES (1024 * 1024)
#define MAX_KEPT 8
#define MAX_WRITING 16
#define MAX_WAITING 1000

typedef struct {
  LsSnapshots *snapshots;
  char *key;
  char *shop;
  const LsView *view;
  LsScope scope;
  int64_t made;
  bool ready;
  GQueue waiting; /* Question */

  /* Filled on the queue */
  LsPosition position;
  GBytes *body;
  GError *error;
} Snapshot;

typedef struct {
  unsigned ref_count; /* changed on the main thread only */
  LsSnapshots *snapshots;
  LsIdentity *identity;
  char *shop;
  const LsView *view;
  LsScope scope;
  int64_t min_version;
  char *client;
  bool waited; /* until a snapshot was written */
  LsSnapshotFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  /* Filled when the last n is looked up */
  GBytes *body;
  LsPosition position; /* of @body */
  int64_t done;
  LsEditCount before;
  bool stale;
  GError *error;
} Question;

static void ask (Question *question);

struct _LsSnapshots {
  LsEnvironment *environment;
  LsStorage *storage;
  LsAccess *access;
  LsQueue *main;
  LsQueue *queue;
  char *folder;
  GHashTable *table; /* Snapshot by key */
  GQueue order;      /* Snapshot, oldest first */
  unsigned writing;
  unsigned waiting;
};

/* What is written, and how far. */
typedef struct {
  Snapshot *snapshot;
  GOutputStream *out;
  LsSnapshotWriter *writer;
  const LsCollection *list[LS_N_COLLECTIONS];
  size_t n_list;
  size_t begun;
  GError **error;
  bool failed;
} Writing;

static void
question_unref (gpointer data)
{
  Question *question = data;

  if (--question->ref_count > 0)
    return;
  question->snapshots->waiting--;
  if (question->destroy != NULL)
    question->destroy (question->user_data);
  ls_identity_unref (question->identity);
  g_free (question->shop);
  g_free (question->client);
  g_clear_pointer (&question->body, g_bytes_unref);
  g_clear_error (&question->error);
  g_free (question);
}

static void
snapshot_free (gpointer data)
{
  Snapshot *snapshot = data;

  g_queue_clear_full (&snapshot->waiting, question_unref);
  g_clear_pointer (&snapshot->body, g_bytes_unref);
  g_clear_error (&snapshot->error);
  g_free (snapshot->key);
  g_free (snapshot->shop);
  g_free (snapshot);
}

static bool
flush (Writing *writing)
{
  size_t length;
  g_autofree char *text = ls_snapshot_writer_take_text (writing->writer, &length);

  if (!g_output_stream_write_all (writing->out, text, length, NULL, NULL, writing->error))
    writing->failed = true;
  return !writing->failed;
}

/* The position is known only when the first row comes, or none does. */
static void
begin (Writing *writing)
{
  Snapshot *snapshot = writing->snapshot;

  if (writing->writer == NULL)
    writing->writer =
        ls_snapshot_writer_new (snapshot->shop, &snapshot->position,
                                LS_FAULT (SNAPSHOT_SHOWS_ALL) ? ls_view_full () : snapshot->view);
}

static void
begin_collections (Writing            *writing,
                   const LsCollection *last)
{
  while (writing->begun < writing->n_list &&
         (writing->begun == 0 || writing->list[writing->begun - 1] != last))
    ls_snapshot_writer_begin_collection (writing->writer, writing->list[writing->begun++]);
}

static bool
row_cb (LsRecord *record,
        gpointer  user_data)
{
  Writing *writing = user_data;
  const LsCollection *collection = ls_record_get_collection (record);

  begin (writing);
  if (!ls_scope_has_record (&writing->snapshot->scope, record) && !LS_FAULT (SCOPE_SNAPSHOT_OF_ALL))
    return true;
  if (writing->begun == 0 || writing->list[writing->begun - 1] != collection)
    begin_collections (writing, collection);
  ls_snapshot_writer_add (writing->writer, record);
  return ls_snapshot_writer_get_length (writing->writer) < PIECE_BYTES || flush (writing);
}

static bool
write_rows (Snapshot      *snapshot,
            GOutputStream *out,
            GError       **error)
{
  Writing writing = { .snapshot = snapshot, .out = out, .error = error };
  bool written;

  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);

      if (ls_scope_has_collection (&snapshot->scope, collection) &&
          ls_view_has_collection (snapshot->view, collection))
        writing.list[writing.n_list++] = collection;
    }
  written = ls_storage_scan (snapshot->snapshots->storage, snapshot->shop, writing.list,
                             writing.n_list, &snapshot->position, row_cb, &writing, error) &&
            !writing.failed;
  if (written)
    {
      begin (&writing);
      begin_collections (&writing, NULL);
      ls_snapshot_writer_finish (writing.writer);
      written = flush (&writing);
    }
  g_clear_pointer (&writing.writer, ls_snapshot_writer_free);
  return written && g_output_stream_close (out, NULL, error);
}

/* A file that has no name any more. */
static int
open_file (const char *folder,
           GError    **error)
{
  g_autofree char *name = g_build_filename (folder, "snapshot-XXXXXX", NULL);
  int fd;

  g_mkdir_with_parents (folder, 0700);
  fd = g_mkstemp_full (name, O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", name,
                 g_strerror (errno));
  else
    g_unlink (name);
  return fd;
}

/* On the queue */
static void
write_cb (gpointer data)
{
  Snapshot *snapshot = data;
  g_autoptr (GZlibCompressor) gzip = NULL;
  g_autoptr (GOutputStream) file = NULL;
  g_autoptr (GOutputStream) out = NULL;
  g_autoptr (GMappedFile) mapped = NULL;
  int fd = open_file (snapshot->snapshots->folder, &snapshot->error);

  if (fd < 0)
    return;
  gzip = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, GZIP_LEVEL);
  file = g_unix_output_stream_new (fd, FALSE);
  out = g_converter_output_stream_new (file, G_CONVERTER (gzip));
  if (write_rows (snapshot, out, &snapshot->error))
    mapped = g_mapped_file_new_from_fd (fd, FALSE, &snapshot->error);
  if (mapped != NULL)
    snapshot->body = g_mapped_file_get_bytes (mapped);
  close (fd);
}

/* How many of the client's edits, of the @last_n that are decided, the snapshot has. They count up along
 * the log: the first behind the snapshot tells. -1 when the log can't be read. */
static int64_t
find_done (Question *question,
           int64_t   last_n)
{
  int64_t from = question->position.version;
  g_autoptr (GPtrArray) versions = NULL;

  do
    {
      g_clear_pointer (&versions, g_ptr_array_unref);
      versions = ls_storage_read_log (question->snapshots->storage, question->shop, from, INT64_MAX,
                                      READ_BYTES, &question->error);
      for (unsigned i = 0; versions != NULL && i < versions->len; i++)
        {
          const LsVersion *version = g_ptr_array_index (versions, i);

          if (g_strcmp0 (version->client, question->client) == 0)
            return MIN (last_n, version->n - 1);
          from = version->version;
        }
    }
  while (versions != NULL && versions->len > 0);
  return versions != NULL ? last_n : -1;
}

/* On the queue: how far the client's edits are contained. Its last n is read first: what is decided
 * after that is not in it, and what was decided after the snapshot is told by the log. All of the epoch
 * before was decided when this one began, and no snapshot of this one is older. */
static void
look_up_cb (gpointer data)
{
  Question *question = data;
  LsStorage *storage = question->snapshots->storage;
  g_autoptr (LsShop) shop = NULL;
  bool bound = false;
  int64_t last_n;

  question->done = -1;
  shop = ls_storage_get_shop (storage, question->shop, &question->error);
  if (shop == NULL)
    return;
  /* Who asks for what is not there yet gets what is there. Who has waited for one to be written takes it
   * however far the shop went meanwhile: while the next is written it would go as far again. */
  question->stale = !g_str_equal (shop->position.epoch, question->position.epoch) ||
                    shop->position.version < question->position.version ||
                    (!question->waited &&
                     shop->position.version - question->position.version > MAX_BEHIND) ||
                    (question->position.version < question->min_version &&
                     question->position.version < shop->position.version);
  if (question->stale || question->client == NULL ||
      !ls_access_check_client (question->snapshots->access, question->identity, question->client,
                               &bound, &question->error) ||
      !bound)
    return;
  last_n = ls_storage_get_last_n (storage, question->shop, question->client, &question->before,
                                  &question->error);
  if (last_n >= 0)
    question->done = find_done (question, last_n);
}

static void
drop (LsSnapshots *snapshots,
      Snapshot    *snapshot)
{
  g_queue_remove (&snapshots->order, snapshot);
  g_hash_table_remove (snapshots->table, snapshot->key);
}

static char *
key_of (const Question *question)
{
  g_autofree char *scope = ls_scope_to_text (&question->scope);

  return g_strdup_printf ("%s %016" G_GINT64_MODIFIER "x %s", scope,
                          ls_view_get_total_hash (question->view), question->shop);
}

static void
fail (Question     *question,
      const GError *error)
{
  question->func (NULL, -1, &question->before, error, question->user_data);
}

static void
looked_up_cb (gpointer data)
{
  Question *question = data;
  g_autofree char *key = key_of (question);
  Snapshot *snapshot = g_hash_table_lookup (question->snapshots->table, key);

  if (question->error != NULL)
    fail (question, question->error);
  else if (!question->stale)
    question->func (question->body, question->done, &question->before, NULL,
                    question->user_data);
  else
    {
      if (snapshot != NULL && snapshot->ready &&
          ls_position_equal (&snapshot->position, &question->position))
        drop (question->snapshots, snapshot);
      g_clear_pointer (&question->body, g_bytes_unref);
      question->stale = false;
      question->ref_count++;
      ask (question);
    }
}

static void
look_up_finished (gpointer data)
{
  Question *question = data;

  ls_environment_post (question->snapshots->environment, question->snapshots->main, looked_up_cb,
                       question, question_unref);
}

/* Answers from a snapshot that is there. Takes @question. */
static void
answer (Snapshot *snapshot,
        Question *question)
{
  LsSnapshots *snapshots = question->snapshots;

  question->body = g_bytes_ref (snapshot->body);
  question->position = snapshot->position;
  ls_environment_post (snapshots->environment, snapshots->queue, look_up_cb, question,
                       look_up_finished);
}

static void
written_cb (gpointer data)
{
  Snapshot *snapshot = data;
  LsSnapshots *snapshots = snapshot->snapshots;
  Question *question;

  snapshots->writing--;
  snapshot->ready = true;
  snapshot->made = ls_environment_monotonic (snapshots->environment);
  if (snapshot->error != NULL &&
      !g_error_matches (snapshot->error, LS_ERROR, LS_ERROR_VALIDATION))
    g_warning ("A snapshot of %s could not be written: %s", snapshot->shop,
               snapshot->error->message);
  while ((question = g_queue_pop_head (&snapshot->waiting)) != NULL)
    {
      if (snapshot->error == NULL)
        {
          question->waited = true;
          answer (snapshot, question);
          continue;
        }
      fail (question, snapshot->error);
      question_unref (question);
    }
  if (snapshot->error != NULL)
    drop (snapshots, snapshot);
}

static void
write_finished (gpointer data)
{
  Snapshot *snapshot = data;

  ls_environment_post (snapshot->snapshots->environment, snapshot->snapshots->main, written_cb,
                       snapshot, NULL);
}

static void
make_room (LsSnapshots *snapshots)
{
  GList *next;

  for (GList *link = snapshots->order.head; link != NULL; link = next)
    {
      Snapshot *snapshot = link->data;

      next = link->next;
      if (snapshot->ready && (g_queue_get_length (&snapshots->order) >= MAX_KEPT ||
                              ls_environment_monotonic (snapshots->environment) - snapshot->made >
                                  MAX_AGE))
        drop (snapshots, snapshot);
    }
}

static void
start_writing (LsSnapshots *snapshots,
               Question    *question,
               char        *key)
{
  Snapshot *snapshot = g_new0 (Snapshot, 1);

  snapshot->snapshots = snapshots;
  snapshot->key = key;
  snapshot->shop = g_strdup (question->shop);
  snapshot->view = question->view;
  snapshot->scope = question->scope;
  g_queue_init (&snapshot->waiting);
  g_queue_push_tail (&snapshot->waiting, question);
  g_hash_table_insert (snapshots->table, snapshot->key, snapshot);
  g_queue_push_tail (&snapshots->order, snapshot);
  snapshots->writing++;
  ls_environment_post (snapshots->environment, snapshots->queue, write_cb, snapshot,
                       write_finished);
}

/* Finds a snapshot for @question, or has one written. Takes @question. */
static void
ask (Question *question)
{
  LsSnapshots *snapshots = question->snapshots;
  char *key = key_of (question);
  Snapshot *snapshot;
  g_autoptr (GError) busy = NULL;

  make_room (snapshots);
  snapshot = g_hash_table_lookup (snapshots->table, key);
  if (snapshot == NULL && snapshots->writing < MAX_WRITING)
    {
      start_writing (snapshots, question, key);
      return;
    }
  g_free (key);
  if (snapshot != NULL && snapshot->ready)
    answer (snapshot, question);
  else if (snapshot != NULL)
    g_queue_push_tail (&snapshot->waiting, question);
  else
    {
      busy = g_error_new_literal (LS_ERROR, LS_ERROR_RATE_LIMIT, "too many snapshots at once");
      fail (question, busy);
      question_unref (question);
    }
}

/**
 * ls_snapshots_new:
 * @environment: clock and queues
 * @storage: what is read
 * @access: whose clients; must outlive the environment's queues
 * @data_dir: where the files lie while they are read
 *
 * Returns: (transfer full): no snapshots yet
 */
LsSnapshots *
ls_snapshots_new (LsEnvironment *environment,
                  LsStorage     *storage,
                  LsAccess      *access,
                  const char    *data_dir)
{
  LsSnapshots *snapshots = g_new0 (LsSnapshots, 1);

  snapshots->environment = g_object_ref (environment);
  snapshots->storage = g_object_ref (storage);
  snapshots->access = access;
  snapshots->main = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  snapshots->queue = ls_environment_get_queue (environment, QUEUE);
  snapshots->folder = g_build_filename (data_dir, "snapshots", NULL);
  snapshots->table = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, snapshot_free);
  g_queue_init (&snapshots->order);
  return snapshots;
}

/**
 * ls_snapshots_free:
 * @snapshots: (transfer full): snapshots, when the environment has stopped
 *
 * Frees them.
 */
void
ls_snapshots_free (LsSnapshots *snapshots)
{
  g_queue_clear (&snapshots->order);
  g_hash_table_unref (snapshots->table);
  g_clear_object (&snapshots->storage);
  g_clear_object (&snapshots->environment);
  g_free (snapshots->folder);
  g_free (snapshots);
}

/**
 * ls_snapshots_get:
 * @snapshots: snapshots
 * @identity: who asks
 * @shop: an existing shop
 * @view: what he may see
 * @scope: which rows are wanted
 * @min_version: a version that must be contained
 * @client: (nullable): his client id
 * @func: told when it is there
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Gets a snapshot, one that was just written or a new one.
 */
void
ls_snapshots_get (LsSnapshots    *snapshots,
                  LsIdentity     *identity,
                  const char     *shop,
                  const LsView   *view,
                  const LsScope  *scope,
                  int64_t         min_version,
                  const char     *client,
                  LsSnapshotFunc  func,
                  gpointer        user_data,
                  GDestroyNotify  destroy)
{
  Question *question = g_new0 (Question, 1);
  g_autoptr (GError) busy = NULL;

  question->ref_count = 1;
  question->snapshots = snapshots;
  question->identity = ls_identity_ref (identity);
  question->shop = g_strdup (shop);
  question->view = view;
  question->scope = *scope;
  question->min_version = min_version;
  question->client = g_strdup (client);
  question->func = func;
  question->user_data = user_data;
  question->destroy = destroy;
  snapshots->waiting++;
  if (snapshots->waiting <= MAX_WAITING)
    {
      ask (question);
      return;
    }
  busy = g_error_new_literal (LS_ERROR, LS_ERROR_RATE_LIMIT, "too many wait for snapshots");
  fail (question, busy);
  question_unref (question);
}
