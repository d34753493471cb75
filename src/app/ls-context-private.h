/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/ls-context.h"
#include "app/ls-sample-server.h"
#include "client/ls-retry.h"

G_BEGIN_DECLS

/* Stands for the address of the sample shop, whose server is another one each time. */
#define LS_CONTEXT_SAMPLE_URL "sample"

/**
 * LsContext:
 *
 * What all windows share: the environment, the settings, and the account that is signed in, if any.
 * Property `client` notifies when the account comes or goes; property `busy` while a sign-in or the
 * opening of a cache is under way.
 */
struct _LsContext {
  GObject parent_instance;

  /* owned */
  GSettings *settings;
  LsEnvironment *environment;
  LsClient *client;
  LsSampleServer *sample;
  LsErrorDesk *desk;
  LsNoticeBoard *notices;

  /* state */
  gboolean busy;
};

/* What a sign-in is about, from its first step to the last. */
typedef struct {
  char *server_url;
  char *user;
  char *token;
  gboolean remember;
  char *password; /* until there is a token */
  char *ca_file;
  gboolean looking_up; /* whether the token is still being looked for */
  LsClient *client;
  LsRetry *retry; /* of asking for a token */
} LsSignIn;

/* Tells the token that was found, NULL when there is none. */
typedef void (*LsTokenFoundFunc) (const char *token,
                                  gpointer    user_data);

/* ls-context.c */
void   ls_context_set_busy      (LsContext          *self,
                                 gboolean            busy);
void   ls_context_set_client    (LsContext          *self,
                                 LsClient           *client);

/* ls-context-options.c */
void   ls_context_apply_limits    (LsContext        *self);
void   ls_context_apply_options   (LsContext        *self,
                                   LsClient         *client);
void   ls_context_follow_settings (LsContext        *self);

/* ls-context-sign-in.c */
GTask *ls_context_begin_sign_in (LsContext          *self,
                                 const char         *server_url,
                                 const char         *user,
                                 const char         *token,
                                 gboolean            remember,
                                 GCancellable       *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer            user_data);
void   ls_context_open_client   (GTask              *task);
void   ls_context_fail_sign_in  (GTask              *task,
                                 GError             *error);

/* ls-context-token.c */
void   ls_context_keep_token    (LsContext          *self,
                                 const char         *server_url,
                                 const char         *user,
                                 const char         *token);
void   ls_context_find_token    (LsContext          *self,
                                 const char         *server_url,
                                 const char         *user,
                                 LsTokenFoundFunc    func,
                                 gpointer            user_data);

G_END_DECLS
