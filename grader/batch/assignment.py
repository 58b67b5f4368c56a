"""Problem files made ready for marking; one that cannot be used stands beside the others and stops none of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from grader.batch.failure import our_mistake, show_traceback
from grader.batch.programs import sandbox_of
from grader.errors import GraderError, NotChecked, Place, ProblemError, ProblemErrors
from grader.marking import PreparedProblem, prepare
from grader.marking.results import ProblemSummary
from grader.questions import option_models
from grader.sandbox import Tier
from grader.spec.document import Mapping as Tree
from grader.spec.document import Scalar, Value
from grader.spec.load import load_problems
from grader.spec.problem import Assignment, Broken, Problem


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a problem that cannot be used, as far as its file can be read."""

    name: str
    ask: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A problem that nothing can be marked for. `reason` is for its author, and names places; never for students."""

    id: str
    title: str
    file: str
    questions: tuple[Asked, ...]
    reason: str
    errors: tuple[GraderError, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """An assignment that answers can be marked for: the problems that can be used, and those that cannot."""

    title: str
    release: bool
    problems: tuple[PreparedProblem, ...]
    unusable: tuple[Unusable, ...]
    minimum: Tier = "hardened"

    @property
    def has_programs(self) -> bool:
        """Whether a question asks for a program."""
        return any(q.options.ask == "function" for p in self.problems for q in p.problem.questions)

    @property
    def tier(self) -> Tier | None:
        """What programs run under on this machine, found by trying; None where none are asked for."""
        return sandbox_of(self.minimum).tier if self.has_programs else None

    @property
    def doubts(self) -> tuple[tuple[str, str], ...]:
        """The file and the words of each problem whose key does not certify itself; nothing of it is marked."""
        return tuple((p.problem.file, p.doubt) for p in self.problems if p.doubt is not None)

    @property
    def all_checkable(self) -> bool:
        """Whether no answer goes unchecked for a reason that lies in a problem."""
        return not self.unusable and not self.doubts

    @property
    def summaries(self) -> tuple[ProblemSummary, ...]:
        """What the head of results.json says of each problem; the points of an unusable one are not known."""
        usable = (p.problem for p in self.problems)
        found = [ProblemSummary(p.id, p.title, sum(q.points for q in p.questions)) for p in usable]
        return (*found, *(ProblemSummary(u.id, u.title, 0.0) for u in self.unusable))

    @property
    def questions(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the questions of each problem, by its id."""
        found = {p.problem.id: tuple(q.name for q in p.problem.questions) for p in self.problems}
        return found | {u.id: tuple(q.name for q in u.questions) for u in self.unusable}


def make_ready(path: str | os.PathLike[str], minimum: Tier = "hardened") -> Ready:
    """Load the problems at `path` and prepare each; programs will run under no less than `minimum`.

    Raises ProblemErrors where there is no problem file.
    """
    assignment: Assignment = load_problems(os.fspath(path), option_models())
    unusable = [_broken(one) for one in assignment.broken]
    problems = []
    for problem in assignment.problems:
        prepared = _prepared(problem)
        if isinstance(prepared, Unusable):
            unusable.append(prepared)
        else:
            problems.append(prepared)
    return Ready(assignment.title, assignment.release, tuple(problems), tuple(unusable), minimum)


def _prepared(problem: Problem) -> PreparedProblem | Unusable:
    """The problem made ready, or why it cannot be: an error of its author's, or what nobody foresaw."""
    found: GraderError
    try:
        return prepare(problem)
    except ProblemErrors as errors:
        return _broken(Broken(problem.id, problem.file, errors, problem.document))
    except (ProblemError, NotChecked) as error:
        reason, found = error.message, error
    except Exception as error:
        show_traceback(error)
        reason = f"grader failed on it ({our_mistake(error)}); this is our mistake, please report it"
        found = NotChecked(reason, Place(problem.file, 1, 1))
    questions = tuple(Asked(q.name, q.options.ask) for q in problem.questions)
    return Unusable(problem.id, problem.title, problem.file, questions, reason, (found,))


def _broken(broken: Broken) -> Unusable:
    first, *others = broken.errors.errors
    where = f"line {first.place.line}: " if first.place else ""
    more = f" ({len(others)} more)" if others else ""
    reason = f"its file has an error, {where}{first.message}{more}"
    questions = tuple(_questions_in(broken.document))
    return Unusable(broken.id, broken.id, broken.file, questions, reason, broken.errors.errors)


def _questions_in(document: Value | None) -> list[Asked]:
    """The questions of a problem file that has errors, as far as it could be read."""
    questions = document.get("questions") if isinstance(document, Tree) else None
    if not isinstance(questions, Tree):
        return []
    return [Asked(key.raw, _ask(value)) for key, value in questions.entries]


def _ask(value: Value) -> str:
    ask = value.get("ask") if isinstance(value, Tree) else None
    return ask.raw if isinstance(ask, Scalar) else ""
