"""Problem files: YAML with places, models, drawn values and JSON Schema.

Reads and checks what an author wrote; knows nothing of students, marks or pages.
"""
