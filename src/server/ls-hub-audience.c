/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-hub"

#include "config.h"

#include "server/ls-hub-private.h"

#include "core/ls-fault.h"

/*
 * Priority decides when, never what (rule 2). A version that touches only collections without a
 * window on them may wait a while: it stays in the ring, and the audience's `sent` behind. The
 * first thing that may not wait takes all that waits with it, in order and whole, so that every
 * state that a client has is one that existed.
 */

/* Windows look at a handful of sets of collections, clients hold a handful of scopes. Past this many
 * of them at one shop nothing waits for whoever comes, and he gets what others hold too, so that
 * nobody can make work for the others by asking for odd ones. */
#define MAX_AUDIENCES 64

static LsAudience *
find_audience (LsHubShop     *shop,
               const LsView  *view,
               const LsScope *scope,
               uint32_t       urgent)
{
  LsAudience *audience;
  LsScope whole;

  for (unsigned i = 0; i < shop->audiences->len; i++)
    {
      audience = g_ptr_array_index (shop->audiences, i);
      if (audience->view == view && audience->urgent == urgent &&
          ls_scope_equal (&audience->scope, scope))
        return audience;
    }
  if (shop->audiences->len >= MAX_AUDIENCES &&
      (urgent != LS_EVERYTHING || !ls_scope_is_whole (scope)))
    {
      ls_scope_init (&whole);
      return find_audience (shop, view, &whole, LS_EVERYTHING);
    }
  audience = g_new0 (LsAudience, 1);
  audience->shop = shop;
  audience->view = view;
  audience->scope = *scope;
  audience->urgent = urgent;
  audience->sent = shop->published.version;
  audience->wired = g_ptr_array_new ();
  audience->handles = g_array_new (FALSE, FALSE, sizeof (LsWireHandle));
  audience->others = g_ptr_array_new ();
  g_ptr_array_add (shop->audiences, audience);
  return audience;
}

void
ls_audience_free (LsAudience *audience)
{
  g_ptr_array_unref (audience->wired);
  g_ptr_array_unref (audience->others);
  g_array_unref (audience->handles);
  g_clear_pointer (&audience->digest, ls_blob_unref);
  g_free (audience);
}

static unsigned
count (LsAudience *audience)
{
  return audience->wired->len + audience->others->len;
}

/* Takes in a subscription that has everything up to the published position. */
void
ls_audience_join (LsSub *sub)
{
  LsAudience *audience = find_audience (sub->shop, sub->view, &sub->scope, sub->urgent);
  LsSink *sink = sub->session->sink;
  GPtrArray *array = sink->wire != NULL ? audience->wired : audience->others;

  /* All in it have the same. */
  ls_audience_flush (audience);
  sub->audience = audience;
  sub->slot = array->len;
  g_ptr_array_add (array, sub);
  if (sink->wire == NULL)
    return;
  audience->wire = sink->wire;
  g_array_append_val (audience->handles, sink->handle);
}

void
ls_audience_leave (LsSub *sub)
{
  LsAudience *audience = sub->audience;
  bool wired = sub->session->sink->wire != NULL;
  GPtrArray *array = wired ? audience->wired : audience->others;
  LsSub *last = g_ptr_array_index (array, array->len - 1);

  last->slot = sub->slot;
  g_ptr_array_remove_index_fast (array, sub->slot);
  if (wired)
    g_array_remove_index_fast (audience->handles, sub->slot);
  sub->audience = NULL;
}

static void
send_to_all (LsAudience *audience,
             LsBlob     *blob,
             bool        also_quiet)
{
  if (audience->handles->len > 0)
    ls_wire_send (audience->wire, (const LsWireHandle *) (gpointer) audience->handles->data,
                  audience->handles->len, blob);
  for (unsigned i = 0; i < audience->others->len; i++)
    {
      LsSink *sink = ((LsSub *) g_ptr_array_index (audience->others, i))->session->sink;

      if (also_quiet || !sink->quiet)
        sink->klass->send (sink, blob);
    }
}

/* Sends @blob to all, whatever it is. */
void
ls_audience_send (LsAudience *audience,
                  LsBlob     *blob)
{
  send_to_all (audience, blob, true);
}

/* As ls_audience_send(), to those who want pings. */
void
ls_audience_send_ping (LsAudience *audience,
                       LsBlob     *blob)
{
  send_to_all (audience, blob, false);
}

/* What is too much for one blob: who is live reads it from the log, piece by piece, squashed. */
static void
send_behind (LsAudience *audience)
{
  g_autoptr (GPtrArray) subs = g_ptr_array_new ();

  g_ptr_array_extend (subs, audience->wired, NULL, NULL);
  g_ptr_array_extend (subs, audience->others, NULL, NULL);
  for (unsigned i = 0; i < subs->len; i++)
    {
      LsSub *sub = g_ptr_array_index (subs, i);

      ls_sub_detach (sub, LS_SUB_BEHIND);
      ls_sub_continue (sub);
    }
}

/*
 * Sends all that was published and not sent. Returns whether the audience is where the hub is; when
 * not, it was sent away to read the log.
 */
bool
ls_audience_flush (LsAudience *audience)
{
  LsHubShop *shop = audience->shop;
  LsHub *hub = shop->hub;
  int64_t from = audience->sent;
  g_autoptr (LsBlob) blob = NULL;

  audience->due = 0;
  if (from == shop->published.version)
    return true;
  if (LS_FAULT (HELD_FORGOTTEN))
    from = shop->published.version - 1;
  if (count (audience) > 0)
    {
      if (ls_ring_covers (shop->ring, from))
        blob = ls_ring_get_delta (shop->ring, audience->view, &audience->scope, from,
                                  hub->options.max_unsent / 2);
      if (blob == NULL)
        {
          send_behind (audience);
          audience->sent = shop->published.version;
          return false;
        }
      ls_audience_send (audience, blob);
      hub->counters.deltas += count (audience);
      LS_COUNT (hub, encoded);
    }
  audience->sent = shop->published.version;
  return true;
}

/* Whether some version changes something that the audience looks at. */
static bool
is_urgent (LsAudience *audience,
           GPtrArray  *versions)
{
  if (audience->urgent == LS_EVERYTHING)
    return true;
  for (unsigned i = 0; i < versions->len; i++)
    {
      const LsVersion *version = g_ptr_array_index (versions, i);

      for (unsigned k = 0; k < version->changes->len; k++)
        {
          const LsChange *change = g_ptr_array_index (version->changes, k);

          if ((audience->urgent & (UINT32_C (1) << change->collection->id)) &&
              ls_view_has_collection (audience->view, change->collection) &&
              ls_scope_has_change (&audience->scope, change))
            return true;
        }
    }
  return false;
}

/* Sends what was just published, or lets it wait. */
void
ls_audience_publish (LsAudience *audience,
                     GPtrArray  *versions)
{
  LsHub *hub = audience->shop->hub;

  if (count (audience) == 0 || hub->options.background_wait == 0 ||
      is_urgent (audience, versions))
    ls_audience_flush (audience);
  else if (audience->due == 0)
    audience->due =
        ls_environment_monotonic (hub->environment) + hub->options.background_wait - LS_HUB_TICK;
}

/* Sends what has waited long enough at @shop, or with %INT64_MAX all that waits. */
void
ls_hub_shop_flush (LsHubShop *shop,
                   int64_t    now)
{
  for (unsigned i = 0; i < shop->audiences->len; i++)
    {
      LsAudience *audience = g_ptr_array_index (shop->audiences, i);

      if (audience->due != 0 && audience->due <= now)
        ls_audience_flush (audience);
    }
}

static bool
has_items (LsAudience *audience)
{
  for (unsigned i = 0; i < audience->shop->items->len; i++)
    if (g_array_index (audience->shop->items, LsItem, i).audience == audience)
      return true;
  return false;
}

/* Forgets audiences that nobody is in: windows come and go. */
void
ls_hub_shop_sweep (LsHubShop *shop)
{
  for (unsigned i = shop->audiences->len; i > 0; i--)
    {
      LsAudience *audience = g_ptr_array_index (shop->audiences, i - 1);

      if (count (audience) > 0 || has_items (audience))
        continue;
      g_ptr_array_remove_index_fast (shop->audiences, i - 1);
      ls_audience_free (audience);
    }
}
