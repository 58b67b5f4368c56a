"""Reads one hand-in: which answer stands where, and what could not be read.

A file that cannot be read costs its own answers and nothing else. Answers stay what was written, as values with
places: what they mean is for the question kinds, and programs are only listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from grader.answers.find import Handin, HandinFile
from grader.answers.names import printable, showable
from grader.answers.program import Program
from grader.errors import AnswerError, GraderError, did_you_mean, render
from grader.spec import document
from grader.spec.document import Scalar, Sequence, Value

MAX_MESSAGES = 10
"""The most names of a file that are said to be unknown."""


@dataclass(frozen=True, slots=True)
class ProblemAnswers:
    """What was handed in for one problem.

    A question is in `answers`, in `unreadable` (with the reason, rendered), or in neither: then it is missing.
    `message` is about the problem's files. `python` are its programs, to be read with `.read()`; where
    `python_unreadable` is set, a program was handed in in a form that is not read. `program` is one that was read
    already, where it does not come from a file.
    """

    answers: dict[str, Value] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    message: str | None = None
    files: tuple[str, ...] = ()
    python: tuple[HandinFile, ...] = ()
    python_unreadable: str | None = None
    program: Program | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """All that one student handed in; `problems` has every problem that was asked for."""

    student: str
    problems: dict[str, ProblemAnswers]
    messages: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()


@dataclass(slots=True)
class _Part:
    """What one file says about one problem. With `broken` set, nothing of it could be read."""

    file: str
    answers: dict[str, Value] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    broken: str = ""


@dataclass(slots=True)
class _Parts:
    """What all files say; `broken` are shared files of which nothing could be read."""

    of: dict[str, list[_Part]]
    broken: list[_Part] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def read_handin(handin: Handin, problems: Mapping[str, Collection[str]]) -> Submission:
    """The answers of one hand-in to `problems` (id -> names of its questions). Raises nothing."""
    parts = _Parts({problem: [] for problem in problems}, messages=[printable(text) for text in handin.messages])
    for file in handin.files:
        if file.kind == "answers" and (file.problem is None or file.problem in problems):
            _read_file(file, problems, parts)
    found = {problem: _merged(problem, questions, handin, parts) for problem, questions in problems.items()}
    refused = [_refused(file) for file in handin.files if file.problem is None and file.refused]
    messages = dict.fromkeys([*parts.messages, *(part.broken for part in parts.broken), *refused])
    return Submission(handin.student, found, tuple(messages), handin.ignored)


# -- one file ------------------------------------------------------------------------------------------------------


def _read_file(file: HandinFile, problems: Mapping[str, Collection[str]], parts: _Parts) -> None:
    try:
        root = _tree(file)
        if file.problem is None:
            _read_shared(file, root, problems, parts)
        else:
            _check_problem(file.problem, root)
            parts.of[file.problem].append(_part(file.name, file.problem, problems[file.problem], root, _OWN))
    except AnswerError as error:
        broken = _Part(file.name, broken=_words(error))
        (parts.broken if file.problem is None else parts.of[file.problem]).append(broken)


def _tree(file: HandinFile) -> document.Mapping:
    """The mapping at the top of the file; raises AnswerError for whatever keeps it from being read."""
    if file.refused:
        raise AnswerError(_refused(file))
    try:
        text = document.decode(file.read(), file.name, AnswerError)
        read = document.read_json if file.path.endswith(".json") else document.read
        root = read(text, file.name, AnswerError, keep_damage=True)
    except (RecursionError, MemoryError):
        raise AnswerError(f"{file.name} is too large or nested too deeply to be read") from None
    if not isinstance(root, document.Mapping):
        hint = "Begin the file with answers: and write each question's name, a colon and its answer below it."
        raise AnswerError(f"a file of answers begins with answers:, and this is {_kind(root)}", root.place, hint)
    return root


def _check_problem(problem: str, root: document.Mapping) -> None:
    """`problem:` must name the problem that the file is named for, where it is there."""
    _raise_damage(root, ("problem",))
    named = root.get("problem")
    if _is_missing(named) or (isinstance(named, Scalar) and named.raw == problem):
        return
    if isinstance(named, Scalar):
        said = showable(named.raw, 40)
        message = f"the file is named for the problem {problem}, and this says that it answers {said}"
        raise AnswerError(message, named.place, f"Write problem: {problem}, or rename the file.")
    raise AnswerError(f"the id of a problem was expected, and this is {_kind(named)}", named.place if named else None)


def _read_shared(
    file: HandinFile, root: document.Mapping, problems: Mapping[str, Collection[str]], parts: _Parts
) -> None:
    """A file that may answer several problems: `problems:` at its top, or `answers:` where the problem is clear."""
    _raise_damage(root, ("problems", "problem", "answers"))
    several = root.get("problems")
    if several is None:
        problem = _only_problem(root, problems)
        parts.of[problem].append(_body(file.name, problem, problems[problem], root, _OWN))
        return
    parts.messages += _unknown_keys(root, ("problems",), "a file for several problems holds problems:")
    if _is_missing(several):
        return
    if not isinstance(several, document.Mapping):
        message = f"a mapping from problems to answers was expected, and this is {_kind(several)}"
        raise AnswerError(message, several.place, f"Write problems: {{{next(iter(problems), 'id')}: {{answers: …}}}}.")
    for damaged in several.damage:
        if damaged.key in problems:
            parts.of[damaged.key].append(_Part(file.name, broken=_words(damaged.error)))
    known = [(key.raw, body) for key, body in several.entries if key.raw in problems]
    for problem, body in known:
        parts.of[problem].append(_body(file.name, problem, problems[problem], body, ("answers",)))
    unknown = [key for key, _ in several.entries if key.raw not in problems]
    words = (f"{showable(key.raw, 40)} is no problem of this assignment" for key in unknown)
    parts.messages += _bounded(unknown, words, [did_you_mean(key.raw, problems) for key in unknown[:MAX_MESSAGES]])


def _only_problem(root: document.Mapping, problems: Mapping[str, Collection[str]]) -> str:
    """The problem that a shared file without `problems:` answers."""
    named = root.get("problem")
    known = f"Known here: {', '.join(list(problems)[:20])}."
    if isinstance(named, Scalar) and not _is_missing(named):
        if named.raw in problems:
            return named.raw
        message = f"{showable(named.raw, 40)} is no problem of this assignment"
        raise AnswerError(message, named.place, f"{known} {did_you_mean(named.raw, problems)}".strip())
    if len(problems) == 1:
        return next(iter(problems))
    wrapped = next((key for key, _ in root.entries if key.raw in problems), None)
    if wrapped:
        hint = f"Write problems: on a line of its own, and {wrapped.raw}: indented below it."
        raise AnswerError(f"{wrapped.raw} stands here without problems: above it", wrapped.place, hint)
    message = "this file does not say which problem it answers"
    hint = f"Write problem: and its id, or name the file for the problem. {known}"
    raise AnswerError(message, root.place, hint)


# -- the answers to one problem ------------------------------------------------------------------------------------

_OWN = ("problem", "answers")
"""The keys of a problem's own file; below `problems:` there is only `answers`."""


def _body(file: str, problem: str, questions: Collection[str], body: Value, keys: tuple[str, ...]) -> _Part:
    """What a shared file says about one problem; an error costs this problem only."""
    if _is_missing(body):
        return _Part(file)
    try:
        if not isinstance(body, document.Mapping):
            raise AnswerError(f"answers: was expected here, and this is {_kind(body)}", body.place, _HOW)
        return _part(file, problem, questions, body, keys)
    except AnswerError as error:
        return _Part(file, broken=_words(error))


_HOW = "Write answers: and below it, for each question, its name, a colon and the answer."


def _part(file: str, problem: str, questions: Collection[str], body: document.Mapping, keys: tuple[str, ...]) -> _Part:
    _raise_damage(body, keys)
    answers = body.get("answers")
    if answers is None:
        raise _no_answers(body, questions)
    part = _Part(file)
    part.messages += _unknown_keys(body, (*keys, *questions), f"beside {' and '.join(f'{k}:' for k in keys)}")
    if isinstance(answers, document.Mapping):
        _read_answers(part, problem, questions, answers)
    elif not _is_missing(answers):
        message = f"a mapping from questions to answers was expected, and this is {_kind(answers)}"
        name = next(iter(questions), "question")
        raise AnswerError(message, answers.place, f"Write each question's name and its answer, as {{{name}: …}}.")
    for key, value in body.entries:  # an answer that is not indented below `answers:`
        if key.raw in questions and key.raw not in (*keys, *part.answers, *part.unreadable) and not _is_missing(value):
            message = f"{key.raw} stands beside answers:, and not in it"
            part.unreadable[key.raw] = _words(AnswerError(message, key.place, "Indent it below answers:."))
    return part


def _read_answers(part: _Part, problem: str, questions: Collection[str], answers: document.Mapping) -> None:
    for damaged in answers.damage:
        if damaged.key in questions:
            part.unreadable.setdefault(damaged.key, _words(damaged.error))
    for key, value in answers.entries:
        if key.raw in questions and not _is_missing(value):
            part.answers[key.raw] = value
    unknown = [key for key, _ in answers.entries if key.raw not in questions]
    words = (f"{problem} has no question {showable(key.raw, 40)}" for key in unknown)
    hints = [
        did_you_mean(key.raw, questions) or f"Its questions: {_names(questions)}." for key in unknown[:MAX_MESSAGES]
    ]
    part.messages += _bounded(unknown, words, hints)
    strange = [damaged.error for damaged in answers.damage if damaged.key not in questions]
    part.messages += [_words(error) for error in strange[:MAX_MESSAGES]]


def _no_answers(body: document.Mapping, questions: Collection[str]) -> AnswerError:
    """The error for a mapping without `answers:`, by what stands there instead."""
    direct = next((key for key, _ in body.entries if key.raw in questions), None)
    if direct:
        hint = f"Write answers: on a line of its own, and {direct.raw}: indented below it."
        return AnswerError(f"{direct.raw} stands here without answers: above it", direct.place, hint)
    if body.key("problems"):
        hint = "Write answers: here; problems: belongs in a file for several problems, answers.yaml."
        return AnswerError("answers: was expected here", body.place, hint)
    near = next((key for key, _ in body.entries if did_you_mean(key.raw.lower(), ("answers",))), None)
    if near:
        return AnswerError(f"answers: was expected, and this is {showable(near.raw, 40)}:", near.place, _HOW)
    return AnswerError("answers: is missing", body.place, _HOW)


# -- all files together --------------------------------------------------------------------------------------------


def _merged(problem: str, questions: Collection[str], handin: Handin, parts: _Parts) -> ProblemAnswers:
    """Bring together what several files say about one problem."""
    own = parts.of[problem]
    programs = [file for file in handin.files if file.kind == "python" and file.problem in (problem, None)]
    archives = [file for file in handin.files if file.kind == "archive" and file.problem == problem]
    refused = [_refused(file) for file in programs if file.refused] or [
        _refused(file) for file in archives if not programs
    ]
    lost = [part.broken for part in own or parts.broken if part.broken]
    if not own and not programs:
        lost += [_refused(file) for file in archives]
    answers: dict[str, Value] = {}
    unreadable: dict[str, str] = {}
    for question in questions:
        givers = [part for part in own if question in part.answers or question in part.unreadable]
        if len(givers) > 1:
            unreadable[question] = _several([part.file for part in givers])
        elif givers and question in givers[0].answers:
            answers[question] = givers[0].answers[question]
        elif givers:
            unreadable[question] = givers[0].unreadable[question]
        elif lost:
            unreadable[question] = "\n\n".join(lost)
    about_files = [_refused(file) for file in (*programs, *archives) if file.refused and file.problem]
    messages = dict.fromkeys([*lost, *(text for part in own for text in part.messages), *about_files])
    used = dict.fromkeys([part.file for part in own] + [file.name for file in (*programs, *archives)])
    return ProblemAnswers(
        answers,
        unreadable,
        "\n\n".join(messages) or None,
        tuple(used),
        tuple(sorted((file for file in programs if not file.refused), key=lambda file: file.problem is None)),
        "\n\n".join(refused) or None,
    )


def _refused(file: HandinFile) -> str:
    return f"{file.name} {file.refused}"


def _several(files: list[str]) -> str:
    files = list(dict.fromkeys(files))
    count = {2: "two answers"}.get(len(files), f"{len(files)} answers")
    where = ", ".join(files[:-1]) + " and " + files[-1]
    return render(f"{count} to this question were handed in, in {where}", None, "Keep one of them.")


# -- words ---------------------------------------------------------------------------------------------------------


def _words(error: GraderError) -> str:
    """An error as text; what it quotes from a file cannot move the cursor or begin a line of its own."""
    return render(printable(error.message), error.place, printable(error.hint))


def _raise_damage(mapping: document.Mapping, keys: Iterable[str]) -> None:
    for damaged in mapping.damage:
        if damaged.key in keys:
            raise AnswerError(damaged.error.message, damaged.error.place, damaged.error.hint)


def _unknown_keys(mapping: document.Mapping, known: Collection[str], where: str) -> list[str]:
    unknown = [key for key, _ in mapping.entries if key.raw not in known]
    words = (f"{showable(key.raw, 40)} is not read here, {where}" for key in unknown)
    return _bounded(unknown, words, [did_you_mean(key.raw, known) for key in unknown[:MAX_MESSAGES]])


def _bounded(keys: list[Scalar], words: Iterable[str], hints: list[str]) -> list[str]:
    """A message for each of the first keys, and how many more there are."""
    shown = [
        _words(AnswerError(text, key.place, hint))
        for key, text, hint in zip(keys[:MAX_MESSAGES], words, hints, strict=False)
    ]
    more = len(keys) - len(shown)
    return [*shown, f"and {more:,} more names that are not known here"] if more else shown


def _is_missing(value: Value | None) -> bool:
    return value is None or (isinstance(value, Scalar) and value.value is None)


def _kind(value: Value | None) -> str:
    if isinstance(value, Sequence):
        return "a list"
    return "a mapping" if isinstance(value, document.Mapping) else "a single value"


def _names(names: Collection[str]) -> str:
    first = list(names)[:20]
    return ", ".join(first) + (", …" if len(names) > len(first) else "")
