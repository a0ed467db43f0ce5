"""``rooms serve``: the server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gateway.commands.flags import Config, Data
from gateway.settings import load_settings


def serve(
    *,
    dev: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Let guests in, and make a secret on first start. Not for the public.")
    ] = False,
    host: Annotated[str | None, Parameter(help="The address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[str | None, Parameter(help="The port; 0 takes a free one. [default: 8080]")] = None,
    data: Data = None,
    kind: Annotated[
        tuple[str, ...], Parameter(negative=(), show_default=False, help="Serve a room class of your own, as name=module:Class. Repeat it.")
    ] = (),
    config: Config = None,
    unix_socket: Annotated[Path | None, Parameter(help="Listen on this Unix socket, not on host and port.")] = None,
    tls_cert_file: Annotated[Path | None, Parameter(help="Serve TLS with this certificate chain (PEM).")] = None,
    tls_key_file: Annotated[Path | None, Parameter(help="The private key of the certificate (PEM).")] = None,
) -> int:
    """Serve rooms until SIGTERM or SIGINT. Every setting is also ROOMS_<NAME> in the environment: see `rooms config`."""
    flags = {
        "dev": dev or None,
        "host": host,
        "port": port,
        "data": data,
        "kinds": kind or None,
        "unix_socket": unix_socket,
        "tls_cert_file": tls_cert_file,
        "tls_key_file": tls_key_file,
    }
    loaded = load_settings(flags, config=config)
    from gateway.app import run  # the other commands start quicker without the server's libraries

    return run(loaded)
