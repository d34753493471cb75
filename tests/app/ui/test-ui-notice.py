#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server says to the admin: why it is away, in each window; that it was too much at once, in one of them."""

import re
import sys

import lsdesk
import lsui
from lsdesk import edit_cell, go_to, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]

SERVICED = 'The server is being serviced. Your changes are kept and sent when it is back.'
SLOWED = 'That is a lot at once: your changes are kept, and saved a little at a time.'


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD, '--edit-rate=1', '--edit-burst=1')
  app = lsdesk.open_app(ui, LOCKSTEP, server)
  window = app.window(re.compile('Tape Machine')).place(0, 0)
  window.find(name='Connection: Live')
  go_to(window, 'Products')
  lsui.equal(ui.start([LOCKSTEP, '--page', 'orders', '--new-window']).wait(), 0, 'exit status')
  second = app.window(re.compile('^Orders'))
  second.find(name='Connection: Live')

  with ui.step('edits that come too fast are told in the window in front, and saved all the same'):
    ui.action(lsdesk.APPLICATION_ID, 'work-offline')
    for product, shown in (('Night Drive', '€29.99'), ('Low Tide', '€24.99'), ('Cassette', '€9.00')):
      edit_cell(window, 'Products', product, shown, '12')
      wait_cell(window, 'Products', product, '€12.00')
    # Who looks says where it is told.
    window.raise_up()
    ui.action(lsdesk.APPLICATION_ID, 'reconnect')
    window.find('label', text=SLOWED)
    lsui.equal(second.find_all('label', text=SLOWED), [], 'what the other window says')
    for key in ('night-drive', 'low-tide', 'cassette'):
      lsui.wait_for(lambda key=key: lsdesk.price_of(server, key) == 1200, f'the server has the price of {key}')

  with ui.step('a server that goes down on purpose says so, in each window'):
    server.program.stop()
    window.find('label', text=SERVICED)
    second.find('label', text=SERVICED)
    lsui.equal(window.find_all('label', text=re.compile('^(Reconnecting…|Offline: .*)$')), [], 'what else the banner says')

  with ui.step('until it is back'):
    server.start()
    ui.action(lsdesk.APPLICATION_ID, 'reconnect')
    window.find(name='Connection: Live')
    window.lacks('label', text=SERVICED)
    second.lacks('label', text=SERVICED)

  with ui.step('one that is killed has said nothing, and nothing is said of it but that it is away'):
    server.kill()
    window.find('label', text=re.compile('^(Reconnecting…|Offline: .*)$'))
    lsui.equal(window.find_all('label', text=SERVICED), [], 'what is said')


lsui.run(main)
