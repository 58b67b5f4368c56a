"""How well submissions are closed in on this machine, found by small attacks behind each wall alone and behind both.

No version number is asked: a wall holds where every attack that it should stop was refused.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, get_args

from grader.sandbox.inside.protocol import WALLS
from grader.sandbox.zygotes import Zygote

Tier = Literal["isolated", "hardened", "process"]
TIERS: tuple[Tier, ...] = get_args(Tier)

FILES = ("read a file", "list a folder", "write a file", "start a program")
"""What Landlock alone must stop."""
ALL = (
    "read a file", "list a folder", "write a file", "fork", "start a thread", "open a socket", "signal the parent",
    "trace the parent", "a namespace of its own", "raise its limits", "handle a signal", "memory that runs",
    "start a program",
)  # fmt: skip
"""What seccomp alone must stop, and both together. The last one ends a child where it gets through."""


@dataclass(frozen=True, slots=True)
class Found:
    """The tier, the walls that children get, and why it is no better: wall → what went wrong."""

    tier: Tier
    walls: tuple[str, ...]
    doubts: dict[str, str] = field(default_factory=dict)


def enough(tier: Tier, minimum: Tier) -> bool:
    """Whether a tier is at least as strong as the least that is accepted."""
    return TIERS.index(tier) <= TIERS.index(minimum)


def find(zygote: Zygote) -> Found:
    """Try the attacks; raises Lost where the zygote ends over it."""
    doubts = {wall: reason for wall, reason in zygote.missing.items() if wall in WALLS}
    try:
        scratch = _scratch()
    except OSError as error:
        return Found("process", ("limits", "user"), {"landlock": f"not tried: {error}", "seccomp": "not tried"})
    try:
        for wall, attacks, alone in (("landlock", FILES, ["landlock"]), ("seccomp", ALL, ["seccomp", "reading"])):
            if wall not in doubts and (through := _through(zygote, attacks, scratch, alone)):
                doubts[wall] = f"did not stop: {', '.join(through)}"
        holding = [wall for wall in ("landlock", "seccomp") if wall not in doubts]
        walls = ("limits", "user", *holding, *(["reading"] if holding == ["seccomp"] else []))
        if len(holding) == 2 and (through := _through(zygote, ALL, scratch, walls)):
            doubts["both"] = f"did not stop: {', '.join(through)}"
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if doubts.get("both"):
        return Found("process", walls, doubts)
    return Found(TIERS[2 - len(holding)], walls, doubts)


def _through(zygote: Zygote, attacks: Collection[str], scratch: str, walls: Collection[str]) -> list[str]:
    return [name for name, stopped in zygote.attack(attacks, scratch, walls).items() if not stopped]


def _scratch() -> str:
    """A folder where everybody may do everything, with a file that everybody may read."""
    folder = tempfile.mkdtemp(prefix="grader-walls-")
    os.chmod(folder, 0o777)  # noqa: S103 - the attacks are to fail at the walls, not for want of rights
    with open(os.path.join(folder, "readable"), "wb"):
        pass
    os.chmod(os.path.join(folder, "readable"), 0o644)
    return folder
