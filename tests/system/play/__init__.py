"""Ten users with three devices each at play: what they do, what their programs know, and what must be true in the end."""
