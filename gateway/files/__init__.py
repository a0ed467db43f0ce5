"""Files that users upload to rooms: taken in, looked at, kept on disk, and given out again."""
