#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two admins who share nothing but the server: edits, a conflict, a killed app, an offline start."""

import re
import sqlite3
import sys

import lsdesk
import lsui
from lsdesk import edit_cell, go_to, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]


def versions_by(server, actor):
  """How many versions somebody made, by SQL on the server's file."""
  with sqlite3.connect(f'file:{server.data / "lockstep.db"}?mode=ro', uri=True) as database:
    return database.execute('SELECT count(*) FROM log_versions WHERE actor = ?', (actor,)).fetchone()[0]


def open_products(ui, server, user, desk=None):
  app = lsdesk.open_app(ui, LOCKSTEP, server, user=user, desk=desk)
  window = app.window(re.compile('Tape Machine'))
  go_to(window, 'Products')
  return app, window


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  server.add_user('ben')
  desk = ui.new_desk('ben')
  _, anna = open_products(ui, server, 'admin')
  anna.place(0, 0)
  program, ben = open_products(ui, server, 'ben', desk)
  ben.place(80, 60)

  with ui.step('an edit by one shows at the other'):
    edit_cell(anna, 'Products', 'Low Tide', '€24.99', '20')
    wait_cell(ben, 'Products', 'Low Tide', '€20.00')

  with ui.step('a colleague’s change in between rolls an offline edit back, and says why'):
    ui.action(lsdesk.APPLICATION_ID, 'work-offline', desk=desk)
    ben.find('label', text='Working offline: showing cached data')
    edit_cell(ben, 'Products', 'Low Tide', '€20.00', '30')
    wait_cell(ben, 'Products', 'Low Tide', '€30.00')
    edit_cell(anna, 'Products', 'Low Tide', '€20.00', '40')
    wait_cell(anna, 'Products', 'Low Tide', '€40.00')
    lsui.wait_for(lambda: lsdesk.price_of(server, 'low-tide') == 4000, 'the server has the colleague’s price')
    ui.action(lsdesk.APPLICATION_ID, 'reconnect', desk=desk)
    ben.find('label', text=re.compile('Somebody else changed this first'))
    wait_cell(ben, 'Products', 'Low Tide', '€40.00')
    lsui.equal(lsdesk.price_of(server, 'low-tide'), 4000, 'the price on the server')

  with ui.step('the app is killed with an edit in its outbox'):
    ben.find(name='Connection: Live')
    ui.action(lsdesk.APPLICATION_ID, 'work-offline', desk=desk)
    ben.find('label', text='Working offline: showing cached data')
    before = versions_by(server, 'ben')
    edit_cell(ben, 'Products', 'Cassette', '€9.00', '11')
    wait_cell(ben, 'Products', 'Cassette', '€11.00')
    # Shown is durable only once it is in the outbox, which the button counts.
    ben.find('button', name=re.compile('Connection')).click()
    ben.find('label', text=re.compile('1 change waits'))
    program.kill()
    program.wait()

  with ui.step('it starts without a server and shows the shop with the edit'):
    server.kill()
    _, ben = open_products(ui, server, 'ben', desk)
    wait_cell(ben, 'Products', 'Cassette', '€11.00')
    wait_cell(ben, 'Products', 'Low Tide', '€40.00')

  with ui.step('the edit is sent once the server is back, exactly once'):
    server.start()
    ui.action(lsdesk.APPLICATION_ID, 'reconnect', desk=desk)
    wait_cell(anna, 'Products', 'Cassette', '€11.00')
    ben.find(name='Connection: Live')
    lsui.equal(versions_by(server, 'ben'), before + 1, 'versions that he made')


lsui.run(main)
