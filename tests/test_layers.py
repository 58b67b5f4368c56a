"""Imports point up the list of layers, never down, and within a layer wherever they like."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator

import pytest

import grader

ORDER = "errors engine spec answers comparing sandbox questions misconceptions marking batch report web cli"
LAYERS = ORDER.split()
ROOT = pathlib.Path(grader.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))


def layer_of(parts: tuple[str, ...]) -> str | None:
    """The layer of a module of grader by its path below it; None for `grader` itself, which holds the version."""
    return parts[0].removesuffix(".py") if parts and parts[0] != "__init__.py" else None


def imports(path: pathlib.Path) -> Iterator[tuple[int, str]]:
    """The line and layer of each import from grader, at the top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(["grader", *path.relative_to(ROOT).parts][: -node.level]) if node.level else ""
            module = ".".join(filter(None, [start, node.module]))
            names = [f"grader.{a.name}" for a in node.names] if module == "grader" else [module]
        else:
            continue
        for name in names:
            if name.startswith("grader.") and (layer := name.split(".")[1]) != "__version__":
                yield node.lineno, layer


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_up_the_list_of_layers(path):
    own = layer_of(path.relative_to(ROOT).parts)
    if own in (None, "__main__"):
        return
    below = [(line, name) for line, name in imports(path) if LAYERS.index(name) > LAYERS.index(own)]
    assert not below, f"{path}: {own} may not import " + ", ".join(f"{name} (line {line})" for line, name in below)
