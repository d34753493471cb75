/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-hub"

#include "config.h"

#include "core/ls-digest.h"
#include "server/ls-hub-private.h"

/*
 * Digests are the committer's, at its newest version: where the hub stands, or soon will. Each is
 * an item of the stream, sent behind the delta that ends at its version.
 */

/* A list of more rows than this is no smaller than the rows: they are fetched anew. */
#define MAX_LISTED_ROWS 10000

typedef struct {
  LsSession *session;
  LsSub *sub;
  unsigned generation;
  LsStorage *storage;
  char *shop;
  const LsView *view;
  const LsCollection *collection;
  int64_t bucket;

  /* Found */
  LsPosition position;
  LsMessage *message;
  bool too_many;
  GError *error;
} RowList;

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
         LsDigestSum         sum)
{
  LsDigestItem item = { collection, bucket, g_strdup (key), sum.count, sum.hash };

  g_array_append_val (message->digest.items, item);
}

/* The totals of all collections that @audience sees, encoded once for a version. */
static LsBlob *
encode_totals (LsHubShop  *shop,
               LsAudience *audience,
               int64_t    *ret_version)
{
  LsDigestSum sums[LS_N_COLLECTIONS];
  g_autoptr (LsMessage) message = NULL;
  LsPosition position;

  if (audience->digest != NULL && audience->digest_version == shop->published.version)
    {
      *ret_version = audience->digest_version;
      return ls_blob_ref (audience->digest);
    }
  if (!ls_committer_get_digest (shop->hub->committer, shop->shop, audience->view, &position, sums))
    return NULL;
  message = digest_new (shop->shop, &position, audience->view);
  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);

      if (ls_view_has_collection (audience->view, collection))
        add_sum (message, collection, -1, NULL, sums[id]);
    }
  g_clear_pointer (&audience->digest, ls_blob_unref);
  audience->digest = ls_message_to_blob (message);
  audience->digest_version = position.version;
  *ret_version = position.version;
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

  blob = encode_totals (shop, sub->audience, &version);
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
} BucketList;

static void
add_bucket_cb (uint32_t           bucket,
               const LsDigestSum *sum,
               gpointer           user_data)
{
  BucketList *list = user_data;

  add_sum (list->message, list->collection, bucket, NULL, *sum);
}

/* Answers `verify` of a collection: the sum of each of its buckets. */
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
  list = (BucketList){ message, collection };
  ls_digest_foreach_bucket (digest, ls_view_get_fields (sub->view, collection), add_bucket_cb,
                            &list);
  blob = ls_message_to_blob (message);
  item.version = position.version;
  item.blob = blob;
  ls_hub_shop_send_item (shop, item);
}

static bool
list_row_cb (LsRecord *record,
             gpointer  user_data)
{
  RowList *list = user_data;
  LsDigestSum sum = { 1, 0 };

  if (ls_digest_bucket (record) != list->bucket)
    return true;
  sum.hash = ls_digest_record (record, ls_view_get_fields (list->view, list->collection));
  add_sum (list->message, list->collection, list->bucket, ls_record_get_key (record), sum);
  list->too_many = list->message->digest.items->len > MAX_LISTED_ROWS;
  return !list->too_many;
}

static void
list_rows_cb (gpointer data)
{
  RowList *list = data;
  LsPosition nowhere = { "", 0, 0 };

  list->message = digest_new (list->shop, &nowhere, list->view);
  ls_storage_scan (list->storage, list->shop, &list->collection, 1, &list->position, list_row_cb,
                   list, &list->error);
  list->message->digest.version = list->position.version;
  list->message->digest.check = list->position.check;
}

static void
rows_listed_cb (gpointer data)
{
  RowList *list = data;
  LsSub *sub = list->sub;
  g_autoptr (LsBlob) blob = NULL;

  if (list->session->state == LS_SESSION_CLOSED || sub->generation != list->generation)
    return;
  if (list->error != NULL)
    g_warning ("Rows of %s could not be listed: %s", list->shop, list->error->message);
  if (list->error != NULL || list->too_many)
    {
      ls_sub_resync (sub, LS_RESYNC_BULK, list->collection);
      return;
    }
  blob = ls_message_to_blob (list->message);
  ls_sub_resume_with (sub, list->position.version, blob);
}

static void
row_list_free (gpointer data)
{
  RowList *list = data;

  ls_session_unref (list->session);
  g_object_unref (list->storage);
  g_free (list->shop);
  g_clear_pointer (&list->message, ls_message_unref);
  g_clear_error (&list->error);
  g_free (list);
}

/* Answers `verify` of a bucket: key and hash of each of its rows. They have to be read, which takes
 * its time; so that the list still fits when it comes, this one session stands still meanwhile. */
void
ls_sub_list_bucket (LsSub              *sub,
                    const LsCollection *collection,
                    int64_t             bucket)
{
  LsHub *hub = sub->session->hub;
  RowList *list;

  if (sub->state != LS_SUB_LIVE)
    return;
  ls_sub_pause (sub);
  list = g_new0 (RowList, 1);
  list->session = ls_session_ref (sub->session);
  list->sub = sub;
  list->generation = sub->generation;
  list->storage = g_object_ref (hub->storage);
  list->shop = g_strdup (sub->shop->shop);
  list->view = sub->view;
  list->collection = collection;
  list->bucket = bucket;
  ls_hub_work (hub, ls_hub_next_reader (hub), list_rows_cb, rows_listed_cb, list, row_list_free);
}
