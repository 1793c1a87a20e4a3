"""Displays on their way out, for everything in this child that has something to show; next: formatting.py."""

from __future__ import annotations

_channel = None
figure_format = "png"  # or "svg": what figures.py shows plots as


def use(channel):
    """The channel of this child. Until then, and in processes that user code forks, displays go nowhere."""
    global _channel
    _channel = channel


def channel():
    return _channel


# The widgets that take output now (comms.py), the innermost last.
captures = []


def message(msg_type, content, metadata=None):
    if captures and captures[-1].message(msg_type, content):
        return
    send(msg_type, content, metadata)


def send(msg_type, content, metadata=None):
    """Past any widget."""
    if _channel is not None:
        _channel.message(msg_type, content, metadata)


def takes_files():
    """Is there a computation to which a file could belong?"""
    return _channel is None or _channel.takes_files


def display_data(data, metadata=None, transient=None, update=False):
    content = {"data": data, "metadata": metadata or {}, "transient": transient or {}}
    message("update_display_data" if update else "display_data", content)


def clear_output(wait=False):
    message("clear_output", {"wait": bool(wait)})


def read_line(prompt="", password=False):
    """input() of the page."""
    prompt = str(prompt)
    if _channel is None or not _channel.allow_input:
        raise StdinNotImplemented("input() was called, but this computation cannot be asked: allowInput is false")
    return _channel.ask(prompt, password)


class StdinNotImplemented(NotImplementedError):
    """input() where nobody can answer. Its name in messages is Jupyter's."""


StdinNotImplemented.__name__ = StdinNotImplemented.__qualname__ = "StdinNotImplementedError"


def install_input():
    """Once, before the fork."""
    import builtins
    import getpass
    import sys

    def ask(prompt="", /):
        return read_line(prompt)

    def ask_secret(prompt="Password: ", stream=None, *, echo_char=None):
        return read_line(prompt, password=True)

    ask.__name__ = ask.__qualname__ = "input"
    builtins.input = ask
    getpass.getpass = ask_secret
    sys.stdin = _StandardInput()


class _StandardInput:
    """sys.stdin: a line at a time, by asking the page."""

    encoding = "utf-8"
    closed = False

    def readline(self, size=-1):
        return read_line("") + "\n"

    def read(self, size=-1):
        return self.readline()

    def __iter__(self):
        return self

    def __next__(self):
        return self.readline()

    def isatty(self):
        return False

    def readable(self):
        return True

    def fileno(self):
        return 0

    def close(self):
        pass
