#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no window shows may come later; a page that comes up never shows anything stale."""

import re
import sys

import lsdesk
import lsui
from lsdesk import edit_cell, go_to, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]


def main(ui):
  # Nothing but looking at it brings anything within the time of this test.
  server = lsdesk.Server(ui, LOCKSTEPD, '--background-wait=1h', '--heartbeat=1h', '--digest-interval=1h')
  server.add_user('ben')
  desk = ui.new_desk('ben')
  anna = lsdesk.open_app(ui, LOCKSTEP, server).window(re.compile('Tape Machine'))
  anna.place(0, 0)
  anna.find(name='Connection: Live')
  ben = lsdesk.open_app(ui, LOCKSTEP, server, user='ben', desk=desk).window(re.compile('Tape Machine'))
  ben.place(80, 60)
  go_to(ben, 'Products')
  wait_cell(ben, 'Products', 'Low Tide', '€24.99')
  ben.find(name='Connection: Live')

  with ui.step('a colleague’s price waits while a window shows orders'):
    go_to(anna, 'Orders')
    anna.find('tree table', 'Orders')
    before = server.metric('lockstep_deltas_total')
    edit_cell(ben, 'Products', 'Low Tide', '€24.99', '20')
    lsui.wait_for(lambda: lsdesk.price_of(server, 'low-tide') == 2000, 'the server has the price')
    lsui.wait_for(lambda: server.metric('lockstep_deltas_total') == before + 1, 'only who looks at it got it')

  with ui.step('a page that comes up has it at once'):
    go_to(anna, 'Products')
    wait_cell(anna, 'Products', 'Low Tide', '€20.00')

  with ui.step('and what it shows comes as it happens'):
    edit_cell(ben, 'Products', 'Low Tide', '€20.00', '21')
    wait_cell(anna, 'Products', 'Low Tide', '€21.00')


lsui.run(main)
