#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that a newer GTK, libadwaita, libsoup or GLib on our range deprecates. The MIN macros hide the compiler's
warning, so a list stands in for it. src/app/compat holds what differs between versions and is left out where said."""

import re

import lscheck

# Name: what to use instead, and whether src/app/compat may use it.
NAMES = {
  r'Adw(Leaflet|Flap|Squeezer|ViewSwitcherTitle)': ('the split view in src/app/compat', True),
  r'adw_(leaflet|flap|squeezer|view_switcher_title)_\w+': ('the split view in src/app/compat', True),
  r'GtkInfoBar|gtk_info_bar_\w+': ('the banner in src/app', False),
  r'AdwMessageDialog|GtkMessageDialog|(adw|gtk)_message_dialog_\w+': ('the confirmation in src/app/compat', True),
  r'GtkDialog|gtk_dialog_\w+': ('a modal AdwWindow template', False),
  r'GtkFileChooser\w*|gtk_file_chooser_\w+': ('the file dialog in src/app/compat', True),
  r'gtk_show_uri\w*': ('g_app_info_launch_default_for_uri_async', False),
  r'AdwPreferencesWindow|adw_preferences_window_\w+': ('AdwWindow with an AdwPreferencesPage', False),
  r'AdwAboutWindow|adw_(about_window|show_about_window)\w*': ('the about function in src/app/compat', True),
  r'Gtk(TreeView\w*|ListStore|TreeStore|TreeModel\w*|CellRenderer\w*|CellLayout|IconView)': ('GtkColumnView and a list model', False),
  r'gtk_(tree_view|list_store|tree_store|cell_renderer|icon_view)_\w+': ('GtkColumnView and a list model', False),
  r'GtkComboBox\w*|gtk_combo_box_\w+': ('GtkDropDown', False),
  r'GtkEntryCompletion|gtk_entry_completion_\w+': ('GtkDropDown or a popover', False),
  r'Gtk(ColorButton|FontButton|AppChooser\w*|LockButton|Statusbar|VolumeButton|Assistant)': ('what HIG shows now', False),
  r'gtk_style_context_(get_color|lookup_color)': ('the colour function in src/app/compat', True),
  r'gtk_style_context_add_provider(?!_for_display)': ('style classes and the application style sheet', False),
  r'gtk_widget_get_style_context': ('gtk_widget_add_css_class', True),
  r'gtk_css_provider_load_from_data': ('a style sheet in the resources', False),
  r'gtk_widget_get_allocat(ed_\w+|ion)': ('gtk_widget_get_width and _height', False),
  r'gtk_widget_translate_coordinates': ('gtk_widget_compute_point', False),
  r'gtk_widget_(show|hide)': ('gtk_widget_set_visible', False),
  r'G_APPLICATION_FLAGS_NONE': ('G_APPLICATION_DEFAULT_FLAGS', False),
  r'soup_server_(un)?pause_message': ('soup_server_message_pause', False),
}


def main():
  tree = lscheck.tree_from_arguments()
  report = lscheck.Report('deprecated')
  findings = []
  for path in tree.find('src/', 'data/', ext=('.c', '.h', '.ui', '.xml')):
    text = tree.read(path)
    text = lscheck.c_code(text) if path.endswith(('.c', '.h')) else re.sub(r'<!--.*?-->', '', text, flags=re.S)
    compat = path.startswith('src/app/compat/')
    for names, (instead, in_compat) in NAMES.items():
      if compat and in_compat:
        continue
      findings += [f'{path}:{line}: {match[0]} (use {instead})'
                   for line, match in lscheck.grep(text, re.compile(rf'\b({names})\b'))]
  report.rule('nothing that a newer version deprecates', findings)

  report.rule('list cells are not CDATA, where xgettext cannot see them', [
    f'{path}:{line}: put the cell template into a .ui file'
    for path in tree.find('src/', ext=('.ui',)) for line, _ in lscheck.grep(tree.read(path), re.compile(r'<!\[CDATA\['))
  ])
  report.end()


if __name__ == '__main__':
  main()
