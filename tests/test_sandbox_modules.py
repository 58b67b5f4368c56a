"""Every module that may be imported works behind the walls, with what it loads late, and no other can be imported."""

from __future__ import annotations

import pytest

from grader.sandbox.inside.modules import ALLOWED, NUMPY
from tests.sandboxed import isolated, submission

USES = {
    "__future__": "m.annotations.compiler_flag > 0",
    "abc": "m.ABC.__name__ == 'ABC'",
    "array": "m.array('d', [1.0])[0] == 1",
    "bisect": "m.bisect([1, 3], 2) == 1",
    "builtins": "m.sum([1, 2]) == 3",
    "calendar": "m.isleap(2000) and m.month(2000, 1)",
    "cmath": "m.sqrt(-1) == 1j",
    "collections": "m.Counter('aab')['a'] == 2 and m.namedtuple('P', 'x')(1).x == 1",
    "collections.abc": "issubclass(list, m.abc.Sequence)",
    "contextlib": "m.suppress(ValueError) and m.contextmanager(len)",
    "copy": "m.deepcopy([[1]]) == [[1]]",
    "dataclasses": "m.make_dataclass('P', ['x'])(1).x == 1",
    "datetime": "m.datetime.strptime('2000-01-02', '%Y-%m-%d').strftime('%d %B') and m.datetime.now()",
    "decimal": "m.Decimal('0.1') + m.Decimal('0.2') == m.Decimal('0.3')",
    "enum": "m.Enum('E', 'a b').a.value == 1",
    "fractions": "m.Fraction(1, 3) * 3 == 1 and m.Fraction('0.5') and m.Fraction(0.25)",
    "functools": "m.reduce(lambda a, b: a + b, [1, 2]) == 3 and m.lru_cache(None)(abs)(-1) == 1",
    "heapq": "m.nsmallest(1, [2, 1]) == [1]",
    "itertools": "list(m.product([1], [2])) == [(1, 2)]",
    "json": "m.loads(m.dumps({'a': [1.5]})) == {'a': [1.5]}",
    "logging": "m.warning('careful') is None and m.getLogger('a').info('x') is None",
    "math": "m.erf(0) == 0",
    "numbers": "isinstance(1, m.Number)",
    "operator": "m.itemgetter(1)([1, 2]) == 2",
    "pprint": "m.pformat({'a': list(range(40))})",
    "random": "0 <= m.random() < 1 and m.Random(1).gauss(0, 1) and m.SystemRandom().random()",
    "re": "m.sub('a', 'b', 'aa') == 'bb'",
    "statistics": "m.stdev([1.0, 2.0]) and m.NormalDist().cdf(0) == 0.5 and m.quantiles([1, 2, 3])",
    "string": "m.Template('$a').substitute(a=1) == '1'",
    "struct": "m.unpack('d', m.pack('d', 1.5)) == (1.5,)",
    "textwrap": "m.dedent('  a') == 'a'",
    "time": "m.time() > 0 and m.perf_counter() and m.strftime('%Y', m.localtime()) and m.strptime('1', '%d')",
    "timeit": "m.timeit('1', number=2) >= 0",
    "traceback": "m.format_exception_only(ValueError, ValueError('a')) and m.format_stack()",
    "types": "m.SimpleNamespace(a=1).a == 1",
    "typing": "m.get_type_hints(lambda: 0) == {} and m.Optional[int]",
    "unicodedata": "m.name('a')",
    "warnings": "m.warn('careful') is None and m.catch_warnings(record=True)",
    "weakref": "m.WeakValueDictionary() is not None",
    "numpy": "m.array2string(m.ones((2, 2))) and f'{m.float64(1):.2f}' and repr(m.eye(2)) and m.einsum('ii', m.eye(3))",
    "numpy.char": "m.char.upper('a')",
    "numpy.core": "m.core.numeric",
    "numpy.dtypes": "m.dtypes.Float64DType",
    "numpy.exceptions": "m.exceptions.AxisError",
    "numpy.fft": "m.fft.ifft(m.fft.fft(m.ones(6))).shape == (6,)",
    "numpy.lib": "m.lib.__name__",
    "numpy.lib.array_utils": "m.lib.array_utils.byte_bounds(m.ones(1))",
    "numpy.lib.format": "m.lib.format.magic(1, 0)",
    "numpy.lib.introspect": "m.lib.introspect.opt_func_info(func_name='add') is not None",
    "numpy.lib.mixins": "m.lib.mixins.NDArrayOperatorsMixin",
    "numpy.lib.npyio": "m.lib.npyio.__name__",
    "numpy.lib.recfunctions": "m.lib.recfunctions.get_names(m.dtype([('a', 'f8')])) == ('a',)",
    "numpy.lib.scimath": "m.emath.sqrt(-1) == 1j",
    "numpy.lib.stride_tricks": "m.lib.stride_tricks.sliding_window_view(m.arange(4), 2).shape == (3, 2)",
    "numpy.linalg": "all([m.linalg.svd(m.eye(3)), m.linalg.norm(m.ones(4)) == 2, m.linalg.eig(m.eye(2)),"
    " m.linalg.pinv(m.eye(2)).any(), m.linalg.lstsq(m.eye(2), m.ones(2), rcond=None),"
    " m.linalg.qr(m.eye(2)), m.linalg.matrix_rank(m.eye(2)) == 2])",
    "numpy.ma": "m.ma.masked_invalid([1.0, m.nan]).mean() == 1 and repr(m.ma.ones(2))",
    "numpy.ma.core": "m.ma.core.MaskedArray",
    "numpy.ma.extras": "m.ma.median(m.ma.ones(3)) == 1",
    "numpy.matlib": "m.matlib.repmat([1], 2, 2).shape == (2, 2)",
    "numpy.matrixlib": "m.matrix('1 2; 3 4').I.shape == (2, 2)",
    "numpy.polynomial": "m.polynomial.Polynomial([1, 2])(1) == 3 and str(m.polynomial.Polynomial([1, 2]))",
    "numpy.random": "m.random.default_rng(0).normal() and m.random.default_rng().random()"
    " and m.random.randn(2).shape == (2,) and m.random.RandomState(0).permutation(3).shape and m.random.choice(3) < 3",
    "numpy.rec": "m.rec.array([(1, 2.0)], dtype=[('a', int), ('b', float)]).a[0] == 1",
    "numpy.strings": "m.strings.upper(m.array(['a']))[0] == 'A'",
    "numpy.testing": "m.testing.assert_allclose(1, 1) is None and not m.testing.assert_equal(1, 1)",
    "numpy.typing": "m.typing.NDArray[m.float64] and m.typing.ArrayLike",
    "numpy.version": "m.version.version",
    "sys": "m.float_info.epsilon < 1e-9 and m.maxsize > 0 and m.version_info >= (3, 11) and m.stdout.write('a')",
    "past": "m.builtins.xrange(3)[2] == 2",
    "past.builtins": "m.builtins.xrange(3)[2] == 2",
    "six": "m.PY3",
    "six.moves": "list(m.moves.zip([1], [2])) == [(1, 2)]",
}
for _name in NUMPY:
    if _name.startswith("numpy.polynomial."):
        USES[_name] = f"{_name.replace('numpy', 'm', 1)}.__name__"


@pytest.mark.parametrize("name", ALLOWED)
def test_every_allowed_module_works_behind_the_walls(name):
    source = (
        f"try:\n    import {name}\n    import {name.partition('.')[0]} as m\nexcept ImportError:\n    m = None\n"
        f"def f():\n    return m is None or bool({USES[name]})\n"
    )
    outcome = isolated().run(submission(source))
    assert outcome.state == "ok", outcome
    assert outcome.top.raised is None
    assert outcome.calls[0].raised is None, outcome.calls[0].raised
    assert bool(outcome.calls[0].values[""])
    needs = submission(f"import {name}\ndef f():\n    return 1\n")
    missing = isolated().run(needs).top.raised
    assert missing is None or name in NUMPY, missing  # not every version of NumPy has all of its modules


@pytest.mark.parametrize(
    "name", ["os", "subprocess", "socket", "ctypes", "importlib", "gc", "inspect", "threading", "posix"]
)
def test_modules_that_are_not_allowed_are_refused_with_a_message(name):
    outcome = isolated().run(submission(f"def f():\n    import {name}\n"))
    raised = outcome.calls[0].raised
    assert (raised.type, raised.module) == ("ModuleNotFoundError", name)
    assert raised.message == f"{name} cannot be imported here: answers run with NumPy alone"


@pytest.mark.parametrize(
    "name", ["grader", "autograd", "torch", "jax", "msgpack", "landlockpy", "hypothesis", "yaml", "inside"]
)
def test_nothing_installed_is_within_reach_even_past_the_list(name):
    reach = "import warnings\nmodules = warnings.sys.modules\n"
    source = (
        reach
        + f"def f():\n    if '{name}' in modules:\n        return 1\n    modules['importlib'].import_module('{name}')\n"
    )
    raised = isolated().run(submission(source)).calls[0].raised
    assert raised is not None
    assert raised.type == "ModuleNotFoundError"


def test_there_is_nothing_beside_an_answer_to_import_from():
    raised = isolated().run(submission("def f():\n    from . import layers\n")).calls[0].raised
    assert "nothing beside it" in raised.message
