/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-id-sequence"

#include "config.h"

#include "client/ls-id-sequence.h"

#include <string.h>

#define CHUNK_LENGTH 512
/* A chunk beside a changed one is taken in when that would be smaller than this. */
#define SMALL_CHUNK 128

typedef struct {
  gatomicrefcount ref_count;
  unsigned length;
  LsIdEntry entries[];
} Chunk;

struct _LsIdSequence {
  gatomicrefcount ref_count;
  unsigned n_chunks;
  Chunk **chunks;
  unsigned *starts; /* position of the first entry of each chunk, and the length */
};

struct _LsIdBuilder {
  GPtrArray *chunks;
  LsIdEntry entries[CHUNK_LENGTH];
  unsigned n_entries;
  unsigned length;
};

static Chunk *
chunk_new (const LsIdEntry *entries,
           unsigned         length)
{
  Chunk *chunk = g_malloc (sizeof (Chunk) + length * sizeof (LsIdEntry));

  g_atomic_ref_count_init (&chunk->ref_count);
  chunk->length = length;
  memcpy (chunk->entries, entries, length * sizeof (LsIdEntry));
  return chunk;
}

static Chunk *
chunk_ref (Chunk *chunk)
{
  g_atomic_ref_count_inc (&chunk->ref_count);
  return chunk;
}

static void
chunk_unref (gpointer data)
{
  Chunk *chunk = data;

  if (g_atomic_ref_count_dec (&chunk->ref_count))
    g_free (chunk);
}

/**
 * ls_id_builder_new:
 *
 * Returns: (transfer full): a builder without entries
 */
LsIdBuilder *
ls_id_builder_new (void)
{
  LsIdBuilder *builder = g_new0 (LsIdBuilder, 1);

  builder->chunks = g_ptr_array_new_with_free_func (chunk_unref);
  return builder;
}

/**
 * ls_id_builder_free:
 * @builder: (transfer full): a builder
 *
 * Frees it.
 */
void
ls_id_builder_free (LsIdBuilder *builder)
{
  g_ptr_array_unref (builder->chunks);
  g_free (builder);
}

static void
flush (LsIdBuilder *builder)
{
  if (builder->n_entries > 0)
    g_ptr_array_add (builder->chunks, chunk_new (builder->entries, builder->n_entries));
  builder->n_entries = 0;
}

/**
 * ls_id_builder_add:
 * @builder: a builder
 * @entry: the next entry
 *
 * Appends an entry. O(1).
 */
void
ls_id_builder_add (LsIdBuilder *builder,
                   LsIdEntry    entry)
{
  if (builder->n_entries == CHUNK_LENGTH)
    flush (builder);
  builder->entries[builder->n_entries++] = entry;
  builder->length++;
}

/* Appends a whole chunk: shared, unless that would leave a small one before it. */
static void
add_chunk (LsIdBuilder *builder,
           Chunk       *chunk)
{
  if (builder->n_entries > 0 && builder->n_entries < SMALL_CHUNK)
    {
      for (unsigned i = 0; i < chunk->length; i++)
        ls_id_builder_add (builder, chunk->entries[i]);
      return;
    }
  flush (builder);
  g_ptr_array_add (builder->chunks, chunk_ref (chunk));
  builder->length += chunk->length;
}

/**
 * ls_id_builder_get_length:
 * @builder: a builder
 *
 * Returns: how many entries it has
 */
unsigned
ls_id_builder_get_length (const LsIdBuilder *builder)
{
  return builder->length;
}

static LsIdSequence *
sequence_new (GPtrArray *chunks)
{
  LsIdSequence *sequence = g_new0 (LsIdSequence, 1);
  unsigned start = 0;

  g_atomic_ref_count_init (&sequence->ref_count);
  sequence->n_chunks = chunks->len;
  sequence->chunks = g_new (Chunk *, chunks->len + 1);
  sequence->starts = g_new (unsigned, chunks->len + 1);
  for (unsigned i = 0; i < chunks->len; i++)
    {
      sequence->chunks[i] = chunk_ref (g_ptr_array_index (chunks, i));
      sequence->starts[i] = start;
      start += sequence->chunks[i]->length;
    }
  sequence->starts[chunks->len] = start;
  return sequence;
}

/**
 * ls_id_builder_peek:
 * @builder: a builder
 *
 * Returns: (transfer full): the sequence of the entries so far; more may be added after
 */
LsIdSequence *
ls_id_builder_peek (LsIdBuilder *builder)
{
  flush (builder);
  return sequence_new (builder->chunks);
}

/**
 * ls_id_builder_finish:
 * @builder: (transfer full): a builder
 *
 * Returns: (transfer full): the sequence of its entries
 */
LsIdSequence *
ls_id_builder_finish (LsIdBuilder *builder)
{
  LsIdSequence *sequence = ls_id_builder_peek (builder);

  ls_id_builder_free (builder);
  return sequence;
}

/**
 * ls_id_sequence_new_empty:
 *
 * Returns: (transfer full): a sequence without entries
 */
LsIdSequence *
ls_id_sequence_new_empty (void)
{
  return ls_id_builder_finish (ls_id_builder_new ());
}

/**
 * ls_id_sequence_ref:
 * @sequence: a sequence
 *
 * Returns: (transfer full): @sequence
 */
LsIdSequence *
ls_id_sequence_ref (LsIdSequence *sequence)
{
  g_atomic_ref_count_inc (&sequence->ref_count);
  return sequence;
}

/**
 * ls_id_sequence_unref:
 * @sequence: (transfer full): a sequence
 *
 * Drops a reference.
 */
void
ls_id_sequence_unref (LsIdSequence *sequence)
{
  if (!g_atomic_ref_count_dec (&sequence->ref_count))
    return;
  for (unsigned i = 0; i < sequence->n_chunks; i++)
    chunk_unref (sequence->chunks[i]);
  g_free (sequence->chunks);
  g_free (sequence->starts);
  g_free (sequence);
}

/**
 * ls_id_sequence_get_length:
 * @sequence: a sequence
 *
 * Returns: how many entries it has
 */
unsigned
ls_id_sequence_get_length (const LsIdSequence *sequence)
{
  return sequence->starts[sequence->n_chunks];
}

/* The chunk that holds @position, which exists. */
static unsigned
chunk_at (const LsIdSequence *sequence,
          unsigned            position)
{
  unsigned low = 0;
  unsigned high = sequence->n_chunks;

  while (high - low > 1)
    {
      unsigned middle = low + (high - low) / 2;

      if (sequence->starts[middle] <= position)
        low = middle;
      else
        high = middle;
    }
  return low;
}

/**
 * ls_id_sequence_get:
 * @sequence: a sequence
 * @position: a position
 *
 * Returns: (transfer none) (nullable): the entry there, %NULL past the end. O(log chunks)
 */
const LsIdEntry *
ls_id_sequence_get (const LsIdSequence *sequence,
                    unsigned            position)
{
  unsigned chunk;

  if (position >= ls_id_sequence_get_length (sequence))
    return NULL;
  chunk = chunk_at (sequence, position);
  return &sequence->chunks[chunk]->entries[position - sequence->starts[chunk]];
}

/**
 * ls_id_sequence_search:
 * @sequence: a sequence, sorted by @compare
 * @compare: (scope call): compares an entry with what is looked for
 * @user_data: for @compare
 *
 * Returns: the position of the first entry that does not stand before what is looked for. O(log n)
 *   comparisons
 */
unsigned
ls_id_sequence_search (const LsIdSequence *sequence,
                       LsIdCompare         compare,
                       gpointer            user_data)
{
  unsigned low = 0;
  unsigned high = ls_id_sequence_get_length (sequence);

  while (low < high)
    {
      unsigned middle = low + (high - low) / 2;

      if (compare (ls_id_sequence_get (sequence, middle), user_data) < 0)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

/**
 * ls_id_sequence_find:
 * @sequence: a sequence
 * @id: a row
 * @ret_position: (out): its position
 *
 * Looks for a row from the first to the last. O(n): a millisecond for a million.
 *
 * Returns: whether it is there
 */
bool
ls_id_sequence_find (const LsIdSequence *sequence,
                     int64_t             id,
                     unsigned           *ret_position)
{
  for (unsigned i = 0; i < sequence->n_chunks; i++)
    for (unsigned j = 0; j < sequence->chunks[i]->length; j++)
      if (sequence->chunks[i]->entries[j].id == id)
        {
          *ret_position = sequence->starts[i] + j;
          return true;
        }
  return false;
}

/**
 * ls_id_script_new:
 *
 * Returns: (transfer full): a script that does nothing
 */
LsIdScript *
ls_id_script_new (void)
{
  LsIdScript *script = g_new0 (LsIdScript, 1);

  script->removed = g_array_new (FALSE, FALSE, sizeof (LsIdRun));
  script->inserted = g_array_new (FALSE, FALSE, sizeof (LsIdRun));
  return script;
}

/**
 * ls_id_script_free:
 * @script: (transfer full): a script
 *
 * Frees it.
 */
void
ls_id_script_free (LsIdScript *script)
{
  g_array_unref (script->removed);
  g_array_unref (script->inserted);
  g_free (script);
}

/**
 * ls_id_script_count_runs:
 * @script: a script
 *
 * Returns: how many runs it has, removals and insertions
 */
unsigned
ls_id_script_count_runs (const LsIdScript *script)
{
  return script->removed->len + script->inserted->len;
}

static void
add_to_run (GArray  *runs,
            unsigned position)
{
  LsIdRun run = { position, 1 };

  if (runs->len > 0)
    {
      LsIdRun *last = &g_array_index (runs, LsIdRun, runs->len - 1);

      if (last->start + last->length == position)
        {
          last->length++;
          return;
        }
    }
  g_array_append_val (runs, run);
}

/* A walk over a sequence and its changes at once. */
typedef struct {
  LsIdSequence *sequence;
  const unsigned *removed;
  unsigned n_removed, next_removed;
  const LsIdInsert *inserted;
  unsigned n_inserted, next_inserted;
  LsIdBuilder *builder;
  LsIdScript *script;
} Edit;

static const LsIdEntry *
entry_at (const Edit *edit,
          unsigned    position)
{
  return ls_id_sequence_get (edit->sequence, position);
}

/*
 * A slot is the place between two entries that stay: the removals from @r on and the insertions
 * from @i on, up to @r_end and @i_end. What is the same row at both ends of it stays where it is,
 * if with another prefix.
 */
static void
write_slot (Edit    *edit,
            unsigned r,
            unsigned r_end,
            unsigned i,
            unsigned i_end)
{
  unsigned tail = 0;

  while (r < r_end && i < i_end &&
         entry_at (edit, edit->removed[r])->id == edit->inserted[i].entry.id)
    {
      ls_id_builder_add (edit->builder, edit->inserted[i++].entry);
      r++;
    }
  while (r < r_end && i < i_end &&
         entry_at (edit, edit->removed[r_end - 1])->id == edit->inserted[i_end - 1].entry.id)
    {
      r_end--;
      i_end--;
      tail++;
    }
  for (; r < r_end; r++)
    add_to_run (edit->script->removed, edit->removed[r]);
  for (; i < i_end; i++)
    {
      add_to_run (edit->script->inserted, ls_id_builder_get_length (edit->builder));
      ls_id_builder_add (edit->builder, edit->inserted[i].entry);
    }
  for (; tail > 0; tail--)
    ls_id_builder_add (edit->builder, edit->inserted[i++].entry);
}

/* Writes the slot before the entry at @position, and skips the removed ones that begin there. The
 * position after it. */
static unsigned
pass_slot (Edit    *edit,
           unsigned position)
{
  unsigned r = edit->next_removed;
  unsigned i = edit->next_inserted;
  bool more = true;

  while (more)
    {
      more = false;
      while (edit->next_inserted < edit->n_inserted &&
             edit->inserted[edit->next_inserted].before <= position)
        edit->next_inserted++;
      if (edit->next_removed < edit->n_removed && edit->removed[edit->next_removed] == position)
        {
          edit->next_removed++;
          position++;
          more = true;
        }
    }
  write_slot (edit, r, edit->next_removed, i, edit->next_inserted);
  return position;
}

static bool
is_touched (const Edit *edit,
            unsigned    end)
{
  return (edit->next_removed < edit->n_removed && edit->removed[edit->next_removed] < end) ||
         (edit->next_inserted < edit->n_inserted &&
          edit->inserted[edit->next_inserted].before < end);
}

/**
 * ls_id_sequence_edit:
 * @sequence: a sequence
 * @removed: (element-type guint): positions that go, ascending
 * @inserted: (element-type LsIdInsert): what comes, in the order it shall stand
 * @ret_script: (out) (transfer full): how @sequence became the result
 *
 * Makes another version. A row that goes and comes in the same place is no part of the script. Costs
 * the chunks touched, and 12 bytes for each of the others.
 *
 * Returns: (transfer full): the new version
 */
LsIdSequence *
ls_id_sequence_edit (LsIdSequence *sequence,
                     GArray       *removed,
                     GArray       *inserted,
                     LsIdScript  **ret_script)
{
  Edit edit = {
    .sequence = sequence,
    .removed = (const unsigned *) removed->data,
    .n_removed = removed->len,
    .inserted = (const LsIdInsert *) inserted->data,
    .n_inserted = inserted->len,
    .builder = ls_id_builder_new (),
    .script = ls_id_script_new (),
  };
  unsigned length = ls_id_sequence_get_length (sequence);
  unsigned position = 0;

  while (position < length)
    {
      unsigned chunk = chunk_at (sequence, position);
      unsigned end = sequence->starts[chunk + 1];

      if (position == sequence->starts[chunk] && !is_touched (&edit, end))
        {
          add_chunk (edit.builder, sequence->chunks[chunk]);
          position = end;
          continue;
        }
      while (position < end)
        {
          position = pass_slot (&edit, position);
          if (position < end)
            ls_id_builder_add (edit.builder, *entry_at (&edit, position++));
        }
    }
  pass_slot (&edit, length);
  *ret_script = edit.script;
  return ls_id_builder_finish (edit.builder);
}

static GHashTable *
collect_ids (const LsIdSequence *sequence,
             unsigned            start,
             unsigned            end)
{
  GHashTable *ids = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (unsigned i = start; i < end; i++)
    g_hash_table_add (ids, (gpointer) &ls_id_sequence_get (sequence, i)->id);
  return ids;
}

/* Walks both middles; fails when rows changed places or there are too many runs. */
static bool
diff_middle (const LsIdSequence *before,
             unsigned            b,
             unsigned            b_end,
             const LsIdSequence *after,
             unsigned            a,
             unsigned            a_end,
             unsigned            max_runs,
             LsIdScript         *script)
{
  g_autoptr (GHashTable) old_ids = collect_ids (before, b, b_end);
  g_autoptr (GHashTable) new_ids = collect_ids (after, a, a_end);

  while ((b < b_end || a < a_end) && ls_id_script_count_runs (script) <= max_runs)
    {
      const LsIdEntry *old = b < b_end ? ls_id_sequence_get (before, b) : NULL;
      const LsIdEntry *new = a < a_end ? ls_id_sequence_get (after, a) : NULL;

      if (old != NULL && new != NULL && old->id == new->id)
        {
          a++;
          b++;
        }
      else if (old != NULL && !g_hash_table_contains (new_ids, &old->id))
        add_to_run (script->removed, b++);
      else if (new != NULL && !g_hash_table_contains (old_ids, &new->id))
        add_to_run (script->inserted, a++);
      else
        return false;
    }
  return ls_id_script_count_runs (script) <= max_runs;
}

/* Beyond this the sets of ids cost more than showing all rows again. */
#define MAX_DIFF 100000

/**
 * ls_id_sequence_diff:
 * @before: a sequence
 * @after: another
 * @max_runs: more runs than these are not worth it
 *
 * Finds out how one sequence became another that was made on its own. When rows changed places, or
 * that takes too many runs, it is one run of removals and one of insertions. O(n).
 *
 * Returns: (transfer full): the script
 */
LsIdScript *
ls_id_sequence_diff (const LsIdSequence *before,
                     const LsIdSequence *after,
                     unsigned            max_runs)
{
  LsIdScript *script = ls_id_script_new ();
  unsigned b_end = ls_id_sequence_get_length (before);
  unsigned a_end = ls_id_sequence_get_length (after);
  unsigned start = 0;
  LsIdRun run;

  while (start < MIN (a_end, b_end) &&
         ls_id_sequence_get (before, start)->id == ls_id_sequence_get (after, start)->id)
    start++;
  while (MIN (a_end, b_end) > start && ls_id_sequence_get (before, b_end - 1)->id ==
                                           ls_id_sequence_get (after, a_end - 1)->id)
    {
      b_end--;
      a_end--;
    }
  if (start == b_end && start == a_end)
    return script;
  if (MAX (a_end, b_end) - start <= MAX_DIFF &&
      diff_middle (before, start, b_end, after, start, a_end, max_runs, script))
    return script;
  g_array_set_size (script->removed, 0);
  g_array_set_size (script->inserted, 0);
  run = (LsIdRun) { start, b_end - start };
  if (run.length > 0)
    g_array_append_val (script->removed, run);
  run = (LsIdRun) { start, a_end - start };
  if (run.length > 0)
    g_array_append_val (script->inserted, run);
  return script;
}
