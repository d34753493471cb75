/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "client/ls-collation.h"
#include "client/ls-connection-options.h"
#include "client/ls-connection-status.h"
#include "client/ls-consistency-checker.h"
#include "client/ls-event-bus.h"
#include "client/ls-scope-choice.h"
#include "client/ls-store.h"
#include "core/ls-view.h"

G_BEGIN_DECLS

/**
 * LsShopEntry:
 * @shop: its id
 * @name: what admins read
 * @role: the user's role
 * @choice: what the admin wants held of it on this computer
 * @held: what is held of it
 * @lacking: a mask of the collections of which more is wanted than is held
 *
 * A shop of the account, kept in the cache for offline starts.
 */
typedef struct {
  char *shop;
  char *name;
  LsRole role;
  LsScopeChoice choice;
  LsScope held;
  uint32_t lacking;
} LsShopEntry;

#define LS_TYPE_CLIENT (ls_client_get_type ())
G_DECLARE_FINAL_TYPE (LsClient, ls_client, LS, CLIENT, GObject)

/*
 * One signed-in account, as the app holds it. Main thread only; nothing here waits.
 *
 * Properties: status (LsConnectionStatus), user. Signals: shops-changed; finding (LsFinding, see
 * ls-consistency-checker.h); told (LsFinding, one that only the admin can have mended); notice (kind,
 * message, until); session-began.
 */
LsClient                 *ls_client_new            (LsEnvironment      *environment,
                                                    const char         *server_url,
                                                    const char         *user,
                                                    const char         *data_dir);
void                      ls_client_set_collation  (LsClient           *self,
                                                    const LsCollation  *collation);
void                      ls_client_set_ca_file    (LsClient           *self,
                                                    const char         *path);
void                      ls_client_set_options    (LsClient           *self,
                                                    const LsConnectionOptions *options);
void                      ls_client_set_disk_limit (LsClient           *self,
                                                    int64_t             max_bytes);
void                      ls_client_open_async     (LsClient           *self,
                                                    GCancellable       *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer            user_data);
gboolean                  ls_client_open_finish    (LsClient           *self,
                                                    GAsyncResult       *result,
                                                    GError            **error);
void                      ls_client_set_token      (LsClient           *self,
                                                    const char         *token);
void                      ls_client_start          (LsClient           *self);
void                      ls_client_stop           (LsClient           *self);
void                      ls_client_reconnect      (LsClient           *self);
void                      ls_client_set_offline    (LsClient           *self,
                                                    gboolean            offline);
void                      ls_client_set_attention  (LsClient           *self,
                                                    LsAttention         attention);
void                      ls_client_set_shown      (LsClient           *self,
                                                    const char         *shop,
                                                    uint32_t            collections);
void                      ls_client_set_scope      (LsClient           *self,
                                                    const char         *shop,
                                                    const LsScopeChoice *choice);
const LsShopEntry        *ls_client_find_shop      (LsClient           *self,
                                                    const char         *shop);
void                      ls_client_verify         (LsClient           *self,
                                                    const char         *shop,
                                                    LsCheckFunc         func,
                                                    gpointer            user_data,
                                                    GDestroyNotify      destroy);
LsStore                  *ls_client_get_store      (LsClient           *self);
const char               *ls_client_get_set_aside  (LsClient           *self,
                                                    unsigned           *ret_n_edits);
LsConsistencyChecker     *ls_client_get_checker    (LsClient           *self);
LsEventBus               *ls_client_get_bus        (LsClient           *self);
void                      ls_client_note_action    (LsClient           *self,
                                                    const char         *what);
const LsConnectionStatus *ls_client_get_status     (LsClient           *self);
const char               *ls_client_get_server_url (LsClient           *self);
const char               *ls_client_get_user       (LsClient           *self);
GPtrArray                *ls_client_get_shops      (LsClient           *self);
void                      ls_client_sync_async     (LsClient           *self,
                                                    const char         *shop,
                                                    GCancellable       *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer            user_data);
gboolean                  ls_client_sync_finish    (LsClient           *self,
                                                    GAsyncResult       *result,
                                                    GError            **error);

G_END_DECLS
