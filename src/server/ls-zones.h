/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LsZones:
 *
 * Time zones by name, read once each. One thread.
 */
typedef struct _LsZones LsZones;

LsZones   *ls_zones_new  (void);
void       ls_zones_free (LsZones    *zones);
GTimeZone *ls_zones_get  (LsZones    *zones,
                          const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsZones, ls_zones_free)

G_END_DECLS
