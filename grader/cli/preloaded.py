"""What workers need, imported and compiled: the process that they are forked from imports this before they begin.

Nothing else imports it, and it has nothing to offer but the time that it saves.
"""

import grader.report.batch  # noqa: F401
from grader.questions import option_models
from grader.report import writers
from grader.report.pages import compile_templates

option_models()
writers()
compile_templates()
