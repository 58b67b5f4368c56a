"""From what students hand in to answers: which files are whose, what stands in them, numbers as they were typed.

Nothing here knows what is right, and nothing here runs a student's program.
"""
