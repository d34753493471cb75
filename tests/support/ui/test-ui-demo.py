#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The harness itself, on a program small enough to be beyond doubt."""

import re
import sys

import lsui
import lsx11

APPLICATION_ID = 'io.github.lockstep.UiDemo'


def rows_shown(table):
  return [row for row in table.find('list').find_all('row')]


def main(ui):
  app = ui.start([sys.argv[1]])

  with ui.step('a window comes up'):
    window = app.window('Demo').place(0, 0)
    label = window.find('label', text='Ready')

  with ui.step('a button is clicked by its action'):
    window.find('button', 'Count').click()
    label.wait_text('1 clicks')

  with ui.step('a button is clicked with the pointer'):
    window.find('button', 'Count').point()
    label.wait_text('2 clicks')

  with ui.step('an entry takes text at once'):
    entry = window.find(name='Name', role='text')
    entry.set_text('Ada')
    entry.wait_text('Ada')

  with ui.step('an entry takes keys, accents too'):
    entry.type('Zoë Blé')
    entry.wait_text('Zoë Blé')
    window.keys('Return')
    label.wait_text('Hello, Zoë Blé')

  with ui.step('a switch is thrown'):
    toggle = window.find(name='Power')
    toggle.point()
    label.wait_text('On')
    toggle.wait_state('checked')

  with ui.step('a drop-down is opened and a row in it chosen'):
    window.find('combo box').find('button').point()
    window.find('label', 'Pear').point()
    label.wait_text('Pear')

  with ui.step('a popover is opened and a button in it clicked with the pointer'):
    window.find('button', 'Menu').find('button').click()
    window.find('button', 'Inside').point()
    label.wait_text('3 clicks')
    window.keys('Escape')

  with ui.step('a table is read as far as it is shown'):
    table = window.find('tree table', 'Items')
    cells = [label.text for label in table.find('list').find_all('label')]
    lsui.equal(cells[:4], ['Item 0', '0', 'Item 1', '1'], 'the first cells')
    assert len(cells) < 60, f'{len(cells)} cells are said to be shown'

  with ui.step('a row is opened by a double click'):
    table.find('label', 'Item 2').double_click()
    label.wait_text('Row 2 opened')

  with ui.step('a table is moved through by keys'):
    window.keys('End')
    table.find('label', 'Item 999')
    table.lacks('label', 'Item 0')

  with ui.step('an accelerator opens a second window of the same title'):
    window.keys('ctrl+n')
    second = app.window('Demo', index=1).place(700, 0)
    second.find('button', 'Count').point()
    second.find('label', text='1 clicks')
    label.wait_text('Row 2 opened')

  with ui.step('an action is called over D-Bus'):
    ui.action(APPLICATION_ID, 'rename', lsui.GLib.Variant('s', 'Renamed'), window=1)
    app.window('Renamed')
    ui.action(APPLICATION_ID, 'new-window')
    app.window('Demo', index=1)
    lsui.equal(len(app.windows()), 3, 'windows')

  with ui.step('a second start reaches the first process'):
    again = ui.start([sys.argv[1]])
    lsui.equal(again.wait(), 0, 'exit status')
    app.window('Demo', index=2)

  with ui.step('another desk is another process'):
    other = ui.start([sys.argv[1]], desk=ui.new_desk('other'))
    other.window('Demo').find('label', text='Ready')
    lsui.equal(len(app.windows()), 4, 'windows')

  with ui.step('the end of a program is noticed'):
    other.kill()
    try:
      other.find('label', 'Nothing')
    except AssertionError as error:
      assert re.search('ended with status -9', str(error)), error
    else:
      raise AssertionError('nothing was noticed')

  with ui.step('what never comes is waited for in vain, with words'):
    try:
      window.find('button', 'Nowhere', patience=0.2)
    except lsui.TimedOut as error:
      assert 'Nowhere' in str(error), error
    else:
      raise AssertionError('it was found')

  with ui.step('the screen is written to a picture'):
    path = ui.folder + '/screen.png'
    lsx11.screen_png(path)
    with open(path, 'rb') as file:
      lsui.equal(file.read(8), b'\x89PNG\r\n\x1a\n', 'signature')


lsui.run(main)
