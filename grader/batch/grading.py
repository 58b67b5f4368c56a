"""One hand-in: looked at, read, marked; and nothing that is in it stops those after it.

What goes wrong here and was foreseen by nobody makes that student's questions `not_checked`. Writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.answers.find import Handin, Source, look
from grader.answers.read import ProblemAnswers, Submission, read_handin
from grader.batch.assignment import Asked, Ready, Unusable
from grader.batch.failure import our_mistake, show_traceback
from grader.batch.programs import Runner
from grader.marking import PreparedProblem, for_student, mark_submission
from grader.marking.results import ProblemResult, QuestionResult, StudentResult

FAILED = "grader itself failed here ({}), so nothing was checked. This is our mistake, please report it."
FAILED_FOR_STUDENTS = "grader itself failed here, so nothing was checked. This is our mistake, and it costs no points."
LOST = (
    "The process that graded this was ended from outside, twice (most often for want of memory), so nothing was "
    "checked. It costs no points and needs a second look."
)
UNUSABLE = "This problem cannot be used: {}. Its answers were not checked; this costs no points."
UNUSABLE_FOR_STUDENTS = "This problem's file has a mistake, so its answers were not checked; this costs no points."


@dataclass(frozen=True, slots=True)
class Graded:
    """One student: the complete marks, and the copy without what the student may not see."""

    result: StudentResult
    shown: StudentResult

    @property
    def not_checked(self) -> bool:
        """Whether something of it could not be judged, for a reason that is not the student's."""
        return any(
            verdict == "not_checked"
            for problem in self.result.problems
            for question in problem.questions
            for verdict in (question.verdict, *(item.verdict for item in question.items))
        )


def grade_source(ready: Ready, root: str, source: Source) -> Graded:
    """Look at a hand-in below `root` and grade it; raises nothing but what ends the program."""
    try:
        handin = look(root, source, frozenset(ready.questions))
    except Exception as error:
        show_traceback(error)
        return _failed(ready, source.student, error)
    return grade_handin(ready, handin)


def grade_handin(ready: Ready, handin: Handin) -> Graded:
    """Grade one hand-in; raises nothing but what ends the program."""
    try:
        submission = read_handin(handin, ready.questions)
    except Exception as error:
        show_traceback(error)
        return _failed(ready, handin.student, error)
    return grade_submission(ready, submission)


def grade_submission(ready: Ready, submission: Submission) -> Graded:
    """Mark answers that were read; raises nothing but what ends the program."""
    try:
        result = mark_submission(ready.problems, submission, Runner(ready.minimum))
        shown = for_student(result, ready.problems)
    except Exception as error:
        show_traceback(error)
        return _failed(ready, submission.student, error)
    return _with_unusable(ready, Graded(result, shown))


def lost(ready: Ready, source: Source) -> Graded:
    """The marks of a hand-in over which two processes ended."""
    told = _failed_result(ready, source.student, LOST)
    return _with_unusable(ready, Graded(told, _failed_result(ready, source.student, FAILED_FOR_STUDENTS)))


def no_answers(ready: Ready, student: str = "") -> Submission:
    """A submission in which nothing was handed in."""
    return Submission(student, {problem: ProblemAnswers() for problem in ready.questions})


def _with_unusable(ready: Ready, graded: Graded) -> Graded:
    """Add the problems that could not be used; they are in no total, for their points are not known."""
    if not ready.unusable:
        return graded
    told = tuple(_unusable(u, UNUSABLE.format(u.reason)) for u in ready.unusable)
    shown = tuple(_unusable(u, UNUSABLE_FOR_STUDENTS) for u in ready.unusable)
    return Graded(
        replace(graded.result, problems=graded.result.problems + told),
        replace(graded.shown, problems=graded.shown.problems + shown),
    )


def _unusable(unusable: Unusable, message: str) -> ProblemResult:
    questions = tuple(_not_checked(asked, asked.name, 0.0, None) for asked in unusable.questions)
    return ProblemResult(unusable.id, unusable.title, 0.0, 0.0, 0.0, questions, message)


def _failed(ready: Ready, student: str, error: Exception) -> Graded:
    """Every question of a student not checked; what the exception says is for the instructor only."""
    told = _failed_result(ready, student, FAILED.format(our_mistake(error)))
    return _with_unusable(ready, Graded(told, _failed_result(ready, student, FAILED_FOR_STUDENTS)))


def _failed_result(ready: Ready, student: str, message: str) -> StudentResult:
    problems = tuple(_failed_problem(prepared, message) for prepared in ready.problems)
    return StudentResult(student, 0.0, sum(p.max_points for p in problems), 0.0, problems, messages=(message,))


def _failed_problem(prepared: PreparedProblem, message: str) -> ProblemResult:
    problem = prepared.problem
    questions = tuple(_not_checked(Asked(q.name, q.options.ask), q.title, q.points, message) for q in problem.questions)
    points = sum(q.points for q in problem.questions)
    return ProblemResult(problem.id, problem.title, 0.0, points, 0.0, questions, message)


def _not_checked(asked: Asked, title: str, points: float, message: str | None) -> QuestionResult:
    return QuestionResult(asked.name, asked.ask, title, "not_checked", None, points, (), message=message)
