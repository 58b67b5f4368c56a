"""Which modules a submission may import, and the import that hands out these and nothing else.

All of them are loaded before the walls stand, with everything that they load late: behind the walls no file can be
read. The list is a courtesy to honest students (a clear message instead of a strange one) and keeps torch, autograd and
grader out of an honest program's reach; whoever gets round it meets the walls.
"""

from __future__ import annotations

import builtins
import importlib
import io
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


STANDARD = _words(
    """
    __future__ abc array bisect builtins calendar cmath collections collections.abc contextlib copy dataclasses
    datetime decimal enum fractions functools heapq itertools json logging math numbers operator pprint random
    re statistics string struct textwrap time timeit traceback types typing unicodedata warnings weakref
    """
)

NUMPY = _words(
    """
    numpy numpy.char numpy.core numpy.dtypes numpy.exceptions numpy.fft numpy.lib numpy.lib.array_utils
    numpy.lib.format numpy.lib.introspect numpy.lib.mixins numpy.lib.npyio numpy.lib.recfunctions
    numpy.lib.scimath numpy.lib.stride_tricks numpy.linalg numpy.ma numpy.ma.core numpy.ma.extras numpy.matlib
    numpy.matrixlib numpy.polynomial numpy.polynomial.chebyshev numpy.polynomial.hermite
    numpy.polynomial.hermite_e numpy.polynomial.laguerre numpy.polynomial.legendre numpy.polynomial.polynomial
    numpy.polynomial.polyutils numpy.random numpy.rec numpy.strings numpy.testing numpy.typing numpy.version
    """
)
"""Not all of them are in every version of NumPy."""

_process_time = time.process_time

STAND_INS = ("sys", "past", "past.builtins", "six", "six.moves")
"""Made here: the harmless part of `sys`, and the old names for `range` that course code still imports."""

ALLOWED = (*STANDARD, *NUMPY, *STAND_INS)

_LOADED_LATE = _words(
    """
    _strptime _pydecimal _pydatetime linecache tracemalloc tokenize inspect locale secrets shutil gettext
    unittest unittest.case difflib encodings.ascii encodings.latin_1 encodings.cp1252 encodings.utf_16
    encodings.utf_32 encodings.utf_8_sig encodings.idna encodings.unicode_escape encodings.raw_unicode_escape
    stringprep numpy.ctypeslib numpy._core._methods numpy._core._dtype numpy._core._internal
    numpy._core._add_newdocs numpy._core._ufunc_config numpy._core.strings numpy._core.records
    numpy._core.defchararray numpy.linalg._umath_linalg numpy.lib._datasource numpy.core.multiarray
    numpy.core.umath numpy.core.numeric numpy.core.fromnumeric numpy.core._methods concurrent.futures threading
    queue platform ast opcode dis
    """
)


def load() -> dict[str, ModuleType]:
    """Load every allowed module and what they load late; those that this version has, by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _LOADED_LATE:
            _load(name)
        loaded = {name: module for name in (*STANDARD, *NUMPY) if (module := _load(name)) is not None}
        _warm()
    known = loaded | _stand_ins()
    _prepare_builtins(known)
    return known


def _load(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _warm() -> None:
    """Use once what NumPy and Python set up at first use."""
    import datetime

    import numpy as np

    square = np.eye(64) + 0.5
    np.linalg.solve(square, square @ square)
    np.linalg.svd(square)
    np.linalg.eigh(square)
    np.fft.rfft(square)
    np.random.default_rng(0).normal(size=3)
    np.random.RandomState(0).randn(3)
    np.einsum("ij,jk->ik", square, square, optimize=True)
    np.testing.assert_allclose(square, square)
    np.array2string(square, precision=3)
    np.sort(np.median(square, axis=0))
    np.ma.masked_array([1.0], mask=[True]).mean()
    np.lib.stride_tricks.sliding_window_view(square, (3, 3))
    np.strings.upper(np.array(["a"])) if hasattr(np, "strings") else None
    np.random.seed(0)  # noqa: NPY002 - what student code uses
    datetime.datetime.strptime("2000-01-01", "%Y-%m-%d")
    f"{1.5:.3e} {np.float64(1.5):8.3f}".encode("latin-1")


def _stand_ins() -> dict[str, ModuleType]:
    old_names: dict[str, Any] = {name: vars(builtins)[name] for name in ("range", "zip", "map", "object", "str", "int")}
    old_names.update(xrange=range, unicode=str, basestring=str, long=int, raw_input=input, input=input)
    made = {
        "sys": _module("sys", {name: getattr(sys, name) for name in _SYS}),
        "past.builtins": _module("past.builtins", old_names),
        "six.moves": _module("six.moves", {name: old_names[name] for name in ("xrange", "range", "zip", "map")}),
    }
    made["sys"].__dict__.update(argv=["answers.py"], path=[], modules={})
    made["past"] = _module("past", {"builtins": made["past.builtins"]})
    made["six"] = _module("six", {"moves": made["six.moves"], "PY2": False, "PY3": True, "string_types": (str,)})
    return made


_SYS = _words(
    """
    maxsize float_info int_info float_repr_style version version_info byteorder platform exit getrecursionlimit
    setrecursionlimit getsizeof intern maxunicode exc_info hash_info implementation getrefcount
    """
)


def _module(name: str, content: Mapping[str, Any]) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(content)
    return module


def forget_the_rest(own_package: str, others: Sequence[str]) -> None:
    """Leave no way to load anything more, and take out of the table of modules what is ours."""
    sys.path.clear()
    sys.meta_path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    for name in list(sys.modules):
        if name.partition(".")[0] in (own_package, *others):
            del sys.modules[name]


def limited_import(modules: Mapping[str, ModuleType]) -> Callable[..., ModuleType]:
    """An `__import__` for student code that knows these modules only."""

    nothing = ModuleType("nothing")

    def __import__(
        name: str, globals: Any = None, locals: Any = None, fromlist: Sequence[str] | None = (), level: int = 0
    ) -> ModuleType:
        if type(fromlist) is list:  # by C code, which takes the module from the table itself and none from here
            if name in sys.modules:
                return nothing
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if level:
            raise ImportError("an answer is one module: there is nothing beside it to import from", name=name)
        if name not in modules:
            raise ModuleNotFoundError(f"{name} cannot be imported here: answers run with NumPy alone", name=name)
        return modules[name] if fromlist else modules[name.partition(".")[0]]

    return __import__


def wait_by_computing(seconds: Any, /) -> None:
    """`time.sleep` for student code: it uses up processor time as computing does, so that nobody waits for ever."""
    until = _process_time() + seconds
    while _process_time() < until:
        pass


_BUILTINS: dict[bool, dict[str, Any]] = {}


def _prepare_builtins(modules: Mapping[str, ModuleType]) -> None:
    """Make the built-in names of student code, with the limited import and without; before the fork, to save time."""
    for limited in (False, True):
        own = dict(vars(builtins))
        own["exit"] = own["quit"] = sys.exit
        if limited:
            own["__import__"] = limited_import(modules)
        _BUILTINS[limited] = own


def namespace(name: str, limited: bool) -> ModuleType:
    """An empty module for student code; not `limited`, it may import whatever is loaded."""
    module = ModuleType(name)
    module.__dict__.update(__builtins__=_BUILTINS[limited], __file__=f"{name}.py")
    sys.modules[name] = module  # dataclasses and typing look classes' modules up there
    return module


class Printed(io.TextIOBase):
    """Takes what student code prints, up to a budget for each part of the run and one for the whole."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, most: int, most_altogether: int) -> None:
        super().__init__()
        self._most, self._left = most, most_altogether
        self._parts: list[str] = []
        self._length = 0
        self._cut = False

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, found: str) -> int:
        """Keep what the budget allows and drop the rest."""
        if not isinstance(found, str):
            raise TypeError(f"write() argument must be str, not {type(found).__name__}")
        length = str.__len__(found)
        room = min(self._most - self._length, self._left)
        self._cut = self._cut or length > room
        if room > 0 and length:
            self._parts.append(str.__getitem__(found, slice(room)))
            self._length += min(length, room)
            self._left -= min(length, room)
        return length

    def take(self) -> tuple[str, bool]:
        """What was printed since the last time, and whether some of it was dropped."""
        taken = "".join(self._parts), self._cut
        self._parts, self._length, self._cut = [], 0, False
        return taken
