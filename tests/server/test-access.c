/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <sqlite3.h>
#include <string.h>

#include "core/ls-error.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "ls-test-vfs.h"
#include "server/ls-access.h"

#define DAY (INT64_C (86400) * G_USEC_PER_SEC)
#define PASSWORD "correct horse"

typedef struct {
  LsTestDir *dir;
  LsTestEnvironment *environment;
  LsAccess *access;
} Fixture;

static LsAccess *
open_access (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  LsAccess *access = ls_access_open (LS_ENVIRONMENT (fixture->environment),
                                     ls_test_dir_get_path (fixture->dir), &error);

  g_assert_no_error (error);
  g_assert_nonnull (access);
  return access;
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->environment = ls_test_environment_new (1);
  fixture->access = open_access (fixture);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_access_free (fixture->access);
  g_assert_finalize_object (fixture->environment);
  ls_test_dir_free (fixture->dir);
}

static void
add_user (Fixture    *fixture,
          const char *user,
          const char *shop,
          LsRole      role)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_access_add_user (fixture->access, user, NULL, &error));
  g_assert_true (ls_access_set_role (fixture->access, user, shop, &role, &error));
  g_assert_no_error (error);
}

static char *
issue_token (Fixture    *fixture,
             const char *user,
             const char *device)
{
  g_autoptr (GError) error = NULL;
  char *token = ls_access_issue_token (fixture->access, user, device, DAY, &error);

  g_assert_no_error (error);
  g_assert_nonnull (token);
  return token;
}

static LsIdentity *
identity_of (Fixture    *fixture,
             const char *token)
{
  g_autoptr (GError) error = NULL;
  LsIdentity *identity = ls_access_check_token (fixture->access, token, &error);

  g_assert_no_error (error);
  return identity;
}

static void
assert_refused (Fixture    *fixture,
                const char *token)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ls_access_check_token (fixture->access, token, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_AUTH);
}

static void
test_token (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *token = NULL;
  g_autofree char *other = NULL;
  g_autoptr (LsIdentity) identity = NULL;
  LsRole role;

  add_user (fixture, "maya", "music", LS_ROLE_STAFF);
  token = issue_token (fixture, "maya", "laptop");
  other = issue_token (fixture, "maya", "laptop");
  g_assert_cmpuint (strlen (token), ==, 64);
  g_assert_cmpstr (token, !=, other);
  identity = identity_of (fixture, token);
  g_assert_cmpstr (identity->user, ==, "maya");
  g_assert_cmpstr (identity->device, ==, "laptop");
  g_assert_cmpint (identity->expires, ==,
                   ls_environment_now (LS_ENVIRONMENT (fixture->environment)) + DAY);
  g_assert_true (ls_identity_get_role (identity, "music", &role));
  g_assert_cmpint (role, ==, LS_ROLE_STAFF);
  g_assert_false (ls_identity_get_role (identity, "books", &role));
  g_assert_true (ls_identity_is_anywhere (identity, LS_ROLE_STAFF));
  g_assert_false (ls_identity_is_anywhere (identity, LS_ROLE_ADMIN));
}

static void
test_wrong_tokens (Fixture      *fixture,
                   gconstpointer data)
{
  g_autofree char *token = NULL;
  g_autofree char *longer = NULL;

  add_user (fixture, "maya", "music", LS_ROLE_STAFF);
  token = issue_token (fixture, "maya", NULL);
  longer = g_strconcat (token, "0", NULL);
  assert_refused (fixture, "");
  assert_refused (fixture, "x");
  assert_refused (fixture, longer);
  token[63] = token[63] == '0' ? '1' : '0';
  assert_refused (fixture, token);
}

static void
test_expiry (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *token = NULL;
  g_autoptr (LsIdentity) identity = NULL;

  add_user (fixture, "maya", "music", LS_ROLE_STAFF);
  token = issue_token (fixture, "maya", NULL);
  ls_test_environment_advance (fixture->environment, DAY - 1);
  identity = identity_of (fixture, token);
  ls_test_environment_advance (fixture->environment, 1);
  assert_refused (fixture, token);
}

/* What was begun while a token held goes on a little longer, also when another sign-in tidies up. */
static void
test_grace (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *token = NULL;
  g_autofree char *other = NULL;
  g_autoptr (LsIdentity) identity = NULL;
  g_autoptr (GError) error = NULL;

  add_user (fixture, "maya", "music", LS_ROLE_STAFF);
  token = issue_token (fixture, "maya", NULL);
  ls_test_environment_advance (fixture->environment, DAY + LS_ACCESS_GRACE - 1);
  assert_refused (fixture, token);
  other = issue_token (fixture, "maya", NULL);
  identity = ls_access_check_token_late (fixture->access, token, LS_ACCESS_GRACE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (identity->user, ==, "maya");
  ls_test_environment_advance (fixture->environment, 1);
  g_assert_null (ls_access_check_token_late (fixture->access, token, LS_ACCESS_GRACE, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_AUTH);
}

static void
test_revoked (Fixture      *fixture,
              gconstpointer data)
{
  g_autofree char *token = NULL;
  g_autoptr (LsIdentity) identity = NULL;
  g_autoptr (GError) error = NULL;

  add_user (fixture, "maya", "music", LS_ROLE_STAFF);
  token = issue_token (fixture, "maya", NULL);
  identity = identity_of (fixture, token);
  g_assert_true (ls_access_revoke_token (fixture->access, identity->token_hash, &error));
  assert_refused (fixture, token);
  g_assert_true (ls_access_revoke_token (fixture->access, identity->token_hash, &error));
}

static void
test_roles (Fixture      *fixture,
            gconstpointer data)
{
  const LsRole viewer = LS_ROLE_VIEWER;
  g_autofree char *token = NULL;
  g_autoptr (LsIdentity) before = NULL;
  g_autoptr (LsIdentity) after = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) users = NULL;
  LsRole role;

  add_user (fixture, "maya", LS_ACCESS_ANY_SHOP, LS_ROLE_ADMIN);
  g_assert_true (ls_access_set_role (fixture->access, "maya", "books", &viewer, &error));
  token = issue_token (fixture, "maya", NULL);
  before = identity_of (fixture, token);
  g_assert_true (ls_identity_get_role (before, "books", &role));
  g_assert_cmpint (role, ==, LS_ROLE_VIEWER);
  g_assert_true (ls_identity_get_role (before, "music", &role));
  g_assert_cmpint (role, ==, LS_ROLE_ADMIN);

  /* A role everywhere is not taken in one shop only, not even by taking what goes before it. */
  g_assert_false (ls_access_set_role (fixture->access, "maya", "music", NULL, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_clear_error (&error);
  g_assert_false (ls_access_set_role (fixture->access, "maya", "books", NULL, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_clear_error (&error);

  g_assert_true (ls_access_set_role (fixture->access, "maya", LS_ACCESS_ANY_SHOP, NULL, &error));
  after = identity_of (fixture, token);
  g_assert_false (ls_identity_get_role (after, "music", &role));
  g_assert_true (ls_identity_get_role (after, "books", &role));

  users = ls_access_list_users (fixture->access, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (users->len, ==, 1);
  g_assert_cmpstr (((LsUser *) g_ptr_array_index (users, 0))->roles, ==, "books: viewer");

  g_assert_false (ls_access_set_role (fixture->access, "nobody", "books", &viewer, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_clear_error (&error);
  g_assert_false (ls_access_set_role (fixture->access, "nobody", LS_ACCESS_ANY_SHOP, NULL, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
}

static void
test_password (Fixture      *fixture,
               gconstpointer data)
{
  static const struct {
    const char *user;
    const char *password;
  } wrong[] = {
    { "maya", "correct hors" }, { "maya", "" }, { "nobody", PASSWORD }, { "tokens", PASSWORD }
  };
  g_autofree char *signed_in = NULL;
  g_autofree char *made = NULL;
  g_autoptr (LsIdentity) identity = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_access_add_user (fixture->access, "maya", PASSWORD, &error));
  g_assert_true (ls_access_add_user (fixture->access, "tokens", NULL, &error));
  g_assert_true (ls_access_check_password (fixture->access, "maya", PASSWORD, &error));
  g_assert_no_error (error);
  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_assert_false (
          ls_access_check_password (fixture->access, wrong[i].user, wrong[i].password, &error));
      g_assert_error (error, LS_ERROR, LS_ERROR_AUTH);
      g_assert_cmpstr (error->message, ==, "user name or password are wrong");
      g_clear_error (&error);
    }

  /* A new password ends what was signed in by the old one, not what the operator made. */
  signed_in = issue_token (fixture, "maya", "laptop");
  made = issue_token (fixture, "maya", NULL);
  g_assert_true (ls_access_set_password (fixture->access, "maya", "battery staple", &error));
  g_assert_false (ls_access_check_password (fixture->access, "maya", PASSWORD, NULL));
  g_assert_true (ls_access_check_password (fixture->access, "maya", "battery staple", NULL));
  assert_refused (fixture, signed_in);
  identity = identity_of (fixture, made);
}

static void
test_refused_users (Fixture      *fixture,
                    gconstpointer data)
{
  static const struct {
    const char *user;
    const char *password;
  } cases[] = {
    { "", PASSWORD }, { " maya", PASSWORD }, { "a\nb", PASSWORD }, { "maya", "short" },
    { "maya", "\xff\xff\xff\xff\xff\xff\xff\xff" }, { "taken", PASSWORD },
  };
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_access_add_user (fixture->access, "taken", NULL, &error));
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_false (
          ls_access_add_user (fixture->access, cases[i].user, cases[i].password, &error));
      g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
      g_clear_error (&error);
    }
  g_assert_false (ls_access_set_password (fixture->access, "nobody", PASSWORD, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_clear_error (&error);
  g_assert_null (ls_access_issue_token (fixture->access, "nobody", NULL, DAY, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
}

static bool
is_bound (Fixture    *fixture,
          LsIdentity *identity,
          const char *client)
{
  g_autoptr (GError) error = NULL;
  bool bound = false;

  g_assert_true (ls_access_check_client (fixture->access, identity, client, &bound, &error));
  g_assert_no_error (error);
  return bound;
}

static void
test_clients (Fixture      *fixture,
              gconstpointer data)
{
  static const struct {
    const char *user;
    const char *device;
    bool bound;
  } cases[] = {
    { "maya", "laptop", true },
    { "maya", NULL, true },
    { "maya", "desk", false },
    { "finn", "laptop", false },
  };
  g_autofree char *client = NULL;
  g_autofree char *first = NULL;
  g_autoptr (LsIdentity) owner = NULL;
  g_autoptr (GError) error = NULL;

  add_user (fixture, "maya", "music", LS_ROLE_STAFF);
  add_user (fixture, "finn", "music", LS_ROLE_STAFF);
  first = issue_token (fixture, "maya", "laptop");
  owner = identity_of (fixture, first);
  client = ls_access_issue_client (fixture->access, owner, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *token = issue_token (fixture, cases[i].user, cases[i].device);
      g_autoptr (LsIdentity) identity = identity_of (fixture, token);

      g_assert_cmpint (is_bound (fixture, identity, client), ==, cases[i].bound);
    }
  g_assert_false (is_bound (fixture, owner, "somebody"));
}

static void
test_two_processes (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr (LsAccess) other = open_access (fixture);
  g_autofree char *token = NULL;
  g_autoptr (LsIdentity) identity = NULL;
  g_autoptr (GError) error = NULL;
  int64_t before, same, after;

  add_user (fixture, "maya", "music", LS_ROLE_STAFF);
  g_assert_true (ls_access_get_generation (fixture->access, &before, &error));
  g_assert_true (ls_access_get_generation (fixture->access, &same, &error));
  g_assert_cmpint (before, ==, same);
  token = ls_access_issue_token (other, "maya", NULL, DAY, &error);
  g_assert_no_error (error);
  g_assert_true (ls_access_get_generation (fixture->access, &after, &error));
  g_assert_cmpint (before, !=, after);
  identity = identity_of (fixture, token);
}

/* One sync that fails does not shut the door for good. */
static void
test_failed_sync (Fixture      *fixture,
                  gconstpointer data)
{
  LsTestVfs *vfs = ls_test_vfs_new ("test-access");
  g_autoptr (LsIdentity) identity = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *token = NULL;
  g_autofree char *client = NULL;
  bool bound = false;

  ls_test_environment_set_vfs (fixture->environment, "test-access");
  ls_access_free (fixture->access);
  fixture->access = open_access (fixture);
  add_user (fixture, "ada", "music", LS_ROLE_STAFF);
  token = ls_access_issue_token (fixture->access, "ada", NULL, DAY, &error);
  identity = ls_access_check_token (fixture->access, token, &error);
  g_assert_no_error (error);
  ls_test_vfs_fail (vfs, LS_TEST_VFS_SYNC, NULL, 1, 1, SQLITE_IOERR_FSYNC);
  g_assert_null (ls_access_issue_client (fixture->access, identity, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  client = ls_access_issue_client (fixture->access, identity, &error);
  g_assert_no_error (error);
  g_assert_true (ls_access_check_client (fixture->access, identity, client, &bound, &error));
  g_assert_true (bound);
  ls_access_free (fixture->access);
  ls_test_environment_set_vfs (fixture->environment, NULL);
  ls_test_vfs_free (vfs);
  fixture->access = open_access (fixture);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/access/token", test_token);
  ADD ("/access/wrong-tokens", test_wrong_tokens);
  ADD ("/access/expiry", test_expiry);
  ADD ("/access/grace", test_grace);
  ADD ("/access/revoked", test_revoked);
  ADD ("/access/roles", test_roles);
  ADD ("/access/password", test_password);
  ADD ("/access/refused-users", test_refused_users);
  ADD ("/access/clients", test_clients);
  ADD ("/access/two-processes", test_two_processes);
  ADD ("/access/failed-sync", test_failed_sync);
#undef ADD
  return g_test_run ();
}
