"""Problem files and folders of them: from a path to checked problems, or to everything that is wrong with them.

A file's errors are reported all at once, each at its place; a broken file in a folder stops nothing else. The kinds
of questions are handed in: what options there are is theirs to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from grader.engine import Graph
from grader.errors import Place, ProblemError, ProblemErrors, did_you_mean
from grader.spec import document as documents
from grader.spec.checking import Checker
from grader.spec.document import Scalar, Value, at, walk
from grader.spec.fields import describe, known_here, shortened, written
from grader.spec.files import text_of
from grader.spec.graphs import GraphReader, unread
from grader.spec.inputs import Input
from grader.spec.models import AssignmentFile, ExampleSection, GraphSection, ProblemFile, QuestionOptions, Section
from grader.spec.problem import Assignment, Broken, Example, Point, Problem, Question
from grader.spec.wording import key_place, place_of, problem_errors

Kinds = Mapping[str, type[QuestionOptions]]
ASSIGNMENT = "assignment.yaml"
SHOWN_ERRORS = 100
MOST_QUESTIONS = 500
QUESTION_VERDICTS = ("correct", "partial", "wrong", "missing", "unreadable", "not_checked", "needs_person")
ITEM_VERDICTS = ("correct", "follow_through", "wrong", "missing", "unreadable", "not_checked", "needs_person")

AnySection = TypeVar("AnySection", bound=Section)


def load_problem(path: str | Path, kinds: Kinds, weight: float = 1.0, release: bool = False) -> Problem:
    """The problem in one file. Raises ProblemErrors with everything that is wrong with it.

    `weight` is a factor on its points, `release` whether students see what `feedback` hides.
    """
    return _load(_File(Path(path)), kinds, weight, release)


def load_problems(path: str | Path, kinds: Kinds) -> Assignment:
    """The problems of a folder, or the one in a file, in the order of `assignment.yaml` or of their file names.

    Broken files are listed, each with its errors. Raises ProblemErrors where nothing can be used: `assignment.yaml`
    cannot be read, or there is no problem file.
    """
    path = Path(path)
    if not path.is_dir():
        return _of_one_file(path, kinds)
    files = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and p.stem != "assignment")
    files = [p for p in files if not p.name.startswith(".")]
    if not files:
        raise ProblemErrors([ProblemError(f"the folder {path} holds no problem file (*.yaml or *.yml)")])
    section, tree = _assignment(path)
    problems, broken = _all(files, kinds, section)
    order = _order(section, tree, problems, broken)
    return Assignment(
        section.title or path.resolve().name,
        tuple(problems[id_] for id_ in order if id_ in problems),
        section.weights,
        section.release,
        tuple(one for one in broken if section.problems is None or one.id in order),
    )


# -- folders -------------------------------------------------------------------------------------------------------


def _of_one_file(path: Path, kinds: Kinds) -> Assignment:
    file = _File(path)
    try:
        problem = _load(file, kinds, 1.0, False)
    except ProblemErrors as errors:
        return Assignment(path.stem, (), {}, False, (Broken(file.id, str(path), errors, file.tree),))
    return Assignment(problem.title, (problem,), {}, False)


def _assignment(folder: Path) -> tuple[AssignmentFile, Value | None]:
    path = next((p for p in (folder / ASSIGNMENT, folder / "assignment.yml") if p.exists() or p.is_symlink()), None)
    if path is None:
        return AssignmentFile.model_validate({}), None
    try:
        tree, errors = documents.read_all(text_of(path, str(path), ProblemError), str(path), ProblemError)
    except ProblemError as error:
        raise ProblemErrors([error]) from None
    section = _validated(AssignmentFile, tree, (), errors) if tree is not None else None
    if errors or section is None:
        raise ProblemErrors(_of_problems(errors))
    return section, tree


def _all(files: list[Path], kinds: Kinds, section: AssignmentFile) -> tuple[dict[str, Problem], list[Broken]]:
    """Every file, loaded or broken; files that share an id are all broken."""
    read = [_File(path) for path in files]
    owners: dict[str, list[_File]] = {}
    for file in read:
        owners.setdefault(file.id, []).append(file)
    problems: dict[str, Problem] = {}
    broken: list[Broken] = []
    for file in read:
        others = [str(other.path) for other in owners[file.id] if other is not file]
        try:
            if others:
                message = f"the id {shortened(file.id)} is also that of {others[0]}"
                raise ProblemErrors([ProblemError(message, file.id_place, "Give one of them another id.")])
            problem = _load(file, kinds, section.weights.get(file.id, 1.0), section.release)
            problems[problem.id] = problem
        except ProblemErrors as errors:
            broken.append(Broken(file.id, str(file.path), errors, file.tree))
    return problems, broken


def _order(
    section: AssignmentFile, tree: Value | None, problems: Mapping[str, Problem], broken: list[Broken]
) -> list[str]:
    """The ids in order; raises ProblemErrors for ids in `assignment.yaml` that no file has."""
    known = [*problems, *(one.id for one in broken)]
    errors = []
    named: list[tuple[str, Place | None]] = []
    if tree is not None:
        named += [(id_, place_of(tree, ("problems", n))) for n, id_ in enumerate(section.problems or ())]
        named += [(id_, key_place(tree, ("weights", id_))) for id_ in section.weights]
    for id_, place in named:
        if id_ not in known:
            hint = known_here(id_, known)
            errors.append(ProblemError(f"no problem here has the id {shortened(id_)}", place, hint))
    if errors:
        raise ProblemErrors(errors)
    return list(dict.fromkeys(section.problems if section.problems is not None else known))


# -- one file ------------------------------------------------------------------------------------------------------


class _File:
    """A problem file, read once. `tree` is None where it could not be read to its end; `errors` are the reader's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree: Value | None = None
        try:
            self.tree, errors = documents.read_all(text_of(path, str(path), ProblemError), str(path), ProblemError)
            self.errors = _of_problems(errors)
        except ProblemError as error:
            self.errors = [error]
        id_ = at(self.tree, ("id",)) if isinstance(self.tree, documents.Mapping) else None
        written_ = isinstance(id_, Scalar) and bool(id_.raw.strip())
        self.id = id_.raw if isinstance(id_, Scalar) and written_ else path.stem
        self.id_place = id_.place if id_ is not None and written_ else Place(str(path), 1, 1)


def _load(file: _File, kinds: Kinds, weight: float, release: bool) -> Problem:
    if file.tree is None:
        raise ProblemErrors(file.errors)
    loader = _Loader(file.tree, file.path, kinds, weight, release)
    problem = loader.load()
    lines = {error.place.line for error in file.errors if error.place}
    errors = [*file.errors, *(e for e in loader.errors if e.place is None or e.place.line not in lines)]
    if errors or problem is None:
        raise ProblemErrors(_at_most(errors))
    return problem


def _of_problems(errors: list[Any]) -> list[ProblemError]:
    return [error for error in errors if isinstance(error, ProblemError)]


def _at_most(errors: list[ProblemError]) -> list[ProblemError]:
    """The errors once each, in order, and no more of them than anybody reads."""
    errors = sorted(errors, key=lambda e: (e.place.line, e.place.column) if e.place else (0, 0))
    errors = list({(str(e.place), e.message): e for e in errors}.values())
    if len(errors) <= SHOWN_ERRORS:
        return errors
    more = ProblemError(f"{len(errors) - SHOWN_ERRORS} more errors are not shown", errors[SHOWN_ERRORS].place)
    return [*errors[:SHOWN_ERRORS], more]


def _validated(
    model: type[AnySection], tree: Value, path: tuple[str | int, ...], errors: list[Any]
) -> AnySection | None:
    """A section of a file by its model; what is wrong is added to `errors`.

    What is wrong is left out and the rest read again, so that errors behind it show too; None where that fails.
    """
    data = written(at(tree, path))
    try:
        return model.model_validate(data)
    except ValidationError as found:
        errors += problem_errors(found, tree, path, model)
        for error in found.errors(include_url=False, include_input=False, include_context=False):
            _leave_out(data, tuple(step for step in error["loc"] if not str(step).startswith("<")))
    try:
        return model.model_validate(data)
    except ValidationError:
        return None


def _leave_out(data: Any, loc: tuple[int | str, ...]) -> None:
    """Take the entry out that an error points into; a formula is replaced, so that its name stays known."""
    while loc and not isinstance(loc[-1], str):
        loc = loc[:-1]
    for step in loc[:-1]:
        if isinstance(data, dict):
            data = data.get(str(step))
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
    if loc and isinstance(data, dict) and loc[-1] in data:
        name = str(loc[-1])
        del data[name]
        if loc[-2:-1] == ("nodes",):
            data[name] = "0"


class _Loader:
    """Loads one tree; `errors` collects everything that is wrong."""

    def __init__(self, tree: Value, path: Path, kinds: Kinds, weight: float, release: bool) -> None:
        self.tree = tree
        self.path = path
        self.kinds = kinds
        self.weight = weight
        self.release = release
        self.errors: list[ProblemError] = []
        self.read: set[str] = set()

    def load(self) -> Problem | None:
        if not isinstance(self.tree, documents.Mapping):
            hint = "A problem file begins with lines such as title: … and graph: …"
            self.errors.append(ProblemError("this file holds no problem", self.tree.place, hint))
            return None
        section = _validated(ProblemFile, self.tree, (), self.errors)
        id_ = self._id()
        reader = self._graph()
        graph = reader.graph if reader and not reader.errors else None
        inputs = reader.inputs if reader else {}
        functions = reader.section.functions if reader else {}
        point = {name: one.value(id_) for name, one in inputs.items()}
        options = self._options(graph, inputs, functions, point)
        self._check_dependencies(options)
        examples = self._examples(options, graph)
        if graph is not None:
            self._check_unread(graph)
        if self.errors or section is None or graph is None:
            return None
        return Problem(
            id=id_,
            title=section.title or id_,
            source=section.source or "",
            statement=section.statement or "",
            layout=section.layout,
            tolerance=section.tolerance,
            symbols=section.symbols,
            graph=graph,
            inputs=inputs,
            functions=functions,
            point=point,
            questions=tuple(self._questions(section, options, id_)),
            examples=tuple(examples),
            file=str(self.path),
            weight=self.weight,
            document=self.tree,
        )

    # -- the head

    def _id(self) -> str:
        value = at(self.tree, ("id",))
        written_ = isinstance(value, Scalar) and bool(value.raw.strip())
        id_ = value.raw if isinstance(value, Scalar) and written_ else self.path.stem
        place = value.place if written_ else Place(str(self.path), 1, 1)
        message = ""
        if not re.fullmatch(r"[^\W_][\w-]*|_[\w-]+", id_) or len(id_) > 100:
            message = f"the id {shortened(id_)} has more than letters, digits, - and _"
            message = f"the id {shortened(id_)} is longer than 100 characters" if len(id_) > 100 else message
        elif id_ in ("answers", "assignment"):
            message = f"{id_} cannot be an id: {id_}.yaml is the name of another file"
        if message:
            proposal = re.sub(r"[^\w-]+", "-", id_).strip("-")[:60]
            hint = f"Write id: {proposal}, say." if proposal and proposal != id_ else "Write another id."
            self.errors.append(ProblemError(message, place, hint))
        return id_

    def _graph(self) -> GraphReader | None:
        found: list[ProblemError] = []
        part = _validated(GraphSection, self.tree, ("graph",), found) if self._has("graph") else None
        if part is None:
            return None
        reader = GraphReader(part, self.tree, whole=not found)
        reader.read()
        self.errors += reader.errors
        return reader

    def _has(self, key: str) -> bool:
        return isinstance(self.tree, documents.Mapping) and self.tree.get(key) is not None

    def _check_unread(self, graph: Graph) -> None:
        for name in unread(graph, self.read):
            place = key_place(self.tree, ("graph", "inputs", name))
            message = f"no node and no question reads the input {name}"
            self.errors.append(ProblemError(message, place, "Use it in a formula, or leave it out."))

    # -- questions

    def _question_values(self) -> Iterator[tuple[str, Value]]:
        questions = self.tree.get("questions") if isinstance(self.tree, documents.Mapping) else None
        if isinstance(questions, documents.Mapping):
            for key, value in questions.entries[:MOST_QUESTIONS]:
                yield key.raw, value

    def _options(
        self, graph: Graph | None, inputs: Mapping[str, Input], functions: Mapping[str, str], point: Point
    ) -> dict[str, QuestionOptions]:
        options: dict[str, QuestionOptions] = {}
        for name, value in self._question_values():
            before = len(self.errors)
            one = self._one_question(name, value)
            if one is None or graph is None:
                self._count_as_read(value)
            else:
                checker = Checker(graph, inputs, functions, point, self.tree, ("questions", name))
                one.check(checker)
                damaged = {_option_at(value, error) for error in self.errors[before:]}
                self.errors += [
                    e for e in checker.errors if not damaged or _option_at(value, e) not in {None, *damaged}
                ]
                self.read |= checker.read
            if one is not None:
                options[name] = one
        self._check_number()
        return options

    def _check_number(self) -> None:
        """There are questions, and not more than can be marked."""
        questions = at(self.tree, ("questions",)) if self._has("questions") else None
        if not isinstance(questions, documents.Mapping):
            return
        place = key_place(self.tree, ("questions",))
        if not questions.entries:
            self.errors.append(ProblemError("there are no questions", place, "Write name: {ask: value}."))
        if len(questions.entries) > MOST_QUESTIONS:
            self.errors.append(ProblemError(f"a problem has at most {MOST_QUESTIONS} questions", place))

    def _one_question(self, name: str, value: Value) -> QuestionOptions | None:
        path = ("questions", name)
        key = key_place(self.tree, path)
        if not name.isprintable() or not name.strip() or len(name) > 100:
            message = "the name of a question is one line of at most 100 characters"
            self.errors.append(ProblemError(message, key, "Write a short name."))
        if not isinstance(value, documents.Mapping):
            message = f"a question was expected, and this is {describe(written(value))}"
            hint = f"Write {shortened(name)}: {{ask: value}}, say."
            self.errors.append(ProblemError(message, place_of(self.tree, path), hint))
            return None
        ask = value.get("ask")
        known = list(self.kinds)
        if ask is None:
            hint = f"Write ask: and one of {', '.join(known)}."
            self.errors.append(ProblemError(f"the question {shortened(name)} does not say what it asks", key, hint))
            return None
        kind = self.kinds.get(ask.raw) if isinstance(ask, Scalar) else None
        if kind is None:
            found = ask.raw if isinstance(ask, Scalar) else describe(written(ask))
            message = f"{shortened(found) or 'nothing'} is no kind of question"
            place = place_of(self.tree, (*path, "ask"))
            self.errors.append(ProblemError(message, place, known_here(found, known)))
            return None
        return _validated(kind, self.tree, path, self.errors)

    def _count_as_read(self, value: Value) -> None:
        """Take every word of a question that was not checked as a name that it reads."""
        for inner in walk(value):
            if isinstance(inner, Scalar):
                self.read.update(re.findall(r"[^\W\d]\w*", inner.raw))

    def _check_dependencies(self, options: Mapping[str, QuestionOptions]) -> None:
        names = [name for name, _ in self._question_values()]
        for name, one in options.items():
            place = place_of(self.tree, ("questions", name, "depends_on"))
            if one.depends_on is not None and one.depends_on not in names:
                message = f"{shortened(one.depends_on)} is no question of this problem"
                self.errors.append(ProblemError(message, place, known_here(one.depends_on, names)))
            way = [name]
            while (last := options.get(way[-1])) is not None and last.depends_on is not None and len(way) <= len(names):
                way.append(last.depends_on)
                if last.depends_on == name and name == min(way):
                    message = f"these questions depend on each other in a circle: {' -> '.join(way)}"
                    self.errors.append(ProblemError(message, place, "Leave one depends_on out."))
                if last.depends_on == name:
                    break

    def _questions(self, section: ProblemFile, options: Mapping[str, QuestionOptions], id_: str) -> Iterator[Question]:
        for n, (name, value) in enumerate(self._question_values()):
            one = options[name]
            given: Mapping[str, Input] = getattr(one, "given_inputs", {})
            if not isinstance(value, documents.Mapping):
                continue
            yield Question(
                name=name,
                letter=_letter(n),
                options=one,
                points=one.points * self.weight,
                tolerance=one.tolerance or section.tolerance,
                layout=one.layout or section.layout,
                release=self.release,
                value=value,
                given=given,
                given_point={key: inner.value(id_) for key, inner in given.items()},
            )

    # -- examples

    def _examples(self, options: Mapping[str, QuestionOptions], graph: Graph | None) -> list[Example]:
        names = [name for name, _ in self._question_values()]
        examples = []
        values = at(self.tree, ("examples",))
        for n in range(len(values.items) if isinstance(values, documents.Sequence) else 0):
            path = ("examples", n)
            part = _validated(ExampleSection, self.tree, path, [])
            if part is None:
                continue
            answers = at(self.tree, (*path, "answers")) if part.answers is not None else None
            for question in part.answers or {}:
                self._known_question(question, names, (*path, "answers", question))
            for question, wanted in part.expect.items():
                where = (*path, "expect", question)
                if self._known_question(question, names, where) and question in options:
                    self._expectation(question, wanted, options[question], graph, where)
            value = at(self.tree, path)
            expect = documents.plain(at(self.tree, (*path, "expect"))) if part.expect else {}
            tree = answers if isinstance(answers, documents.Mapping) else None
            examples.append(Example(part.name or f"example {n + 1}", tree, part.python, expect, value.place))
        return examples

    def _known_question(self, name: str, names: list[str], path: tuple[str | int, ...]) -> bool:
        if name in names:
            return True
        message = f"{shortened(name)} is no question of this problem"
        self.errors.append(ProblemError(message, key_place(self.tree, path), known_here(name, names)))
        return False

    def _expectation(
        self,
        question: str,
        wanted: Any,
        options: QuestionOptions,
        graph: Graph | None,
        path: tuple[str | int, ...],
    ) -> None:
        """Check the words of one question's `expect`."""
        if not isinstance(wanted, dict):
            self._verdict(wanted, QUESTION_VERDICTS, path)
            return
        items = options.items(question, graph) if graph is not None else None
        for item, word in wanted.items():
            inner = (*path, item)
            if item == "misconception":
                if word is not None and not isinstance(word, str):
                    message = f"the id of a misconception was expected, and this is {describe(word)}"
                    self.errors.append(ProblemError(message, place_of(self.tree, inner)))
            elif item == "verdict":
                self._verdict(word, QUESTION_VERDICTS, inner)
            elif items is not None and item not in items:
                message = f"{shortened(item)} is no item of {shortened(question)}"
                self.errors.append(ProblemError(message, key_place(self.tree, inner), known_here(item, items)))
            else:
                self._verdict(word, ITEM_VERDICTS, inner)

    def _verdict(self, found: Any, words: tuple[str, ...], path: tuple[str | int, ...]) -> None:
        if isinstance(found, str) and found in words:
            return
        hint = f"Write {', '.join(words[:-1])} or {words[-1]}. {did_you_mean(str(found), words)}"
        of = "a question" if words is QUESTION_VERDICTS else "an item"
        message = f"{describe(found)} is no verdict of {of}"
        self.errors.append(ProblemError(message, place_of(self.tree, path), hint.strip()))


def _option_at(question: Value, error: ProblemError) -> str | None:
    """The option of a question that an error is in, or None where it is about the question as a whole."""
    if error.place is None or not isinstance(question, documents.Mapping):
        return None
    at_or_before = [
        key.raw
        for key, _ in question.entries
        if (key.place.line, key.place.column) <= (error.place.line, error.place.column)
    ]
    return at_or_before[-1] if at_or_before else None


def _letter(n: int) -> str:
    """a, b, …, z, aa, ab, …"""
    letters = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
