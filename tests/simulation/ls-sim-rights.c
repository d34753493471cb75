/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-rights.h"

#include "core/ls-snapshot.h"
#include "ls-sim-oracle.h"
#include "ls-sim-server.h"

/* What a role may be sent (rules 6 and 20), by the schema and by what the values say themselves. */

static const LsView *
view_of (LsRole role)
{
  return ls_view_get (role, LS_SCHEMA_VERSION);
}

static char *
judge_collection (LsRole              role,
                  const LsCollection *collection)
{
  if (collection == NULL || ls_view_has_collection (view_of (role), collection))
    return NULL;
  return g_strdup (collection->name);
}

static char *
judge_change (LsRole          role,
              const LsChange *change)
{
  uint64_t fields = ls_view_get_fields (view_of (role), change->collection);

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      unsigned field = g_array_index (change->edits, LsFieldEdit, i).field;

      if (!(fields & (UINT64_C (1) << field)))
        return g_strdup_printf ("%s of %s %s", change->collection->fields[field].name,
                                change->collection->name, change->key);
    }
  return judge_collection (role, change->collection);
}

static char *
judge_changes (LsRole     role,
               GPtrArray *changes)
{
  char *what = NULL;

  for (unsigned i = 0; changes != NULL && what == NULL && i < changes->len; i++)
    what = judge_change (role, g_ptr_array_index (changes, i));
  return what;
}

static char *
judge_delta (LsRole         role,
             const LsDelta *delta)
{
  char *what = NULL;

  for (unsigned i = 0; what == NULL && i < delta->items->len; i++)
    what = judge_change (role, g_array_index (delta->items, LsDeltaItem, i).change);
  return what;
}

static char *
judge_digest (LsRole                 role,
              const LsDigestMessage *digest)
{
  char *what = judge_collection (role, digest->collection);

  for (unsigned i = 0; what == NULL && i < digest->items->len; i++)
    what = judge_collection (role, g_array_index (digest->items, LsDigestItem, i).collection);
  if (what == NULL && digest->view != ls_view_get_total_hash (view_of (role)))
    what = g_strdup ("a digest of other fields");
  return what;
}

char *
ls_sim_rights_judge_message (LsRole           role,
                             const LsMessage *message)
{
  switch ((unsigned) message->type)
    {
    case LS_MESSAGE_DELTA:
      return judge_delta (role, &message->delta);
    case LS_MESSAGE_RESULT:
      return judge_changes (role, message->result.rows);
    case LS_MESSAGE_ROWS:
      return judge_changes (role, message->rows.changes);
    case LS_MESSAGE_DIGEST:
      return judge_digest (role, &message->digest);
    default:
      return NULL;
    }
}

char *
ls_sim_rights_judge_text (LsRole      role,
                          const char *text,
                          size_t      length)
{
  if (role >= LS_ROLE_ADMIN || g_strstr_len (text, (gssize) length, LS_SIM_SECRET) == NULL)
    return NULL;
  return g_strdup ("a sensitive value");
}

/* One that can't be read is another's affair. */
char *
ls_sim_rights_judge_snapshot (LsRole         role,
                              const LsScope *scope,
                              const char    *text,
                              size_t         length)
{
  g_autoptr (LsSnapshotReader) reader = ls_snapshot_reader_new (LS_SIM_SHOP);
  g_autoptr (GPtrArray) records = NULL;
  char *what = ls_sim_rights_judge_text (role, text, length);

  if (what != NULL || !ls_snapshot_reader_feed (reader, text, length, NULL))
    return what;
  records = ls_snapshot_reader_take_records (reader);
  for (unsigned i = 0; what == NULL && i < records->len; i++)
    {
      const LsRecord *record = g_ptr_array_index (records, i);
      const LsCollection *collection = ls_record_get_collection (record);
      uint64_t fields = ls_view_get_fields (view_of (role), collection);

      what = judge_collection (role, collection);
      if (what == NULL && !ls_sim_oracle_is_since (scope->since[collection->id], record))
        what = g_strdup_printf ("%s %s, of a part that was not asked for", collection->name,
                                ls_record_get_key (record));
      for (unsigned k = 0; what == NULL && k < collection->n_fields; k++)
        if (!(fields & (UINT64_C (1) << k)) && ls_record_get (record, k)->kind != LS_VALUE_NULL)
          what = g_strdup_printf ("%s of %s %s", collection->fields[k].name, collection->name,
                                  ls_record_get_key (record));
    }
  if (what == NULL &&
      ls_snapshot_reader_get_view (reader) != ls_view_get_total_hash (view_of (role)))
    what = g_strdup ("a snapshot of other fields");
  return what;
}
