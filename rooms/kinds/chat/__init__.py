"""The chat room, against the public names of ``rooms`` only."""
