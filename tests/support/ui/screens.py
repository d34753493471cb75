#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the app in two windows, goes through its pages in the first and leaves a picture of each window: PAGE.png and PAGE-2.png.

usage: run-ui screens.py APP SERVER_URL TOKEN_FILE FOLDER     (TOKEN_FILE may be empty: then only the first page is there)
"""

import os
import re
import sys
import time

import lsui

APPLICATION_ID = 'io.github.lockstep.Lockstep'
PAGES = ('Overview', 'Products', 'Orders')

# Seconds without a change after which a page counts as finished, and after which it is drawn as it is.
STILL = 1
LONGEST = 12


def settle(window):
  """Waits until the window has shown the same for a while, or traffic has never left it alone."""
  begin = since = time.monotonic()
  before = None

  def is_still():
    nonlocal before, since
    words = [(role, name) for _, role, name, _ in window.node.walk()]
    now = time.monotonic()
    if words != before:
      before, since = words, now
    return now - since > STILL or now - begin > LONGEST

  lsui.wait_for(is_still, f'{window} to come to rest', 2 * LONGEST)


def draw(ui, folder, name):
  """Has the app draw its windows into files, and waits for them. One that is being laid out anew can't be drawn: then it
  is asked again."""
  path = os.path.join(folder, name + '.png')
  deadline = time.monotonic() + LONGEST
  while True:
    ui.action(APPLICATION_ID, 'screenshot', lsui.GLib.Variant('s', path))
    try:
      lsui.wait_for(lambda: os.path.exists(path) and os.path.getsize(path) > 0, path, STILL)
      return
    except lsui.TimedOut:
      if time.monotonic() > deadline:
        raise


def main(ui):
  program, server, token_file, folder = sys.argv[1:5]
  app = ui.start([program, '--server', server] + (['--token-file', token_file] if token_file else []))

  with ui.step('a window opens'):
    window = app.window().place(0, 0)
    settle(window)
  if not token_file:
    with ui.step('it asks who you are'):
      draw(ui, folder, 'welcome')
    return

  with ui.step('the shop arrives'):
    window.find('label', 'Live')
    window.find('label', re.compile('Sample shop'))

  with ui.step('a second window opens'):
    lsui.equal(ui.start([program, '--page', 'orders', '--new-window']).wait(), 0, 'exit status')
    second = app.window(index=1)
    settle(second)

  for page in PAGES:
    with ui.step(f'{page} shows'):
      window.find('label', page).point()
      lsui.wait_for(lambda: window.name.startswith(page), f'the title {page}')
      settle(window)
      draw(ui, folder, page.lower())


lsui.run(main)
