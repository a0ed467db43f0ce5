"""The room kinds that come with the server."""
