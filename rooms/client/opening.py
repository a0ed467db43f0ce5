"""``open_client``: a client for the length of a block."""

from __future__ import annotations

import ssl as ssl_module
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import random as random_number

import trio

from rooms.client.client import Client
from rooms.client.credentials import Credentials, TicketSource, TokenSource, socket_url
from rooms.client.dialling import Dial, dialler
from rooms.client.settings import ClientSettings, Guest
from rooms.client.wire import Format


@asynccontextmanager
async def open_client(
    url: str,
    *,
    token: TokenSource = None,
    ticket: TicketSource = None,
    guest: Guest | None = None,
    format: Format = "json",
    settings: ClientSettings | None = None,
    ssl_context: ssl_module.SSLContext | None = None,
    dial: Dial | None = None,
    random: Callable[[], float] = random_number,
) -> AsyncIterator[Client]:
    """A client of the server at ``url``, connected in the background for as long as the block runs.

    ``token`` is a token or an async function from a reason to one (asked for each connection, before the token expires and after it
    was refused); ``ticket`` makes single-use tickets instead; ``guest`` says who to be where guests are let in. ``dial`` opens streams,
    ``random`` gives the jitter. Raises ValueError for an address that is none; after that, see ``Client.connected``.
    """
    address = socket_url(url)
    credentials = Credentials(token, ticket, guest)
    try:
        async with trio.open_nursery() as nursery:
            client = Client(address, credentials, format, settings or ClientSettings(), dial or dialler(ssl_context), random, nursery)
            nursery.start_soon(client.keep_connected)
            try:
                yield client
            finally:
                with trio.move_on_after(client.settings.close_seconds, shield=True):
                    await client.say_goodbye()
                nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        if len(group.exceptions) > 1:
            raise
        error = group.exceptions[0]  # the block's own, as it is and not in a group of one
        raise error from error.__cause__  # noqa: ASYNC123 -- the group held nothing else
