"""grader checks exercises on computational graphs and backpropagation, and says which step went wrong and why."""

__version__ = "0.1.0"
