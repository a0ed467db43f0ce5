"""The edge: connections from their first byte, request heads, and HTTP itself."""
