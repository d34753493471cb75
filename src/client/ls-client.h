/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "client/ls-collation.h"
#include "client/ls-store.h"
#include "core/ls-error.h"
#include "core/ls-view.h"

G_BEGIN_DECLS

/**
 * LsConnectionState:
 * @LS_CONNECTION_OFFLINE: no connection; what was known is shown
 * @LS_CONNECTION_CONNECTING: trying
 * @LS_CONNECTION_LIVE: live, everything sent is shown
 * @LS_CONNECTION_LIMITED: polling, or a poor connection
 * @LS_CONNECTION_SIGNED_OUT: the server wants a sign-in
 * @LS_CONNECTION_TOO_OLD: the server wants a newer app
 *
 * What the connection button tells.
 */
typedef enum {
  LS_CONNECTION_OFFLINE,
  LS_CONNECTION_CONNECTING,
  LS_CONNECTION_LIVE,
  LS_CONNECTION_LIMITED,
  LS_CONNECTION_SIGNED_OUT,
  LS_CONNECTION_TOO_OLD,
} LsConnectionState;

/**
 * LsConnectionStatus:
 * @state: what the button shows
 * @since: when it came to be so, µs since the epoch
 * @by_hand: whether the admin chose to work offline
 * @attempts: connects that failed in a row
 * @next_attempt: when the next is due, µs since the epoch, 0 when none is
 * @round_trip: the last one, µs, -1 when not known
 * @verified_version: the version at which digests agreed last, per the shop that was verified last;
 *   -1 when never
 * @verified_at: when, µs since the epoch
 * @error: (nullable): why it is not live
 *
 * Everything that the connection popover says. Boxed, immutable.
 */
typedef struct {
  LsConnectionState state;
  int64_t since;
  bool by_hand;
  unsigned attempts;
  int64_t next_attempt;
  int64_t round_trip;
  int64_t verified_version;
  int64_t verified_at;
  GError *error;
} LsConnectionStatus;

#define LS_TYPE_CONNECTION_STATUS (ls_connection_status_get_type ())
GType               ls_connection_status_get_type (void);
LsConnectionStatus *ls_connection_status_copy     (const LsConnectionStatus *status);
void                ls_connection_status_free     (LsConnectionStatus       *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsConnectionStatus, ls_connection_status_free)

/**
 * LsShopEntry:
 * @shop: its id
 * @name: what admins read
 * @role: the user's role
 *
 * A shop of the account, kept in the cache for offline starts.
 */
typedef struct {
  char *shop;
  char *name;
  LsRole role;
} LsShopEntry;

#define LS_TYPE_CLIENT (ls_client_get_type ())
G_DECLARE_FINAL_TYPE (LsClient, ls_client, LS, CLIENT, GObject)

/*
 * One signed-in account, as the app holds it. Main thread only; nothing here waits.
 *
 * Properties: status (LsConnectionStatus), user. Signals: shops-changed; finding (LsFinding, see
 * ls-consistency-checker.h); notice (kind, message).
 */
LsClient                 *ls_client_new              (LsEnvironment        *environment,
                                                      const char           *server_url,
                                                      const char           *user,
                                                      const char           *data_dir);
void                      ls_client_set_collation    (LsClient             *self,
                                                      const LsCollation    *collation);
void                      ls_client_set_ca_file      (LsClient             *self,
                                                      const char           *path);
void                      ls_client_open_async       (LsClient             *self,
                                                      GCancellable         *cancellable,
                                                      GAsyncReadyCallback   callback,
                                                      gpointer              user_data);
gboolean                  ls_client_open_finish      (LsClient             *self,
                                                      GAsyncResult         *result,
                                                      GError              **error);
void                      ls_client_set_token        (LsClient             *self,
                                                      const char           *token);
void                      ls_client_start            (LsClient             *self);
void                      ls_client_stop             (LsClient             *self);
void                      ls_client_reconnect        (LsClient             *self);
void                      ls_client_set_offline      (LsClient             *self,
                                                      gboolean              offline);
LsStore                  *ls_client_get_store        (LsClient             *self);
const LsConnectionStatus *ls_client_get_status       (LsClient             *self);
const char               *ls_client_get_server_url   (LsClient             *self);
const char               *ls_client_get_user         (LsClient             *self);
GPtrArray                *ls_client_get_shops        (LsClient             *self);
void                      ls_client_sync_async       (LsClient             *self,
                                                      const char           *shop,
                                                      GCancellable         *cancellable,
                                                      GAsyncReadyCallback   callback,
                                                      gpointer              user_data);
gboolean                  ls_client_sync_finish      (LsClient             *self,
                                                      GAsyncResult         *result,
                                                      GError              **error);

G_END_DECLS
