# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that never outlive the test, and desks: a home folder with a session bus, as one person at one machine has.

Everything is ended in the end, and by the kernel should this process be killed.
"""

import ctypes
import os
import signal
import subprocess

PR_SET_PDEATHSIG = 1
GRACE = 5

_libc = ctypes.CDLL(None, use_errno=True)
_running = []

SETTINGS = """[Settings]
gtk-font-name=Cantarell 11
gtk-enable-animations=0
gtk-cursor-blink=0
"""


def _die_with_parent():
  _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(command, **options):
  """subprocess.Popen for a process that dies with this one."""
  # preexec_fn is safe here: nothing in these programs runs threads before they start others.
  process = subprocess.Popen(command, preexec_fn=_die_with_parent, **options)
  _running.append(process)
  return process


def end(process, grace=GRACE):
  """Asks, then insists."""
  if process.poll() is None:
    process.terminate()
    try:
      process.wait(grace)
    except subprocess.TimeoutExpired:
      process.kill()
      process.wait()
  if process in _running:
    _running.remove(process)


def end_all():
  """Ends all that were spawned, the last one first."""
  while _running:
    end(_running[-1])


class Desk:
  """One person's login: a home folder and a session bus. Two desks share nothing but the screen (and what the screen is
  read through), so two programs on two desks are two clients on two machines."""

  def __init__(self, name, folder, environment, services=None):
    self.name = name
    self.home = os.path.join(folder, name)
    self.environment = dict(environment)
    for variable, sub in (('XDG_CONFIG_HOME', 'config'), ('XDG_DATA_HOME', 'data'), ('XDG_CACHE_HOME', 'cache'),
                          ('XDG_STATE_HOME', 'state'), ('XDG_RUNTIME_DIR', 'run')):
      self.environment[variable] = os.path.join(self.home, sub)
      os.makedirs(self.environment[variable], mode=0o700)
    self.environment['HOME'] = self.home
    os.makedirs(os.path.join(self.home, 'config', 'gtk-4.0'))
    with open(os.path.join(self.home, 'config', 'gtk-4.0', 'settings.ini'), 'w', encoding='utf-8') as file:
      file.write(SETTINGS)
    for bus_name, program in (services or {}).items():
      self._make_activatable(bus_name, program)
    self._start_bus()

  def _make_activatable(self, bus_name, program):
    folder = os.path.join(self.home, 'data', 'dbus-1', 'services')
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, bus_name + '.service'), 'w', encoding='utf-8') as file:
      file.write(f'[D-BUS Service]\nName={bus_name}\nExec={os.path.abspath(program)} --gapplication-service\n')

  def _start_bus(self):
    read_end, write_end = os.pipe()
    with open(os.path.join(self.home, 'dbus.log'), 'wb') as log:
      spawn(['dbus-daemon', '--session', '--nofork', '--nopidfile', f'--print-address={write_end}'],
            pass_fds=[write_end], env=self.environment, stdout=log, stderr=log)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
      self.environment['DBUS_SESSION_BUS_ADDRESS'] = pipe.readline().strip()

  def accessibility_address(self):
    """The address of the bus that programs show what they render on; it is started by being asked for."""
    done = subprocess.run(['gdbus', 'call', '--session', '--dest', 'org.a11y.Bus', '--object-path', '/org/a11y/bus',
                           '--method', 'org.a11y.Bus.GetAddress'], env=self.environment, check=True,
                          stdout=subprocess.PIPE, encoding='utf-8')
    return done.stdout.strip().lstrip('(').rstrip(')').rstrip(',').strip("'")
