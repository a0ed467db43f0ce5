"""What every test shares: property tests are bounded by their number of examples, not by the clock of a busy machine; SIGINT is heard."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("project")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job ignores it, and so would every server started here
    signal.signal(signal.SIGINT, signal.default_int_handler)
