"""Rooms to begin with, and stories of whole chat systems."""
