/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-zones.h"

/* There are some 600; names that are none are not kept. */
#define MAX_ZONES 1024

struct _LsZones {
  GHashTable *by_name;
};

/**
 * ls_zones_new:
 *
 * Returns: (transfer full): an empty table
 */
LsZones *
ls_zones_new (void)
{
  LsZones *zones = g_new0 (LsZones, 1);

  zones->by_name =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_time_zone_unref);
  return zones;
}

/**
 * ls_zones_free:
 * @zones: (transfer full): a table
 *
 * Frees it.
 */
void
ls_zones_free (LsZones *zones)
{
  g_hash_table_unref (zones->by_name);
  g_free (zones);
}

/**
 * ls_zones_get:
 * @zones: a table
 * @name: (nullable): a name of the IANA time zone database, such as `Europe/Paris`
 *
 * Returns: (transfer none) (nullable): the zone, or %NULL when there is none of that name
 */
GTimeZone *
ls_zones_get (LsZones    *zones,
              const char *name)
{
  GTimeZone *zone;

  if (name == NULL)
    return NULL;
  zone = g_hash_table_lookup (zones->by_name, name);
  if (zone != NULL)
    return zone;
  zone = g_time_zone_new_identifier (name);
  if (zone == NULL)
    return NULL;
  if (g_hash_table_size (zones->by_name) >= MAX_ZONES)
    g_hash_table_remove_all (zones->by_name);
  g_hash_table_insert (zones->by_name, g_strdup (name), zone);
  return zone;
}
