#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preferences: they are kept, they show what the account costs, and they clean up."""

import os
import pathlib
import re
import sys

import lsdesk
import lsui

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]


def row_text(window, pattern):
  return window.find('label', text=re.compile(pattern)).text


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  app = lsdesk.open_app(ui, LOCKSTEP, server)
  window = app.window(re.compile('Tape Machine'))
  window.place(0, 0)
  window.find(name='Connection: Live')

  with ui.step('preferences open and show what the account costs'):
    ui.action(lsdesk.APPLICATION_ID, 'preferences')
    preferences = app.window('Preferences')
    preferences.place(200, 40)
    rows = row_text(preferences, r'^\d+ rows; asked for')
    assert int(rows.split()[0]) >= 14, rows
    row_text(preferences, r'of it unused$')
    row_text(preferences, r'^\d+(\.\d)?\s[kM]B$')
    row_text(preferences, r'^0 wait, 0 failed$')
    row_text(preferences, r'^1 shop, \d+ lists and figures$')

  with ui.step('cleaning up removes what was kept of old caches, once there is no room'):
    cache = next(pathlib.Path(os.environ['XDG_DATA_HOME']).rglob('cache.db'))
    old = cache.with_name('cache.db.damaged-20200101-000000')
    with old.open('wb') as file:
      file.truncate(3_000_000_000)
    preferences.find_passing(lambda: preferences.find('button', 'Clean up').wait_state('sensitive').click(), 'label',
                             text='Cleaned up')
    lsui.wait_for(lambda: not old.exists(), 'the old file is gone')
    assert cache.exists()

  with ui.step('the account goes on'):
    preferences.close()
    lsui.wait_for(lambda: len(app.windows()) == 1, 'preferences are closed')
    lsdesk.go_to(window, 'Products')
    lsdesk.edit_cell(window, 'Products', 'Low Tide', '€24.99', '20')
    lsui.wait_for(lambda: lsdesk.price_of(server, 'low-tide') == 2000, 'the server has the price')


lsui.run(main)
