#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failure is shown once, with a way out, and is gone when it is mended; the banner speaks for the connection alone."""

import pathlib
import re
import sys

import lsdesk
import lsui

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]

AWAY = re.compile('^(Reconnecting…|Offline: showing cached data)$')
NOT_WRITTEN = 'The trace could not be written. Data could not be written or read on the disk.'


def labels(window, pattern):
  return [label.text for label in window.find_all('label') if re.search(pattern, label.text)]


def export(ui, path):
  ui.action(lsdesk.APPLICATION_ID, 'export-trace', lsui.GLib.Variant('s', str(path)))


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  app = lsdesk.open_app(ui, LOCKSTEP, server)
  window = app.window(re.compile('Tape Machine')).place(0, 0)
  window.find(name='Connection: Live')
  folder = pathlib.Path(ui.folder) / 'later'

  with ui.step('what can not be written is said once, with a way out'):
    export(ui, folder / 'trace.ndjson')
    window.find('label', text=NOT_WRITTEN)
    window.find('button', 'Copy details')
    lsui.equal(labels(window, 'could not be written'), [NOT_WRITTEN], 'what is said of it')

  with ui.step('another failure of the same takes its place'):
    export(ui, folder / 'other.ndjson')
    lsui.wait_for(lambda: labels(window, 'could not be written') == [NOT_WRITTEN], 'one toast')

  with ui.step('what passes goes before it, and it comes back'):
    lsdesk.go_to(window, 'Products')
    lsdesk.edit_cell(window, 'Products', 'Low Tide', '€24.99', '20')
    window.find('button', 'Undo').click()
    lsdesk.wait_cell(window, 'Products', 'Low Tide', '€24.99')
    window.find('label', text='Undone: Price changed')
    window.find('label', text=NOT_WRITTEN)

  with ui.step('once it can be written, to retry does it, and nothing is left to say'):
    folder.mkdir()
    window.find('button', 'Retry').click()
    lsui.wait_for(lambda: (folder / 'other.ndjson').exists() or (folder / 'trace.ndjson').exists(), 'the trace is written')
    window.lacks('label', text=NOT_WRITTEN)

  with ui.step('without a server the banner says so, and a refresh says it no second time'):
    server.kill()
    window.find('label', text=AWAY)
    ui.action(lsdesk.APPLICATION_ID, 'refresh', window=1)
    window.find('button', 'Refresh').wait_state('sensitive', True)
    lsui.equal(labels(window, 'refreshed|reached|answer|interrupted'), [], 'what toasts say of it')
    lsui.equal(len(labels(window, AWAY.pattern)), 1, 'how often the banner says it')

  with ui.step('back again, a refresh works and nothing stands there any more'):
    server.start()
    ui.action(lsdesk.APPLICATION_ID, 'reconnect')
    window.find(name='Connection: Live')
    window.find_passing(lambda: ui.action(lsdesk.APPLICATION_ID, 'refresh', window=1), 'label', text='Dashboard updated')
    window.lacks('label', text=AWAY)


lsui.run(main)
