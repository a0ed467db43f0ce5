"""How connections end, and who comes back when."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest
import trio
from trio.abc import Clock

from rooms.client import ClientClosed, ClientSettings, Reason, TokenRefused, TokenUnavailable, open_client
from rooms.client.returning import AskForToken, End, after, jitter
from tests.rooms.client.fake_server import HASTE, FakeServer

SETTINGS = ClientSettings(backoff_min_seconds=0.5, backoff_max_seconds=30)


def half() -> float:
    return 0.5


@pytest.mark.parametrize("code", [404, 426, 1003, 1007, 1009, 403, 4400, 4403, 4404, 4409, 4411])
def test_who_is_wrong_or_unwanted_does_not_come_back(code: int) -> None:
    verdict = after(End(code), 0, SETTINGS, half)

    assert isinstance(verdict, ClientClosed)
    assert not isinstance(verdict, TokenRefused)


@pytest.mark.parametrize("code", [401, 4401])
def test_a_refused_token_asks_for_another(code: int) -> None:
    assert after(End(code), 0, SETTINGS, half) is AskForToken.NOW


def test_a_server_that_waited_in_vain_for_a_token_wants_one() -> None:
    assert isinstance(after(End(4408), 0, SETTINGS, half), TokenRefused)


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012, 1013, 4413, 4999, 500, 502, 503])
def test_anything_else_is_come_back_from_with_full_jitter(code: int) -> None:
    assert [after(End(code), tries, SETTINGS, half) for tries in range(9)] == [0.25, 0.5, 1, 2, 4, 8, 15, 15, 15]


@pytest.mark.parametrize("random", [lambda: 0.0, lambda: 0.999])
def test_the_wait_is_anywhere_between_nothing_and_its_bound(random: Callable[[], float]) -> None:
    assert jitter(3, SETTINGS, random) == pytest.approx(4 * random())
    assert jitter(10_000, SETTINGS, random) == pytest.approx(30 * random())


@pytest.mark.parametrize("code", [4410, 4429])
def test_who_was_put_out_or_asked_too_much_waits_a_minute(code: int) -> None:
    assert after(End(code), 0, SETTINGS, half) == 60.25


def test_retry_after_is_waited_for_and_some_more() -> None:
    assert after(End(503, "", 20.0), 5, SETTINGS, half) == 20.25


async def test_a_lost_connection_is_made_again_after_longer_and_longer_waits(autojump_clock: Clock) -> None:
    server = FakeServer()
    server.unreachable = 5
    async with server.client(settings=HASTE, token="t") as client:
        await server.welcome()
        await client.connected()
    assert waits(server) == [0.5, 1, 2, 4, 4]


async def test_a_connection_that_lasted_makes_the_next_wait_short_again(autojump_clock: Clock) -> None:
    server = FakeServer()
    server.unreachable = 3
    async with server.client(settings=HASTE, token="t") as client:
        line = await server.welcome()
        await trio.sleep(6)
        began = trio.current_time()
        await line.drop()
        await server.welcome()
        await client.connected()
        assert trio.current_time() - began == pytest.approx(0.5, abs=0.01)


async def test_closing_says_within_what_time_to_come_back(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        line = await server.welcome()
        await line.say("closing", reconnect_ms=40_000)
        await line.close(1012)
        await server.welcome()
        await client.connected()
    assert waits(server) == [20]


async def test_retry_after_of_a_refused_upgrade_is_kept(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        await server.reject(503, retry_after="30")
        await server.welcome()
        await client.connected()
    assert waits(server) == [30.5]


async def test_a_server_that_hangs_or_drops_in_the_handshake_is_tried_again(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        await server.arrival()  # and never a word
        await (await server.arrival()).aclose()
        await server.accept()  # and never a hello
        await server.welcome()
        await client.connected()
    assert waits(server) == [15.5, 1, 17]


class Untrusted(trio.abc.Stream):
    """A stream whose TLS handshake fails, as trio tells of it."""

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        raise trio.BrokenResourceError from ssl.SSLError(1, "certificate verify failed")

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        raise trio.BrokenResourceError

    async def wait_send_all_might_not_block(self) -> None: ...
    async def aclose(self) -> None: ...


async def test_a_certificate_that_is_not_trusted_is_named(autojump_clock: Clock) -> None:
    async def dial(url: str) -> trio.abc.Stream:
        return Untrusted()

    async with open_client("https://fake", dial=dial, settings=HASTE) as client:
        while client.state != "waiting":
            await client.wait_changed()
        assert "certificate verify failed" in str(client.error)


async def test_retry_now_does_not_wait(autojump_clock: Clock) -> None:
    server = FakeServer()
    server.unreachable = 1
    async with server.client(settings=ClientSettings(backoff_min_seconds=100, backoff_max_seconds=100), token="t") as client:
        while client.state != "waiting":
            await client.wait_changed()
        client.retry_now()
        await server.welcome()
        await client.connected()
    assert waits(server) == [0]


async def test_a_connection_on_which_nothing_is_heard_is_pinged_and_then_given_up(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        line = await server.welcome()
        await client.connected()
        await trio.sleep(100)  # the far end answers pings
        assert client.is_open
        line.socket._reader_running = False  # and now it is gone without a word
        await trio.sleep(100)
        assert not client.is_open


# tokens


class Tokens:
    """A token function that counts, and notes why it was asked."""

    def __init__(self) -> None:
        self.reasons: list[Reason] = []
        self.unavailable = 0

    async def __call__(self, reason: Reason) -> str:
        self.reasons.append(reason)
        if self.unavailable:
            self.unavailable -= 1
            raise TokenUnavailable("the identity provider is down")
        return f"token-{len(self.reasons)}"


async def test_a_token_is_shown_in_a_header_and_asked_for_each_connection(autojump_clock: Clock) -> None:
    server, tokens = FakeServer(), Tokens()
    async with server.client(settings=HASTE, token=tokens):
        first = await server.welcome()
        await first.drop()
        second = await server.welcome()
        assert (first.headers["authorization"], second.headers["authorization"]) == ("Bearer token-1", "Bearer token-2")
        assert tokens.reasons == ["connect", "connect"]


@pytest.mark.parametrize("how", ["status", "close"])
async def test_a_refused_token_is_replaced_once_and_then_it_is_over(how: str, autojump_clock: Clock) -> None:
    server, tokens = FakeServer(), Tokens()
    async with server.client(settings=HASTE, token=tokens) as client:
        for _ in range(2):
            if how == "status":
                await server.reject(401, '{"error": {"code": "not_authorized", "message": "Token invalid or expired"}}')
            else:
                await (await server.accept()).close(4401, "Token invalid or expired")
        with pytest.raises(TokenRefused):
            await client.connected()
        assert tokens.reasons == ["connect", "refused"]
        assert client.state == "closed"


async def test_a_token_that_cannot_be_replaced_is_refused_for_good(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(token="stale") as client:
        await server.reject(401)
        with pytest.raises(TokenRefused):
            await client.connected()


async def test_an_expiring_token_is_replaced_on_the_open_socket(autojump_clock: Clock) -> None:
    server, tokens = FakeServer(), Tokens()
    async with server.client(token=tokens) as client:
        line = await server.welcome()
        await line.say("expiring", at="2026-11-20T20:07:30.000Z")
        auth = await line.heard("auth")
        assert auth["data"] == {"token": "token-2"}
        await line.hello(ref=auth["ref"])
        assert await line.is_quiet(20)
        assert tokens.reasons == ["connect", "expiring"]
        assert client.is_open


async def test_a_token_that_is_not_to_be_had_now_is_asked_for_later(autojump_clock: Clock) -> None:
    server, tokens = FakeServer(), Tokens()
    tokens.unavailable = 2
    async with server.client(settings=HASTE, token=tokens) as client:
        await server.welcome()
        await client.connected()
        assert trio.current_time() == pytest.approx(1.5, abs=0.01)


async def test_a_ticket_goes_with_the_address(autojump_clock: Clock) -> None:
    async def ticket() -> str:
        return "a b"

    server = FakeServer()
    async with server.client(ticket=ticket):
        line = await server.welcome()
        assert line.path == "/ws?ticket=a%20b"
        assert "authorization" not in line.headers


async def test_who_has_no_token_learns_that_one_is_needed(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client() as client:
        line = await server.accept()
        await line.heard("auth")
        await line.close(4401)
        with pytest.raises(TokenRefused):
            await client.connected()


def waits(server: FakeServer) -> list[float]:
    """The seconds between the dials."""
    return [pytest.approx(later - earlier, abs=0.01) for earlier, later in zip(server.dialled_at, server.dialled_at[1:], strict=False)]
