#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two processes on one account, with no session bus in common that would make them one, as in two sandboxes: the second
reads, and takes over."""

import os
import re
import signal
import sys

import lsdesk
import lsui
from lsdesk import edit_cell, go_to, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]
BANNER = 'Read-only: this account is open in another Lockstep process'


def open_products(ui, server, bus):
  """The app in the first desk's home folder, on the session bus of another one."""
  home = {name: os.environ[name] for name in os.environ if name == 'HOME' or name.startswith('XDG_')}
  home['DBUS_SESSION_BUS_ADDRESS'] = bus.environment['DBUS_SESSION_BUS_ADDRESS']
  app = ui.start([LOCKSTEP, '--server', server.url, '--token-file', server.token_file('admin')], environment=home)
  window = app.window(re.compile('Tape Machine'))
  go_to(window, 'Products')
  return app, window


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  first, anna = open_products(ui, server, ui.desk)
  anna.place(0, 0)
  wait_cell(anna, 'Products', 'Low Tide', '€24.99')

  with ui.step('a second process opens read-only and says so'):
    _, other = open_products(ui, server, ui.new_desk('second'))
    other.place(80, 60)
    other.find('label', text=BANNER)
    wait_cell(other, 'Products', 'Low Tide', '€24.99')
    other.find(name='Connection: Read-only')

  with ui.step('nothing can be edited there'):
    wait_cell(other, 'Products', 'Low Tide', '€24.99').double_click()
    other.find('button', re.compile('New product')).wait_state('sensitive', False)
    assert not other.find('tree table', 'Products').find_all('text'), 'a cell is being edited'

  with ui.step('it shows what the first one does'):
    edit_cell(anna, 'Products', 'Low Tide', '€24.99', '20')
    wait_cell(other, 'Products', 'Low Tide', '€20.00')

  with ui.step('a first process that is only stopped is still the first'):
    os.kill(first.process.pid, signal.SIGSTOP)
    # Longer than the second one takes to look.
    server.run('user', 'add', 'x', '--role', 'viewer', '--no-password')
    other.find('label', text=BANNER)
    wait_cell(other, 'Products', 'Low Tide', '€20.00')
    os.kill(first.process.pid, signal.SIGCONT)

  with ui.step('when the first is killed the second takes over, without a restart'):
    first.kill()
    first.wait()
    other.find(name='Connection: Live')
    other.lacks('label', text=BANNER)
    edit_cell(other, 'Products', 'Low Tide', '€20.00', '21')
    wait_cell(other, 'Products', 'Low Tide', '€21.00')
    lsui.wait_for(lambda: lsdesk.price_of(server, 'low-tide') == 2100, 'the server has it')

  with ui.step('and the next one is read-only again'):
    _, third = open_products(ui, server, ui.new_desk('third'))
    third.find('label', text=BANNER)
    wait_cell(third, 'Products', 'Low Tide', '€21.00')


lsui.run(main)
