"""Modules that were packed into one file with the image are imported from there: no folder is searched for them. Next: warm.py.

A warm kernel imports some 3,500 modules, and in gVisor each look into a folder, each open and each read goes through the sandbox's
walls. Only before any code of a user's: a file of theirs is never passed over for one of the pack's.
"""

import json
import marshal
import os
import sys
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from importlib.util import spec_from_file_location


class Pack:
    """A file of ../build/modules.py's, and whom Python asks first for a module."""

    def __init__(self, path):
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        length = int.from_bytes(os.pread(self._file, 8, 0), "little")
        self._index = json.loads(os.pread(self._file, length, 8))
        self._codes = 8 + length

    def find_spec(self, name, _path=None, _target=None):
        found = self._index.get(name)
        if found is None:
            return None
        source, folders, start, length = found
        loader = _Loader(name, source, self, start, length) if length else ExtensionFileLoader(name, source)
        return spec_from_file_location(name, source, loader=loader, submodule_search_locations=folders)

    def read(self, start, length):
        return os.pread(self._file, length, self._codes + start)

    def close(self):
        os.close(self._file)


class _Loader(SourceFileLoader):
    """As a source file's own, which tells everything else of it: sources, resources."""

    def __init__(self, name, source, pack, start, length):
        super().__init__(name, source)
        self._pack, self._start, self._length = pack, start, length

    def get_code(self, fullname):
        if self._pack is None:
            return super().get_code(fullname)
        return marshal.loads(self._pack.read(self._start, self._length))

    def exec_module(self, module):
        super().exec_module(module)
        # The pack is closed before users come; who asks for the code again has the file's.
        self._pack = None


def from_pack(path):
    """Has modules come from there until the function that it returns is called. An image without a pack imports from folders."""
    try:
        pack = Pack(path)
    except FileNotFoundError:
        return lambda: None
    sys.meta_path.insert(0, pack)

    def end():
        sys.meta_path.remove(pack)
        pack.close()

    return end
