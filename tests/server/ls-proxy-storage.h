/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-storage-private.h"

G_BEGIN_DECLS

#define LS_TYPE_PROXY_STORAGE (ls_proxy_storage_get_type ())
G_DECLARE_DERIVABLE_TYPE (LsProxyStorage, ls_proxy_storage, LS, PROXY_STORAGE, LsStorage)

/**
 * LsProxyStorage:
 *
 * A storage that hands everything on to another one, for those that make trouble in between. They
 * bring `begin`, `commit` and `listen` themselves.
 */
struct _LsProxyStorageClass {
  LsStorageClass parent_class;
};

void       ls_proxy_storage_set_below (LsProxyStorage *self,
                                       LsStorage      *storage);
LsStorage *ls_proxy_storage_get_below (LsProxyStorage *self);
void       ls_proxy_storage_adopt     (LsProxyStorage *self,
                                       LsStorageTx    *tx);
LsStorage *ls_proxy_storage_enter     (LsStorageTx    *tx);

G_END_DECLS
