"""placeholder"""


def check() -> int:
    """Soon."""
    return 2
