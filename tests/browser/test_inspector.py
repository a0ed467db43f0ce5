"""The inspector as an admin uses it, and as nobody else can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Come
from tests.browser.person import NARROW, WIDE, Person
from tests.system.client import Client
from tests.system.server import Server

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose rooms sleep only when they are told to."""
    with Server(tmp_path_factory.mktemp("inspected"), carrier="hub", dev=True, env={"ROOMS_IDLE_SECONDS": "3600"}) as server:
        yield server


def at_the_gate(come: Come, **how: Any) -> Person:
    """Somebody who opens /admin without being signed in: the server says 401, which browsers note in the console."""
    person = come("Root", signed_in=False, room=None, **how)
    with person.may_lose_connection():
        person.goto("/admin")
        expect(person.page.get_by_label("Admin token")).to_be_visible()
    return person


def show(person: Person, token: str) -> None:
    person.page.get_by_label("Admin token").fill(token)
    person.click("Sign in")


def admin_of(server: Server) -> str:
    return server.token("root", arguments=["--admin"])


def inspecting(come: Come, server: Server, **how: Any) -> Person:
    """An admin who has signed in."""
    root = at_the_gate(come, **how)
    show(root, admin_of(server))
    expect(root.page.get_by_role("heading", name="Rooms")).to_be_visible()
    return root


def look_at(root: Person, *parts: str) -> Page:
    root.goto(f"/admin#/{'/'.join(parts)}")
    return root.page


@pytest.fixture
def ada(server: Server) -> Iterator[Client]:
    """Somebody in a room, who has said something and something hostile."""
    with Client(server.socket_url("attic"), token=server.token("ada", "attic")) as client:
        client.join(name=HOSTILE)
        client.say("Is anybody here?")
        client.say(HOSTILE)
        yield client


def test_strangers_see_a_form_and_nothing_else(come: Come, server: Server, ada: Client) -> None:
    stranger = at_the_gate(come)
    with stranger.may_lose_connection():
        show(stranger, "ey.no.token")
        expect(stranger.page.get_by_role("alert")).to_contain_text("does not accept this token")
        show(stranger, server.token("eve", "*"))
        expect(stranger.page.get_by_role("status").first).to_contain_text("who is no admin")
        stranger.goto("/admin#/rooms/rooms/attic")
        expect(stranger.page.get_by_label("Admin token")).to_be_visible()
        stranger.page.reload()
        expect(stranger.page.get_by_label("Admin token")).to_be_visible()
    assert "attic" not in stranger.page.content()
    stranger.click("Sign out eve")
    show(stranger, admin_of(server))
    expect(stranger.page.get_by_role("heading", name="attic")).to_be_visible()


def test_rooms_are_listed_and_found(come: Come, server: Server, ada: Client) -> None:
    root = inspecting(come, server)
    page = root.page
    row = page.get_by_role("row").filter(has_text="attic")
    expect(row).to_contain_text(re.compile("Awake|Hibernating"))
    page.get_by_label("Search by name").fill("ATT")
    expect(page.get_by_role("rowheader")).to_have_text(["atticrooms"])
    page.get_by_label("Kind").select_option("devices")
    expect(page.get_by_role("heading", name="No such room")).to_be_visible()
    page.get_by_label("Kind").select_option("")
    page.get_by_role("link", name="attic").click()
    expect(page.get_by_role("heading", name="attic")).to_be_visible()


def test_what_a_room_keeps_is_shown_as_text(come: Come, server: Server, ada: Client) -> None:
    root = inspecting(come, server)
    page = look_at(root, "rooms", "rooms", "attic")
    history = page.get_by_role("list", name="Messages, the newest first").get_by_role("button")
    expect(history.first).to_contain_text(HOSTILE)
    history.nth(1).click()
    expect(page.locator(".columns")).to_contain_text("Is anybody here?")
    page.get_by_role("tab", name="Sockets").click()
    expect(page.get_by_role("rowheader")).to_contain_text("ada")
    page.get_by_role("tab", name="Sockets").press("ArrowRight")
    expect(page.get_by_role("tab", name="File")).to_be_focused()
    expect(page.get_by_role("rowheader", name="messages")).to_be_visible()
    page.get_by_role("tab", name="Keys").click()
    expect(page.get_by_role("heading", name="No keys")).to_be_visible()


def test_turns_show_in_the_chart(come: Come, server: Server, ada: Client) -> None:
    root = inspecting(come, server)
    page = look_at(root, "rooms", "rooms", "attic")
    chart = page.get_by_role("img", name=re.compile("^Turns, the last 60 seconds"))
    with page.expect_response(re.compile("/figures")):
        expect(chart).to_be_visible()
    ada.say("a turn")
    expect(chart).to_have_attribute("aria-label", re.compile(r"turns: \d"))
    expect(chart.locator("rect").first).to_be_attached()


def test_a_room_is_hibernated_disconnected_and_destroyed(come: Come, server: Server, ada: Client) -> None:
    root = inspecting(come, server)
    page = look_at(root, "rooms", "rooms", "attic")
    ada.say("wake up")
    root.click("Hibernate")
    expect(page.locator(".room-line")).to_contain_text("Hibernating")
    root.click("Disconnect all")
    root.confirm("Disconnect")
    root.is_told("1 socket closed")
    assert ada.close_code() == 1012
    root.click("Destroy")
    dialog = page.get_by_role("dialog", name="Destroy attic?")
    expect(dialog.get_by_role("button", name="Destroy")).to_be_disabled()
    dialog.get_by_role("textbox").fill("attic")
    root.confirm("Destroy")
    root.is_told("attic is destroyed")
    expect(page.get_by_role("heading", name="Rooms")).to_be_visible()
    expect(page.get_by_role("link", name="attic")).to_have_count(0)


def test_a_user_is_found_and_revoked(come: Come, server: Server, ada: Client) -> None:
    root = inspecting(come, server)
    page = look_at(root, "users")
    page.get_by_role("searchbox").fill("ada")
    page.get_by_role("link", name="ada").first.click()
    expect(page.get_by_role("table", name="Sockets")).to_contain_text("attic")
    root.click("Revoke")
    root.confirm("Revoke")
    assert ada.close_code() == 4401
    expect(page.get_by_text("None is open")).to_be_visible()


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide-light", "narrow-dark"])
def test_every_view_is_accessible_and_fits(come: Come, server: Server, scheme: str, size: tuple[int, int]) -> None:
    with Client(server.socket_url("views"), token=server.token("vic", "views")) as vic:
        vic.join(name="Vic")
        vic.send("message", message="x" * 3_000)
        vic.receive("message")
        root = at_the_gate(come, scheme=scheme, size=size)
        assert root.serious_faults() == []
        show(root, admin_of(server))
        for parts, sign in (
            (("rooms",), "views"),
            (("rooms", "rooms", "views", "history"), "Duration of a turn"),
            (("rooms", "rooms", "views", "keys"), "No keys"),
            (("rooms", "rooms", "views", "sockets"), "Attachment"),
            (("rooms", "rooms", "views", "about"), "Turns that wrote"),
            (("sockets",), "Token ends"),
            (("users",), "First seen"),
            (("users", "vic"), "comes by token"),
            (("server",), "Journal and disk"),
        ):
            page = look_at(root, *parts)
            expect(page.get_by_text(sign).first).to_be_visible()
            assert root.serious_faults() == [], parts
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), parts
