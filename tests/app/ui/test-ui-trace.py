#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the admin's click to the last frame, in a trace that holds nothing private; and what a cache that is of no use
leads to."""

import json
import os
import pathlib
import re
import sqlite3
import sys

import lsdesk
import lsui
from lsdesk import edit_cell, go_to, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]

# Each comes after the one before it.
CHAIN = ['action', 'edit-queued', 'edit-sent']
# What comes of it, in either order: the connection tells the result, the windows tell that they show the effect.
OUTCOMES = ['edit-applied', 'edit-contained']


def export(ui, name):
  """Asks the app that runs for its trace, by a second launch."""
  path = pathlib.Path(os.environ['HOME']) / name
  launch = ui.start([LOCKSTEP, '--export-trace', str(path)], name='export')
  lsui.equal(launch.wait(), 0, 'exit status')
  return [json.loads(line) for line in path.read_text().splitlines()]


def positions(events, mid):
  return {event['t']: place for place, event in enumerate(events) if event.get('correlation') == mid}


def cache_file():
  found = list(pathlib.Path(os.environ['XDG_DATA_HOME']).rglob('cache.db'))
  lsui.equal(len(found), 1, 'caches')
  return found[0]


def open_app(ui, server):
  app = lsdesk.open_app(ui, LOCKSTEP, server)
  return app, app.window(re.compile('Lockstep|Tape Machine'))


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  app, window = open_app(ui, server)
  window = app.window(re.compile('Tape Machine'))
  go_to(window, 'Products')
  edit_cell(window, 'Products', 'Low Tide', '€24.99', '20')
  wait_cell(window, 'Products', 'Low Tide', '€20.00')
  lsui.wait_for(lambda: lsdesk.price_of(server, 'low-tide') == 2000, 'the server has the price')

  with ui.step('every step of an edit has its line, in order'):
    def whole():
      events = export(ui, 'trace.ndjson')
      made = [event for event in events if event['t'] == 'action']
      places = positions(events, made[-1]['correlation']) if made else {}
      return {*CHAIN, *OUTCOMES, 'painted'} <= set(places) and (events, places)

    events, places = lsui.wait_for(whole, 'the whole chain is in the trace')
    lsui.equal(sorted([*CHAIN, *OUTCOMES], key=places.get)[:len(CHAIN)], CHAIN, 'order')
    assert places['edit-contained'] < places['shown'] < places['painted'], places
    lsui.equal(events[0]['t'], 'trace', 'first line')
    queued = events[places['edit-queued']]
    lsui.equal(queued['message'], 'set products low-tide price=2000', 'what the edit did')
    ids = [event['id'] for event in events[1:]]
    lsui.equal(ids, sorted(set(ids)), 'ids')

  with ui.step('the file is for its owner alone'):
    path = pathlib.Path(os.environ['HOME']) / 'trace.ndjson'
    lsui.equal(oct(path.stat().st_mode & 0o777), '0o600', 'mode')

  with ui.step('a damaged cache is set aside, and the shop comes again'):
    app.stop()
    file = cache_file()
    data = bytearray(file.read_bytes())
    data[:100] = b'x' * 100
    file.write_bytes(data)
    app, window = open_app(ui, server)
    window.find('label', text=re.compile('was damaged and is fetched again'))
    window = app.window(re.compile('Tape Machine'))
    go_to(window, 'Products')
    wait_cell(window, 'Products', 'Low Tide', '€20.00')
    assert list(file.parent.glob('cache.db.damaged-*')), 'it is kept'

  with ui.step('a cache of a newer version is refused in clear words'):
    app.stop()
    with sqlite3.connect(file) as database:
      database.execute('PRAGMA user_version = 99')
    app, window = open_app(ui, server)
    window.find('label', text=re.compile('could not be opened.*newer version of this app'))
    with sqlite3.connect(f'file:{file}?mode=ro', uri=True) as database:
      lsui.equal(database.execute('PRAGMA user_version').fetchone()[0], 99, 'version of the file')


lsui.run(main)
