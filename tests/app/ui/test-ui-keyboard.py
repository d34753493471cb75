#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""All of a working day without a pointer: nothing here but keys is pressed."""

import re
import subprocess
import sys

import lsdesk
import lsui
import lsx11
from lsdesk import cell, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]
PASSWORD = 'correct horse battery'


def sign_in(window, server):
  """The first entry has the keyboard from the start."""
  window.raise_up()
  for text in (server.url, 'admin', PASSWORD):
    lsx11.type_text(text)
    lsx11.keys('Return' if text is PASSWORD else 'Tab')


def focused(window, shown):
  """Which of its first row has the keyboard: the row, the status, or the price that is shown."""
  for text in ('Active', shown):
    label = cell(window, 'Products', 'Cassette', text)
    if label and 'focused' in label.node.parent.states:
      return text
  row = window.find('tree table', 'Products').find('list').find_all('row')[0]
  return 'row' if 'focused' in row.states else None


def edit_price(window, shown, text):
  """The table has the keyboard with its page: newer versions of GTK on a row, others on what can be edited first."""
  window.keys('alt+2')
  place = lsui.wait_for(lambda: focused(window, shown), 'the table to have the keyboard')
  while place != shown:
    window.keys('Tab')
    place = lsui.wait_for(lambda before=place: focused(window, shown) not in (before, None) and focused(window, shown),
                          f'the keyboard to move on from {place}')
  window.keys('F2')
  window.find('tree table', 'Products').find('text')
  lsx11.type_text(text)
  lsx11.keys('Return')


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  subprocess.run([LOCKSTEPD, 'user', 'passwd', '--data', str(server.data), 'admin'], input=PASSWORD + '\n', text=True,
                 check=True)
  app = ui.start([LOCKSTEP])
  window = app.window('Lockstep').place(0, 0, 1200, 800)

  with ui.step('signing in'):
    window.find('button', re.compile('Sign in'))
    sign_in(window, server)
    window = app.window(re.compile('Tape Machine'))
    window.find(name='Connection: Live')

  with ui.step('from page to page'):
    for key, page in (('alt+3', 'Orders'), ('alt+1', 'Overview'), ('alt+2', 'Products')):
      window.keys(key)
      lsui.wait_for(lambda title=page: window.name.startswith(title), f'the page {page}')

  with ui.step('a cell is edited'):
    wait_cell(window, 'Products', 'Cassette', '€9.00')
    edit_price(window, '€9.00', '9.5')
    wait_cell(window, 'Products', 'Cassette', '€9.50')
    lsui.wait_for(lambda: lsdesk.price_of(server, 'cassette') == 950, 'the server has the price')

  with ui.step('details open and close'):
    window.keys('alt+Return')
    window.find('button', 'Close details')
    window.keys('Escape')
    window.lacks('button', 'Close details')

  with ui.step('what is refused is read, and found again'):
    edit_price(window, '€9.50', '-5')
    window.find('label', text=re.compile('was put back'))
    wait_cell(window, 'Products', 'Cassette', '€9.50')
    window.keys('F10', 'w')
    waiting = app.window('Waiting changes')

  with ui.step('and mended'):
    # The list has the keyboard, or its first change: nothing is done by a key too many. In the dialog the entry
    # comes last.
    waiting.find('button', 'Discard all')
    waiting.raise_up()
    edit = waiting.find('button', 'Edit')
    whole = waiting.find('list', 'Waiting changes')
    lsui.wait_for(lambda: any('focused' in thing.states for thing in (whole, *waiting.find_all('list item'))),
                  'the changes to have the keyboard')
    if 'focused' in whole.states:
      waiting.keys('Tab')
      lsui.wait_for(lambda: any('focused' in thing.states for thing in (edit, *waiting.find_all('list item'))),
                    'the first change, or what can be done about it, to have the keyboard')
    if 'focused' not in edit.states:
      waiting.keys('Tab')
      edit.wait_state('focused')
    waiting.keys('Return')
    dialog = app.window('Change not saved')
    dialog.find('button', 'Save')
    dialog.keys(*['Tab'] * 5)
    lsx11.type_text('11')
    dialog.keys('alt+s')
    lsui.wait_for(lambda: lsdesk.price_of(server, 'cassette') == 1100, 'the server has what was mended')
    waiting.find('label', 'Nothing waits')
    waiting.keys('Escape')
    wait_cell(window, 'Products', 'Cassette', '€11.00')

  with ui.step('the window closes'):
    window.keys('ctrl+w')
    lsui.equal(app.wait(), 0, 'exit status')


lsui.run(main)
