"""Two arrays become evidence: shapes first, then entry by entry; layouts, zeros, and what is free at kinks.

Knows nothing of questions or points. What follows from evidence is decided in `questions` and `marking`.
"""

from grader.comparing.compare import Comparison, compare, shape_words, shown
from grader.comparing.tolerance import right_entries, widths

__all__ = ["Comparison", "compare", "right_entries", "shape_words", "shown", "widths"]
