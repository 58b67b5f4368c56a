"""What a question asks for, in words: its own prompt, or one written from the question where its author gave none.

Says nothing about what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup

from grader.report.explained import Explained
from grader.report.markdown import markdown, markdown_line
from grader.report.pages import html
from grader.report.text import visible
from grader.spec.problem import Question


def prompt_html(explained: Explained, question: Question) -> Markup:
    """The prompt as HTML: paragraphs, and the options of a choice."""
    options: Any = question.options
    written = options.prompt or question.options.prompt
    made = markdown(written) if written else _from_question(explained, options)
    if options.ask == "function" and options.call and not written:
        code = Markup('<pre class="code">{}</pre>').format(visible(options.call.strip("\n"), lines=True))
        made = Markup("<p>Python functions for these calls:</p>") + code
    if options.ask == "choice":
        lines = (html("<li><b>{}</b> {}</li>", key, markdown_line(text)) for key, text in options.options.items())
        made = html('{}<ul class="options">{}</ul>', made, Markup("").join(lines))
    return made


def _from_question(explained: Explained, options: Any) -> Markup:
    make = _WRITERS.get(options.ask)
    return html("<p>{}</p>", make(explained, options)) if make else Markup()


_Writer = Callable[[Explained, Any], Markup]
_WRITERS: dict[str, _Writer] = {}


def _for(*asks: str) -> Callable[[_Writer], _Writer]:
    def keep(writer: _Writer) -> _Writer:
        _WRITERS.update(dict.fromkeys(asks, writer))
        return writer

    return keep


def _quantity(explained: Explained, text: str | None) -> Markup:
    """A name in mathematics, a quantity as it is written."""
    text = (text or explained.graph.output or "").strip()
    return explained.name(text) if text in explained.graph.names else html("<code>{}</code>", text)


def _names(explained: Explained, names: str | Iterable[str]) -> Markup:
    return explained.listing((names,) if isinstance(names, str) else names)


@_for("value")
def _value(explained: Explained, options: Any) -> Markup:
    return html("The value of {}.", _quantity(explained, options.of))


@_for("values")
def _values(explained: Explained, options: Any) -> Markup:
    if not isinstance(options.of, dict):
        return html("The values of {}.", _names(explained, options.of))
    pairs = (html("{}: {}", explained.name(name), _quantity(explained, text)) for name, text in options.of.items())
    return html("These values: {}.", Markup("; ").join(pairs))


@_for("gradient")
def _gradient(explained: Explained, options: Any) -> Markup:
    names = options.wrt or [n for n in explained.graph.inputs if n not in explained.graph.labels]
    return html("The gradient of {} with respect to {}.", _quantity(explained, options.of), _names(explained, names))


@_for("jacobian")
def _jacobian(explained: Explained, options: Any) -> Markup:
    return html("The Jacobian of {} with respect to {}, a row for each entry of what is differentiated.",
                _quantity(explained, options.of), _names(explained, options.wrt))  # fmt: skip


@_for("edge_jacobians")
def _edge_jacobians(explained: Explained, options: Any) -> Markup:
    if options.edges is None:
        return Markup("The local derivative along every edge, the other operands held fixed.")
    return html("The local derivatives along {}, the other operands held fixed.",
                explained.listing(str(edge) for edge in options.edges))  # fmt: skip


@_for("trace")
def _trace(explained: Explained, options: Any) -> Markup:
    names = html("of {}", _names(explained, options.nodes)) if options.nodes else None
    if options.mode == "forward":
        return html("The value {}, in an order of evaluation.", names or "of every node")
    if options.mode == "reverse":
        return html("The adjoint {}, from {} back to the inputs.", names or "of every node and input",
                    _quantity(explained, options.of))  # fmt: skip
    seeds = options.seeds(explained.graph)
    start = "with the tangent 1" if isinstance(options.seed, str) else "with the tangents given"
    return html("The tangent {}, from {} {}.", names or "of every node", _names(explained, seeds), start)


@_for("expression")
def _expression(explained: Explained, options: Any) -> Markup:
    allowed = html(" in {}", _names(explained, options.in_)) if options.in_ else ""
    return html("A formula for {}{}.", _quantity(explained, options.equals), allowed)


@_for("chain")
def _chain(explained: Explained, options: Any) -> Markup:
    return html("The derivative of {} with respect to {} by the chain rule: a sum of products of <code>J(i, j)</code>.",
                _quantity(explained, options.of), _names(explained, options.wrt))  # fmt: skip


@_for("paths")
def _paths(explained: Explained, options: Any) -> Markup:
    return html("Every path from {} to {}.", explained.name(options.from_), explained.name(options.to))


@_for("leaves")
def _leaves(explained: Explained, options: Any) -> Markup:
    return Markup("The leaves of the graph.")


@_for("edges")
def _edges(explained: Explained, options: Any) -> Markup:
    return Markup("The edges of the graph, each from operand to result.")


@_for("order")
def _order(explained: Explained, options: Any) -> Markup:
    return Markup("One order in which the nodes can be evaluated.")


@_for("equations")
def _equations(explained: Explained, options: Any) -> Markup:
    if options.nodes is None:
        return Markup("A formula for every node of the graph.")
    return html("A formula for each of {}.", _names(explained, options.nodes))


@_for("gradient_graph")
def _gradient_graph(explained: Explained, options: Any) -> Markup:
    pairs = (html("<code>{}</code> for {}", target, explained.name(node)) for node, target in options.targets.items())
    return html("The gradient graph: a formula for each gradient node, {}.", Markup(", ").join(pairs))


@_for("function")
def _function(explained: Explained, options: Any) -> Markup:
    returns = options.returns if isinstance(options.returns, dict) else (options.any_of or [{}])[0]
    what = html("returning {}", ", ".join(returns)) if returns else Markup("returning the value")
    return html("A Python function <code>{}({})</code> {}.", options.function,
                ", ".join(options.arguments or ()), what)  # fmt: skip
