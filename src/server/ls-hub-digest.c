/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-hub"

#include "config.h"

#include <string.h>

#include "core/ls-digest.h"
#include "server/ls-hub-private.h"

/*
 * Digests are the committer's, at its newest version: where the hub stands, or soon will. Each is
 * an item of the stream, sent behind the delta that ends at its version.
 */

/* What fits into a message: a bucket of more rows is fetched anew with its collection. */
#define MAX_LISTED_ROWS 10000
/* Of a number in a row, about; texts are counted. */
#define VALUE_BYTES 32

/* The answer to a `verify` that takes reading. */
typedef struct {
  LsSession *session;
  LsSub *sub;
  unsigned generation;
  LsStorage *storage;
  char *shop;
  const LsView *view;
  const LsCollection *collection;
  int64_t bucket;
  GPtrArray *wanted; /* LsChange: these rows, NULL for keys and hashes of all */

  /* Found */
  LsPosition position;
  LsMessage *message;
  bool too_many;
  GError *error;
} RowRead;

static LsMessage *
digest_new (const char       *shop,
            const LsPosition *position,
            const LsView     *view)
{
  LsMessage *message = ls_message_new (LS_MESSAGE_DIGEST);

  message->digest.shop = g_strdup (shop);
  message->digest.version = position->version;
  message->digest.check = position->check;
  message->digest.view = ls_view_get_total_hash (view);
  return message;
}

static void
add_sum (LsMessage          *message,
         const LsCollection *collection,
         int64_t             bucket,
         const char         *key,
         LsDigestSum         sum,
         uint32_t            since)
{
  LsDigestItem item = { collection, bucket, g_strdup (key), sum.count, sum.hash, since };

  g_array_append_val (message->digest.items, item);
}

/* The totals of all collections of a view, over the buckets of @scope. */
static LsBlob *
encode_sums (LsHubShop     *shop,
             const LsView  *view,
             const LsScope *scope,
             int64_t       *ret_version)
{
  LsDigestSum sums[LS_N_COLLECTIONS];
  g_autoptr (LsMessage) message = NULL;
  LsPosition position;

  if (!ls_committer_get_digest (shop->hub->committer, shop->shop, view, scope, &position, sums))
    return NULL;
  message = digest_new (shop->shop, &position, view);
  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);

      if (ls_view_has_collection (view, collection) && ls_scope_has_collection (scope, collection))
        add_sum (message, collection, -1, NULL, sums[id], scope->since[id]);
    }
  *ret_version = position.version;
  return ls_message_to_blob (message);
}

/* The totals of all that @audience sees, encoded once for a version. */
static LsBlob *
encode_totals (LsHubShop  *shop,
               LsAudience *audience,
               int64_t    *ret_version)
{
  LsBlob *blob;

  if (audience->digest == NULL || audience->digest_version != shop->published.version)
    {
      blob = encode_sums (shop, audience->view, &audience->scope, ret_version);
      if (blob == NULL)
        return NULL;
      g_clear_pointer (&audience->digest, ls_blob_unref);
      audience->digest = blob;
      audience->digest_version = *ret_version;
    }
  *ret_version = audience->digest_version;
  return ls_blob_ref (audience->digest);
}

/* Digests for all who are live at @shop, now or when the hub is where they are. */
void
ls_hub_shop_send_digests (LsHubShop *shop)
{
  shop->digest_wanted = false;
  for (unsigned i = 0; i < shop->audiences->len; i++)
    {
      LsAudience *audience = g_ptr_array_index (shop->audiences, i);
      g_autoptr (LsBlob) blob = NULL;
      LsItem item = { .audience = audience };

      if (audience->wired->len + audience->others->len == 0)
        continue;
      blob = encode_totals (shop, audience, &item.version);
      if (blob == NULL)
        {
          /* Being loaded: at the next tick. */
          shop->digest_wanted = true;
          continue;
        }
      item.blob = blob;
      shop->digested = MAX (shop->digested, item.version);
      ls_hub_shop_send_item (shop, item);
      LS_COUNT (shop->hub, digests);
    }
}

/* A digest for one who has just become live; if it is not to be had right now, soon for all. */
void
ls_sub_send_digest (LsSub *sub)
{
  LsHubShop *shop = sub->shop;
  g_autoptr (LsBlob) blob = NULL;
  int64_t version = -1;

  /* Where there are too many scopes for an audience each, this is the proof of its own. */
  blob = ls_scope_equal (&sub->scope, &sub->audience->scope)
             ? encode_totals (shop, sub->audience, &version)
             : encode_sums (shop, sub->view, &sub->scope, &version);
  if (blob == NULL || version != shop->published.version)
    {
      shop->digest_wanted = true;
      return;
    }
  ls_session_send_blob (sub->session, blob);
  LS_COUNT (shop->hub, digests);
}

typedef struct {
  LsMessage *message;
  const LsCollection *collection;
  const LsScope *scope;
} BucketList;

static void
add_bucket_cb (uint32_t           bucket,
               const LsDigestSum *sum,
               gpointer           user_data)
{
  BucketList *list = user_data;

  if (ls_scope_has_bucket (list->scope, list->collection, bucket))
    add_sum (list->message, list->collection, bucket, NULL, *sum, 0);
}

/* Answers `verify` of a collection: the sum of each of its buckets that the client holds. */
void
ls_sub_send_buckets (LsSub              *sub,
                     const LsCollection *collection)
{
  LsHubShop *shop = sub->shop;
  LsPosition position;
  g_autoptr (LsDigest) digest = NULL;
  g_autoptr (LsMessage) message = NULL;
  g_autoptr (LsBlob) blob = NULL;
  BucketList list;
  LsItem item = { .sub = sub };

  if (sub->state != LS_SUB_LIVE)
    return;
  digest = ls_committer_copy_digest (shop->hub->committer, shop->shop, collection, &position);
  if (digest == NULL)
    {
      /* The next digest leads to the next question. */
      shop->digest_wanted = true;
      return;
    }
  message = digest_new (shop->shop, &position, sub->view);
  message->digest.collection = collection;
  list = (BucketList){ message, collection, &sub->scope };
  ls_digest_foreach_bucket (digest, ls_view_get_fields (sub->view, collection), add_bucket_cb,
                            &list);
  blob = ls_message_to_blob (message);
  item.version = position.version;
  item.blob = blob;
  ls_hub_shop_send_item (shop, item);
}

/* --- Answers that have to be read ------------------------------------------------------------ */

static bool
list_row_cb (LsRecord *record,
             gpointer  user_data)
{
  RowRead *read = user_data;
  LsDigestSum sum = { 1, 0 };

  if (ls_digest_bucket (record) != read->bucket)
    return true;
  sum.hash = ls_digest_record (record, ls_view_get_fields (read->view, read->collection));
  add_sum (read->message, read->collection, read->bucket, ls_record_get_key (record), sum, 0);
  read->too_many = read->message->digest.items->len > MAX_LISTED_ROWS;
  return !read->too_many;
}

static void
list_rows_cb (gpointer data)
{
  RowRead *read = data;
  LsPosition nowhere = { "", 0, 0 };

  read->message = digest_new (read->shop, &nowhere, read->view);
  read->message->digest.collection = read->collection;
  read->message->digest.bucket = read->bucket;
  ls_storage_scan (read->storage, read->shop, &read->collection, 1, &read->position, list_row_cb,
                   read, &read->error);
  read->message->digest.version = read->position.version;
  read->message->digest.check = read->position.check;
}

/* A row as @view has it; tells about how many bytes that is. */
static LsChange *
narrow (const LsChange *row,
        const LsView   *view,
        size_t         *ret_bytes)
{
  uint64_t fields = ls_view_get_fields (view, row->collection);
  LsChange *change = ls_change_new (row->op, row->collection, row->key);

  *ret_bytes = strlen (row->key) + VALUE_BYTES;
  for (unsigned i = 0; row->op == LS_CHANGE_PUT && i < row->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (row->edits, LsFieldEdit, i);

      if (!(fields & (UINT64_C (1) << edit->field)) || edit->set.kind == LS_VALUE_NULL)
        continue;
      *ret_bytes +=
          VALUE_BYTES + (edit->set.kind == LS_VALUE_TEXT ? 2 * strlen (edit->set.text) : 0);
      ls_change_take_set (change, edit->field, ls_value_copy (&edit->set));
    }
  return change;
}

/* As many as fit; the client asks for the others again. */
static void
fetch_rows_cb (gpointer data)
{
  RowRead *read = data;
  g_autoptr (GPtrArray) found = ls_storage_get_rows (read->storage, read->shop, read->wanted,
                                                     &read->position, &read->error);
  LsRowsMessage *rows;
  size_t total = 0;

  if (found == NULL)
    return;
  read->message = ls_message_new (LS_MESSAGE_ROWS);
  rows = &read->message->rows;
  rows->shop = g_strdup (read->shop);
  rows->version = read->position.version;
  rows->check = read->position.check;
  rows->view = ls_view_get_total_hash (read->view);
  rows->collection = read->collection;
  rows->bucket = read->bucket;
  for (unsigned i = 0; i < found->len; i++)
    {
      size_t bytes;
      g_autoptr (LsChange) change = narrow (g_ptr_array_index (found, i), read->view, &bytes);

      total += bytes;
      if (total > LS_MAX_VERSION_BYTES && i > 0)
        break;
      g_ptr_array_add (rows->changes, g_steal_pointer (&change));
    }
}

static void
rows_read_cb (gpointer data)
{
  RowRead *read = data;
  LsSub *sub = read->sub;
  g_autoptr (LsBlob) blob = NULL;

  if (read->session->state == LS_SESSION_CLOSED || sub->generation != read->generation)
    return;
  if (read->error != NULL)
    g_warning ("Rows of %s could not be read: %s", read->shop, read->error->message);
  if (read->error != NULL || read->too_many)
    {
      ls_sub_resync (sub, LS_RESYNC_BULK, read->collection);
      return;
    }
  if (read->wanted != NULL)
    sub->session->hub->counters.healed_rows += read->message->rows.changes->len;
  blob = ls_message_to_blob (read->message);
  ls_sub_resume_with (sub, read->position.version, blob);
}

static void
row_read_free (gpointer data)
{
  RowRead *read = data;

  ls_session_unref (read->session);
  g_object_unref (read->storage);
  g_free (read->shop);
  g_clear_pointer (&read->wanted, g_ptr_array_unref);
  g_clear_pointer (&read->message, ls_message_unref);
  g_clear_error (&read->error);
  g_free (read);
}

/* Answers `verify` of a bucket: key and hash of each of its rows, or with @keys those rows. They
 * have to be read, which takes its time; so that what was read still fits when it comes, this one
 * session stands still meanwhile. */
void
ls_sub_read_bucket (LsSub              *sub,
                    const LsCollection *collection,
                    int64_t             bucket,
                    GPtrArray          *keys)
{
  LsHub *hub = sub->session->hub;
  RowRead *read;

  if (sub->state != LS_SUB_LIVE)
    return;
  ls_sub_pause (sub);
  read = g_new0 (RowRead, 1);
  read->session = ls_session_ref (sub->session);
  read->sub = sub;
  read->generation = sub->generation;
  read->storage = g_object_ref (hub->storage);
  read->shop = g_strdup (sub->shop->shop);
  read->view = sub->view;
  read->collection = collection;
  read->bucket = bucket;
  if (keys->len > 0)
    read->wanted = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  for (unsigned i = 0; i < keys->len; i++)
    g_ptr_array_add (read->wanted,
                     ls_change_new (LS_CHANGE_DEL, collection, g_ptr_array_index (keys, i)));
  ls_hub_work (hub, ls_hub_next_reader (hub), keys->len > 0 ? fetch_rows_cb : list_rows_cb,
               rows_read_cb, read, row_read_free);
}
