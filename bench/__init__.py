"""The load test: the same work for this server and for its peers, side by side in one run (see README.md here)."""
