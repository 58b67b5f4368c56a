"""Programs that try to be right without computing: none gains a point, and an honest one after them loses none."""

from __future__ import annotations

import pytest

from tests.programs import asked, mark, verdicts
from tests.sandboxed import REACH, isolated

QUESTION = asked("function: f\narguments: [x]\nreturns: grad(y, x)\nlimits: {seconds: 0.4}")
HONEST = "def f(x):\n    return 2 * x\n"

LIES = {
    "an array whose comparison is always true": "class A(np.ndarray):\n    def __eq__(self, o): return True\n    "
    "def __sub__(self, o): return np.zeros(3)\ndef f(x): return np.zeros(3).view(A)",
    "an object with __array__": "class A:\n    def __array__(self, *a, **k): return np.zeros(3)\ndef f(x): return A()",
    "an object with __array_interface__": "class A:\n    __array_interface__ = {'shape': (3,), 'typestr': '<f8', "
    "'data': (1, False), 'version': 3}\ndef f(x): return A()",
    "an array over foreign memory": "def f(x): return np.lib.stride_tricks.as_strided(np.zeros(1), (3,), (8,))",
    "a float that is larger than itself": "class F(float):\n    def __float__(self): return 2.0\n"
    "def f(x): return [F(0)] * 3",
    "a list that lies about its length": "class L(list):\n    def __len__(self): return 3\n    def __iter__(self): "
    "return iter([2, 4, 6])\ndef f(x): return L()",
    "a dict that grows": "class D(dict):\n    def __getitem__(self, k): return np.ones(3)\n    def items(self): "
    "return [('q', 2)]\ndef f(x): return D()",
    "an array that frees itself": "def f(x):\n    a = np.zeros(3)\n    a.setflags(write=False)\n    return a",
    "infinity": "def f(x): return np.full(3, np.inf)",
    "not a number": "def f(x): return x * np.nan",
    "negative zeros": "def f(x): return -0.0 * x",
    "an empty array": "def f(x): return np.zeros((0, 3))",
    "a broadcast scalar": "def f(x): return np.float64(2)",
    "dates": "def f(x): return np.array(['2020'] * 3, dtype='M8[Y]')",
    "texts of numbers": "def f(x): return np.array(['2', '4', '6'])",
    "a generator": "def f(x): return (2 * v for v in x)",
    "an iterator without an end": "import itertools\ndef f(x): return itertools.repeat(2.0)",
    "itself": "def f(x):\n    a = []\n    a.append(a)\n    return a",
    "a million lists": "def f(x): return [[] for _ in range(10**6)]",
    "a numpy void": "def f(x): return np.zeros(3, dtype='V8')",
    "a half precision": "def f(x): return (2.0007 * x).astype(np.float16)",
}
TAMPERING = {
    "replaces numpy.asarray": "np.asarray = lambda *a, **k: 1 / 0\ndef f(x): return np.zeros(3)",
    "replaces numpy.abs with zeros": "np.abs = np.max = lambda *a, **k: 0.0\ndef f(x): return np.zeros(3)",
    "replaces builtins": "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.type = lambda *a: float\n"
    "def f(x): return 'right'",
    "replaces len and print": "__builtins__['len'] = lambda o: 3\ndef f(x): return []",
    "reads the frame above": "import warnings\ndef f(x):\n    frame = warnings.sys._getframe(1)\n    while frame:\n"
    "        for v in frame.f_locals.values():\n            if type(v) is np.ndarray and v is not x: return v\n"
    "        frame = frame.f_back\n    return x",
    "looks for answers in the garbage": "def f(x):\n    import gc\n    return [o for o in gc.get_objects() "
    "if type(o) is np.ndarray][0]",
    "looks for arrays in a traceback": "def f(x):\n    try: 1 / 0\n    except ZeroDivisionError as e:\n        return "
    "e.__traceback__.tb_frame.f_back.f_locals.get('expected', x)",
    "leaves a hook at the end": f"{REACH}def f(x):\n    reach('atexit').register(print, 'correct')\n    return x",
    "ends with success": f"{REACH}def f(x):\n    reach('os')._exit(0)",
    "ends at the top": f"{REACH}reach('os')._exit(0)\n{HONEST}",
    "closes every file": f"{REACH}def f(x):\n    reach('os').closerange(0, 256)\n    return x",
    "writes to every file": f"{REACH}def f(x):\n    for d in range(64):\n        "
    "try: reach('os').write(d, b'correct')\n        except OSError: pass\n    return x",
    "copies one file over another": f"{REACH}def f(x):\n    for d in range(3, 20):\n        "
    "try: reach('os').dup2(d, 1)\n        except OSError: pass\n    return x",
    "changes what was sent": "def f(x):\n    x.resize((5,), refcheck=False)\n    return x",
    "changes the shape of its argument": "def f(x):\n    x.shape = (3, 1)\n    return x",
    "recurses without an end": "def f(x): return f(x)",
    "recurses in C": "def f(x):\n    a = []\n    for _ in range(10**5): a = [a]\n    return a",
    "raises what cannot be shown": "class E(Exception):\n    def __str__(self): raise self\n    __repr__ = __str__\n"
    "def f(x): raise E",
    "raises with a message without an end": "def f(x): raise ValueError('x' * 10**7)",
    "raises from its own hash": "class K(str):\n    def __hash__(self): raise SystemExit\ndef f(x): return {K('q'): 1}",
    "catches everything and goes on": "def f(x):\n    while True:\n        try:\n            while True: pass\n"
    "        except BaseException: pass",
    "sleeps": "import time\ndef f(x):\n    time.sleep(1e6)\n    return x",
    "takes memory in steps": "kept = []\ndef f(x):\n    while True: kept.append(bytearray(2**20))",
    "draws until the seed fits": "def f(x):\n    np.random.seed(0)\n    return np.random.rand(3) * 4",
    "knows the printed point": "def f(x): return 2 * x if list(x) == [1, 2, 3] else x",
    "is right twice": "n = 0\ndef f(x):\n    global n\n    n += 1\n    return 2 * x if n < 3 else x",
    "is right until the last call": "n = 0\ndef f(x):\n    global n\n    n += 1\n    return 2 * x if n != 8 else 3 * x",
    "a string of a colossal number": "def f(x): return int('9' * 10**6)",
    "a power without an end": "def f(x): return 9 ** 9 ** 9",
    "a format without an end": "def f(x): return f'{1:>{10**10}}'",
    "a pattern without an end": "import re\ndef f(x): return re.match('(a+)+$', 'a' * 40 + 'b')",
}  # fmt: skip


@pytest.mark.parametrize("name", [*LIES, *TAMPERING])
def test_an_attack_gains_nothing_and_the_next_program_loses_nothing(name):
    isolated()
    (item,) = mark(QUESTION, "import numpy as np\n" + {**LIES, **TAMPERING}[name]).items
    assert item.verdict in ("wrong", "missing", "unreadable", "not_checked"), item
    assert item.verdict != "not_checked" or name == "sleeps", item
    assert item.message is None or len(item.message) < 3_000
    assert verdicts(QUESTION, HONEST) == ["correct"]
