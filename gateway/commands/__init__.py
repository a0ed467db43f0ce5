"""The commands of ``rooms``, one a file. Each takes its flags as arguments and returns its exit status."""
