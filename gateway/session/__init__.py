"""What the gateway keeps of a socket: sessions, memberships, formats and limits."""
