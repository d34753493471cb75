#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of edits: saved and undone, in conflict, refused, lost in a restore."""

import re
import sys

import lsdesk
import lsui
from lsdesk import edit_cell, go_to, wait_cell

LOCKSTEP, LOCKSTEPD, LOCKSTEP_CLIENT = sys.argv[1:4]
FAILED = re.compile('(not saved|lost)$')


def offline(ui):
  ui.action(lsdesk.APPLICATION_ID, 'work-offline')


def go_online(ui, window):
  ui.action(lsdesk.APPLICATION_ID, 'reconnect')
  window.find(name='Connection: Live')


def price(server, key, cents):
  lsui.wait_for(lambda: lsdesk.price_of(server, key) == cents, f'the server has {key} at {cents}')


def resolve(app, waiting, title, choice, text=None):
  """Opens the first edit whose title begins so, chooses, and saves."""
  row = next(found for found in waiting.find_all('list item') if found.find_all('label', re.compile(f'^{title}')))
  row.find('button', 'Edit').click()
  dialog = app.window('Change not saved')
  if text is not None:
    dialog.find('text', 'Another value').set_text(text)
  else:
    dialog.find('check box', choice).click()
  dialog.find('button', re.compile('^Save')).click()
  lsui.wait_for(lambda: all(found.node.name != 'Change not saved' for found in app.windows()), 'the dialog to close')


def titles(waiting):
  """What the edits of a list are about, in order."""
  found = [row.find_all('label') for row in waiting.find_all('list item')]
  return [labels[0].text.split(':')[0] for labels in found if labels]


def undo_and_redo(ui, server, window):
  with ui.step('what is saved says so, and can be undone from there'):
    edit_cell(window, 'Products', 'Low Tide', '€24.99', '20')
    window.find('button', 'Undo').click()
    wait_cell(window, 'Products', 'Low Tide', '€24.99')

  with ui.step('and done again'):
    window.find('label', 'Undone: Price changed')
    window.keys('ctrl+shift+z')
    wait_cell(window, 'Products', 'Low Tide', '€20.00')
    price(server, 'low-tide', 2000)

  with ui.step('Ctrl+Z goes back step by step'):
    edit_cell(window, 'Products', 'Low Tide', '€20.00', '21')
    wait_cell(window, 'Products', 'Low Tide', '€21.00')
    edit_cell(window, 'Products', 'Cassette', '€9.00', '10')
    wait_cell(window, 'Products', 'Cassette', '€10.00')
    window.keys('ctrl+z')
    wait_cell(window, 'Products', 'Cassette', '€9.00')
    window.keys('ctrl+z')
    wait_cell(window, 'Products', 'Low Tide', '€20.00')
    price(server, 'cassette', 900)
    price(server, 'low-tide', 2000)


def conflicts(ui, server, app, window, colleague):
  with ui.step('one price typed five times offline is one change that waits'):
    offline(ui)
    shown = '€29.99'
    for value in ('25', '26', '27', '28', '31'):
      edit_cell(window, 'Products', 'Night Drive', shown, value)
      shown = f'€{value}.00'
      wait_cell(window, 'Products', 'Night Drive', shown)
    window.find('button', '1 change waits').click()
    waiting = app.window('Waiting changes')
    # Whoever presses Enter now must not have discarded it.
    lsui.wait_for(lambda: any('focused' in found.states for found in waiting.find_all()), 'something to have the focus')
    lsui.equal([found for found in waiting.find_all('button') if 'focused' in found.states], [], 'the button with the focus')
    waiting.close()
    lsui.wait_for(lambda: len(app.windows()) == 1, 'the list to close')

  with ui.step('three conflicts are told together, and counted in the sidebar'):
    edit_cell(window, 'Products', 'Dust Drum Kit', '€19.00', '18')
    edit_cell(window, 'Products', 'Tape Loops', '€24.00', '23')
    colleague.do('edit products night-drive price 3300', 'edit products dust-kit price 1700',
                 'edit products tape-loops price 2200')
    go_online(ui, window)
    window.find('label', '3 changes could not be saved and were put back')
    wait_cell(window, 'Products', 'Night Drive', '€33.00')
    window.find('button', '3 changes were not saved').click()
    waiting = app.window('Waiting changes')
    waiting.find('label', re.compile('^Night Drive: Price €29.99 → €31.00'))

  with ui.step('mine, theirs, and another value'):
    resolve(app, waiting, 'Night Drive', 'Mine')
    price(server, 'night-drive', 3100)
    window.lacks('label', '3 changes could not be saved and were put back')
    resolve(app, waiting, 'Dust Drum Kit', 'Theirs')
    resolve(app, waiting, 'Tape Loops', None, '26.5')
    price(server, 'tape-loops', 2650)
    lsui.equal(lsdesk.price_of(server, 'dust-kit'), 1700, 'the price that was left to them')
    waiting.find('label', 'Nothing waits')
    waiting.close()
    window.lacks('button', FAILED)


def refused(ui, server, app, window):
  with ui.step('what is refused says why, marks the cell, and can be mended from there'):
    edit_cell(window, 'Products', 'Cassette', '€9.00', '-5')
    window.find('label', text="Cassette: Price was put back. Price can't be below zero.")
    wait_cell(window, 'Products', 'Cassette', '€9.00')
    window.find('button', 'Details').click()
    dialog = app.window('Change not saved')
    dialog.find('text', 'Another value').set_text('11')
    dialog.find('button', re.compile('^Save')).click()
    price(server, 'cassette', 1100)

  with ui.step('to retry what is refused is to be refused again; to discard all asks first'):
    # Side by side: the tooltip of the one that was refused may lie over the other.
    for product, shown in (('Cassette', '€11.00'), ('Dust Drum Kit', '€17.00')):
      edit_cell(window, 'Products', product, shown, '-1')
      window.find('button', FAILED)
      wait_cell(window, 'Products', product, shown)
    window.find('button', '2 changes were not saved').click()
    waiting = app.window('Waiting changes')
    waiting.find_all('button', 'Retry')[0].click()
    lsui.wait_for(lambda: titles(waiting) == ['Dust Drum Kit', 'Cassette'], 'what was tried again to be refused again')
    waiting.find_all('button', 'Discard')[0].click()
    waiting.find('label', '1 change was not saved')
    waiting.find('button', re.compile('^Discard all')).click()
    app.find('label', 'Discard these changes?').window().keys('alt+d')
    waiting.find('label', 'Nothing waits')
    waiting.close()


def lost(ui, server, app, window):
  with ui.step('a restored server: what it lost is offered, and what is ticked comes back'):
    backup = server.folder / 'backup'
    server.run('backup', str(backup))
    edit_cell(window, 'Products', 'Low Tide', '€20.00', '44')
    price(server, 'low-tide', 4400)
    edit_cell(window, 'Products', 'Cassette', '€11.00', '12')
    price(server, 'cassette', 1200)
    server.kill()
    server.run('restore', str(backup))
    server.start()
    go_online(ui, window)
    dialog = app.window('Lost in a restore')
    row = next(found for found in dialog.find_all('list item') if found.find_all('label', re.compile('^Cassette')))
    lsui.equal([label.text for label in row.find_all('label')], ['Cassette: Price €11.00 → €12.00'], 'what a row says')
    row.find('check box').click()
    dialog.find('button', 'Apply 1 again').click()
    price(server, 'low-tide', 4400)
    wait_cell(window, 'Products', 'Low Tide', '€44.00')
    wait_cell(window, 'Products', 'Cassette', '€11.00')
    lsui.equal(lsdesk.price_of(server, 'cassette'), 1100, 'the price that was let go of')
    window.lacks('button', FAILED)


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  colleague = lsdesk.Colleague(server, LOCKSTEP_CLIENT)
  app = lsdesk.open_app(ui, LOCKSTEP, server)
  window = app.window(re.compile('Tape Machine'))
  window.place(0, 0, 1200, 800)
  go_to(window, 'Products')
  undo_and_redo(ui, server, window)
  conflicts(ui, server, app, window, colleague)
  refused(ui, server, app, window)
  lost(ui, server, app, window)


lsui.run(main)
