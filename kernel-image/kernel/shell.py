"""The long way: IPython's shell as Sage sets it up, with our own output side; next: child.py.

Sessions always run here; one-shot cells only when they need magics, `?`, `!` or widgets.
"""

import os
import sys
import types
import warnings

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from . import publish
from .tracebacks import describe_safely

HISTORY_CELLS_MAX = 1000


class CellCompiler(CachingCompiler):
    """Names each cell so that errors show the user's own lines."""

    sources = None

    def get_code_name(self, raw_code, transformed_code, number):
        name = "<cell %d>" % number
        if self.sources is not None:
            self.sources.add(name, raw_code, number)
        return name


class PageDisplayPublisher(DisplayPublisher):
    def publish(self, data, metadata=None, *, transient=None, update=False, **_kwds):
        publish.display_data(data, metadata, transient, update)

    def clear_output(self, wait=False):
        publish.clear_output(wait)


class PageDisplayHook(DisplayHook):
    """Sends the value of the last expression as execute_result."""

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        content = {"execution_count": self.shell.execution_count - 1, "data": format_dict, "metadata": md_dict or {}}
        publish.channel().message("execute_result", content)

    def finish_displayhook(self):
        pass


class PageFormatter(DisplayFormatter):
    """display() and the display hook make bundles the way the lean path does."""

    ours = None

    def format(self, obj, include=None, exclude=None):
        data, metadata = self.ours.format(obj)
        if include:
            data = {mime: value for mime, value in data.items() if mime in include}
        if exclude:
            data = {mime: value for mime, value in data.items() if mime not in exclude}
        return data, {mime: value for mime, value in metadata.items() if mime in data or mime not in _mimes(metadata)}


def _mimes(metadata):
    return {name for name in metadata if "/" in name}


class KernelShell(InteractiveShell):
    displayhook_class = Type(PageDisplayHook)
    display_pub_class = Type(PageDisplayPublisher)
    compiler_class = Type(CellCompiler)

    def init_display_formatter(self):
        self.display_formatter = PageFormatter(parent=self)
        self.configurables.append(self.display_formatter)

    def showtraceback(self, exc_tuple=None, filename=None, tb_offset=None, exception_only=False, running_compiled_code=False):
        error = sys.exc_info()[1] if exc_tuple is None else exc_tuple[1]
        # IPython adds advice for a terminal to an exit; it is shown once, at the end.
        if not isinstance(error, SystemExit):
            self._show(error)

    def showsyntaxerror(self, filename=None, running_compiled_code=False):
        self._show(sys.exc_info()[1])

    def showindentationerror(self):
        self._show(sys.exc_info()[1])

    def _show(self, error):
        self.last_described = describe_safely(error, self.compile.sources)
        publish.message("error", self.last_described)

    def _format_exception_for_storage(self, exception, filename=None, running_compiled_code=False):
        """IPython keeps each error of a cell as its own traceback, and makes it from the files of all modules: 1.5 s of work at
        a session's first error, and an interrupt is one."""
        return self.last_described or {}

    def run(self, code, store_history=True):
        """Runs a cell. Returns None, or what ended it; its outputs and the error message are sent by then."""
        self.last_described = None
        self.payload = []
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "To exit: use")
            result = self.run_cell(code, store_history=store_history, silent=False)
        error = result.error_before_exec or result.error_in_exec
        if error is not None and self.last_described is None:
            self._show(error)
        return error

    def mark_payload(self, source, data):
        self.payload.append(dict(data, source=source))

    def ask_exit(self):
        raise SystemExit("the cell asked to leave")

    def system(self, cmd):
        """`!cmd`: its output goes to the pipes like that of any process."""
        import subprocess

        sys.stdout.flush()
        self.user_ns["_exit_code"] = subprocess.call(cmd, shell=True, executable="/bin/sh")

    system_piped = system_raw = system

    def forget(self):
        """After the warm-up: number 1 is the user's first cell."""
        self.execution_count = 1
        self.payload = []
        for name in ("_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "In", "Out"):
            self.user_ns.pop(name, None)
        self.history_manager.reset()
        self.history_manager.input_hist_parsed[:] = [""]
        self.history_manager.input_hist_raw[:] = [""]
        self.user_ns.update(
            In=self.history_manager.input_hist_parsed,
            Out=self.history_manager.output_hist,
            _ih=self.history_manager.input_hist_parsed,
            _oh=self.history_manager.output_hist,
            _="",
            __="",
            ___="",
            _i="",
            _ii="",
            _iii="",
        )
        self.displayhook._ = self.displayhook.__ = self.displayhook.___ = ""


def make(formatter, sources):
    """The one shell of this process, its namespace filled by Sage. Raises what keeps Sage's extension from loading."""
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.history_length = HISTORY_CELLS_MAX
    config.InteractiveShell.cache_size = HISTORY_CELLS_MAX
    config.IPCompleter.use_jedi = False
    PageFormatter.ours = formatter
    CellCompiler.sources = sources
    module = types.ModuleType("__main__")
    module.__builtins__ = __builtins__
    shell = KernelShell.instance(config=config, user_module=module, user_ns=module.__dict__)
    sys.modules["__main__"] = module
    sys.displayhook = sys.__displayhook__
    shell.set_hook("show_in_pager", _show_in_pager)
    shell.extension_manager.load_extension("sage")
    os.environ["PAGER"] = "cat"
    return shell


def _show_in_pager(_shell, data, start, screen_lines):
    """`f?`: help is a payload for the page, as in Jupyter."""
    if not isinstance(data, dict):
        data = {"text/plain": data}
    text = {mime: value for mime, value in data.items() if mime == "text/plain"}
    _shell.mark_payload("page", {"data": text, "start": start})


class in_language:
    """Python in the full shell: the preparser stands aside."""

    def __init__(self, language):
        self._off = language == "python"

    def __enter__(self):
        if self._off:
            from sage.repl.interpreter import preparser

            preparser(False)

    def __exit__(self, *_):
        if self._off:
            from sage.repl.interpreter import preparser

            preparser(True)
