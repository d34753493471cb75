# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives real windows and reads only what they show: for UI tests, run by run-ui.

    import lsui

    def main(ui):
      app = ui.start([program, '--flag'])
      with ui.step('a click counts'):
        app.find('button', 'Count').click()
        app.find('label', '1 clicks')

    lsui.run(main)

Nothing sleeps for luck: find() and wait_for() look again until what they wait for is there, or fail saying what was not.
Each step is one TAP point. A step that fails ends the script and leaves the screen, the accessible tree and the output
of every program in build/meson-logs/ui/SCRIPT.
"""

import contextlib
import os
import re
import signal
import sys
import time
import traceback

import lsatspi
import lsprocess
import lsx11
from lsatspi import Gio, GLib, Gone

PATIENCE = 20 * float(os.environ.get('LOCKSTEP_TEST_PATIENCE', '1'))
PAUSE = 0.03
# For how long what passes by itself is looked for before it is asked for again: toasts stay for ten seconds.
PASSING = 15
# What a popover's X window has beyond the popover at most: an arrow and a shadow.
POPOVER_FRAME = 60
# Environment that is for the programs under test alone: the helpers of the desktop do warn.
FOR_PROGRAMS = 'LSUI_PROGRAM_'


class TimedOut(AssertionError):
  pass


def wait_for(condition, what, patience=None):
  """Returns the first true value of condition(), which is asked again until then. A widget that went away meanwhile
  counts as not yet."""
  deadline = time.monotonic() + (PATIENCE if patience is None else patience)
  while True:
    try:
      found = condition()
    except Gone:
      found = None
    if found:
      return found
    if time.monotonic() > deadline:
      raise TimedOut(f'waited in vain for {what}')
    time.sleep(PAUSE)


# The role of old, and what newer versions of GTK say instead.
NEWER_ROLES = {('button', 'toggle button'), ('check box', 'radio button')}


def matches(wanted, text):
  return wanted is None or (wanted.search(text) is not None if isinstance(wanted, re.Pattern) else wanted == text)


def same_role(wanted, role):
  """Newer versions of GTK tell toggle buttons from buttons, and check boxes of which one is chosen from others."""
  return wanted is None or wanted == role or (wanted, role) in NEWER_ROLES


class Thing:
  """Something on the screen, of a program."""

  def __init__(self, program, node):
    self.program = program
    self.node = node
    self.look_again = None

  def __repr__(self):
    return repr(self.node)

  def __eq__(self, other):
    return isinstance(other, Thing) and self.node == other.node

  def __hash__(self):
    return hash(self.node)

  role = property(lambda self: self.node.role)
  name = property(lambda self: self.node.name)
  text = property(lambda self: self.node.text)
  description = property(lambda self: self.node.description)
  states = property(lambda self: self.node.states)
  value = property(lambda self: self.node.value)

  @property
  def shown(self):
    """Whether it takes up room in its window."""
    x, y, width, height = self.node.extents
    return width > 0 and height > 0

  def find_all(self, role=None, name=None, text=None, hidden=False):
    """What is below this and matches now. name and text: a whole string or a compiled pattern."""
    found = []
    for node, its_role, its_name, _ in self.node.walk(hidden):
      if same_role(role, its_role) and matches(name, its_name):
        thing = Thing(self.program, node)
        try:
          if text is None or matches(text, thing.text):
            found.append(thing)
        except Gone:
          pass
    return found

  def find(self, role=None, name=None, text=None, hidden=False, patience=None):
    """The first match below this, waited for."""
    what = ' '.join(str(word) for word in (role or 'something', repr(name) if name else '', repr(text) if text else ''))
    found = wait_for(lambda: self.program.checked() and self.find_all(role, name, text, hidden),
                     f'{what.strip()} in {self}', patience)[0]
    found.look_again = lambda: self.find(role, name, text, hidden, patience)
    return found

  def find_passing(self, act, role=None, name=None, text=None):
    """Acts and finds what that shows for a moment, as most toasts. On a machine with much else to do it may be gone before
    it is seen: then acts again, so act is what may be done more than once."""
    deadline = time.monotonic() + 4 * PATIENCE
    while True:
      act()
      try:
        return self.find(role, name, text, patience=PASSING)
      except TimedOut:
        if time.monotonic() > deadline:
          raise

  def _present(self):
    """Itself; what was found and has gone since may have been replaced by its like, as a toast is by the next."""
    try:
      self.node.role
    except Gone:
      if self.look_again is None:
        raise
      return self.look_again()
    return self

  def lacks(self, role=None, name=None, text=None, patience=None):
    """Waits until nothing below this matches."""
    wait_for(lambda: self.program.checked() and not self.find_all(role, name, text), f'the end of {role} {name!r} in {self}',
             patience)

  def wait_text(self, wanted, patience=None):
    """Waits until its text matches."""
    wait_for(lambda: self.program.checked() and matches(wanted, self.text), f'{self} to show {wanted!r}', patience)
    return self

  def wait_state(self, state, on=True, patience=None):
    wait_for(lambda: self.program.checked() and (state in self.states) == on,
             f'{self} to be {"" if on else "not "}{state}', patience)
    return self

  def window(self):
    """The window it is in, as one of its program's."""
    node = self.node
    while node.parent != self.program.node:
      node = node.parent
    return next(window for window in self.program.windows() if window.node == node)

  def _popover(self):
    """The X window of the popover that this is in, and where on the screen the popover's coordinates begin; None outside
    of popovers. A popover is an X window of its own, as large as one of the widgets round this but for its frame, and GTK
    tells places in it as if it lay somewhere else in the window."""
    titles = [window.name for window in self.program.windows()]
    popups = [(window, lsx11.geometry(window)) for window, title in lsx11.windows_of(self.program.pid)
              if title not in titles]
    popups = [(window, place) for window, place in popups if place]
    found = []
    node = self.node
    while popups and node.parent != self.program.node:
      x, y, width, height = node.extents
      for popup, place in popups:
        wider, higher = place[2] - width, place[3] - height
        if 0 <= wider <= POPOVER_FRAME and 0 <= higher <= POPOVER_FRAME:
          found.append((wider + higher, popup, (place[0] + wider / 2 - x, place[1] + higher - y)))
      node = node.parent
    return min(found)[1:] if found else None

  def _move_pointer(self):
    """Puts the pointer on its middle. Its window is brought to the front, unless it is in a popover, which is there
    already. A tooltip that lies there goes when the program sees the pointer, and takes the clicks until then."""
    x, y, width, height = self.node.extents
    popover = self._popover()
    if popover is None:
      window = self if isinstance(self, Window) else self.window()
      window.raise_up()
      popover = window.x_window(), window.origin()
    x_window, origin = popover
    lsx11.move_pointer(round(origin[0] + x + width / 2), round(origin[1] + y + height / 2))
    wait_for(lambda: self.program.checked() and lsx11.under_pointer() == x_window, f'the pointer to be over {self}')

  def click(self, button=1, repeat=1):
    """Clicks: by the accessible action where there is one, else with the pointer."""
    present = self._present()
    if present is not self:
      return present.click(button, repeat)
    try:
      if button == 1 and repeat == 1 and 'sensitive' in self.states and self.node.act('click'):
        return self
    except Gone:
      # Between the look and the click.
      return self._present().click(button, repeat)
    return self.point(button, repeat)

  def point(self, button=1, repeat=1):
    """Clicks with the pointer."""
    self._move_pointer()
    lsx11.click(button, repeat)
    return self

  def double_click(self):
    return self.point(repeat=2)

  def hover(self):
    self._move_pointer()
    return self

  def set_text(self, text):
    """Replaces the text of an entry at once, as assistive technology does."""
    self.node.set_text(text)
    return self

  def type(self, text):
    """Clicks into an entry, unless the keyboard is in it already, and replaces what is in it."""
    if 'focused' not in self.states:
      self.point()
    lsx11.keys('ctrl+a')
    lsx11.type_text(text)
    return self


class Window(Thing):
  """A top-level window."""

  def __init__(self, program, node, index):
    super().__init__(program, node)
    self.index = index

  def x_window(self):
    """Its X window: among those with its title, both in the order they were made."""
    title = self.name
    same = [window for window in self.program.windows() if window.name == title]
    found = [window for window, its_title in lsx11.windows_of(self.program.pid) if its_title == title]
    if self not in same or len(found) != len(same):
      raise Gone(f'{self} has no X window')
    return found[same.index(self)]

  def origin(self):
    """Where on the screen the coordinates of what is in it begin: inside the frame that it draws itself. Newer versions
    of GTK count the frame in, begin left of and above it, and then leave it out of all that is inside."""
    x, y, width, height = wait_for(lambda: lsx11.geometry(self.x_window()), f'the place of {self}')
    own = self.node.extents
    return x + (width - own[2]) / 2 - 2 * own[0], y + (height - own[3]) / 2 - 2 * own[1]

  def raise_up(self):
    lsx11.focus(wait_for(self.x_window, f'an X window for {self}'))
    return self

  def place(self, x, y, width=None, height=None):
    """Puts the window somewhere, so that it does not cover others."""
    x_window = wait_for(self.x_window, f'an X window for {self}')
    if width:
      lsx11.resize(x_window, width, height)
    lsx11.move(x_window, x, y)
    return self

  def keys(self, *names):
    """Gives the window the focus and presses keys."""
    self.raise_up()
    lsx11.keys(*names)
    return self

  def type_keys(self, text):
    self.raise_up()
    lsx11.type_text(text)
    return self

  def close(self):
    self.node.act('window.close')


class Program(Thing):
  """A program under test, with what it shows."""

  def __init__(self, ui, process, name, log, desk):
    super().__init__(self, None)
    self.ui = ui
    self.process = process
    self.label = name
    self.log = log
    self.desk = desk

  def __repr__(self):
    return self.label

  pid = property(lambda self: self.process.pid)

  def checked(self):
    """True, unless the program has ended: then whoever waits for it waits in vain."""
    if self.process.poll() is not None:
      raise AssertionError(f'{self} ended with status {self.process.returncode}:\n{self.output()[-2000:]}')
    return True

  def output(self):
    with open(self.log, encoding='utf-8', errors='replace') as file:
      return file.read()

  def windows(self):
    """Its windows, in the order they were opened."""
    if self.node is None:
      for node in lsatspi.applications():
        try:
          if lsatspi.process_of(node) == self.pid:
            self.node = node
        except Gone:
          pass
    if self.node is None:
      return []
    nodes = [node for node in self.node.children if node.role in ('window', 'dialog')]
    return [Window(self, node, index) for index, node in enumerate(nodes)]

  def window(self, title=None, index=0, patience=None):
    """The index-th window with that title (a string or a pattern), waited for until it is on the screen."""

    def look():
      self.checked()
      fitting = [window for window in self.windows() if matches(title, window.name)]
      return fitting[index] if len(fitting) > index and fitting[index].shown and fitting[index].x_window() else None

    return wait_for(look, f'window {title or ""} {index} of {self}', patience)

  def find_all(self, role=None, name=None, text=None, hidden=False):
    return [thing for window in self.windows() for thing in window.find_all(role, name, text, hidden)]

  def stop(self):
    lsprocess.end(self.process, max(PATIENCE, lsprocess.GRACE))

  def kill(self):
    self.process.kill()
    self.process.wait()

  def wait(self, patience=None):
    """Waits for its end and returns its exit status."""
    wait_for(lambda: self.process.poll() is not None, f'the end of {self}', patience)
    return self.process.returncode


class Ui:
  """One run: the screen, the desks, the programs."""

  def __init__(self):
    self.folder = os.environ['LSUI_FOLDER']
    self.programs = []
    self.points = 0
    self.failed = False
    # The desk that run-ui has made.
    self.desk = _MainDesk()

  # Programs and desks

  def new_desk(self, name, services=None):
    """A second person's home folder and session bus."""
    return lsprocess.Desk(name, self.folder, os.environ, services)

  def start(self, command, name=None, desk=None, environment=None):
    desk = desk or self.desk
    name = name or os.path.basename(command[0])
    log = os.path.join(self.folder, f'{len(self.programs)}-{name}.log')
    variables = {**desk.environment, **(environment or {})}
    for variable, value in os.environ.items():
      if variable.startswith(FOR_PROGRAMS):
        variables.setdefault(variable[len(FOR_PROGRAMS):], value)
    with open(log, 'wb') as out:
      process = lsprocess.spawn(command, env=variables, stdout=out, stderr=out, stdin=lsprocess.subprocess.DEVNULL)
    program = Program(self, process, name, log, desk)
    self.programs.append(program)
    return program

  def adopt(self, pid, name, desk=None):
    """A program that the session bus has started."""
    log = os.path.join(self.folder, f'{len(self.programs)}-{name}.log')
    open(log, 'wb').close()
    program = Program(self, _Foreign(pid), name, log, desk or self.desk)
    self.programs.append(program)
    return program

  # D-Bus

  def call(self, bus_name, path, interface, method, arguments=None, desk=None):
    """Calls a method on a desk's session bus. Raises GLib.Error."""
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    address = (desk or self.desk).environment['DBUS_SESSION_BUS_ADDRESS']
    connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
    try:
      answer = connection.call_sync(bus_name, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE,
                                    int(PATIENCE * 1000), None)
    finally:
      connection.close_sync(None)
    return answer.unpack()

  def action(self, application_id, name, parameter=None, window=None, desk=None):
    """Activates an action that an application exports, or one of its window number window. parameter: a GLib.Variant."""
    path = '/' + application_id.replace('.', '/').replace('-', '_')
    if window is not None:
      path += f'/window/{window}'
    arguments = GLib.Variant('(sava{sv})', (name, [parameter] if parameter is not None else [], {}))
    return self.call(application_id, path, 'org.gtk.Actions', 'Activate', arguments, desk)

  # TAP

  def _point(self, good, words):
    self.points += 1
    print(f'{"ok" if good else "not ok"} {self.points} - {words}', flush=True)

  @contextlib.contextmanager
  def step(self, words):
    """One thing that must hold."""
    try:
      yield
    except Exception as error:
      self.failed = True
      for line in traceback.format_exc().splitlines():
        print(f'# {line}')
      self._point(False, words)
      self._leave_evidence()
      raise _Failed from error
    self._point(True, words)

  def note(self, words):
    print(f'# {words}', flush=True)

  def _leave_evidence(self):
    script = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    folder = os.path.join(os.environ.get('LSUI_EVIDENCE', self.folder), script)
    os.makedirs(folder, exist_ok=True)
    lsx11.screen_png(os.path.join(folder, 'screen.png'))
    for number, program in enumerate(self.programs):
      with open(os.path.join(folder, f'{number}-{program}.txt'), 'w', encoding='utf-8') as out:
        out.write(program.output())
        out.write('\n--- what it shows ---\n')
        try:
          if program.process.poll() is None and (program.windows() or program.node):
            lsatspi.dump(program.node, out)
        except Gone as error:
          out.write(f'{error}\n')
      for line in program.output().splitlines()[-15:]:
        print(f'# {program}: {line}')
    print(f'# see {folder}', flush=True)


class _MainDesk:
  name = 'main'
  environment = os.environ
  home = os.environ.get('HOME', '')


class _Foreign:
  """A process that is not ours to wait for."""

  def __init__(self, pid):
    self.pid = pid
    self.returncode = None

  def poll(self):
    try:
      os.kill(self.pid, 0)
    except ProcessLookupError:
      self.returncode = 0
    return self.returncode

  def terminate(self):
    os.kill(self.pid, 15)

  def kill(self):
    os.kill(self.pid, 9)

  def wait(self, timeout=None):
    wait_for(lambda: self.poll() is not None, f'the end of process {self.pid}', timeout)


class _Failed(Exception):
  """A step has failed and said so."""


def equal(left, right, what='value'):
  if left != right:
    raise AssertionError(f'{what}: {left!r} is not {right!r}')


def _foreign_leak(block):
  """Whether a leak is the platform's, where the stack is too short for a suppression: GLib's table of quarks, which it leaves
  to readers without a lock when it takes a larger one."""
  frames = re.findall(r'#\d+ 0x[0-9a-f]+ in (\S+)', block)
  return ' 16384 byte(s) in 1 object' in block and all('malloc' in name for name in frames)


def ended_well(status, output):
  """Whether a program that was asked to end did so: by itself or by the signal, and without a sanitizer's complaint."""
  if status in (0, -signal.SIGTERM):
    return True
  if 'LeakSanitizer: detected memory leaks' not in output or 'ERROR: AddressSanitizer' in output:
    return False
  leaks = re.findall(r'^Direct leak of.*?(?:\n\n|\Z)', output, re.M | re.S)
  return bool(leaks) and all(_foreign_leak(leak) for leak in leaks)


def _end_programs(ui):
  """Ends what still runs; what then ends badly fails the run."""
  for program in reversed(ui.programs):
    if isinstance(program.process, _Foreign) or program.process.poll() is not None:
      continue
    lsprocess.end(program.process, max(PATIENCE, lsprocess.GRACE))
    if not ended_well(program.process.returncode, program.output()):
      ui.failed = True
      ui._point(False, f'{program} ends as it should, with {program.process.returncode}')
      ui._leave_evidence()


def run(main):
  """Runs a script's main(ui) and ends the process with its verdict."""
  ui = Ui()
  try:
    main(ui)
  except _Failed:
    pass
  except Exception:
    ui.failed = True
    print('# ' + traceback.format_exc().replace('\n', '\n# '))
    ui._point(False, 'the script runs to its end')
    ui._leave_evidence()
  finally:
    _end_programs(ui)
    lsprocess.end_all()
  print(f'1..{ui.points}', flush=True)
  sys.exit(1 if ui.failed else 0)
