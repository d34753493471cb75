/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/ls-environment.h"

G_BEGIN_DECLS

/*
 * An account is a user on a server. Its cache lives in a folder of its own, its token in the Secret
 * Service. Everything here is asynchronous or cheap; main thread only.
 */

/**
 * LsTokenKeeping:
 * @LS_TOKEN_KEPT: in the Secret Service
 * @LS_TOKEN_IN_MEMORY: nowhere: there is no Secret Service, or it did not answer in time; the admin
 *   signs in again at the next start
 *
 * Where a token went.
 */
typedef enum {
  LS_TOKEN_KEPT,
  LS_TOKEN_IN_MEMORY,
} LsTokenKeeping;

char     *ls_account_get_data_dir        (const char           *server_url,
                                          const char           *user);

/* For ls-account.c and those who remove an account's files off the main thread. */
gboolean  ls_account_remove_folder       (const char           *path,
                                          GError              **error);

/* Trades a password for a token: POST /v1/sign-in. @ca_file may be NULL. */
void      ls_account_sign_in_async       (LsEnvironment        *environment,
                                          const char           *server_url,
                                          const char           *ca_file,
                                          const char           *user,
                                          const char           *password,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
char     *ls_account_sign_in_finish      (GAsyncResult         *result,
                                          GError              **error);

void      ls_account_store_token_async   (const char           *server_url,
                                          const char           *user,
                                          const char           *token,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
gboolean  ls_account_store_token_finish  (GAsyncResult         *result,
                                          LsTokenKeeping       *ret_keeping,
                                          GError              **error);

/* The token of an account, or NULL without an error when none is kept. */
void      ls_account_lookup_token_async  (const char           *server_url,
                                          const char           *user,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
char     *ls_account_lookup_token_finish (GAsyncResult         *result,
                                          GError              **error);

/* Forgets the token and removes the folder with the cache; the account must not be open. */
void      ls_account_wipe_async          (const char           *server_url,
                                          const char           *user,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
gboolean  ls_account_wipe_finish         (GAsyncResult         *result,
                                          GError              **error);

G_END_DECLS
