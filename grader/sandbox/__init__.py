"""Where student code runs: functions and points in, arrays out. It knows nothing of questions, answers or marks.

    with Sandbox(minimum="hardened") as sandbox:          # costs nothing until the first request
        outcome = sandbox.run(Request(
            sources=(Source("square.py", text),),         # or one for each cell of a notebook, run in order
            function="gradient",
            calls=(Call({"x": x1}), Call({"x": x1}), Call({"x": x2})),
            limits=Limits(seconds=2.0, memory=256 * 2**20),
        ))

`Sandbox.tier` is `isolated` (Landlock and seccomp hold), `hardened` (one of them) or `process`, found by real attacks
when it is first asked for; under less than `minimum` every outcome is `not_checked`, and `Sandbox.refusal` says why.
`run` waits, `submit` gives a Future, `run_all` runs an iterable of requests on all cores and keeps their order. All
three may be called from several threads. A request of the supervisor's own fault raises ValueError; nothing else does.

A `Request` names a `function`, called by position with each call's arguments in their order, or `statements` that run
in a copy of the module's namespace with the arguments as variables; then `requires` must be defined by the module, and
the variables of `reads` are read afterwards. Arguments are floats, integers and arrays (float64, float32, int64 and
bool stay, all else becomes float64); every call gets copies of its own. To see whether a result can be repeated, make
the same call twice; all calls of a request run in one process, in order. `Call(count=True)` counts calls of the
functions that the submission defines (also nested ones and lambdas), by name, the called one included.

An `Outcome` has a `state`, a sentence `reason` (complete it with "it" as the program), the `calls` that ended, and
`top`, how the top level went. A call that raised has `raised` and no `values`. Each value is

    an array           float64, float32, int64 or bool; of zero axes for a number
    Listed(kind, array)    a list or tuple of plain numbers, or a regular nest of them
    Group(kind, items)     any other list or tuple; the items are values
    a dict             names to values
    Unusable(what)     what holds no numbers: "nothing (None)", "a text", "a masked array", "more than 8 MiB", …

`as_array` makes one array of a value where that can be done, `parts` splits a list or tuple. Texts (messages, printed
output, source lines) are bounded, come from the student and are not escaped.

docs/sandbox.md says what the walls are, what each tier promises, and how that is tested.
"""

from grader.sandbox.inside.values import Group, Listed, Unusable, Value
from grader.sandbox.outcome import CallOutcome, LeftOut, Outcome, Raised, State, Syntax, TopLevel
from grader.sandbox.request import Argument, Call, Limits, Request, Source
from grader.sandbox.supervisor import Sandbox
from grader.sandbox.tiers import TIERS, Tier
from grader.sandbox.unpacking import as_array, parts

__all__ = [
    "TIERS", "Argument", "Call", "CallOutcome", "Group", "LeftOut", "Limits", "Listed", "Outcome", "Raised", "Request",
    "Sandbox", "Source", "State", "Syntax", "Tier", "TopLevel", "Unusable", "Value", "as_array", "parts",
]  # fmt: skip
