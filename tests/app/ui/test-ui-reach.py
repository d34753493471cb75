#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever has a narrow window, no mouse or a screen reader reaches the same: names, widths, the keyboard."""

import re
import sys

import lsdesk
import lsui
from lsdesk import cell, go_to, table_rows, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]

CONTROLS = ('button', 'toggle button', 'list item', 'switch', 'combo box', 'check box', 'text', 'password', 'spin button')
# Buttons and popovers that GTK and libadwaita put beside ours, without a name of their own.
NAMED_BY_OTHERS = re.compile('^(Minimize|Maximize|Close|Clear entry)$')
# The narrowest window, with the frame that it draws itself on X.
NARROW = 370


def check_names(window):
  """Each control has one name, said once, without the underline of a mnemonic."""
  bad = []
  for role in CONTROLS:
    for control in window.find_all(role):
      name = control.name
      words = name.split()
      half = len(words) // 2
      # The rows of libadwaita 1.7 that are entries say their title twice themselves; the entry in them does not.
      twice = role != 'list item' and len(words) > 1 and len(words) % 2 == 0 and words[:half] == words[half:]
      if not NAMED_BY_OTHERS.match(name) and ('_' in name or twice):
        bad.append((role, name))
      # GTK 4.8 gives the inner widget of an entry, and the button in a menu button, no name: what is around has it.
      if not name and role in ('button', 'switch', 'combo box', 'check box'):
        bad.append((role, f'no name: {control.node.parent}'))
  assert not bad, bad


def opened(window, button, words):
  """Presses a button that opens a popover or dialog, and waits for something in it."""
  window.find('button', button).click()
  return window.program.find('button', words)


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  app = lsdesk.open_app(ui, LOCKSTEP, server)
  window = app.window(re.compile('Tape Machine')).place(0, 0)
  window.find(name='Connection: Live')

  with ui.step('each control has one name'):
    go_to(window, 'Products')
    window.find('button', 'New product')
    check_names(window)
    wait_cell(window, 'Products', 'Low Tide', 'Low Tide').double_click()
    window.find('button', 'Close details')
    check_names(window)
    window.keys('Escape')
    window.lacks('button', 'Close details')
    window.find('button', 'New product').click()
    dialog = app.window('New product')
    dialog.find('button', 'Create')
    check_names(dialog)
    dialog.find('button', 'Cancel').click()
    # What is behind a dialog takes no click before it has gone.
    lsui.wait_for(lambda: len(app.windows()) == 1, 'the dialog to go')

  with ui.step('the popover of the connection names its buttons once'):
    window.find(name='Connection: Live').point()
    window.find('button', 'Work offline')
    window.find('button', 'Waiting changes')
    check_names(window)
    window.keys('Escape')

  with ui.step('what is typed into a cell is kept by whoever clicks elsewhere'):
    wait_cell(window, 'Products', 'Cassette', '€9.00').double_click()
    window.find('tree table', 'Products').find('text').type('8.5')
    cell(window, 'Products', 'Night Drive', 'Night Drive').point()
    wait_cell(window, 'Products', 'Cassette', '€8.50')
    lsui.wait_for(lambda: lsdesk.price_of(server, 'cassette') == 850, 'the server has the price')

  with ui.step('a narrow window shows a table that fits'):
    # At once, as by a window manager that tiles: not kept to what it needed before it was folded.
    window.place(0, 0, NARROW, 700)
    lsui.wait_for(lambda: window.node.extents[2] <= NARROW, 'a narrow window')
    window.find('button', 'Show the sidebar')
    lsui.wait_for(lambda: table_rows(window, 'Products').get('Low Tide') ==
                  ['Low Tide', 'Active · LOW-TIDE · Music', '€24.99', ''], 'three columns, and the rest in a second line')
    # Of the header, too, nothing is outside; but for what rounding does where the shadow is no whole number of pixels wide.
    left, right = window.node.extents[0] - 1, sum(window.node.extents[0:3:2]) + 1
    for name in ('Show the sidebar', 'Search this page', 'Connection: Live', 'Main menu', 'Close'):
      x, _, width, _ = window.find('button', name).node.extents
      assert left <= x and x + width <= right, f'{name} lies at {x} to {x + width}, in a window from {left} to {right}'
    right = max(sum(label.node.extents[0:3:2]) for label in window.find('tree table', 'Products').find_all('label'))
    assert right <= sum(window.node.extents[0:3:2]), f'a cell ends at {right}'

  with ui.step('details take the place of the table there'):
    wait_cell(window, 'Products', 'Low Tide', 'Low Tide').double_click()
    close = window.find('button', 'Close details')
    lsui.wait_for(lambda: sum(close.node.extents[0:3:2]) <= sum(window.node.extents[0:3:2]), 'the details to fit')
    window.lacks('tree table', 'Products')

  with ui.step('Escape leads back to the table'):
    window.keys('Escape')
    window.lacks('button', 'Close details')
    wait_cell(window, 'Products', 'Low Tide', 'Low Tide')


lsui.run(main)
