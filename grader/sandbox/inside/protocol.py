"""What supervisor and zygote say to each other about a child; what the child itself sends is in `frame`."""

from __future__ import annotations

import struct
from typing import Final

WALLS: Final = ("limits", "user", "landlock", "seccomp", "reading")
"""What a child can be closed in by, each a bit of the message that begins it. `reading` has seccomp refuse to open
files for reading too, which it otherwise leaves to Landlock, so that each has something of its own to stop."""
BEGIN: Final = struct.Struct("<IQB")
"""Sent with two descriptors, where the request comes from and where results go: processor seconds, bytes, walls."""
BEGUN: Final = struct.Struct("<i")
"""The child's process."""
STOP: Final = b"."
"""End the child, if it has not ended."""
LET_END: Final = b","
"""The child sends nothing more: let it end by itself, and end it only if it does not."""
ENDED: Final = struct.Struct("<id?")
"""How the child ended, as wait says it; the processor seconds that it used; whether it had to be ended."""
NOT_CLOSED: Final = 99
"""The exit status of a child whose walls could not be put up; it has run nothing."""
OUT_OF_MEMORY: Final = 98
FAILED: Final = 97
"""The exit statuses of a child that could not send what it had."""
