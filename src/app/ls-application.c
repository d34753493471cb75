/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-application"

#include "config.h"

#include "app/ls-application.h"

#include <string.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "app/ls-attention-watch.h"
#include "app/compat/ls-about.h"
#include "app/compat/ls-screenshot.h"
#include "app/dialogs/ls-preferences-window.h"
#include "app/text/ls-link.h"
#include "app/ls-error-toasts.h"
#include "app/ls-feedback.h"
#include "app/ls-notice-toasts.h"
#include "app/ls-session.h"
#include "app/ls-trace-export.h"
#include "app/widgets/ls-widgets.h"

/**
 * LsApplication:
 *
 * One process a session. A second launch, a `lockstep:` link and the D-Bus actions are messages to
 * the first: they reach ls_application_command_line(), ls_application_open() and the actions here.
 * All windows share one context, hence one store.
 */
struct _LsApplication {
  AdwApplication parent_instance;

  /* owned */
  GSettings *settings;
  LsContext *context;
  LsAttentionWatch *attention;
  LsFeedback *feedback;
  LsErrorToasts *errors;
  LsNoticeToasts *notices;

  /* state */
  unsigned signals[3];
  gboolean restored;
  gboolean quitting; /* what is open is remembered already */
};

G_DEFINE_FINAL_TYPE (LsApplication, ls_application, ADW_TYPE_APPLICATION)

static const GOptionEntry options[] = {
  { "server", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Connect to the server at ADDRESS"), N_("ADDRESS") },
  { "token-file", 0, 0, G_OPTION_ARG_FILENAME, NULL, N_("Sign in with the token in FILE"), N_("FILE") },
  { "shop", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Show this shop"), N_("SHOP") },
  { "page", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Show this page"), N_("PAGE") },
  { "record", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Show this record of the page"), N_("KEY") },
  { "new-window", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Open another window"), NULL },
  { "export-trace", 0, 0, G_OPTION_ARG_FILENAME, NULL, N_("Write what happened lately to FILE, without anything private"),
    N_("FILE") },
  { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Tell the version"), NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, NULL, NULL, N_("[LINK]") },
  { NULL },
};

static LsWindow *
active_window (LsApplication *self)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self));

  /* A dialog may be in front. */
  while (window != NULL && !LS_IS_WINDOW (window))
    window = gtk_window_get_transient_for (window);
  return window != NULL ? LS_WINDOW (window) : NULL;
}

static void
open_first_windows (LsApplication *self)
{
  if (self->restored)
    return;
  self->restored = TRUE;
  if (g_settings_get_boolean (self->settings, "restore-windows"))
    ls_session_restore (self);
}

/* Shows what a launch or a link asks for: in a new window, in one that shows the shop already, or
 * in the active one. */
static void
show_target (LsApplication *self,
             const LsLink  *target,
             gboolean       new_window)
{
  LsWindow *window = new_window ? NULL : active_window (self);

  if (window == NULL)
    window = ls_application_open_window (self, target->shop, target->page);
  else if (target->shop != NULL)
    ls_window_show_shop (window, target->shop);
  if (target->page != NULL && target->key != NULL)
    ls_window_open_record (window, target->page, target->key);
  else if (target->page != NULL)
    ls_window_show_page (window, target->page);
  gtk_window_present (GTK_WINDOW (window));
}

/* Says what is wrong with a command where it was given. */
static void
print_error (LsApplication           *self,
             GApplicationCommandLine *command_line,
             const GError            *error)
{
  g_autofree char *words =
      ls_error_desk_take (ls_context_get_desk (self->context), LS_OPERATION_COMMAND_LINE, error, NULL);

  g_application_command_line_printerr (command_line, "%s\n%s\n", words != NULL ? words : "", error->message);
}

static char *
read_token (LsApplication           *self,
            GApplicationCommandLine *command_line,
            const char              *path)
{
  g_autoptr (GFile) file = g_application_command_line_create_file_for_arg (command_line, path);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  if (g_file_load_contents (file, NULL, &contents, NULL, NULL, &error))
    return g_strdup (g_strstrip (contents));
  print_error (self, command_line, error);
  return NULL;
}

/* Of the process that runs already: a new one has seen nothing. */
static int
export_trace (LsApplication           *self,
              GApplicationCommandLine *command_line,
              const char              *name)
{
  g_autoptr (GFile) file = g_application_command_line_create_file_for_arg (command_line, name);
  g_autofree char *path = g_file_get_path (file);
  g_autoptr (GError) error = NULL;

  if (path != NULL && ls_trace_export (ls_context_get_client (self->context), path, &error))
    return 0;
  if (error != NULL)
    print_error (self, command_line, error);
  else
    g_application_command_line_printerr (command_line, "%s\n", name);
  return 1;
}

static int
ls_application_command_line (GApplication            *application,
                             GApplicationCommandLine *command_line)
{
  LsApplication *self = LS_APPLICATION (application);
  GVariantDict *dict = g_application_command_line_get_options_dict (command_line);
  g_auto (LsLink) target = { NULL };
  g_autofree char *token = NULL;
  const char *server = NULL;
  const char *token_file = NULL;
  const char *trace = NULL;
  g_autofree const char **rest = NULL; /* what is in it belongs to the options */
  gboolean new_window = FALSE;

  g_variant_dict_lookup (dict, "server", "&s", &server);
  g_variant_dict_lookup (dict, "token-file", "^&ay", &token_file);
  g_variant_dict_lookup (dict, "shop", "s", &target.shop);
  g_variant_dict_lookup (dict, "page", "s", &target.page);
  g_variant_dict_lookup (dict, "record", "s", &target.key);
  g_variant_dict_lookup (dict, "new-window", "b", &new_window);
  if (g_variant_dict_lookup (dict, "export-trace", "^&ay", &trace))
    return export_trace (self, command_line, trace);
  if (token_file != NULL && (token = read_token (self, command_line, token_file)) == NULL)
    return 1;
  if (ls_context_get_client (self->context) == NULL && !ls_context_get_busy (self->context))
    ls_context_restore (self->context, server, token);

  if (g_variant_dict_lookup (dict, G_OPTION_REMAINING, "^a&ay", &rest) && rest[0] != NULL)
    {
      g_autoptr (GError) error = NULL;

      ls_link_clear (&target);
      if (!ls_link_parse (rest[0], &target, &error))
        {
          print_error (self, command_line, error);
          return 2;
        }
    }
  open_first_windows (self);
  show_target (self, &target, new_window);
  return 0;
}

static void
ls_application_open (GApplication *application,
                     GFile       **files,
                     int           n_files,
                     const char   *hint)
{
  LsApplication *self = LS_APPLICATION (application);

  if (ls_context_get_client (self->context) == NULL && !ls_context_get_busy (self->context))
    ls_context_restore (self->context, NULL, NULL);
  open_first_windows (self);
  for (int i = 0; i < n_files; i++)
    {
      g_autofree char *uri = g_file_get_uri (files[i]);
      g_auto (LsLink) target = { NULL };
      g_autoptr (GError) error = NULL;

      if (ls_link_parse (uri, &target, &error))
        show_target (self, &target, FALSE);
      else
        {
          show_target (self, &(LsLink) { NULL }, FALSE);
          ls_error_desk_tell (ls_context_get_desk (self->context), LS_OPERATION_OPEN_LINK, error, NULL, NULL);
        }
    }
}

static void
ls_application_activate (GApplication *application)
{
  LsApplication *self = LS_APPLICATION (application);
  LsLink nothing = { NULL };

  if (ls_context_get_client (self->context) == NULL && !ls_context_get_busy (self->context))
    ls_context_restore (self->context, NULL, NULL);
  open_first_windows (self);
  show_target (self, &nothing, FALSE);
}

static int
ls_application_handle_local_options (GApplication *application,
                                     GVariantDict *dict)
{
  if (!g_variant_dict_contains (dict, "version"))
    return -1;
  g_print ("lockstep %s\n", LS_VERSION);
  return 0;
}

static LsWindow *
feedback_window (gpointer user_data)
{
  return active_window (user_data);
}

static void
client_changed_cb (LsApplication *self)
{
  LsClient *client = ls_context_get_client (self->context);

  if (self->attention != NULL)
    ls_attention_watch_set_client (self->attention, client);
  ls_feedback_set_store (self->feedback, client != NULL ? ls_client_get_store (client) : NULL);
  if (client != NULL)
    ls_trace_follow_painting (GTK_APPLICATION (self), client);
}

static void
new_window_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  LsApplication *self = user_data;
  const char *shop, *page;

  g_variant_get (parameter, "(&s&s)", &shop, &page);
  open_first_windows (self);
  gtk_window_present (GTK_WINDOW (ls_application_open_window (self, *shop != '\0' ? shop : NULL,
                                                              *page != '\0' ? page : NULL)));
}

static void
open_record_action (GSimpleAction *action,
                    GVariant      *parameter,
                    gpointer       user_data)
{
  LsLink target = { NULL };

  g_variant_get (parameter, "(&s&s&s)", &target.shop, &target.page, &target.key);
  show_target (user_data, &target, FALSE);
}

static void
sync_now_action (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       user_data)
{
  LsClient *client = ls_context_get_client (LS_APPLICATION (user_data)->context);

  if (client != NULL)
    ls_client_reconnect (client);
}

static void
reconnect_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  LsApplication *self = user_data;
  LsClient *client = ls_context_get_client (self->context);

  g_settings_set_boolean (self->settings, "work-offline", FALSE);
  if (client != NULL)
    ls_client_reconnect (client);
}

static void
work_offline_cb (LsApplication *self)
{
  LsClient *client = ls_context_get_client (self->context);

  if (client != NULL)
    ls_client_set_offline (client, g_settings_get_boolean (self->settings, "work-offline"));
}

/* Renders every window on the screen to PNG, dialogs too, for tests and for the pictures that ./dev run leaves: PATH, then
 * PATH with -2, -3 before its ending, the first opened first. */
static void
screenshot_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  const char *path = g_variant_get_string (parameter, NULL);
  g_autofree char *stem = g_str_has_suffix (path, ".png")
                              ? g_strndup (path, strlen (path) - 4)
                              : g_strdup (path);
  GListModel *windows = gtk_window_get_toplevels ();
  unsigned number = 0;

  for (unsigned i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);
      g_autofree char *name = number == 0 ? g_strdup (path)
                                          : g_strdup_printf ("%s-%u.png", stem, number + 1);
      g_autoptr (GError) error = NULL;

      if (!gtk_widget_get_mapped (GTK_WIDGET (window)))
        continue;
      if (!ls_screenshot_window (GTK_NATIVE (window), name, &error))
        ls_error_desk_tell (ls_context_get_desk (LS_APPLICATION (user_data)->context),
                            LS_OPERATION_SCREENSHOT, error, NULL, NULL);
      number++;
    }
}

static void
export_trace_action (GSimpleAction *action,
                     GVariant      *parameter,
                     gpointer       user_data)
{
  ls_trace_export_async (LS_APPLICATION (user_data)->context, g_variant_get_string (parameter, NULL));
}

static void
signed_out_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr (LsApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!ls_context_sign_out_finish (LS_CONTEXT (source), result, &error))
    ls_error_desk_tell (ls_context_get_desk (LS_CONTEXT (source)), LS_OPERATION_SIGN_OUT, error, NULL, NULL);
}

static void
sign_out_action (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       user_data)
{
  LsApplication *self = user_data;

  ls_context_sign_out_async (self->context, GTK_WIDGET (active_window (self)), NULL, signed_out_cb,
                             g_object_ref (self));
}

static void
preferences_action (GSimpleAction *action,
                    GVariant      *parameter,
                    gpointer       user_data)
{
  LsApplication *self = user_data;
  LsWindow *window = active_window (self);

  if (window != NULL)
    gtk_window_present (GTK_WINDOW (ls_preferences_window_new (
        GTK_WINDOW (window), self->context, ls_window_get_shop (window))));
}

static void
about_action (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  static const char *const developers[] = { "The Lockstep developers", NULL };
  LsAboutInfo info = {
    .application_name = _("Lockstep"),
    .application_icon = "io.github.lockstep.Lockstep",
    .version = LS_VERSION,
    .developer_name = "The Lockstep developers",
    .developers = developers,
    .translator_credits = _("translator-credits"),
    .license_type = GTK_LICENSE_GPL_3_0,
  };

  ls_about_show (GTK_WIDGET (active_window (user_data)), &info);
}

static void
quit_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  LsApplication *self = user_data;
  GList *windows;

  ls_session_save (self);
  self->quitting = TRUE;
  while ((windows = gtk_application_get_windows (GTK_APPLICATION (self))) != NULL)
    gtk_window_destroy (windows->data);
}

/* The login ends, or whoever started it has enough: as with Quit the open windows are remembered. */
static gboolean
signal_cb (gpointer user_data)
{
  LsApplication *self = user_data;

  if (!self->quitting)
    g_action_group_activate_action (G_ACTION_GROUP (self), "quit", NULL);
  g_application_quit (G_APPLICATION (self));
  return G_SOURCE_CONTINUE;
}

static void
follow_signals (LsApplication *self)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

  for (size_t i = 0; i < G_N_ELEMENTS (signals); i++)
    self->signals[i] = g_unix_signal_add (signals[i], signal_cb, self);
}

static const GActionEntry actions[] = {
  { "new-window", new_window_action, "(ss)", NULL, NULL },
  { "open-record", open_record_action, "(sss)", NULL, NULL },
  { "sync-now", sync_now_action, NULL, NULL, NULL },
  { "reconnect", reconnect_action, NULL, NULL, NULL },
  { "screenshot", screenshot_action, "s", NULL, NULL },
  { "export-trace", export_trace_action, "s", NULL, NULL },
  { "sign-out", sign_out_action, NULL, NULL, NULL },
  { "preferences", preferences_action, NULL, NULL, NULL },
  { "about", about_action, NULL, NULL, NULL },
  { "quit", quit_action, NULL, NULL, NULL },
};

static void
apply_color_scheme (LsApplication *self)
{
  static const AdwColorScheme schemes[] = {
    ADW_COLOR_SCHEME_DEFAULT,
    ADW_COLOR_SCHEME_FORCE_LIGHT,
    ADW_COLOR_SCHEME_FORCE_DARK,
  };
  int choice = g_settings_get_enum (self->settings, "color-scheme");

  adw_style_manager_set_color_scheme (adw_application_get_style_manager (ADW_APPLICATION (self)),
                                      schemes[CLAMP (choice, 0, 2)]);
}

static void
ls_application_startup (GApplication *application)
{
  LsApplication *self = LS_APPLICATION (application);
  g_autoptr (GAction) work_offline = NULL;

  G_APPLICATION_CLASS (ls_application_parent_class)->startup (application);

  ls_widgets_init (gdk_display_get_default ());
  gtk_window_set_default_icon_name ("io.github.lockstep.Lockstep");
  self->settings = g_settings_new ("io.github.lockstep.Lockstep");
  self->context = ls_context_new (self->settings);
  self->attention = ls_attention_watch_new (ls_context_get_environment (self->context));
  self->feedback = ls_feedback_new (feedback_window, self);
  self->errors = ls_error_toasts_new (ls_context_get_desk (self->context), feedback_window, self);
  self->notices = ls_notice_toasts_new (ls_context_get_notices (self->context), feedback_window, self);
  g_signal_connect_object (self->context, "notify::client", G_CALLBACK (client_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::color-scheme", G_CALLBACK (apply_color_scheme),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::work-offline", G_CALLBACK (work_offline_cb), self,
                           G_CONNECT_SWAPPED);
  apply_color_scheme (self);
  follow_signals (self);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  work_offline = g_settings_create_action (self->settings, "work-offline");
  g_action_map_add_action (G_ACTION_MAP (self), work_offline);
  gtk_application_set_accels_for_action (GTK_APPLICATION (self), "app.quit",
                                         (const char *const[]) { "<Control>q", NULL });
  gtk_application_set_accels_for_action (GTK_APPLICATION (self), "app.preferences",
                                         (const char *const[]) { "<Control>comma", NULL });
  gtk_application_set_accels_for_action (GTK_APPLICATION (self), "win.show-help-overlay",
                                         (const char *const[]) { "<Control>question", NULL });
}

static void
ls_application_shutdown (GApplication *application)
{
  LsApplication *self = LS_APPLICATION (application);

  for (size_t i = 0; i < G_N_ELEMENTS (self->signals); i++)
    g_clear_handle_id (&self->signals[i], g_source_remove);
  g_clear_object (&self->attention);
  if (self->context != NULL)
    ls_context_shutdown (self->context);
  g_clear_object (&self->feedback);
  g_clear_object (&self->errors);
  g_clear_object (&self->notices);
  g_clear_object (&self->context);
  g_clear_object (&self->settings);
  G_APPLICATION_CLASS (ls_application_parent_class)->shutdown (application);
}

static void
ls_application_window_removed (GtkApplication *application,
                               GtkWindow      *window)
{
  LsApplication *self = LS_APPLICATION (application);

  /* The last window is what the next start shows; of several that close one by one only those still
   * open are remembered. */
  if (LS_IS_WINDOW (window) && self->settings != NULL && !self->quitting)
    ls_session_window_closed (self, LS_WINDOW (window));
  GTK_APPLICATION_CLASS (ls_application_parent_class)->window_removed (application, window);
}

static void
ls_application_class_init (LsApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->activate = ls_application_activate;
  application_class->command_line = ls_application_command_line;
  application_class->handle_local_options = ls_application_handle_local_options;
  application_class->open = ls_application_open;
  application_class->shutdown = ls_application_shutdown;
  application_class->startup = ls_application_startup;
  GTK_APPLICATION_CLASS (klass)->window_removed = ls_application_window_removed;
}

static void
ls_application_init (LsApplication *self)
{
  g_application_add_main_option_entries (G_APPLICATION (self), options);
}

/**
 * ls_application_new:
 *
 * Returns: (transfer full): the application
 */
LsApplication *
ls_application_new (void)
{
  return g_object_new (LS_TYPE_APPLICATION,
                       "application-id", "io.github.lockstep.Lockstep",
                       "resource-base-path", "/io/github/lockstep/Lockstep",
                       "flags", G_APPLICATION_HANDLES_COMMAND_LINE | G_APPLICATION_HANDLES_OPEN,
                       NULL);
}

/**
 * ls_application_get_context:
 * @self: the application
 *
 * Returns: (transfer none): what all windows share
 */
LsContext *
ls_application_get_context (LsApplication *self)
{
  return self->context;
}

/**
 * ls_application_open_window:
 * @self: the application
 * @shop: (nullable): the shop to show; %NULL for the account's first
 * @page: (nullable): the page to show
 *
 * Returns: (transfer none): a new window, presented
 */
LsWindow *
ls_application_open_window (LsApplication *self,
                            const char    *shop,
                            const char    *page)
{
  LsWindow *window = ls_window_new (GTK_APPLICATION (self), self->context);

  ls_attention_watch_add_window (self->attention, GTK_WINDOW (window));

  if (shop != NULL)
    ls_window_show_shop (window, shop);
  if (page != NULL)
    ls_window_show_page (window, page);
  gtk_window_present (GTK_WINDOW (window));
  ls_feedback_window_ready (self->feedback);
  ls_error_toasts_window_ready (self->errors);
  ls_notice_toasts_window_ready (self->notices);
  return window;
}
