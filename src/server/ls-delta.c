/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-delta"

#include "config.h"

#include "server/ls-delta.h"

#include <string.h>

#include "core/ls-fault.h"
#include "core/ls-json-writer.h"

/* What an item costs besides its key and its values: names, brackets, version. */
#define ITEM_BYTES 80
#define EDIT_BYTES 24

typedef struct {
  LsChange *change;
  int64_t version;
  size_t bytes;
  GList link;
} Row;

struct _LsSquash {
  char *shop;
  const LsView *view;
  LsScope scope;
  char *client;

  /* State */
  int64_t from;
  int64_t to;
  uint64_t check;
  int64_t done;
  size_t bytes;
  GHashTable *rows; /* Row by collection and key */
  GQueue order;     /* Row, by the version of its last change */
};

/* Whether @change shows itself to a view that has @fields of its collection, in @scope. */
static bool
is_visible (const LsChange *change,
            uint64_t        fields,
            const LsScope  *scope)
{
  if (fields == 0 || (!ls_scope_has_change (scope, change) && !LS_FAULT (SCOPE_DELTA_OF_ALL)))
    return false;
  return change->op != LS_CHANGE_SET || (ls_change_get_mask (change) & fields) != 0;
}

/**
 * ls_fragment_init:
 * @fragment: (out caller-allocates): what comes of it; cleared by ls_fragment_clear()
 * @version: a version
 * @view: who sees it
 * @scope: and how much of it he holds
 *
 * Encodes the changes of a version, without the fields that @view has not, and without changes of
 * rows that are not in @scope, where they tell.
 */
void
ls_fragment_init (LsFragment      *fragment,
                  const LsVersion *version,
                  const LsView    *view,
                  const LsScope   *scope)
{
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();
  const char *mid = version->client != NULL ? version->mid : NULL;
  g_autofree char *array = NULL;
  size_t length;

  *fragment = (LsFragment){ NULL, 0, 0 };
  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < version->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (version->changes, i);
      uint64_t fields = ls_view_get_fields (view, change->collection);

      if (!is_visible (change, fields, scope))
        continue;
      ls_change_encode_item (writer, change, version->version, fragment->count == 0 ? mid : NULL,
                             fields);
      fragment->count++;
    }
  ls_json_writer_end_array (writer);
  if (fragment->count == 0)
    return;
  array = ls_json_writer_finish (writer, &length);
  fragment->length = length - 2;
  fragment->text = g_memdup2 (array + 1, fragment->length);
}

/**
 * ls_fragment_clear:
 * @fragment: a fragment
 *
 * Frees its text.
 */
void
ls_fragment_clear (LsFragment *fragment)
{
  g_clear_pointer (&fragment->text, g_free);
  fragment->length = 0;
}

static LsJsonWriter *
begin_delta (const LsDeltaHead *head)
{
  LsJsonWriter *writer = ls_json_writer_new ();

  ls_json_writer_begin_object (writer);
  ls_json_writer_name (writer, "t");
  ls_json_writer_text (writer, ls_message_type_to_name (LS_MESSAGE_DELTA));
  ls_json_writer_name (writer, "shop");
  ls_json_writer_text (writer, head->shop);
  ls_json_writer_name (writer, "from");
  ls_json_writer_integer (writer, head->from);
  ls_json_writer_name (writer, "to");
  ls_json_writer_integer (writer, head->to);
  ls_json_writer_name (writer, "check");
  ls_json_writer_hash (writer, head->check);
  if (head->done >= 0)
    {
      ls_json_writer_name (writer, "done");
      ls_json_writer_integer (writer, head->done);
    }
  ls_json_writer_name (writer, "changes");
  ls_json_writer_begin_array (writer);
  return writer;
}

static char *
end_delta (LsJsonWriter *writer,
           size_t       *ret_length)
{
  ls_json_writer_end_array (writer);
  ls_json_writer_end_object (writer);
  return ls_json_writer_finish (writer, ret_length);
}

/**
 * ls_delta_join:
 * @head: what stands before the changes
 * @fragments: (array length=n_fragments): the versions, in order
 * @n_fragments: how many
 * @ret_length: (out): bytes of the text
 *
 * Puts encoded versions together, without encoding anything again.
 *
 * Returns: (transfer full): a `delta`
 */
char *
ls_delta_join (const LsDeltaHead       *head,
               const LsFragment *const *fragments,
               size_t                   n_fragments,
               size_t                  *ret_length)
{
  g_autoptr (LsJsonWriter) writer = begin_delta (head);

  for (size_t i = 0; i < n_fragments; i++)
    if (fragments[i]->count > 0)
      ls_json_writer_raw (writer, fragments[i]->text, fragments[i]->length);
  return end_delta (writer, ret_length);
}

static unsigned
row_hash (gconstpointer key)
{
  const Row *row = key;

  return g_str_hash (row->change->key) * 31 + row->change->collection->id;
}

static gboolean
row_equal (gconstpointer a,
           gconstpointer b)
{
  const LsChange *first = ((const Row *) a)->change;
  const LsChange *second = ((const Row *) b)->change;

  return first->collection == second->collection && g_str_equal (first->key, second->key);
}

static void
row_free (gpointer data)
{
  Row *row = data;

  ls_change_unref (row->change);
  g_free (row);
}

/**
 * ls_squash_new:
 * @shop: the shop
 * @view: who sees it
 * @scope: how much of it he holds
 * @from: the version that the receiver has
 * @client: (nullable): the receiver, whose edits are told by their n
 * @done: the last n of the receiver that is contained at @from, as far as is known
 *
 * Returns: (transfer full): a squash of no versions
 */
LsSquash *
ls_squash_new (const char    *shop,
               const LsView  *view,
               const LsScope *scope,
               int64_t        from,
               const char    *client,
               int64_t        done)
{
  LsSquash *squash = g_new0 (LsSquash, 1);

  squash->shop = g_strdup (shop);
  squash->view = view;
  squash->scope = *scope;
  squash->client = g_strdup (client);
  squash->from = from;
  squash->to = from;
  squash->done = done;
  squash->rows = g_hash_table_new_full (row_hash, row_equal, row_free, NULL);
  g_queue_init (&squash->order);
  return squash;
}

/**
 * ls_squash_free:
 * @squash: (transfer full): a squash
 *
 * Frees it.
 */
void
ls_squash_free (LsSquash *squash)
{
  g_queue_init (&squash->order);
  g_hash_table_unref (squash->rows);
  g_free (squash->shop);
  g_free (squash->client);
  g_free (squash);
}

static size_t
measure (const LsChange *change)
{
  size_t bytes = ITEM_BYTES + strlen (change->key);

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      bytes += EDIT_BYTES + strlen (change->collection->fields[edit->field].name);
      if (edit->set.kind == LS_VALUE_TEXT)
        bytes += strlen (edit->set.text);
    }
  return bytes;
}

/* What comes of a row that @before happened to when @change happens to it too. */
static LsChange *
merge (const LsChange *before,
       const LsChange *change,
       uint64_t        fields)
{
  bool onto = before != NULL && change->op == LS_CHANGE_SET && before->op != LS_CHANGE_DEL &&
              !LS_FAULT (SQUASH_LOSES_FIELDS);
  LsChange *merged =
      ls_change_new (onto ? before->op : change->op, change->collection, change->key);
  const LsChange *sources[] = { onto ? before : NULL, change };

  for (size_t s = 0; s < G_N_ELEMENTS (sources); s++)
    for (unsigned i = 0; sources[s] != NULL && i < sources[s]->edits->len; i++)
      {
        const LsFieldEdit *edit = &g_array_index (sources[s]->edits, LsFieldEdit, i);

        if (edit->has_set && (fields & (UINT64_C (1) << edit->field)))
          ls_change_take_set (merged, edit->field, ls_value_copy (&edit->set));
      }
  return merged;
}

static void
add_change (LsSquash       *squash,
            const LsChange *change,
            int64_t         version)
{
  uint64_t fields = ls_view_get_fields (squash->view, change->collection);
  Row probe = { .change = (LsChange *) change };
  Row *row;
  LsChange *merged;

  if (!is_visible (change, fields, &squash->scope))
    return;
  row = g_hash_table_lookup (squash->rows, &probe);
  /* It went, to a part that is not in the scope: who does not hold it needs not hear of it again. */
  if (row != NULL && row->change->op == LS_CHANGE_DEL && change->op == LS_CHANGE_SET)
    return;
  merged = merge (row != NULL ? row->change : NULL, change, fields);
  if (row == NULL)
    {
      row = g_new0 (Row, 1);
      row->change = merged;
      row->link.data = row;
      g_hash_table_add (squash->rows, row);
    }
  else
    {
      g_queue_unlink (&squash->order, &row->link);
      squash->bytes -= row->bytes;
      ls_change_unref (row->change);
      row->change = merged;
    }
  row->version = version;
  row->bytes = measure (merged);
  squash->bytes += row->bytes;
  g_queue_push_tail_link (&squash->order, &row->link);
}

/* The most that @version can add, without looking which rows are there already. */
static size_t
measure_version (const LsSquash  *squash,
                 const LsVersion *version,
                 unsigned        *ret_rows)
{
  size_t bytes = 0;

  *ret_rows = 0;
  for (unsigned i = 0; i < version->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (version->changes, i);
      Row probe = { .change = (LsChange *) change };

      if (!is_visible (change, ls_view_get_fields (squash->view, change->collection),
                       &squash->scope))
        continue;
      bytes += measure (change);
      if (!g_hash_table_contains (squash->rows, &probe))
        (*ret_rows)++;
    }
  return bytes;
}

/**
 * ls_squash_add:
 * @squash: a squash
 * @version: the version after the last one added
 *
 * Adds a version, whole or not at all: a delta has at most %LS_MAX_CHANGES changes and
 * %LS_MAX_VERSION_BYTES, but for a single version.
 *
 * Returns: whether it fitted; if not, ls_squash_take() first
 */
bool
ls_squash_add (LsSquash        *squash,
               const LsVersion *version)
{
  unsigned rows;
  size_t bytes = measure_version (squash, version, &rows);

  if (squash->to > squash->from &&
      (g_hash_table_size (squash->rows) + rows > LS_MAX_CHANGES ||
       squash->bytes + bytes > LS_MAX_VERSION_BYTES))
    return false;
  for (unsigned i = 0; i < version->changes->len; i++)
    add_change (squash, g_ptr_array_index (version->changes, i), version->version);
  if (squash->client != NULL && g_strcmp0 (version->client, squash->client) == 0)
    squash->done = MAX (squash->done, version->n);
  squash->to = version->version;
  squash->check = version->check;
  return true;
}

/**
 * ls_squash_get_done:
 * @squash: a squash
 *
 * Returns: the last n of the receiver that is contained in what was added
 */
int64_t
ls_squash_get_done (const LsSquash *squash)
{
  return squash->done;
}

/**
 * ls_squash_take:
 * @squash: a squash
 * @ret_length: (out): bytes of the text
 *
 * Hands out what was added, and goes on from there.
 *
 * Returns: (transfer full) (nullable): a `delta`, or %NULL when nothing was added
 */
char *
ls_squash_take (LsSquash *squash,
                size_t   *ret_length)
{
  LsDeltaHead head = { squash->shop, squash->from, squash->to, squash->check, squash->done };
  g_autoptr (LsJsonWriter) writer = NULL;

  if (squash->to == squash->from)
    return NULL;
  writer = begin_delta (&head);
  for (GList *link = squash->order.head; link != NULL; link = link->next)
    {
      Row *row = link->data;

      ls_change_encode_item (writer, row->change, row->version, NULL, UINT64_MAX);
    }
  g_queue_init (&squash->order);
  g_hash_table_remove_all (squash->rows);
  squash->bytes = 0;
  squash->from = squash->to;
  return end_delta (writer, ret_length);
}
