"""placeholder"""


def history() -> int:
    """Soon."""
    return 2
