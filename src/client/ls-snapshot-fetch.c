/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-snapshot-fetch"

#include "config.h"

#include "client/ls-snapshot-fetch.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "core/ls-schema.h"
#include "core/ls-snapshot.h"

#define ALL_COLLECTIONS UINT32_MAX
/* Slices that may wait for the cache while the next is read. */
#define MAX_SLICES 2
#define PROGRESS_PAUSE (200 * 1000)

struct _LsSnapshotFetch {
  gatomicrefcount ref_count;

  /* Owned */
  LsEnvironment *environment;
  LsQueue *queue;
  LsCache *cache;
  LsFetch *fetch;
  LsSnapshotReader *reader;
  LsConnectionManager *connection;
  char *shop;
  char *client;
  uint32_t collections;
  LsScope scope;
  int64_t min_version;

  /* Borrowed */
  const LsSnapshotFetchEvents *events;
  gpointer events_data;

  /* State */
  int64_t done_n;
  LsEditCount done_before;
  unsigned slices;
  bool wants_more; /* a read waits for a slice to be stored */
  bool complete;   /* all rows were handed to the cache */
  bool over;       /* done was told, or it was cancelled */
  int64_t told_at;

  /* On the cache's queue */
  LsPosition before;
  bool began;
};

/* One thing for the cache to do, and how it went. */
typedef struct {
  LsSnapshotFetch *fetch;
  GPtrArray *records;
  LsPosition position;
  uint64_t view;
  bool ready;
  GError *error;
} Job;

static void post_step (LsSnapshotFetch *self,
                       LsJobFunc        step,
                       LsJobFunc        answer,
                       GPtrArray       *records);
static void ask       (LsSnapshotFetch *self);

static LsSnapshotFetch *
fetch_ref (LsSnapshotFetch *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
fetch_unref (LsSnapshotFetch *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_object (&self->fetch);
  g_clear_pointer (&self->reader, ls_snapshot_reader_free);
  g_clear_object (&self->connection);
  g_clear_object (&self->cache);
  g_clear_object (&self->environment);
  g_free (self->client);
  g_free (self->shop);
  g_free (self);
}

/* --- Jobs of the cache ----------------------------------------------------------------------- */

typedef struct {
  LsJobFunc step;
  LsJobFunc answer;
  Job *job;
} Post;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->records, g_ptr_array_unref);
  g_clear_error (&job->error);
  fetch_unref (job->fetch);
  g_free (job);
}

static void
post_free (gpointer data)
{
  Post *post = data;

  g_clear_pointer (&post->job, job_free);
  g_free (post);
}

static void
run_step (gpointer data)
{
  Post *post = data;
  LsSnapshotFetch *self = post->job->fetch;

  post->step (post->job);
  ls_environment_post (self->environment, self->queue, post->answer, g_steal_pointer (&post->job),
                       job_free);
}

static void
post_step (LsSnapshotFetch *self,
           LsJobFunc        step,
           LsJobFunc        answer,
           GPtrArray       *records)
{
  Post *post = g_new0 (Post, 1);

  post->step = step;
  post->answer = answer;
  post->job = g_new0 (Job, 1);
  post->job->fetch = fetch_ref (self);
  post->job->records = records;
  if (ls_snapshot_reader_get_position (self->reader) != NULL)
    post->job->position = *ls_snapshot_reader_get_position (self->reader);
  post->job->view = ls_snapshot_reader_get_view (self->reader);
  ls_environment_post (self->environment, ls_cache_get_queue (self->cache), run_step, post,
                       post_free);
}

static void
begin_step (gpointer data)
{
  Job *job = data;
  LsSnapshotFetch *self = job->fetch;

  ls_cache_get_position (self->cache, self->shop, &self->before, NULL, NULL, NULL);
  self->began =
      ls_cache_begin_snapshot (self->cache, self->shop, self->collections, &self->scope,
                               &job->error);
}

static void
add_step (gpointer data)
{
  Job *job = data;
  LsSnapshotFetch *self = job->fetch;

  if (self->began &&
      !ls_cache_add_snapshot_rows (self->cache, self->shop, job->records, &job->error))
    self->began = false;
}

static void
prepare_step (gpointer data)
{
  Job *job = data;
  LsSnapshotFetch *self = job->fetch;

  if (!ls_cache_prepare_snapshot (self->cache, self->shop, &job->ready, &job->error))
    self->began = false;
}

/* Some collections from before what the others hold would never catch up: their deltas are gone. */
static bool
is_too_old (LsSnapshotFetch  *self,
            const LsPosition *position)
{
  return self->collections != ALL_COLLECTIONS && position->version < self->before.version;
}

/* The last n that the rows have, as the cache counts by now: what was counted in another epoch says
 * nothing of it. Without one it has no rows, and counts as the server does. */
static int64_t
find_done (LsSnapshotFetch  *self,
           const LsPosition *position)
{
  LsPosition now;

  ls_cache_get_position (self->cache, self->shop, &now, NULL, NULL, NULL);
  if (now.epoch[0] == '\0' || g_str_equal (now.epoch, position->epoch))
    return self->done_n;
  return g_str_equal (now.epoch, self->done_before.epoch) ? self->done_before.n : 0;
}

static void
finish_step (gpointer data)
{
  Job *job = data;
  LsSnapshotFetch *self = job->fetch;

  self->began = false;
  if (is_too_old (self, &job->position))
    {
      ls_cache_cancel_snapshot (self->cache, self->shop);
      g_set_error (&job->error, LS_ERROR, LS_ERROR_TIMEOUT,
                   "the snapshot is of version %" G_GINT64_FORMAT ", before %" G_GINT64_FORMAT,
                   job->position.version, self->before.version);
      return;
    }
  if (ls_cache_finish_snapshot (self->cache, self->shop, &job->position, job->view,
                                find_done (self, &job->position), &job->error))
    ls_cache_get_position (self->cache, self->shop, &job->position, NULL, NULL, NULL);
}

static void
cancel_step (gpointer data)
{
  Job *job = data;

  if (job->fetch->began)
    ls_cache_cancel_snapshot (job->fetch->cache, job->fetch->shop);
  job->fetch->began = false;
}

static void tidy_answer (gpointer data);

static void
tidy_step (gpointer data)
{
  Job *job = data;
  bool more = false;

  job->ready = !ls_cache_tidy (job->fetch->cache, &more, &job->error) || !more;
}

/* What was replaced goes in steps of its own, so that edits and deltas get between. */
static void
tidy_answer (gpointer data)
{
  Job *job = data;

  if (!job->ready)
    post_step (job->fetch, tidy_step, tidy_answer, NULL);
}

static void
ignore_answer (gpointer data)
{
}

/* --- The way through ------------------------------------------------------------------------- */

static void
end (LsSnapshotFetch  *self,
     const LsPosition *position,
     const GError     *error)
{
  if (self->over)
    return;
  self->over = true;
  if (self->fetch != NULL)
    ls_fetch_cancel (self->fetch);
  g_clear_object (&self->fetch);
  post_step (self, cancel_step, ignore_answer, NULL);
  post_step (self, tidy_step, tidy_answer, NULL);
  self->events->done (self, position, error, self->events_data);
}

static void
finish_answer (gpointer data)
{
  Job *job = data;

  end (job->fetch, job->error == NULL ? &job->position : NULL, job->error);
}

static void
prepare_answer (gpointer data)
{
  Job *job = data;
  LsSnapshotFetch *self = job->fetch;

  if (self->over)
    return;
  if (job->error != NULL)
    end (self, NULL, job->error);
  else if (job->ready)
    post_step (self, finish_step, finish_answer, NULL);
  else
    post_step (self, prepare_step, prepare_answer, NULL);
}

static void
read_more (LsSnapshotFetch *self)
{
  self->wants_more = self->slices >= MAX_SLICES;
  if (!self->wants_more)
    ls_fetch_read (self->fetch);
}

static void
add_answer (gpointer data)
{
  Job *job = data;
  LsSnapshotFetch *self = job->fetch;

  self->slices--;
  if (self->over)
    return;
  if (job->error != NULL)
    end (self, NULL, job->error);
  else if (self->complete && self->slices == 0)
    post_step (self, prepare_step, prepare_answer, NULL);
  else if (self->wants_more)
    read_more (self);
}

static void
begin_answer (gpointer data)
{
  Job *job = data;

  if (job->fetch->over)
    return;
  if (job->error != NULL)
    end (job->fetch, NULL, job->error);
  else
    ask (job->fetch);
}

static void
head_cb (LsFetch *fetch,
         unsigned status,
         gpointer user_data)
{
  LsSnapshotFetch *self = user_data;
  const char *done = ls_fetch_get_header (fetch, LS_SNAPSHOT_DONE_HEADER);
  g_autoptr (GError) error = NULL;
  uint64_t n = 0;

  if (!ls_status_to_error (status, NULL, &error))
    {
      g_prefix_error (&error, "the rows of %s: ", self->shop);
      end (self, NULL, error);
      return;
    }
  if (done != NULL && g_ascii_string_to_unsigned (done, 10, 0, G_MAXINT64, &n, NULL))
    self->done_n = (int64_t) n;
  ls_edit_count_from_text (ls_fetch_get_header (fetch, LS_SNAPSHOT_BEFORE_HEADER), &self->done_before);
  read_more (self);
}

/* Rows that were not asked for are left out: a server may send more. */
static GPtrArray *
take_records (LsSnapshotFetch *self)
{
  g_autoptr (GPtrArray) records = ls_snapshot_reader_take_records (self->reader);

  for (unsigned i = records->len; i > 0; i--)
    {
      const LsRecord *record = g_ptr_array_index (records, i - 1);

      if (!(self->collections & (UINT32_C (1) << ls_record_get_collection (record)->id)) ||
          !ls_scope_has_record (&self->scope, record))
        g_ptr_array_remove_index (records, i - 1);
    }
  return g_steal_pointer (&records);
}

static void
data_cb (LsFetch    *fetch,
         const char *data,
         size_t      length,
         gpointer    user_data)
{
  LsSnapshotFetch *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records = NULL;
  int64_t now = ls_environment_monotonic (self->environment);

  if (!ls_snapshot_reader_feed (self->reader, data, length, &error))
    {
      end (self, NULL, error);
      return;
    }
  records = take_records (self);
  if (records->len > 0)
    {
      self->slices++;
      post_step (self, add_step, add_answer, g_steal_pointer (&records));
    }
  if (now - self->told_at >= PROGRESS_PAUSE)
    {
      self->told_at = now;
      self->events->progress (self, ls_snapshot_reader_get_rows (self->reader), self->events_data);
    }
  if (!self->over)
    read_more (self);
}

static void
end_cb (LsFetch      *fetch,
        const GError *why,
        gpointer      user_data)
{
  LsSnapshotFetch *self = user_data;
  g_autoptr (GError) error = why != NULL ? g_error_copy (why) : NULL;

  if (error != NULL || (!LS_FAULT (SNAPSHOT_NOT_PROVEN) && !ls_snapshot_reader_end (self->reader, &error)))
    {
      end (self, NULL, error);
      return;
    }
  self->complete = true;
  if (self->slices == 0)
    post_step (self, prepare_step, prepare_answer, NULL);
}

static const LsFetchEvents fetch_events = { head_cb, data_cb, end_cb };

static char *
write_query (uint32_t       collections,
             const LsScope *scope,
             int64_t        min_version)
{
  g_autoptr (GString) query = g_string_new (NULL);
  LsScope wanted = *scope;

  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (!(collections & (UINT32_C (1) << i)))
      wanted.since[i] = LS_SCOPE_NOTHING;
  if (!ls_scope_is_whole (&wanted))
    {
      g_autofree char *text = ls_scope_to_text (&wanted);

      g_string_append_printf (query, "collections=%s", text);
    }
  if (min_version > 0)
    g_string_append_printf (query, "%sversion=%" G_GINT64_FORMAT, query->len > 0 ? "&" : "",
                            min_version);
  return query->len > 0 ? g_string_free (g_steal_pointer (&query), FALSE) : NULL;
}

/* Asks the server. The cache keeps all changes that come for these rows by now: so the snapshot must not
 * be of before where it stands. */
static void
ask (LsSnapshotFetch *self)
{
  g_autofree char *id = g_uri_escape_string (self->shop, NULL, FALSE);
  g_autofree char *path = g_strdup_printf ("/v1/shops/%s/snapshot", id);
  int64_t least = self->collections == ALL_COLLECTIONS ? 0 : self->before.version;
  g_autofree char *query =
      write_query (self->collections, &self->scope, MAX (self->min_version, least));
  const char *headers[] = { LS_SNAPSHOT_CLIENT_HEADER, self->client, NULL };
  LsFetchSpec spec = {
    .method = "GET",
    .path = path,
    .query = query,
    .headers = self->client != NULL ? headers : NULL,
    .events = &fetch_events,
    .user_data = self,
  };

  self->fetch = ls_connection_manager_fetch (self->connection, &spec);
}

/**
 * ls_snapshot_fetch_start:
 * @environment: clock and queues
 * @queue: where its calls and events happen
 * @connection: how to ask
 * @cache: where the rows go
 * @shop: a shop
 * @client: (nullable): the client id, to be told which of its edits the rows contain
 * @collections: a mask of collections, all bits for all
 * @scope: the part of them that is wanted
 * @min_version: a version that the rows must contain, if the server has it; 0 for any
 * @events: whom to tell; static
 * @user_data: for them
 *
 * Begins to fetch.
 *
 * Returns: (transfer full): the fetch under way
 */
LsSnapshotFetch *
ls_snapshot_fetch_start (LsEnvironment               *environment,
                         LsQueue                     *queue,
                         LsConnectionManager         *connection,
                         LsCache                     *cache,
                         const char                  *shop,
                         const char                  *client,
                         uint32_t                     collections,
                         const LsScope               *scope,
                         int64_t                      min_version,
                         const LsSnapshotFetchEvents *events,
                         gpointer                     user_data)
{
  LsSnapshotFetch *self = g_new0 (LsSnapshotFetch, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->environment = g_object_ref (environment);
  self->queue = queue;
  self->cache = g_object_ref (cache);
  self->shop = g_strdup (shop);
  self->connection = g_object_ref (connection);
  self->client = g_strdup (client);
  self->collections = collections;
  self->scope = *scope;
  self->min_version = min_version;
  self->events = events;
  self->events_data = user_data;
  self->reader = ls_snapshot_reader_new (shop);
  self->told_at = ls_environment_monotonic (environment);
  post_step (self, begin_step, begin_answer, NULL);
  return self;
}

/**
 * ls_snapshot_fetch_cancel:
 * @fetch: (transfer full): a fetch, done or not
 *
 * Gives it up, and frees it. No event follows.
 */
void
ls_snapshot_fetch_cancel (LsSnapshotFetch *fetch)
{
  if (!fetch->over)
    {
      fetch->over = true;
      if (fetch->fetch != NULL)
        ls_fetch_cancel (fetch->fetch);
      post_step (fetch, cancel_step, ignore_answer, NULL);
    }
  fetch_unref (fetch);
}

/**
 * ls_snapshot_fetch_get_shop:
 * @fetch: a fetch
 *
 * Returns: (transfer none): the shop
 */
const char *
ls_snapshot_fetch_get_shop (LsSnapshotFetch *fetch)
{
  return fetch->shop;
}
