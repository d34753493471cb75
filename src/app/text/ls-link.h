/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LsLink:
 * @shop: (nullable): a shop
 * @page: (nullable): a page
 * @key: (nullable): a record on that page
 *
 * What a `lockstep:` link points to.
 */
typedef struct {
  char *shop;
  char *page;
  char *key;
} LsLink;

gboolean ls_link_parse (const char *uri,
                        LsLink     *ret_link,
                        GError    **error);
void     ls_link_clear (LsLink     *link);
char    *ls_link_build (const char *shop,
                        const char *page,
                        const char *key);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsLink, ls_link_clear)

G_END_DECLS
