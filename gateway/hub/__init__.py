"""The hub carrier: every plain TCP WebSocket of the process, moved by one task."""
