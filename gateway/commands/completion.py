"""``rooms completion``: what makes a shell complete commands and flags."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import Parameter

_CALLED_OR_SOURCED = """
if [[ $funcstack[1] == _rooms ]]; then
  _cyclopts_rooms "$@"
else
  compdef _cyclopts_rooms rooms
fi
"""
"""The library only defines the function. zsh calls a file of ``$fpath`` at the first Tab; one that is sourced has to register itself."""


def completion(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="For which shell.")], /) -> int:
    """Print the script that makes a shell complete this command: source it, or save it where the shell looks for such scripts."""
    from gateway.cli import make_app  # it names this command, too

    script = make_app().generate_completion(prog_name="rooms", shell=shell)
    sys.stdout.write(script + _CALLED_OR_SOURCED if shell == "zsh" else script)
    return 0
