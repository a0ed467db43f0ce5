"""The stream carrier: a WebSocket over any trio stream, spoken by trio-websocket."""
