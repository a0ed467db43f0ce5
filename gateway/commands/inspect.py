"""placeholder"""


def inspect() -> int:
    """Soon."""
    return 2
