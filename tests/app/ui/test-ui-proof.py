#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A number rots in the file of a running app: it is found, mended, and said so."""

import pathlib
import re
import sqlite3
import sys

import lsdesk
import lsui
from lsdesk import go_to, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]


def spoil(statement):
  """Writes into the app's cache as if the disk had."""
  files = [path for path in pathlib.Path.home().rglob('cache.db')]
  assert len(files) == 1, f'the caches are {files}'
  with sqlite3.connect(files[0], timeout=20) as database:
    table = next(name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                 if re.match('rows_[0-9]+_products_', name))
    assert database.execute(statement.format(table=table)).rowcount == 1


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD, '--digest-interval=1s', '--scrub-interval=30d')
  app = lsdesk.open_app(ui, LOCKSTEP, server)
  window = app.window(re.compile('Tape Machine')).place(0, 0)
  go_to(window, 'Products')
  wait_cell(window, 'Products', 'Low Tide', '€24.99')

  with ui.step('all is right, and can be proven on demand'):
    window.find(name='Connection: Live').click()
    window.find_passing(window.find('button', 'Verify now').click, 'label', text='Verified: nothing differs')
    window.find('label', text=re.compile('^Live, .* verified at version'))
    window.keys('Escape')

  with ui.step('a price that rots is found and mended, on the screen too'):
    # What was read before stands there still; what is read now would be wrong.
    def rot_and_verify():
      spoil("UPDATE {table} SET price = 1 WHERE key = 'low-tide'")
      ui.action(lsdesk.APPLICATION_ID, 'verify', window=1)

    window.find_passing(rot_and_verify, 'label', text='1 difference found: it is being mended')
    window.find(name='Connection: Live').click()
    window.find('label', text=re.compile(r'^A difference was found and mended at [0-9:]+\.$'))
    window.keys('Escape')
    wait_cell(window, 'Products', 'Low Tide', '€24.99')


lsui.run(main)
