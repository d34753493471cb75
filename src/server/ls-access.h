/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"
#include "core/ls-view.h"

G_BEGIN_DECLS

/**
 * LS_ACCESS_ANY_SHOP:
 *
 * Stands for every shop, also those to come, where a role is given.
 */
#define LS_ACCESS_ANY_SHOP "*"

/**
 * LS_ACCESS_GRACE:
 *
 * How long a session may go on after its token has expired, in µs.
 */
#define LS_ACCESS_GRACE ((int64_t) 60 * G_USEC_PER_SEC)

/**
 * LsIdentity:
 * @user: who it is
 * @device: (nullable): on which device, as the sign-in said; %NULL for a token made on the server
 * @expires: when the sign-in ends, µs since the epoch
 * @token_hash: names the token without telling it
 *
 * What a token proves. Reference-counted, immutable; any thread may read it.
 */
typedef struct {
  gatomicrefcount ref_count;
  char *user;
  char *device;
  int64_t expires;
  char *token_hash;
  /*< private >*/
  GHashTable *roles;
} LsIdentity;

/**
 * LsUser:
 * @name: who
 * @has_password: whether he can sign in by himself
 * @roles: what he is where, for a reader: `*: owner, music: staff`
 *
 * One row of a list of users.
 */
typedef struct {
  char *name;
  bool has_password;
  char *roles;
} LsUser;

/**
 * LsAccess:
 *
 * Users, passwords, roles, tokens and client ids: the file `access.db` of a data folder.
 * Passwords are kept as Argon2id hashes, tokens as BLAKE2b hashes. Several processes may have it
 * open: what one writes the others see at once. Any thread; every call may wait for the disk,
 * those that take a password for a tenth of a second.
 */
typedef struct _LsAccess LsAccess;

LsIdentity *ls_identity_ref            (LsIdentity    *identity);
void        ls_identity_unref          (LsIdentity    *identity);
bool        ls_identity_get_role       (LsIdentity    *identity,
                                        const char    *shop,
                                        LsRole        *ret_role);
bool        ls_identity_is_anywhere    (LsIdentity    *identity,
                                        LsRole         role);
void        ls_user_free               (LsUser        *user);

LsAccess   *ls_access_open             (LsEnvironment *environment,
                                        const char    *data_dir,
                                        GError       **error);
void        ls_access_free             (LsAccess      *access);
bool        ls_access_add_user         (LsAccess      *access,
                                        const char    *user,
                                        const char    *password,
                                        GError       **error);
bool        ls_access_set_password     (LsAccess      *access,
                                        const char    *user,
                                        const char    *password,
                                        GError       **error);
bool        ls_access_set_role         (LsAccess      *access,
                                        const char    *user,
                                        const char    *shop,
                                        const LsRole  *role,
                                        GError       **error);
GPtrArray  *ls_access_list_users       (LsAccess      *access,
                                        GError       **error);
char       *ls_access_issue_token      (LsAccess      *access,
                                        const char    *user,
                                        const char    *device,
                                        int64_t        lifetime,
                                        GError       **error);
LsIdentity *ls_access_check_token      (LsAccess      *access,
                                        const char    *token,
                                        GError       **error);
LsIdentity *ls_access_check_token_late (LsAccess      *access,
                                        const char    *token,
                                        int64_t        grace,
                                        GError       **error);
LsIdentity *ls_access_find_identity    (LsAccess      *access,
                                        const char    *token_hash,
                                        GError       **error);
bool        ls_access_revoke_token     (LsAccess      *access,
                                        const char    *token_hash,
                                        GError       **error);
bool        ls_access_check_password   (LsAccess      *access,
                                        const char    *user,
                                        const char    *password,
                                        GError       **error);
char       *ls_access_issue_client     (LsAccess      *access,
                                        LsIdentity    *identity,
                                        GError       **error);
bool        ls_access_check_client     (LsAccess      *access,
                                        LsIdentity    *identity,
                                        const char    *client,
                                        bool          *ret_bound,
                                        GError       **error);
bool        ls_access_get_generation   (LsAccess      *access,
                                        int64_t       *ret_generation,
                                        GError       **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsAccess, ls_access_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsIdentity, ls_identity_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsUser, ls_user_free)

G_END_DECLS
