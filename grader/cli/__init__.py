"""The command line: which commands there are, what they take, and what `--help` teaches.

Only click is imported here, so that `grader --help` is there at once; each command's body is a module of this
package, imported when the command runs. Exit statuses, and what becomes of errors, are in `outcome`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from grader import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (of `sys.argv`, where none is given) and return its exit status; never raises."""
    from grader.cli.outcome import run

    return run(cli, arguments)


def _examples(*lines: str) -> str:
    """The end of a help page: command lines to copy, which click must not wrap."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _percent(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Refuse what is no share of the points; also `nan`, which no comparison would refuse."""
    if value is not None and not 0 <= value <= 100:
        raise click.BadParameter("a number from 0 to 100 belongs here, as 60", context, parameter)
    return value


_EXISTING = click.Path(exists=True)
_FAIL_UNDER = click.option(
    "--fail-under",
    type=float,
    metavar="PERCENT",
    callback=_percent,
    help="Exit with 1 where less than this share of the judged points is reached.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples(
        "grader lint problems                      look for mistakes in problem files",
        "grader grade problems submissions         grade a class into ./reports",
        "grader check problems/two-paths.yaml two-paths.yaml",
        "grader grade --help                       more about one command",
    ),
)
@click.version_option(__version__, prog_name="grader", message="%(prog)s %(version)s")
def cli() -> None:
    """Check exercises on computational graphs and backpropagation.

    Problems are YAML files that hold a graph and questions about it; answers are YAML or JSON files. grader says
    which step of an answer went wrong first, and why.

    Exit status: 0 done, whatever the marks; 1 --fail-under was missed, or lint found something; 2 a wrong command
    line, or no problem file that can be used; 3 something could not be checked for a reason that is not the
    student's.
    """


_SANDBOX = click.option(
    "--sandbox",
    type=click.Choice(["isolated", "hardened", "process"]),
    default="hardened",
    show_default=True,
    help="The least that Python answers may run under; under less they are not checked.",
)


@cli.command(
    "grade",
    epilog=_examples(
        "grader grade problems submissions",
        "grader grade problems submissions -o out --no-pages",
        "grader grade problems/two-paths.yaml submissions/s01 --fail-under 60",
    ),
)
@click.argument("problems", type=_EXISTING)
@click.argument("submissions", type=_EXISTING)
@click.option(
    "-o",
    "--output",
    default="reports",
    show_default=True,
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Where the reports go.",
)
@click.option("--no-pages", is_flag=True, help="Write results.json and grades.csv only, no HTML.")
@click.option("--standalone", is_flag=True, help="Make each page a single file, with its style sheet inside.")
@_FAIL_UNDER
@_SANDBOX
def grade_command(
    problems: str,
    submissions: str,
    output: str,
    no_pages: bool,
    standalone: bool,
    fail_under: float | None,
    sandbox: Any,
) -> int:
    """Grade a batch of submissions.

    PROBLEMS is a problem file or a folder of them, SUBMISSIONS a folder with a folder for each student, or one
    student's file. A hand-in that cannot be read costs its own answers and nothing else.

    The output folder gets index.html (the class), results.json, grades.csv, and in students/ a page for each
    student: the only folder to hand out, for it holds nothing that a problem hides.
    """
    from grader.cli.early import begin_early

    begin_early(submissions)
    from grader.cli.grade import grade

    return grade(problems, submissions, output, pages=not no_pages, standalone=standalone, fail_under=fail_under,
                 sandbox=sandbox)  # fmt: skip


@cli.command(
    "check",
    epilog=_examples(
        "grader check problems/two-paths.yaml submissions/s01/two-paths.yaml",
        "grader check problems submissions/s01",
        "grader check problems/two-paths.yaml answers.yaml --json --fail-under 100",
    ),
)
@click.argument("problem", type=_EXISTING)
@click.argument("answers", type=_EXISTING)
@_JSON
@_FAIL_UNDER
@_SANDBOX
def check_command(problem: str, answers: str, as_json: bool, fail_under: float | None, sandbox: Any) -> int:
    """Check one submission, in the terminal.

    ANSWERS is a file of answers or one student's folder. What a problem hides from students is not shown here
    either.
    """
    from grader.cli.check import check

    return check(problem, answers, as_json=as_json, fail_under=fail_under, sandbox=sandbox)


@cli.command(
    "solve",
    epilog=_examples(
        "grader solve problems/two-paths.yaml",
        "grader solve problems/two-paths.yaml -o solution.html",
        "grader solve problems/two-paths.yaml --json",
    ),
)
@click.argument("problem", type=_EXISTING)
@click.option(
    "-o",
    "--output",
    default=None,
    metavar="FILE.html",
    type=click.Path(dir_okay=False),
    help="Write a solution sheet instead: one page, with the graph and each chain rule.",
)
@_JSON
def solve_command(problem: str, output: str | None, as_json: bool) -> int:
    """Print the reference solution.

    Shows the value and the adjoint of each node, the Jacobian of each edge, and the expected answers.
    """
    from grader.cli.solve import solve

    return solve(problem, as_json=as_json, output=output)


@cli.command(
    "lint",
    epilog=_examples(
        "grader lint problems",
        "grader lint problems/two-paths.yaml",
        "grader lint problems --json",
    ),
)
@click.argument("problems", type=_EXISTING)
@_JSON
def lint_command(problems: str, as_json: bool) -> int:
    """Look for mistakes in problem files.

    Reports errors, places that are allowed but doubtful, and where the verdict of one of the problem's own
    examples is not the one that its author expects. Exits with 1 where there is any.
    """
    from grader.cli.lint import lint

    return lint(problems, as_json=as_json)


@cli.command(
    "gradcheck",
    epilog=_examples(
        "grader gradcheck loss:value --gradient loss:gradient --at weights.yaml",
        "grader gradcheck loss:value --gradient loss:gradient --at weights.json --json",
        "grader gradcheck loss:values --gradient loss:gradient --at weights.yaml --vectorized",
    ),
)
@click.argument("function", metavar="MODULE:FUNCTION")
@click.option("--gradient", required=True, metavar="MODULE:FUNCTION", help="What is checked.")
@click.option(
    "--at",
    required=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="The point: YAML or JSON, a number or nested lists.",
)
@click.option(
    "--directions",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many random directions are tried (3).",
)
@click.option("--vectorized", is_flag=True, help="The function takes k points at once, (k, n), and returns (k,).")
@_JSON
def gradcheck_command(
    function: str, gradient: str, at: str, directions: int | None, vectorized: bool, as_json: bool
) -> int:
    """Check the gradient of any NumPy function.

    FUNCTION maps an array to a number and --gradient to an array of the same shape; their module lies in this folder
    or is installed. Only values of the function are used, and the result says how sure it is.

    Exit status: 0 passed, 1 failed, 3 undecided.
    """
    from grader.cli.gradcheck import gradcheck

    return gradcheck(function, gradient, at, directions=directions, vectorized=vectorized, as_json=as_json)


@cli.command(
    "schema",
    epilog=_examples(
        "grader schema problem > problem.schema.json",
        "grader schema results",
    )
    + "\n\n\b\nIn an editor with a YAML language server, a problem file begins with\n"
    "  # yaml-language-server: $schema=problem.schema.json",
)
@click.argument("name", metavar="problem|answers|results", type=click.Choice(["problem", "answers", "results"]))
def schema_command(name: str) -> int:
    """Print a JSON Schema.

    It describes problem files, files of answers or results.json to editors and other programs.
    """
    from grader.cli.schema import schema

    return schema(name)
