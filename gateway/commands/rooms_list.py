"""placeholder"""


def list_() -> int:
    """Soon."""
    return 2
