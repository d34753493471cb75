#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the app in two windows, goes through its pages and leaves a picture of each window.

usage: run-ui screens.py APP SERVER_URL TOKEN_FILE FOLDER     (TOKEN_FILE may be empty: then only the first page is there)
"""

import os
import sys

import lsui

APPLICATION_ID = 'io.github.lockstep.Lockstep'
PAGES = ('Overview', 'Products', 'Orders')


def picture(ui, folder, name):
  """Has the app draw its windows into files, and waits for the first."""
  path = os.path.join(folder, name + '.png')
  ui.action(APPLICATION_ID, 'screenshot', lsui.GLib.Variant('s', path))
  lsui.wait_for(lambda: os.path.exists(path) and os.path.getsize(path) > 0, path)


def main(ui):
  program, server, token_file, folder = sys.argv[1:5]
  command = [program, '--server', server] + (['--token-file', token_file] if token_file else [])
  app = ui.start(command)

  with ui.step('a window opens'):
    window = app.window()
  if not token_file:
    with ui.step('it asks who you are'):
      picture(ui, folder, 'welcome')
    return

  with ui.step('a second window opens'):
    lsui.equal(ui.start([program, '--page', 'orders', '--new-window']).wait(), 0, 'exit status')
    app.window(index=1)

  for page in PAGES:
    with ui.step(f'{page} shows'):
      window.find('label', page).point()
      app.window(lsui.re.compile(page))
      picture(ui, folder, page.lower())


lsui.run(main)
