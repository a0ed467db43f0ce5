"""``python -m gateway`` is ``rooms``."""

from __future__ import annotations

import os
import sys

# Python puts the current folder first when it runs a module; here it comes last, so that no file there shadows a library.
if sys.path[0] == os.getcwd():
    del sys.path[0]
    sys.path.append(os.getcwd())

from gateway.cli import main

sys.exit(main())
