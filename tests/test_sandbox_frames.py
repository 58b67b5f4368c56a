"""What comes through the pipe is believed in nothing: records out of turn, torn, forged or too large are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.sandbox import Call, Request, Source
from grader.sandbox.inside import frame
from grader.sandbox.inside.values import CODES, Decoder, Group, Listed, Refused, Unusable, encode
from grader.sandbox.reading import Reading
from tests.sandboxed import isolated, submission

TOKEN = b"t" * frame.TOKEN_BYTES
REQUEST = Request((Source("a.py", ""),), (Call({"x": 1.0}), Call({"x": 2.0})), function="f")
TOP = {"raised": None, "left_out": [], "more": 0, "missing": [], "defined": [], "printed": "", "cut": False}
RESULT = {
    "values": [["", ["a", "f8", [], bytes(8)]]],
    "raised": None,
    "changed": [],
    "printed": "",
    "cut": False,
    "counts": [],
}
RIGHT = [
    (frame.START, 0), (frame.START, 1), (frame.TOP, TOP), (frame.START, 2), (frame.RESULT, RESULT), (frame.START, 3),
    (frame.RESULT, RESULT), (frame.END, None),
]  # fmt: skip


def read(records) -> Reading:
    reading = Reading(REQUEST)
    for kind, document in records:
        reading.take(kind, document)
    return reading


def test_records_in_turn_are_an_outcome():
    reading = read(RIGHT)
    assert reading.ended
    assert len(reading.calls) == 2


@pytest.mark.parametrize("left_out", range(len(RIGHT)))
def test_no_record_can_be_left_out(left_out):
    try:
        assert not read(RIGHT[:left_out] + RIGHT[left_out + 1 :]).ended
    except Refused:
        return


@pytest.mark.parametrize("twice", range(len(RIGHT)))
def test_no_record_can_come_twice(twice):
    with pytest.raises(Refused):
        read([*RIGHT[: twice + 1], *RIGHT[twice:]])


def test_a_submission_cannot_end_before_its_calls():
    with pytest.raises(Refused):
        read([*RIGHT[:3], (frame.END, None)])


def test_results_after_missing_names_are_refused():
    with pytest.raises(Refused):
        read([*RIGHT[:2], (frame.TOP, {**TOP, "missing": ["f"]}), *RIGHT[3:]])


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN, st.integers(0, len(RIGHT) - 1))
def test_any_document_in_any_place_is_taken_or_refused(document, place):
    kind, _ = RIGHT[place]
    try:
        read([*RIGHT[:place], (kind, document)])
    except Refused:
        return


@given(st.sampled_from(sorted(RESULT)), PLAIN)
def test_any_field_of_a_result_is_taken_or_refused(field, found):
    try:
        calls = read([*RIGHT[:4], (frame.RESULT, {**RESULT, field: found})]).calls
    except Refused:
        return
    assert calls[0].values is None or type(calls[0].values[""]) is np.ndarray


@given(PLAIN)
def test_any_document_for_a_value_is_a_value_or_refused(document):
    try:
        Decoder().value(document)
    except Refused:
        return


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_torn(data):
    try:
        frame.unpack(data)
    except frame.Torn:
        return


@pytest.mark.parametrize(
    "found",
    [
        ["a", "f8", [2], bytes(8)],
        ["a", "f8", [-1], bytes(8)],
        ["a", "f8", [2**31], b""],
        ["a", "f8", [1.0], bytes(8)],
        ["a", "f8", [True], bytes(8)],
        ["a", "O", [1], bytes(8)],
        ["a", ["f8"], [1], bytes(8)],
        ["a", "f8", [1] * 33, bytes(8)],
        ["l", "set", "f8", [1], bytes(8)],
        ["g", "list", [["v", "correct"]]],
        ["d", [["x", ["u", "y"], 3]]],
        ["u", "x" * 1001],
        ["u", b"bytes"],
        [],
        None,
    ],
)
def test_values_whose_parts_disagree_are_refused(found):
    with pytest.raises(Refused):
        Decoder().value(found)


def test_values_within_values_without_end_are_refused():
    found = ["u", "x"]
    for _ in range(100):
        found = ["g", "list", [found]]
    with pytest.raises(Refused):
        Decoder().value(found)


def test_the_arrays_of_a_call_have_one_budget():
    with pytest.raises(Refused):
        Decoder(15).value(["g", "list", [["a", "f8", [1], bytes(8)]] * 2])


def test_a_truth_value_is_true_or_false_whatever_byte_it_was():
    assert Decoder().value(["a", "b1", [3], b"\0\1\xff"]).tobytes() == b"\0\1\1"


@pytest.mark.parametrize("code", CODES)
def test_values_travel_unchanged(code):
    array = np.array([[0, 1, 2]], CODES[code])
    sent = {"a": array, "l": Group("tuple", (Listed("list", array), Unusable("x")))}
    found = Decoder().value(frame.unpack(frame.pack(encode(sent))))
    assert found["a"].dtype == array.dtype
    assert found["a"].flags.writeable
    np.testing.assert_array_equal(found["l"].items[0].array, array)


@given(st.lists(st.integers(1, 40), max_size=8))
def test_records_come_out_whole_however_they_are_cut(cuts):
    data = b"".join(frame.record(TOKEN, kind, document) for kind, document in RIGHT)
    records, found, start = frame.Records(TOKEN, 10**6), [], 0
    for cut in [*cuts, len(data)]:
        found += records.feed(data[start : start + cut])
        start += cut
    assert found == RIGHT


@pytest.mark.parametrize(
    "data",
    [
        b"\n{'verdict': true}" * 9,
        frame.record(b"x" * 16, frame.END, None),
        frame.HEADER.pack(TOKEN, 9, 0),
        frame.HEADER.pack(TOKEN, frame.END, 2**32 - 1),
        frame.HEADER.pack(TOKEN, frame.END, 1) + b"\xc1",
    ],
)
def test_what_is_no_record_tears_the_stream(data):
    with pytest.raises(frame.Torn):
        list(frame.Records(TOKEN, 10**6).feed(data))


def test_a_stream_has_a_length_that_it_may_have():
    with pytest.raises(frame.Torn):
        list(frame.Records(TOKEN, 10).feed(frame.record(TOKEN, frame.END, None)))


FORGE = """
import warnings
modules = warnings.sys.modules

def f(x):
    import builtins
    step = None
    try:
        raise ValueError
    except ValueError as error:
        step = error.__traceback__.tb_frame
    while step is not None and "channel" not in step.f_locals:
        step = step.f_back
    channel = step.f_locals["channel"]
    channel.send(%s, %s)
    return 1.0
"""


@pytest.mark.parametrize(
    "sent", [(frame.END, "None"), (frame.RESULT, "{'verdict': 'correct', 'points': 10}"), (frame.START, 99)]
)
def test_a_forged_record_makes_the_submission_unusable_and_nothing_else(sent):
    outcome = isolated().run(submission(FORGE % sent, {"x": 1.0}, {"x": 2.0}))
    assert (outcome.state, outcome.calls) == ("unusable", ())
    assert isolated().run(submission("def f():\n    return 1\n")).state == "ok"
