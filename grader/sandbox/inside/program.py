"""A submission's sources: compiled, run as one module, and statement by statement where the whole does not run.

A missing data file or an import that is not allowed does not lose the functions: imports, definitions and assignments
are then tried one by one in a module of their own, and what had to be left out is listed. A program that ends itself
(SystemExit, or another exception that is no `Exception`) is taken at its word.
"""

from __future__ import annotations
import __future__ as features

import ast
import linecache
import re
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, ModuleType
from typing import Any

from . import raised
from .convert import readable

_FUTURE = 0
for _name in features.all_feature_names:
    _FUTURE |= getattr(features, _name).compiler_flag
_KEPT = (
    ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
    | ast.AugAssign | ast.Try | ast.If
)  # fmt: skip
MOST_LEFT_OUT = 20
_NEWLINE = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python; `str.splitlines` knows more than that."""


class Unreadable(Exception):
    """The source does not compile; `found` says where and why."""

    def __init__(self, found: dict[str, Any]) -> None:
        super().__init__(found)
        self.found = found


class Program:
    """The sources of one submission, compiled. Raises Unreadable."""

    def __init__(self, sources: Sequence[tuple[str, str]]) -> None:
        self.lines = {file: _NEWLINE.split(text) for file, text in sources}
        self._sources = sources
        self._flags = 0
        self._codes = [self._compile(text, file, text) for file, text in sources]
        for code in self._codes:
            self._flags |= code.co_flags & _FUTURE
        for file, text in sources:  # so that warnings and tracebacks that students print show their lines
            linecache.cache[file] = (len(text), None, [line + "\n" for line in self.lines[file]], file)

    def _compile(self, what: str | ast.Module, file: str, text: str) -> CodeType:
        if "\0" in text:  # which not every version of Python places
            raise Unreadable(_null_byte(file, text))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                code = compile(what, file, "exec", flags=self._flags, dont_inherit=True)
        except SyntaxError as error:
            raise Unreadable(_syntax(error, file)) from None
        except (MemoryError, RecursionError):
            raise Unreadable({"file": file, "line": 0, "column": 0, "message": NESTED, "text": ""}) from None
        if not isinstance(code, types.CodeType):
            raise TypeError("compile gave no code")
        return code

    def run(self, fresh: Callable[[], ModuleType]) -> tuple[ModuleType, dict[str, Any]]:
        """The module, and how its top level went."""
        module = fresh()
        try:
            for code in self._codes:
                exec(code, module.__dict__)  # noqa: S102 - what this sandbox is for
        except Exception as error:
            trouble = raised.describe(error, self.lines)
        except BaseException as error:  # it wants to end: what was defined before stays, and that is all
            return module, {"raised": raised.describe(error, self.lines), "left_out": [], "more": 0}
        else:
            return module, {"raised": None, "left_out": [], "more": 0}
        module = fresh()
        left_out = list(self._piecewise(module))
        return module, {"raised": trouble, "left_out": left_out[:MOST_LEFT_OUT], "more": len(left_out[MOST_LEFT_OUT:])}

    def _piecewise(self, module: ModuleType) -> Iterator[dict[str, Any]]:
        """Run what can be run alone; what was left out, with the reason where it was tried."""
        for file, text in self._sources:
            for statement in _split(ast.parse(text, file)):
                place = {"file": file, "line": statement.lineno, "text": self._line(file, statement.lineno)}
                if not isinstance(statement, _KEPT):
                    if not _is_text(statement):
                        yield {**place, "why": ""}
                    continue
                try:
                    exec(self._compile(ast.Module([statement], []), file, text), module.__dict__)  # noqa: S102
                except BaseException as error:
                    found = raised.describe(error, self.lines)
                    yield {**place, "why": readable(f"{found['type']}: {found['message']}", 300)}

    def _line(self, file: str, line: int) -> str:
        lines = self.lines[file]
        return readable(lines[line - 1], raised.MOST_LINE) if 0 < line <= len(lines) else ""


NESTED = "nested too deeply to be read"


def _split(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements, with an import of several modules as several imports: one of them may work."""
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            for name in statement.names:
                yield ast.copy_location(ast.Import([name]), statement)
        else:
            yield statement


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _syntax(error: SyntaxError, file: str) -> dict[str, Any]:
    return {
        "file": file,
        "line": error.lineno or 0,
        "column": error.offset or 0,
        "message": readable(str(error.msg), raised.MOST_MESSAGE),
        "text": readable((error.text or "").rstrip("\n"), raised.MOST_LINE),
    }


def _null_byte(file: str, text: str) -> dict[str, Any]:
    before = text[: max(text.find("\0"), 0)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return {
        "file": file,
        "line": line,
        "column": column,
        "message": "a null byte, which no program can hold",
        "text": "",
    }
