/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-ring"

#include "config.h"

#include "server/ls-ring.h"

#include <string.h>

#include "core/ls-fault.h"

/* Two sets of fields, for each version of the schema (ls-view.c), as a whole and in a few scopes.
 * Whoever looks through more of them than these has his versions encoded again. */
#define MAX_LENSES (2 * LS_SCHEMA_VERSION + 8)
#define FIRST_CAPACITY 64
#define EDIT_BYTES 48
#define CHANGE_BYTES 96

typedef struct {
  LsVersion *version;
  size_t bytes;
  LsFragment fragments[MAX_LENSES];
  bool encoded[MAX_LENSES];
} Entry;

/* What somebody sees of a version. */
typedef struct {
  const LsView *view;
  LsScope scope;
  uint64_t used; /* when it was looked through last, counted */
} Lens;

struct _LsRing {
  char *shop;
  size_t max_bytes;
  Lens lenses[MAX_LENSES];
  unsigned n_lenses;
  uint64_t uses;

  /* State: what stands before the oldest version; slots[(head + i) % capacity] has the version
   * base + 1 + i. */
  int64_t base;
  uint64_t base_check;
  Entry **slots;
  size_t capacity;
  size_t head;
  size_t count;
  size_t bytes;
};

static Entry *
entry_at (LsRing *ring,
          size_t  i)
{
  return ring->slots[(ring->head + i) & (ring->capacity - 1)];
}

static void
entry_free (Entry *entry)
{
  for (unsigned i = 0; i < MAX_LENSES; i++)
    ls_fragment_clear (&entry->fragments[i]);
  ls_version_unref (entry->version);
  g_free (entry);
}

static void
drop_oldest (LsRing *ring)
{
  Entry *entry = entry_at (ring, 0);

  ring->base = entry->version->version;
  ring->base_check = entry->version->check;
  ring->bytes -= entry->bytes;
  ring->head = (ring->head + 1) & (ring->capacity - 1);
  ring->count--;
  entry_free (entry);
}

/**
 * ls_ring_trim:
 * @ring: a ring
 *
 * Lets the oldest versions go until the ring is within its bound; adding and encoding may have
 * taken it beyond. The newest version stays in any case.
 */
void
ls_ring_trim (LsRing *ring)
{
  while (ring->count > 1 && ring->bytes > ring->max_bytes)
    drop_oldest (ring);
}

/**
 * ls_ring_new:
 * @shop: the shop
 * @position: where it stands
 * @max_bytes: how much it may hold, versions and what they were encoded to
 *
 * Returns: (transfer full): a ring of no versions
 */
LsRing *
ls_ring_new (const char       *shop,
             const LsPosition *position,
             size_t            max_bytes)
{
  LsRing *ring = g_new0 (LsRing, 1);

  ring->shop = g_strdup (shop);
  ring->base = position->version;
  ring->base_check = position->check;
  ring->max_bytes = max_bytes;
  ring->capacity = FIRST_CAPACITY;
  ring->slots = g_new0 (Entry *, ring->capacity);
  return ring;
}

/**
 * ls_ring_free:
 * @ring: (transfer full): a ring
 *
 * Frees it.
 */
void
ls_ring_free (LsRing *ring)
{
  while (ring->count > 0)
    drop_oldest (ring);
  g_free (ring->slots);
  g_free (ring->shop);
  g_free (ring);
}

static size_t
measure (const LsVersion *version)
{
  size_t bytes = sizeof (Entry) + sizeof (LsVersion);

  for (unsigned i = 0; i < version->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (version->changes, i);

      bytes += CHANGE_BYTES + change->edits->len * EDIT_BYTES;
      for (unsigned e = 0; e < change->edits->len; e++)
        {
          const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, e);

          if (edit->set.kind == LS_VALUE_TEXT)
            bytes += strlen (edit->set.text);
          if (edit->was.kind == LS_VALUE_TEXT)
            bytes += strlen (edit->was.text);
        }
    }
  return bytes;
}

static void
grow (LsRing *ring)
{
  Entry **slots = g_new0 (Entry *, 2 * ring->capacity);

  for (size_t i = 0; i < ring->count; i++)
    slots[i] = entry_at (ring, i);
  g_free (ring->slots);
  ring->slots = slots;
  ring->head = 0;
  ring->capacity *= 2;
}

/**
 * ls_ring_add:
 * @ring: a ring
 * @version: (transfer none): the version after the newest one
 *
 * Adds a version.
 */
void
ls_ring_add (LsRing    *ring,
             LsVersion *version)
{
  Entry *entry;

  g_return_if_fail (version->version == ring->base + (int64_t) ring->count + 1);

  if (ring->count == ring->capacity)
    grow (ring);
  entry = g_new0 (Entry, 1);
  entry->version = ls_version_ref (version);
  entry->bytes = measure (version);
  ring->bytes += entry->bytes;
  ring->slots[(ring->head + ring->count++) & (ring->capacity - 1)] = entry;
}

/**
 * ls_ring_covers:
 * @ring: a ring
 * @from: a version
 *
 * Returns: whether every version after @from, up to the newest, is there, and there is one
 */
bool
ls_ring_covers (LsRing  *ring,
                int64_t  from)
{
  return from >= ring->base && from < ring->base + (int64_t) ring->count;
}

/**
 * ls_ring_get_check:
 * @ring: a ring
 * @version: a version
 * @ret_check: (out): its check; untouched when it is not there
 *
 * Returns: whether @version is there, or the one before the oldest
 */
bool
ls_ring_get_check (LsRing   *ring,
                   int64_t   version,
                   uint64_t *ret_check)
{
  int64_t i = version - ring->base - 1;

  if (i < -1 || i >= (int64_t) ring->count)
    return false;
  if (i < 0)
    *ret_check = ring->base_check;
  else
    *ret_check = entry_at (ring, (size_t) i)->version->check;
  return true;
}

/* Forgets what was encoded for the lens in @slot. */
static void
clear_slot (LsRing   *ring,
            unsigned  slot)
{
  for (size_t i = 0; i < ring->count; i++)
    {
      Entry *entry = entry_at (ring, i);

      if (!entry->encoded[slot])
        continue;
      entry->bytes -= entry->fragments[slot].length;
      ring->bytes -= entry->fragments[slot].length;
      ls_fragment_clear (&entry->fragments[slot]);
      entry->encoded[slot] = false;
    }
}

/* The slot of a lens; the one that was not used for longest makes room. */
static unsigned
find_lens (LsRing        *ring,
           const LsView  *view,
           const LsScope *scope)
{
  unsigned oldest = 0;
  unsigned i;

  for (i = 0; i < ring->n_lenses; i++)
    {
      if (ring->lenses[i].view == view && ls_scope_equal (&ring->lenses[i].scope, scope))
        break;
      if (ring->lenses[i].used < ring->lenses[oldest].used)
        oldest = i;
    }
  if (i == MAX_LENSES)
    {
      clear_slot (ring, oldest);
      i = oldest;
    }
  else if (i == ring->n_lenses)
    ring->n_lenses++;
  ring->lenses[i] = (Lens) { view, *scope, ++ring->uses };
  return i;
}

static const LsFragment *
encode (LsRing       *ring,
        Entry        *entry,
        unsigned      slot)
{
  if (!entry->encoded[slot])
    {
      ls_fragment_init (&entry->fragments[slot], entry->version, ring->lenses[slot].view,
                        &ring->lenses[slot].scope);
      entry->encoded[slot] = true;
      entry->bytes += entry->fragments[slot].length;
      ring->bytes += entry->fragments[slot].length;
    }
  return &entry->fragments[slot];
}

/* The messages of one blob, as they are put together. */
typedef struct {
  LsRing *ring;
  GArray *parts;        /* LsBlobPart */
  GPtrArray *fragments; /* of the message under way */
  LsDeltaHead head;
  size_t bytes;
  unsigned count;
  size_t total;
} Batch;

static void
end_message (Batch *batch)
{
  LsBlobPart part;
  char *text;

  if (batch->fragments->len == 0)
    return;
  text = ls_delta_join (&batch->head, (const LsFragment *const *) batch->fragments->pdata,
                        batch->fragments->len, &part.length);
  part.data = text;
  g_array_append_val (batch->parts, part);
  g_ptr_array_set_size (batch->fragments, 0);
  batch->total += part.length;
  batch->head.from = batch->head.to;
  batch->bytes = 0;
  batch->count = 0;
}

static void
part_clear (gpointer data)
{
  g_free ((gpointer) ((LsBlobPart *) data)->data);
}

/**
 * ls_ring_get_delta:
 * @ring: a ring that covers @from
 * @view: who sees it
 * @scope: how much of it they hold
 * @from: the version that the receivers have
 * @max_bytes: about the most that is wanted at once, 0 for any
 *
 * Puts all versions after @from into one blob: a `delta`, or several where one would be too large.
 *
 * Returns: (transfer full) (nullable): the blob, or %NULL when it would be more than @max_bytes
 */
LsBlob *
ls_ring_get_delta (LsRing        *ring,
                   const LsView  *view,
                   const LsScope *scope,
                   int64_t        from,
                   size_t         max_bytes)
{
  unsigned slot = find_lens (ring, LS_FAULT (ENCODED_FOR_ALL) ? ls_view_full () : view, scope);
  g_autoptr (GArray) parts = g_array_new (FALSE, FALSE, sizeof (LsBlobPart));
  g_autoptr (GPtrArray) fragments = g_ptr_array_new ();
  Batch batch = { ring, parts, fragments, { ring->shop, from, from, 0, -1 }, 0, 0, 0 };
  LsBlob *blob = NULL;

  g_array_set_clear_func (parts, part_clear);
  for (size_t i = (size_t) (from - ring->base); i < ring->count; i++)
    {
      Entry *entry = entry_at (ring, i);
      const LsFragment *fragment = encode (ring, entry, slot);

      if (batch.count + fragment->count > LS_MAX_CHANGES ||
          batch.bytes + fragment->length > LS_MAX_VERSION_BYTES)
        end_message (&batch);
      if (max_bytes > 0 && batch.total + batch.bytes + fragment->length > max_bytes)
        return NULL;
      g_ptr_array_add (fragments, (gpointer) fragment);
      batch.bytes += fragment->length;
      batch.count += fragment->count;
      batch.head.to = entry->version->version;
      batch.head.check = entry->version->check;
    }
  end_message (&batch);
  blob =
      ls_blob_new_frames (LS_FRAME_TEXT, (const LsBlobPart *) (gpointer) parts->data, parts->len);
  return blob;
}

/**
 * ls_ring_list:
 * @ring: a ring that covers @from
 * @from: a version
 *
 * Returns: (transfer full) (element-type LsVersion): all versions after @from
 */
GPtrArray *
ls_ring_list (LsRing  *ring,
              int64_t  from)
{
  GPtrArray *versions = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_version_unref);

  for (size_t i = (size_t) (from - ring->base); i < ring->count; i++)
    g_ptr_array_add (versions, ls_version_ref (entry_at (ring, i)->version));
  return versions;
}

/**
 * ls_ring_get_bytes:
 * @ring: a ring
 *
 * Returns: what it holds
 */
size_t
ls_ring_get_bytes (LsRing *ring)
{
  return ring->bytes;
}
