#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an admin reads, and what becomes of his edits, while the network gets worse and is whole again."""

import os
import re
import sqlite3
import sys

import lsdesk
import lsui
from lsdesk import edit_cell, go_to, wait_cell

LOCKSTEP, LOCKSTEPD, LOCKSTEP_CLIENT, FAULT_PROXY = sys.argv[1:5]
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'support', 'fault-proxy'))

import lsproxy  # pylint: disable=wrong-import-position

# Times of a patient admin are too long for a test.
TIMES = {
  'LOCKSTEP_FALLBACK_DELAY': '500ms',
  'LOCKSTEP_POLL_SHORTEST': '2s',
  'LOCKSTEP_POLL_LONGEST': '2s',
  'LOCKSTEP_OFFLINE_AFTER': '2',
}
ANY_SPAN = r'\d+ seconds?'


def versions(server):
  """Who made each version, in order, by SQL on the server's file."""
  with sqlite3.connect(f'file:{server.data / "lockstep.db"}?mode=ro', uri=True) as database:
    return [actor for actor, in database.execute('SELECT actor FROM log_versions ORDER BY version')]


class Desk:
  """A window behind a network, and what is done there and to it."""

  def __init__(self, ui, server, proxy):
    server.add_user('ben')
    token = server.token_file('ben')
    self.server = server
    self.window = ui.start([LOCKSTEP, '--server', proxy.url, '--token-file', token],
                           environment=TIMES).window(re.compile('Tape Machine'))
    self.window.place(0, 0)
    go_to(self.window, 'Products')
    self.edits = 0
    self.colleague = lsdesk.Colleague(server, LOCKSTEP_CLIENT)
    self.changes = 0

  def reads(self, label, *popover):
    """What the button says, and its popover."""
    button = self.window.find('button', name=f'Connection: {label}')
    button.click()
    for text in popover:
      self.window.find('label', text=re.compile(text))
    self.window.keys('Escape')
    self.window.lacks('label', text=re.compile(popover[0]))

  def edits_price(self, row, old, new):
    edit_cell(self.window, 'Products', row, f'€{old}', new)
    wait_cell(self.window, 'Products', row, f'€{new}')
    self.edits += 1

  def has_arrived(self, key, cents):
    lsui.wait_for(lambda: lsdesk.price_of(self.server, key) == cents, f'{key} is sent')

  def colleague_sets(self, key, cents):
    self.colleague.do(f'edit products {key} price {cents}')
    self.changes += 1


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  proxy = lsproxy.Proxy(FAULT_PROXY, server.url)
  desk = Desk(ui, server, proxy)
  before = versions(server)

  with ui.step('live, through the WebSocket'):
    desk.reads('Live', '^Live, ', '^Everything shown is what the server has')
    desk.edits_price('Night Drive', '29.99', '30.00')
    desk.has_arrived('night-drive', 3000)

  with ui.step('the WebSocket is blocked: long polling, and nothing is slower'):
    proxy.tell('block upgrade websocket')
    proxy.tell('cut')
    desk.reads('Polling', '^Updates as they come, by long polling$', '^A live connection does not get through')
    desk.window.lacks('label', text=re.compile('^Offline'))
    desk.edits_price('Low Tide', '24.99', '25.00')
    desk.has_arrived('low-tide', 2500)
    desk.colleague_sets('dust-kit', 2000)
    wait_cell(desk.window, 'Products', 'Dust Drum Kit', '€20.00')

  with ui.step('what waits is cut: polling at intervals'):
    proxy.tell('idle 2000')
    lsui.wait_for(lambda: desk.window.find_all('button', name='Connection: Polling'), 'it polls')
    desk.window.find('button', name='Connection: Polling').click()
    desk.window.find('label', text='Updates every 2 seconds by polling', patience=60)
    desk.window.find('label', text=re.compile('Changes arrive a little later'))
    desk.window.keys('Escape')
    desk.edits_price('Tape Loops', '24.00', '26.00')
    desk.has_arrived('tape-loops', 2600)
    desk.colleague_sets('logo-shirt', 2300)
    wait_cell(desk.window, 'Products', 'Logo Shirt', '€23.00')

  with ui.step('everything is cut: offline, with what was known, and a countdown'):
    proxy.tell('refuse')
    proxy.tell('cut')
    desk.window.find('label', text='Offline: showing cached data', patience=60)
    desk.edits_price('Cassette', '9.00', '12.00')
    desk.colleague_sets('night-drive', 3100)
    desk.window.find('button', name='Connection: Offline').click()
    desk.window.find('label', text=re.compile(r'^Offline since \d\d:\d\d$'))
    desk.window.find('label', text=re.compile('changes are kept and sent later. 1 change waits.'))
    desk.window.find('label', text=re.compile(f'^Next try in {ANY_SPAN}$'), patience=60)
    desk.window.keys('Escape')
    wait_cell(desk.window, 'Products', 'Night Drive', '€30.00')

  with ui.step('all is back: live at once when asked, and the edit is sent'):
    proxy.tell('calm')
    desk.window.find('button', name=re.compile('^Connection: ')).click()
    desk.window.find('button', name='Reconnect').click()
    desk.window.keys('Escape')
    desk.window.find('button', name='Connection: Live', patience=60)
    desk.window.lacks('label', text='Offline: showing cached data')
    desk.has_arrived('cassette', 1200)
    wait_cell(desk.window, 'Products', 'Night Drive', '€31.00')
    for row, price in (('Low Tide', '€25.00'), ('Dust Drum Kit', '€20.00'), ('Tape Loops', '€26.00'),
                       ('Logo Shirt', '€23.00'), ('Cassette', '€12.00')):
      wait_cell(desk.window, 'Products', row, price)
    desk.reads('Live', '^Live, ')

  with ui.step('each edit has arrived exactly once'):
    made = versions(server)[len(before):]
    lsui.equal(made.count('ben'), desk.edits, 'versions of the admin')
    lsui.equal(made.count('colleague'), desk.changes, 'versions of the colleague')
    lsui.equal(len(made), desk.edits + desk.changes, 'versions')


lsui.run(main)
