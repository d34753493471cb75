#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first run: a wrong address is told, the sample shop opens, and its server ends with the app."""

import os
import re
import subprocess
import sys

import lsui
from lsdesk import go_to, table_rows

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]


def servers():
  """Processes of the sample shop's server."""
  found = subprocess.run(['pgrep', '-f', f'{os.path.abspath(LOCKSTEPD)} serve'], stdout=subprocess.PIPE, text=True, check=False)
  return found.stdout.split()


def main(ui):
  app = ui.start([LOCKSTEP], environment={'LOCKSTEP_SERVER_PROGRAM': os.path.abspath(LOCKSTEPD)})
  window = app.window('Lockstep').place(0, 0)

  with ui.step('nothing can be pressed before it makes sense'):
    assert 'sensitive' not in window.find('button', re.compile('Sign in')).states

  with ui.step('the sample shop opens, and says that it is one'):
    window.find('button', re.compile('Explore a sample shop')).click()
    desk = app.window(re.compile('^Overview – '), patience=60)
    desk.find(name='Connection: Live')
    desk.find('label', text='Sample shop. Nothing here is real.')
    go_to(desk, 'Products')
    lsui.wait_for(lambda: len(table_rows(desk, 'Products')) > 5, 'products')

  with ui.step('its server ends with the app, even when that is killed'):
    assert servers()
    app.kill()
    app.wait()
    lsui.wait_for(lambda: not servers(), 'the server ends')


lsui.run(main)
