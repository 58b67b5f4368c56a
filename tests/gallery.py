"""Every state that a page can be in: `python -m tests.gallery [folder]` makes pages of them (default: gallery).

Each set is an assignment and its hand-ins, graded by the command as a person would; what a hand-in cannot bring about
is made of results. Tests open all of them in a browser.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import sys
import tempfile
from dataclasses import replace

from grader.cli import main as grader
from grader.report import Reports
from tests.report_samples import HEAD, ada, array, item, problem, question, redacted, student
from tests.shared import ROOT

NASTY = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x1b[31m\u202e\u200b\u2066{{ 7*7 }}$x$ [a](javascript:b)"
)
NASTY_NAME = "<b>ada & co</b> \u202e\u200b'\"{{x}}"
TWO_PATHS = """
format: 1
title: Two leaves, three nodes
statement: |
  Two leaves feed three nodes, and each leaf is read twice:

  $$u_3 = u_1 u_2, \\qquad u_4 = u_1 + u_2, \\qquad u_5 = 2 u_3 u_4.$$
graph:
  inputs: {u1: 3, u2: 4}
  nodes: {u3: u1 * u2, u4: u1 + u2, u5: 2 * u3 * u4}
questions:
  forward: {ask: trace, mode: forward, title: Forward pass, points: 3}
  locals:
    ask: values
    title: Local derivatives
    prompt: The local derivatives $J_{13} = \\partial u_3/\\partial u_1$, $J_{23}$, $J_{35}$ and $J_{45}$.
    of: {J13: "edge(u1, u3)", J23: "edge(u2, u3)", J35: "edge(u3, u5)", J45: "edge(u4, u5)"}
    points: 4
  path: {ask: value, title: One path, of: "path(u1, u3, u5)"}
  backward:
    ask: trace
    mode: reverse
    title: Backward pass
    points: 5
    depends_on: forward
    hints: ["How many nodes read $u_1$? Each of them sends something back.", "$p_1 = p_3 J_{13} + p_4 J_{14}$."]
"""
SOME = ("two-paths", "gates", "linear-step", "two-matrices", "product-plus-sine")
"""Of the bank, the problems that are in the gallery together."""
RIGHT = {
    "forward": {"u3": 12, "u4": 7, "u5": 168},
    "locals": {"J13": 4, "J23": 3, "J35": 14, "J45": 24},
    "path": 56,
    "backward": {"u5": 1, "u4": 24, "u3": 14, "u2": 66, "u1": 80},
}
EDGES = """
format: 1
title: Edges, tangents and a choice
statement: "At $x = 2$: $a = x^2$, $b = 3 a$, $c = a b$."
graph: {inputs: {x: 2}, nodes: {a: x ** 2, b: 3 * a, c: a * b}}
questions:
  edges: {ask: edge_jacobians, points: 2}
  tangent: {ask: trace, mode: tangent, seed: x}
  gradient: {ask: gradient, wrt: x}
  leaves: {ask: leaves}
  order: {ask: order}
  paths: {ask: paths, from: x, to: c}
  why: {ask: text, prompt: Why do the shares add up?}
  pick: {ask: choice, options: {a: "It **adds** $x$", b: It multiplies}, right: a}
"""
HIDDEN = """
format: 1
title: Hidden until later
graph: {inputs: {x: 2, y: 5}, nodes: {p: x * y, q: x + y, r: p * q}}
questions:
  forward: {ask: trace, mode: forward}
  backward: {ask: trace, mode: reverse, feedback: verdict}
  value: {ask: value, of: "grad(r, x)", feedback: none}
"""
MATRICES = """
format: 1
title: Matrices, large and small
statement: |
  $$z = W x + b, \\qquad h = \\max(z, 0), \\qquad o = \\lVert h - y \\rVert^2$$
graph:
  inputs:
    W: {shape: [12, 15], draw: normal}
    V: [[1, -2], [0.5, 3], [2, 2]]
    x: {shape: [15], draw: normal}
    b: {shape: [12], draw: normal}
    k: [0, -1]
  nodes: {z: W @ x + b, h: relu(z), s: sum(h ** 2), t: relu(k), v: V @ t, o: s + sum(v)}
questions:
  forward: {ask: trace, mode: forward}
  backward: {ask: trace, mode: reverse}
  edges: {ask: edge_jacobians, edges: [k->t, t->v]}
"""
LARGE = """
format: 1
title: Sixty nodes
graph:
  inputs: {{x0: 0.3, y0: 0.7}}
  nodes:
{nodes}
questions:
  forward: {{ask: trace, mode: forward}}
  backward: {{ask: trace, mode: reverse}}
"""
WIDE = """
format: 1
title: Wide and deep
graph:
  inputs: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6}
  nodes: {ab: a * b, cd: c * d, ef: e * f, s: ab + cd, t: cd * ef, u: s - t, v: u * a, w: v + u, z: w * s, o: z + v}
questions:
  forward: {ask: trace, mode: forward}
  backward: {ask: trace, mode: reverse}
"""
PYTHON = """
format: 1
title: A squared error in Python
statement: $o = (\\hat y - y)^2$ with $\\hat y = w^\\top x$.
symbols: {yhat: "\\\\hat y"}
graph:
  inputs: {w: [1, -2, 0.5], x: [0.5, 1, 2], y: 1}
  nodes: {yhat: "dot(w, x)", o: (yhat - y) ** 2}
questions:
  backward: {ask: trace, mode: reverse}
  gradient:
    ask: function
    title: Loss and gradient
    function: loss
    arguments: [w, x, y]
    returns: {o: o, dw: "grad(o, w)"}
    hints: ["What is the derivative of a square?"]
    points: 4
"""
PROGRAMS = {
    "right": "def loss(w, x, y):\n    r = w @ x - y\n    return r ** 2, 2 * r * x\n",
    "factor": "def loss(w, x, y):\n    r = w @ x - y\n    return r ** 2, r * x\n",
    "other-loss": "def loss(w, x, y):\n    r = w @ x - y\n    return 0.5 * r ** 2, r * x\n",
    "shape": "def loss(w, x, y):\n    r = w @ x - y\n    return r ** 2, (2 * r * x).reshape(-1, 1)\n",
    "raises": "def loss(w, x, y):\n    raise ValueError('<b>no</b> \u202e way')\n",
    "syntax": "def loss(w, x, y)\n    return 1\n",
    "absent": "def lose(w):\n    return 1\n",
    "writes": "def loss(w, x, y):\n    r = w @ x - y\n    w *= 0\n    return r ** 2, 2 * r * x\n",
    "shouts": "def loss(w, x, y):\n    print('<script>alert(1)</script>')\n    return '<img src=x>', '\u202e'\n",
}


def make(folder: pathlib.Path) -> list[pathlib.Path]:
    """All pages, below `folder`."""
    for name in _sets():
        make_set(name, folder)
    _bank(folder)
    _from_results(folder / "results")
    return sorted(folder.rglob("*.html"))


def make_set(name: str, folder: pathlib.Path) -> None:
    """The pages of one set, and its solution sheet."""
    problems, handins = _sets()[name]
    with tempfile.TemporaryDirectory() as scratch:
        where = pathlib.Path(scratch)
        _write(where / "problems", problems)
        _write(where / "handins", handins)
        extra = ["--standalone"] if name == "alone" else []
        only = next(iter(problems)) if len(problems) == 1 else ""
        paths = [str(where / "problems" / only), str(where / "handins")]
        _run("grade", *paths, "-o", str(folder / name), *extra)
        _run("solve", paths[0], "-o", str(folder / f"{name}.html"))


def _run(*arguments: str) -> None:
    status = grader(list(arguments))
    assert status in (0, 3), (arguments, status)


def _write(folder: pathlib.Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogatepass")


def _sets() -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Problem files and hand-ins of each set."""
    two_paths = {"two-paths.yaml": TWO_PATHS}
    return {
        "one": (two_paths, _two_paths()),
        "alone": (two_paths, _two_paths()),
        "kinds": ({"edges.yaml": EDGES}, _edges()),
        "hidden": ({"hidden.yaml": HIDDEN}, _hidden()),
        "large": ({"matrices.yaml": MATRICES, "sixty.yaml": _sixty(), "wide.yaml": WIDE}, _large()),
        "python": ({"squared.yaml": PYTHON}, _python()),
        "hostile": (_hostile_problem(), _hostile()),
    }


def _answers(answers: object) -> str:
    return json.dumps({"answers": answers}, ensure_ascii=True)


def _with(question: str, **items: object) -> dict[str, object]:
    """Right answers but for some items; None leaves one out."""
    changed = {**RIGHT[question], **items}  # type: ignore[dict-item]
    return {**RIGHT, question: {name: value for name, value in changed.items() if value is not None}}


def _two_paths() -> dict[str, str]:
    found = {
        "right": RIGHT,
        "overwritten": _with("backward", u1=56, u2=None),
        "forward-slip": _with("forward", u4=8, u5=192),
        "unread": _with("forward", u3="7,0", u4="twelve", u5="14/2"),
        "typed": _with("forward", u3="3*4", u4="14/2", u5="exp(log(168))"),
        "missing": {"forward": RIGHT["forward"]},
        "shape": {**RIGHT, "path": [4, 14]},
        "wrong": {"forward": {"u3": 1, "u4": 2, "u5": 3}, "path": 18, "backward": {"u5": 2}, "locals": {"J13": 3}},
        "nan": _with("backward", u1=".nan", u2=1e300),
        "nothing": {},
    }
    return {f"{name}/two-paths.json": _answers(answers) for name, answers in found.items()} | {
        "broken/two-paths.yaml": "answers:\n  forward: {u3: 12, u4: 7\n",
        "file/two-paths.yaml": "answers:\n  forward: {u3: 12, u4: 7,0}\n  path: 4 x 14\n",
    }


def _edges() -> dict[str, str]:
    right = {
        "edges": {"x->a": 4, "a->b": 3, "a->c": 12, "b->c": 4},
        "tangent": {"a": 4, "b": 12, "c": 96},
        "gradient": 96,
        "leaves": ["x"],
        "order": ["a", "b", "c"],
        "paths": ["x->a->c", "x->a->b->c"],
        "why": "Because the paths are independent.",
        "pick": "a",
    }
    wrong = {
        **right,
        "edges": {"x->a": 2, "a->b": 3, "a->c": 4, "b->c": 12},
        "tangent": {"a": 4, "b": 12, "c": 48},
        "gradient": 48,
        "leaves": ["x", "a"],
        "order": ["b", "a", "c"],
        "paths": ["x->a->c"],
        "pick": "b",
    }
    tangent = {**right, "tangent": {"a": 4, "b": 12, "c": 48}}
    return {f"{n}/edges.json": _answers(a) for n, a in {"right": right, "wrong": wrong, "tangent": tangent}.items()}


def _hidden() -> dict[str, str]:
    right = {
        "forward": {"p": 10, "q": 7, "r": 70},
        "backward": {"r": 1, "q": 10, "p": 7, "y": 24, "x": 45},
        "value": 45,
    }
    wrong = {"forward": right["forward"], "backward": {"r": 1, "q": 10, "p": 7, "y": 24, "x": 35}, "value": 35}
    forward = {**right, "forward": {"p": 10, "q": 8, "r": 80}}
    return {f"{n}/hidden.json": _answers(a) for n, a in {"right": right, "wrong": wrong, "forward": forward}.items()}


def _sixty() -> str:
    nodes = []
    for k in range(1, 31):
        nodes += [f"    x{k}: sin(x{k - 1}) + 0.1 * y{k - 1}", f"    y{k}: x{k - 1} * y{k - 1}"]
    return LARGE.format(nodes="\n".join([*nodes, "    o: x30 + y30"]))


def _large() -> dict[str, str]:
    large = {
        "sixty": {"forward": {f"x{k}": 0.5 for k in range(1, 31)}},
        "wide": {"forward": {"ab": 2, "cd": 12, "ef": 30, "s": 14, "t": 42}, "backward": {"o": 1, "z": 1, "w": 3}},
        "matrices": {
            "forward": {"t": [0, 0], "v": [1, 2, 3]},
            "backward": {"o": 1, "k": [0.5, 0], "W": [[0.25] * 15] * 12},
            "edges": {"k->t": [[1, 0], [0, 0]], "t->v": [[1, 2, 3], [4, 5, 6]]},
        },
    }
    text = json.dumps({"problems": {name: {"answers": answers} for name, answers in large.items()}})
    return {"some/answers.json": text, "nothing/answers.json": '{"problems": {}}'}


def _python() -> dict[str, str]:
    found = {f"{name}/squared.py": text for name, text in PROGRAMS.items()}
    found["factor/squared.json"] = _answers({"backward": {"o": 1, "yhat": -3, "w": [-1.5, -3, -6], "x": 1, "y": 3}})
    return found


def _hostile_problem() -> dict[str, str]:
    return {"two-paths.yaml": TWO_PATHS.replace("title: Two leaves, three nodes", "title: '<i>Two</i> & $u_1$'")}


def _hostile() -> dict[str, str]:
    """Markup, directions and controls wherever a student can put text."""
    answers = {
        "forward": {"u3": NASTY, "u4": [NASTY, {NASTY: NASTY}], "u5": NASTY * 50, NASTY: 1},
        "path": NASTY,
        "backward": NASTY,
        NASTY: {"a": NASTY},
        "locals": {"J13": "9" * 5000, "J23": [[1] * 60] * 60, "J35": "1e400", "J45": "{{7*7}}"},
    }
    return {
        f"{NASTY_NAME.replace('/', '|')}/two-paths.json": _answers(answers),
        f"{NASTY_NAME.replace('/', '|')}/<img src=x>\u202e.txt": "",
        "x" * 200 + "/two-paths.yaml": f"answers: {{forward: {{u3: '{NASTY.replace(chr(39), '')[:60]}'\n",
        "broken/two-paths.yaml": "\x00\x01<script>",
    }


def _bank(folder: pathlib.Path) -> None:
    """Several problems: some of the bank, and some students of the sample class."""
    with tempfile.TemporaryDirectory() as scratch:
        problems, handins = pathlib.Path(scratch, "problems"), pathlib.Path(scratch, "handins")
        problems.mkdir()
        for name in SOME:
            shutil.copy(ROOT / "problems" / f"{name}.yaml", problems)
        for name in ("s01", "s04", "s13"):
            shutil.copytree(ROOT / "submissions" / name, handins / name)
        _run("grade", str(problems), str(handins), "-o", str(folder / "bank"))


def _from_results(folder: pathlib.Path) -> None:
    """Verdicts that no hand-in brings about, and the copies with something hidden."""
    text = question("a", "wrong", 0, 1, item(NASTY, "wrong", NASTY, array(1), NASTY),
                    item("b", "unreadable", NASTY, array(1), f"{NASTY}\n{NASTY}"), message=NASTY)  # fmt: skip
    net = problem("net", NASTY, text, message=f"{NASTY}\n  ^")
    hostile = student(NASTY, net, messages=(NASTY, f"{NASTY}\n{NASTY}"),
                      first=("net", "a", NASTY))  # fmt: skip
    with Reports(folder, HEAD) as reports:
        for result in (ada(), hostile, replace(redacted(ada(), "expected"), student="bea"),
                       replace(redacted(ada(), "all"), student="cyd"), student("empty")):  # fmt: skip
            reports.add(result, result)


if __name__ == "__main__":
    made = make(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
    print(f"{len(made)} pages")
