/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-disk-private.h"

#include <string.h>

/* What is in the files of a disk, and what of it is synced. */

LsSimFile *
ls_sim_file_new (const char *name)
{
  LsSimFile *file = g_new0 (LsSimFile, 1);

  file->ref_count = 1;
  file->name = g_strdup (name);
  file->data = g_byte_array_new ();
  file->old = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  file->regions = g_ptr_array_new_with_free_func (g_free);
  return file;
}

void
ls_sim_file_unref (gpointer data)
{
  LsSimFile *file = data;

  if (--file->ref_count > 0)
    return;
  g_byte_array_unref (file->data);
  g_hash_table_unref (file->old);
  g_ptr_array_unref (file->regions);
  g_free (file->name);
  g_free (file);
}

LsSimFile *
ls_sim_file_copy (const LsSimFile *file)
{
  LsSimFile *copy = ls_sim_file_new (file->name);

  g_byte_array_append (copy->data, file->data->data, file->data->len);
  copy->synced_size = file->data->len;
  return copy;
}

/* Keeps what the sectors from @start to @end had when they were synced. */
static void
save_sectors (LsSimFile *file,
              size_t     start,
              size_t     end)
{
  for (size_t sector = start / LS_SIM_SECTOR; sector * LS_SIM_SECTOR < end; sector++)
    {
      uint8_t *old;
      size_t at = sector * LS_SIM_SECTOR;

      if (g_hash_table_contains (file->old, GSIZE_TO_POINTER (sector)))
        continue;
      old = g_malloc0 (LS_SIM_SECTOR);
      if (at < file->data->len)
        memcpy (old, file->data->data + at, MIN (LS_SIM_SECTOR, file->data->len - at));
      g_hash_table_insert (file->old, GSIZE_TO_POINTER (sector), old);
    }
}

static void
set_size (LsSimFile *file,
          size_t     size)
{
  size_t before = file->data->len;

  g_byte_array_set_size (file->data, (unsigned) size);
  if (size > before)
    memset (file->data->data + before, 0, size - before);
}

static int
compare_sectors (gconstpointer a,
                 gconstpointer b)
{
  size_t x = GPOINTER_TO_SIZE (a), y = GPOINTER_TO_SIZE (b);

  return (x > y) - (x < y);
}

/**
 * ls_sim_file_survive:
 * @file: a file
 * @dice: of what survives
 *
 * When power fails there is of each sector that was not synced the old or the new content, and of a
 * size that was not synced any between.
 *
 * Returns: (transfer full): what is left
 */
LsSimFile *
ls_sim_file_survive (LsSimFile *file,
                     LsSimDice *dice)
{
  LsSimFile *left = ls_sim_file_new (file->name);
  g_autoptr (GList) sectors = g_list_sort (g_hash_table_get_keys (file->old), compare_sectors);
  size_t small = MIN (file->data->len, file->synced_size);
  size_t large = MAX (file->data->len, file->synced_size);
  unsigned steps = (unsigned) ((large - small + LS_SIM_SECTOR - 1) / LS_SIM_SECTOR);
  size_t size = MIN (large, small + LS_SIM_SECTOR * (size_t) ls_sim_dice_below (dice, steps + 1));
  unsigned likely = ls_sim_dice_below (dice, 5);

  set_size (left, large);
  if (file->data->len > 0)
    memcpy (left->data->data, file->data->data, file->data->len);
  for (GList *link = sectors; link != NULL; link = link->next)
    {
      size_t at = GPOINTER_TO_SIZE (link->data) * LS_SIM_SECTOR;

      if (at < large && ls_sim_dice_hits (dice, likely, 4) == false)
        memcpy (left->data->data + at, g_hash_table_lookup (file->old, link->data),
                MIN (LS_SIM_SECTOR, large - at));
    }
  set_size (left, size);
  left->synced_size = size;
  return left;
}

void
ls_sim_file_write (LsSimFile  *file,
                   const void *data,
                   size_t      length,
                   size_t      offset)
{
  save_sectors (file, offset, offset + length);
  if (offset + length > file->data->len)
    set_size (file, offset + length);
  memcpy (file->data->data + offset, data, length);
}

void
ls_sim_file_truncate (LsSimFile *file,
                      size_t     size)
{
  if (size < file->data->len)
    save_sectors (file, size, file->data->len);
  set_size (file, size);
}

void
ls_sim_file_sync (LsSimFile *file)
{
  g_hash_table_remove_all (file->old);
  file->synced_size = file->data->len;
}
