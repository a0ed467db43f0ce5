"""The directory: the one room that knows what holds for the whole server. It serves inside, and has no address."""

from rooms.kinds.directory.room import DIRECTORY, DirectoryRoom

__all__ = ["DIRECTORY", "DirectoryRoom"]
