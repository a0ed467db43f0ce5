"""``rooms chat``: a chat in the terminal, full-screen or line by line. Built on ``rooms.client`` and nothing else of the server."""
