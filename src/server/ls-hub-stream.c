/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-hub"

#include "config.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "server/ls-hub-private.h"

/*
 * How a subscription comes to the live stream.
 *
 *   subscribe --position known--> BEHIND --at the published position--> LIVE
 *       |                          |  ^                                  |
 *       |                          |  '-- drained, read again            | sink full
 *       '--ahead of the hub--> AHEAD                      OVERFLOWED <---'
 *
 * BEHIND by a few versions takes them from the ring, as others got them, and joins on the spot.
 * BEHIND by more has them squashed on a reader, from the ring or, a piece at a time, from the
 * log, each piece when the one before is nearly out. An overflowed session goes on from what it
 * acknowledged last: it may have had more, and drops what it knows. Who subscribes while his sink is
 * full waits in BEHIND until it has drained.
 *
 * What the log tells may be of another history than what the hub was told of, when a backup was put
 * back and the committer has not noticed. So where a read ended counts as a claim, too: it must lie in
 * what comes next.
 */

/* Of the log, encoded, in one read. */
#define READ_BYTES (1024 * 1024)
/* So many versions are sent as they are; more are worth squashing. */
#define FEW_VERSIONS 64

typedef struct {
  LsSession *session;
  LsSub *sub;
  unsigned generation;
  LsStorage *storage;
  char *shop;
  char *client;
  const LsView *view;
  LsScope scope;
  bool check;
  LsPosition claimed;
  int64_t from;
  int64_t to;
  int64_t done;
  GPtrArray *versions; /* LsVersion, when the ring has them */

  /* Found */
  bool known;
  int64_t horizon;
  int64_t reached;
  uint64_t reached_check; /* when it was read from the log */
  bool from_log;
  GPtrArray *texts;
  GArray *lengths;
  GError *error;
} LogRead;

static void
read_free (gpointer data)
{
  LogRead *read = data;

  ls_session_unref (read->session);
  g_object_unref (read->storage);
  g_free (read->shop);
  g_free (read->client);
  g_clear_pointer (&read->versions, g_ptr_array_unref);
  g_clear_pointer (&read->texts, g_ptr_array_unref);
  g_clear_pointer (&read->lengths, g_array_unref);
  g_clear_error (&read->error);
  g_free (read);
}

/* Whether the client's position lies in this history, within what the log still has. */
static bool
check_position (LogRead *read)
{
  g_autoptr (LsShop) shop = NULL;

  if (!ls_storage_check_position (read->storage, read->shop, &read->claimed, &read->known,
                                  &read->error))
    return false;
  shop = ls_storage_get_shop (read->storage, read->shop, &read->error);
  if (shop == NULL)
    return false;
  read->horizon = shop->horizon;
  read->known = read->known || LS_FAULT (CHECK_NOT_COMPARED) || LS_FAULT (EPOCH_IGNORED);
  return read->known && read->claimed.version >= read->horizon;
}

static void
take_text (LogRead  *read,
           LsSquash *squash)
{
  size_t length;
  char *text = ls_squash_take (squash, &length);

  if (text == NULL)
    return;
  g_ptr_array_add (read->texts, text);
  g_array_append_val (read->lengths, length);
}

/* On a reader: reads and encodes, so that the hub's queue has only to send. */
static void
read_cb (gpointer data)
{
  LogRead *read = data;
  g_autoptr (LsSquash) squash = NULL;

  read->reached = read->from;
  if (read->check && !check_position (read))
    return;
  if (read->to <= read->from)
    return;
  read->from_log = read->versions == NULL;
  if (read->from_log)
    read->versions = ls_storage_read_log (read->storage, read->shop, read->from, read->to,
                                          READ_BYTES, &read->error);
  if (read->versions == NULL)
    return;
  squash = ls_squash_new (read->shop, read->view, &read->scope, read->from, read->client,
                          read->done);
  for (unsigned i = 0; i < read->versions->len; i++)
    {
      const LsVersion *version = g_ptr_array_index (read->versions, i);

      if (!ls_squash_add (squash, version))
        {
          take_text (read, squash);
          ls_squash_add (squash, version);
        }
      read->reached = version->version;
      read->reached_check = version->check;
    }
  take_text (read, squash);
  read->done = ls_squash_get_done (squash);
  if (read->versions->len == 0)
    read->error = g_error_new (LS_ERROR, LS_ERROR_INCONSISTENCY,
                               "version %" G_GINT64_FORMAT " is not in the log", read->from + 1);
}

static void
send_texts (LsSub   *sub,
            LogRead *read)
{
  g_autoptr (GArray) parts = g_array_new (FALSE, FALSE, sizeof (LsBlobPart));
  g_autoptr (LsBlob) blob = NULL;

  if (read->texts->len == 0)
    return;
  for (unsigned i = 0; i < read->texts->len; i++)
    {
      LsBlobPart part = { g_ptr_array_index (read->texts, i),
                          g_array_index (read->lengths, size_t, i) };

      g_array_append_val (parts, part);
    }
  blob =
      ls_blob_new_frames (LS_FRAME_TEXT, (const LsBlobPart *) (gpointer) parts->data, parts->len);
  ls_session_send_blob (sub->session, blob);
  sub->session->hub->counters.deltas += read->texts->len;
  sub->session->hub->counters.encoded++;
}

static void
read_failed (LsSub        *sub,
             const GError *error)
{
  g_autoptr (GError) told = NULL;

  if (g_error_matches (error, LS_ERROR, LS_ERROR_TOO_OLD))
    {
      ls_sub_resync (sub, LS_RESYNC_TOO_OLD, NULL);
      return;
    }
  g_warning ("The log of %s could not be read: %s", sub->shop->shop, error->message);
  told = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "the log could not be read");
  ls_session_send_error (sub->session, told, sub->shop->shop, 0, G_USEC_PER_SEC);
  ls_sub_detach (sub, LS_SUB_NONE);
}

static void
read_done_cb (gpointer data)
{
  LogRead *read = data;
  LsSub *sub = read->sub;

  if (read->session->state == LS_SESSION_CLOSED || sub->generation != read->generation)
    return;
  sub->reading = false;
  if (read->error != NULL)
    {
      read_failed (sub, read->error);
      return;
    }
  if (read->check && !read->known)
    {
      ls_sub_resync (sub, LS_RESYNC_EPOCH, NULL);
      return;
    }
  if (read->check && read->from < read->horizon)
    {
      ls_sub_resync (sub, LS_RESYNC_TOO_OLD, NULL);
      return;
    }
  sub->is_claim = read->from_log;
  if (read->from_log)
    {
      sub->claim.version = read->reached;
      sub->claim.check = read->reached_check;
    }
  send_texts (sub, read);
  sub->sent = read->reached;
  sub->done = read->done;
  ls_sub_flush_results (sub);
  if (sub->sent >= read->to)
    ls_sub_continue (sub);
  else
    sub->session->sink->klass->notify_drained (sub->session->sink);
}

/* Has a reader look into what the client claims to have, if nobody did yet, and read on to @to. */
static void
start_read (LsSub   *sub,
            int64_t  to)
{
  LsHub *hub = sub->session->hub;
  LogRead *read = g_new0 (LogRead, 1);

  read->session = ls_session_ref (sub->session);
  read->sub = sub;
  read->generation = sub->generation;
  read->storage = g_object_ref (hub->storage);
  read->shop = g_strdup (sub->shop->shop);
  read->client = g_strdup (sub->session->client);
  read->view = sub->view;
  read->scope = sub->scope;
  read->from = sub->sent;
  read->to = to;
  read->done = sub->done;
  read->check = sub->is_claim;
  read->claimed = sub->claim;
  if (!read->check && to == sub->shop->published.version &&
      ls_ring_covers (sub->shop->ring, sub->sent))
    read->versions = ls_ring_list (sub->shop->ring, sub->sent);
  read->texts = g_ptr_array_new_with_free_func (g_free);
  read->lengths = g_array_new (FALSE, FALSE, sizeof (size_t));
  sub->reading = true;
  LS_COUNT (hub, catch_ups);
  ls_hub_work (hub, ls_hub_next_reader (hub), read_cb, read_done_cb, read, read_free);
}

static void
join (LsSub *sub)
{
  LsHub *hub = sub->session->hub;

  ls_audience_join (sub);
  sub->state = LS_SUB_LIVE;
  hub->counters.behind--;
  hub->counters.live++;
  ls_sub_flush_results (sub);
  if (sub->results_lost)
    ls_sub_list_results (sub);
  ls_sub_send_digest (sub);
}

/* Ends what the subscription does, and leaves it in @state. */
void
ls_sub_detach (LsSub     *sub,
               LsSubState state)
{
  LsHub *hub = sub->session->hub;

  sub->generation++;
  sub->reading = false;
  sub->hold = 0;
  g_clear_pointer (&sub->held, ls_blob_unref);
  if (sub->state == LS_SUB_LIVE)
    {
      sub->sent = sub->audience->sent;
      ls_audience_leave (sub);
      hub->counters.live--;
    }
  else if (sub->state != LS_SUB_NONE)
    hub->counters.behind--;
  if (sub->state == LS_SUB_AHEAD)
    g_ptr_array_remove_fast (sub->shop->ahead, sub);
  ls_hub_shop_drop_items (sub->shop, sub);
  if (state != LS_SUB_NONE)
    hub->counters.behind++;
  sub->state = state;
}

void
ls_sub_resync (LsSub              *sub,
               LsResyncReason      reason,
               const LsCollection *collection)
{
  g_autoptr (LsMessage) message = ls_message_new (LS_MESSAGE_RESYNC);
  LsSubscription which = { collection, LS_PRIORITY_MEDIUM, 0 };

  message->resync.shop = g_strdup (sub->shop->shop);
  message->resync.reason = reason;
  if (collection != NULL)
    g_array_append_val (message->resync.collections, which);
  LS_COUNT (sub->session->hub, resyncs);
  ls_sub_detach (sub, LS_SUB_NONE);
  ls_sub_flush_results (sub);
  ls_session_send (sub->session, message);
}

/* Starts a subscription at the position that the client says it has. */
void
ls_sub_begin (LsSub            *sub,
              const LsPosition *position)
{
  ls_sub_detach (sub, LS_SUB_BEHIND);
  sub->sent = position->version;
  sub->done = 0;
  sub->claim = *position;
  sub->is_claim = true;
  g_mutex_lock (&sub->session->lock);
  sub->acked = position->version;
  g_mutex_unlock (&sub->session->lock);
  ls_sub_continue (sub);
}

/* The subscription comes from another history. So may the storage, of which the hub will be told. */
static void
begin_anew (LsSub *sub)
{
  ls_committer_look (sub->session->hub->committer, sub->shop->shop);
  ls_sub_resync (sub, LS_RESYNC_EPOCH, NULL);
}

/* Whether what the client has, or claims to have, is known to lie in this history. If not, a reader
 * looks, or it does not lie there. */
static bool
is_claim_good (LsSub *sub)
{
  const LsPosition *published = &sub->shop->published;
  uint64_t check = published->check;

  if (!g_str_equal (sub->claim.epoch, published->epoch) && !LS_FAULT (EPOCH_IGNORED))
    begin_anew (sub);
  else if (sub->claim.version != published->version &&
           !ls_ring_get_check (sub->shop->ring, sub->claim.version, &check))
    start_read (sub, sub->hold > 0 ? sub->hold : published->version);
  else if (check != sub->claim.check && !LS_FAULT (CHECK_NOT_COMPARED))
    begin_anew (sub);
  else
    sub->is_claim = false;
  return !sub->is_claim;
}

/* Sends what was to stand at this very position, and goes on from there. */
static void
send_held (LsSub *sub)
{
  g_autoptr (LsBlob) blob = g_steal_pointer (&sub->held);

  sub->hold = 0;
  ls_session_send_blob (sub->session, blob);
}

/* Brings a subscription that is behind one step further. Nothing is begun while the sink is full: what
 * it would send would be lost. */
void
ls_sub_continue (LsSub *sub)
{
  LsHubShop *shop = sub->shop;
  LsHub *hub = shop->hub;
  g_autoptr (LsBlob) blob = NULL;

  if (sub->state != LS_SUB_BEHIND || sub->reading || sub->session->overflowed)
    return;
  if (sub->is_claim && !is_claim_good (sub))
    return;
  if (sub->hold > 0 && sub->sent >= sub->hold)
    send_held (sub);
  if (sub->hold > 0)
    {
      start_read (sub, sub->hold);
      return;
    }
  if (sub->sent > shop->published.version)
    {
      sub->state = LS_SUB_AHEAD;
      ls_committer_look (hub->committer, shop->shop);
      g_ptr_array_add (shop->ahead, sub);
      return;
    }
  if (sub->sent < shop->published.version && !LS_FAULT (JOIN_WITHOUT_DELTA))
    {
      if (shop->published.version - sub->sent <= FEW_VERSIONS &&
          ls_ring_covers (shop->ring, sub->sent))
        blob = ls_ring_get_delta (shop->ring, sub->view, &sub->scope, sub->sent,
                                  hub->options.max_unsent / 4);
      if (blob == NULL)
        {
          start_read (sub, shop->published.version);
          return;
        }
      ls_session_send_blob (sub->session, blob);
      LS_COUNT (hub, deltas);
      sub->sent = shop->published.version;
    }
  join (sub);
}

/* Takes a subscription out of the stream, until ls_sub_resume_with(). */
void
ls_sub_pause (LsSub *sub)
{
  ls_sub_detach (sub, LS_SUB_PAUSED);
}

/* Lets a paused subscription go on, with @blob placed after the delta that ends at @version. */
void
ls_sub_resume_with (LsSub  *sub,
                    int64_t version,
                    LsBlob *blob)
{
  ls_sub_detach (sub, LS_SUB_BEHIND);
  sub->hold = version;
  sub->held = ls_blob_ref (blob);
  ls_sub_continue (sub);
}

/* Says what the session looks at now, and what it holds. What waited for it leaves at once: it may be
 * in a page that has just come up. All that is sent from now on is in @scope: what was being read for
 * another is read again. */
void
ls_sub_set_wants (LsSub         *sub,
                  const LsScope *scope,
                  uint32_t       urgent)
{
  bool other_scope = !ls_scope_equal (&sub->scope, scope);

  if (!other_scope && sub->urgent == urgent)
    return;
  sub->scope = *scope;
  sub->urgent = urgent;
  if (sub->state != LS_SUB_LIVE && (sub->state != LS_SUB_BEHIND || !other_scope))
    return;
  ls_sub_detach (sub, LS_SUB_BEHIND);
  ls_sub_continue (sub);
}

void
ls_sub_overflowed (LsSub *sub)
{
  if (sub->state == LS_SUB_NONE)
    return;
  ls_sub_detach (sub, LS_SUB_OVERFLOWED);
  ls_sub_clear_results (sub);
  sub->results_lost = true;
  g_mutex_lock (&sub->session->lock);
  sub->sent = LS_FAULT (OVERFLOW_FORGOTTEN) ? sub->shop->published.version : sub->acked;
  sub->done = 0; /* that was of where the session had been */
  g_mutex_unlock (&sub->session->lock);
}

/* Where the session was brought to. */
int64_t
ls_sub_get_sent (LsSub *sub)
{
  return sub->state == LS_SUB_LIVE ? sub->audience->sent : sub->sent;
}

void
ls_hub_shop_send_item (LsHubShop *shop,
                   LsItem     item)
{
  if (item.version > shop->published.version)
    {
      ls_blob_ref (item.blob);
      g_array_append_val (shop->items, item);
      return;
    }
  /* One that was overtaken is worth nothing: it is compared at its very version. */
  if (item.version < shop->published.version)
    return;
  if (item.sub == NULL && ls_audience_flush (item.audience))
    ls_audience_send (item.audience, item.blob);
  else if (item.sub != NULL && item.sub->state == LS_SUB_LIVE &&
           ls_audience_flush (item.sub->audience))
    ls_session_send_blob (item.sub->session, item.blob);
}

void
ls_hub_shop_drop_items (LsHubShop *shop,
                    LsSub     *sub)
{
  for (unsigned i = shop->items->len; i > 0; i--)
    {
      LsItem *item = &g_array_index (shop->items, LsItem, i - 1);

      if (item->sub != sub || sub == NULL)
        continue;
      ls_blob_unref (item->blob);
      g_array_remove_index (shop->items, i - 1);
    }
}

static void
send_due_items (LsHubShop *shop)
{
  g_autoptr (GArray) items = NULL;

  if (shop->items->len == 0)
    return;
  items = shop->items;
  shop->items = g_array_new (FALSE, FALSE, sizeof (LsItem));
  for (unsigned i = 0; i < items->len; i++)
    {
      LsItem item = g_array_index (items, LsItem, i);

      ls_hub_shop_send_item (shop, item);
      ls_blob_unref (item.blob);
    }
}

static void
continue_ahead (LsHubShop *shop)
{
  g_autoptr (GPtrArray) subs = g_steal_pointer (&shop->ahead);

  shop->ahead = g_ptr_array_new ();
  for (unsigned i = 0; i < subs->len; i++)
    {
      LsSub *sub = g_ptr_array_index (subs, i);

      sub->state = LS_SUB_BEHIND;
      ls_sub_continue (sub);
    }
}

/* Takes a committed group to all who are live, in one blob for each view, but for those who look at
 * nothing that it touches: they get it later. */
void
ls_hub_shop_publish (LsHubShop        *shop,
                     const LsPosition *position,
                     GPtrArray        *versions)
{
  /* What the storage had already when the shop was looked up. */
  if (position->version <= shop->published.version)
    return;
  for (unsigned i = 0; i < versions->len; i++)
    {
      LsVersion *version = g_ptr_array_index (versions, i);

      if (version->version > shop->published.version)
        ls_ring_add (shop->ring, version);
    }
  shop->published = *position;
  for (unsigned i = 0; i < shop->audiences->len; i++)
    ls_audience_publish (g_ptr_array_index (shop->audiences, i), versions);
  send_due_items (shop);
  continue_ahead (shop);
  ls_hub_shop_sweep (shop);
  ls_ring_trim (shop->ring);
}

/* The shop stands at @position now, and nothing leads there from where it stood. What was sent or
 * prepared is worth nothing; subscriptions are for the caller to end. */
void
ls_hub_shop_begin_anew (LsHubShop        *shop,
                        const LsPosition *position,
                        int64_t           base)
{
  for (unsigned i = 0; i < shop->items->len; i++)
    ls_blob_unref (g_array_index (shop->items, LsItem, i).blob);
  g_array_set_size (shop->items, 0);
  shop->published = *position;
  shop->base = base;
  shop->digested = -1;
  ls_ring_free (shop->ring);
  shop->ring = ls_ring_new (shop->shop, position, shop->hub->options.ring_bytes);
  for (unsigned i = 0; i < shop->audiences->len; i++)
    {
      LsAudience *audience = g_ptr_array_index (shop->audiences, i);

      g_clear_pointer (&audience->digest, ls_blob_unref);
      audience->sent = position->version;
      audience->due = 0;
    }
}

void
ls_hub_shop_free (gpointer data)
{
  LsHubShop *shop = data;

  for (unsigned i = 0; i < shop->items->len; i++)
    ls_blob_unref (g_array_index (shop->items, LsItem, i).blob);
  g_array_unref (shop->items);
  for (unsigned i = 0; i < shop->audiences->len; i++)
    ls_audience_free (g_ptr_array_index (shop->audiences, i));
  g_ptr_array_unref (shop->audiences);
  g_ptr_array_unref (shop->ahead);
  ls_ring_free (shop->ring);
  g_free (shop->name);
  g_free (shop->shop);
  g_free (shop);
}
