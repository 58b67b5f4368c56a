"""Evidence, follow-through and diagnosis become marks; one result model for every report."""

from grader.marking.marks import PreparedProblem, mark_submission, prepare
from grader.marking.visible import for_student

__all__ = ["PreparedProblem", "for_student", "mark_submission", "prepare"]
