"""Python answers: what a program returned at chosen points, judged by the checks of format.md 1.7.

    points      where a program is tried, and what is expected there
    interface   how it is called, and which of the returned values is which item
    judging     the values of each item against the expected ones
    slopes      a returned gradient against differences of the program's own value
    numerical   whether a program differentiates numerically, where that is forbidden
    smallest    the simplest point at which it is wrong
    wording     what a student is told
    mark        one submission through all of it

Nothing of a student's runs here; the sandbox is asked for values.
"""

from grader.questions.programs.interface import Interface
from grader.questions.programs.mark import Programs, Run
from grader.questions.programs.points import Points

__all__ = ["Interface", "Points", "Programs", "Run"]
