"""What each part of the server is told of the settings. Pure."""

from __future__ import annotations

import select
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from gateway.auth.tokens import TokenRules
from gateway.edge.address import Trusts
from gateway.edge.edge import EdgeSettings
from gateway.edge.http_wire import HttpSettings
from gateway.http.room_http import RoomHttpSettings
from gateway.hub.hub import HubSettings
from gateway.session.limits import Limits
from gateway.settings import Settings
from gateway.stream.stream import StreamSettings
from rooms import RuntimeSettings
from storage import StorageSettings


def storage_settings(settings: Settings) -> StorageSettings:
    """How the data folder is kept."""
    return StorageSettings(durability="relaxed" if settings.durability == "relaxed" else "durable")


def runtime_settings(settings: Settings) -> RuntimeSettings:
    """How rooms live. ``awake_max`` has been set by ``Settings.clamped``."""
    defaults = RuntimeSettings()
    return RuntimeSettings(
        idle_seconds=settings.idle_seconds,
        turn_seconds=settings.turn_seconds,
        call_seconds=settings.call_seconds,
        awake_rooms_max=settings.awake_max or defaults.awake_rooms_max,
        mailbox_messages_max=settings.mailbox_max,
    )


def limits_of(settings: Settings, now: Callable[[], float]) -> Limits:
    """Who may do how much how often; ``now`` is a steady clock in seconds."""
    return Limits(
        now,
        switched_on=settings.rate_limits,
        messages=settings.rate_messages,
        joins=settings.rate_joins,
        upgrades_of_user=settings.rate_upgrades,
        upgrades_of_address=settings.rate_address_upgrades,
        device_frames=settings.rate_device_frames,
    )


def hub_settings(settings: Settings) -> HubSettings:
    """The limits of a WebSocket on plain TCP."""
    return HubSettings(
        message_bytes_max=settings.message_bytes_max,
        fragments_max=settings.fragments_max,
        outbox_bytes_max=settings.outbox_bytes_max,
        ping_seconds=settings.ping_seconds,
        ping_timeout_seconds=settings.ping_timeout_seconds,
    )


def edge_settings(settings: Settings) -> EdgeSettings:
    """The limits of HTTP, and of a WebSocket on any stream: the same as the hub's."""
    stream = StreamSettings(
        message_bytes_max=settings.message_bytes_max,
        fragments_max=settings.fragments_max,
        outbox_bytes_max=settings.outbox_bytes_max,
        ping_seconds=settings.ping_seconds,
        ping_timeout_seconds=settings.ping_timeout_seconds,
    )
    return EdgeSettings(http=HttpSettings(body_bytes_max=settings.body_bytes_max), stream=stream)


def token_rules(settings: Settings) -> TokenRules:
    """What a token must say."""
    return TokenRules(
        algorithm=settings.jwt_algorithm,
        audiences=settings.jwt_audience,
        issuers=settings.jwt_issuer,
        rooms_claim=settings.jwt_rooms_claim,
        default_rooms=settings.default_rooms,
    )


def room_http_settings(settings: Settings) -> RoomHttpSettings:
    """Who may ask rooms by HTTP, and how much at once."""
    return RoomHttpSettings(
        body_bytes_max=settings.body_bytes_max,
        token_header=settings.token_header,
        public_url=settings.public_url,
        allowed_origins=settings.allowed_origins,
    )


def trusts(settings: Settings) -> Trusts:
    """Which far ends may say on whose behalf they speak."""
    networks = [ip_network(item) for item in settings.trusted_proxies if item != "unix"]
    trusts_unix = "unix" in settings.trusted_proxies

    def is_trusted(host: str) -> bool:
        if host == "unix":
            return trusts_unix
        address = ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in networks)

    return is_trusted


def uses_hub(settings: Settings) -> bool:
    """The hub moves plain TCP; TLS, Unix sockets and systems without epoll or kqueue are for streams."""
    if settings.carrier == "stream" or settings.unix_socket is not None or settings.tls_cert_file is not None:
        return False
    return hasattr(select, "epoll") or hasattr(select, "kqueue")
