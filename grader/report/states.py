"""How a verdict looks: a shape, a word and a colour, always all three, the same on every page and in the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from grader.marking.results import ProblemResult, QuestionResult, Verdict


@dataclass(frozen=True, slots=True)
class State:
    """`css` and `glyph` are the class and the drawn shape of a page, `sign` the shape in plain text."""

    css: str
    glyph: str
    sign: str
    word: str
    meaning: str


STATES: dict[Verdict, State] = {
    "correct": State("is-ok", "ok", "✓", "correct", "Equal to the expected value within the tolerance asked for."),
    "follow_through": State(
        "is-follow", "follow", "↳", "follow-through",
        "Not the expected value, but right for your own earlier values: the mistake was made before.",
    ),
    "partial": State("is-partial", "partial", "◐", "partly correct", "Some parts of the question are right, not all."),
    "wrong": State("is-wrong", "wrong", "✗", "wrong", "Read and checked, but different from what was asked for."),
    "missing": State("is-empty", "empty", "○", "no answer", "Nothing was handed in for it."),
    "unreadable": State(
        "is-unread", "unread", "⚠", "could not read",
        "Not a number or formula that the program can read. The message shows the place and what to write.",
    ),
    "not_checked": State(
        "is-blocked", "blocked", "⊘", "not checked",
        "Could not be judged, for no fault of yours. It costs no points and gets a second look.",
    ),
    "needs_person": State("is-open", "open", "⊙", "waits for a person", "A person marks it later."),
}  # fmt: skip

RECEIVED = State("is-open", "open", "⊙", "received", "The result is shown later.")


def state_of(question: QuestionResult) -> State:
    """The state of a question; of one whose result is hidden, that it was received."""
    return RECEIVED if question.hidden == "all" else STATES[question.verdict]


def verdicts_in(question: QuestionResult) -> set[Verdict]:
    """The verdicts of a question and of its items."""
    return {question.verdict, *(item.verdict for item in question.items)}


def judged(problem: ProblemResult) -> bool:
    """Whether every question of the problem has its points."""
    return all(question.points is not None for question in problem.questions)
