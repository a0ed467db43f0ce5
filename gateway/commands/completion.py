"""``rooms completion``: what makes a shell complete commands and flags."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import Parameter


def completion(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="For which shell.")], /) -> int:
    """Print the script that makes a shell complete this command: source it, or save it where the shell looks for such scripts."""
    from gateway.cli import make_app  # it names this command, too

    sys.stdout.write(make_app().generate_completion(prog_name="rooms", shell=shell))
    return 0
