"""The first minute at the page, and coming back to it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Come
from tests.browser.person import NARROW
from tests.system.server import Server


def test_a_guest_who_types_nothing_is_given_a_name_and_is_in_the_lobby(come: Come) -> None:
    ada = come("Somebody", signed_in=False, room=None)
    name = ada.page.get_by_label("Your name")
    expect(name).to_be_focused()
    expect(name).to_have_value(re.compile(r"^\w+ \w+$"))
    given = name.input_value()
    ada.page.keyboard.press("Enter")

    expect(ada.field).to_be_focused()
    expect(ada.page.get_by_role("main")).to_have_attribute("aria-label", "lobby")
    expect(ada.me).to_contain_text(given)
    expect(ada.page.get_by_text("You are alone here so far.")).to_be_visible()


def test_two_windows_of_one_browser_are_one_person_who_sees_everything_in_both(come: Come) -> None:
    ada = come("Ada", room=None)
    second = ada.context.new_page()
    second.goto(f"http://{ada.server.host}/")
    expect(second.locator("#composer")).to_be_focused()

    ada.say("said in the first window")
    expect(second.locator(".message.mine", has_text="said in the first window")).to_be_visible()
    second.locator("#composer").fill("said in the second window")
    second.locator("#composer").press("Enter")
    expect(ada.page.locator(".message.mine", has_text="said in the second window")).to_be_visible()
    ada.click(re.compile("members"))
    expect(ada.panel.get_by_role("listitem").filter(has_text="(you)")).to_contain_text("2 devices")


def test_one_comes_back_to_where_one_was_last(come: Come) -> None:
    ada = come("Ada", room="garden")
    expect(ada.page.locator(".sidebar [data-name=garden]")).to_be_visible()  # she is in: it is kept on her list
    ada.goto("/#/r/attic")
    expect(ada.page.get_by_role("main")).to_have_attribute("aria-label", "attic")
    ada.page.goto("about:blank")
    ada.goto("/")
    expect(ada.page.get_by_role("main")).to_have_attribute("aria-label", "attic")

    ada.click("Room")
    ada.choose("Leave")
    expect(ada.page.get_by_role("heading", name="Choose a room")).to_be_visible()
    ada.click("Go to the lobby")
    expect(ada.page.get_by_role("main")).to_have_attribute("aria-label", "lobby")


def test_on_a_phone_the_list_is_where_one_comes_back_to(come: Come) -> None:
    ada = come("Ada", room=None, size=NARROW)
    expect(ada.page.get_by_role("button", name=re.compile(r"^[1-9]\d* here: members"))).to_be_visible()  # she is in
    expect(ada.page.get_by_role("main")).to_have_attribute("aria-label", "lobby")
    ada.page.goto("about:blank")
    ada.goto("/")
    ada.open_room("lobby")
    expect(ada.page.get_by_role("main")).to_have_attribute("aria-label", "lobby")
    ada.click("Back to the list")
    expect(ada.page.get_by_role("navigation", name="Rooms and conversations")).to_be_visible()


def test_an_admin_goes_from_the_chat_to_the_inspector_and_back(come: Come, server: Server) -> None:
    root = come("Root", signed_in=False, room=None)
    root.page.get_by_role("tab", name="Token").click()
    root.page.get_by_role("textbox", name="Token").fill(server.token("root", arguments=["--admin"]))
    root.click("Sign in")
    expect(root.field).to_be_visible()
    root.me.click()
    root.choose("Inspector")
    expect(root.page.get_by_role("heading", name="Rooms")).to_be_visible()
    root.page.get_by_role("link", name="Chat").click()
    expect(root.field).to_be_visible()

    ada = come("Ada")
    ada.me.click()
    expect(ada.page.get_by_role("menuitem", name="Sign out")).to_be_visible()
    expect(ada.page.get_by_role("menuitem", name="Inspector")).to_have_count(0)
