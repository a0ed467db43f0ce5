"""Every view, light and dark, wide and narrow, as axe-core sees it; and the whole of it without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Come
from tests.browser.person import NARROW, WIDE, Person


def check(person: Person, view: str) -> None:
    faults = person.serious_faults()
    assert not faults, f"{view}: {faults}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_has_a_serious_fault(come: Come, scheme: str) -> None:
    room = f"seen-{scheme}"
    stranger = come("Stranger", signed_in=False, scheme=scheme)
    for way in ("Guest", "Sign in", "Sign up", "Token"):
        stranger.page.get_by_role("tab", name=way).click()
    check(stranger, "sign-in")

    bob = come("Bob", room=room, scheme=scheme, size=NARROW)
    bob.say("See https://example.org and `code`, مرحبا")
    ada = come("Ada", room=room, scheme=scheme)
    bob.say("@Ada unread")
    ada.act_on("See https", "React +")
    check(ada, "emojis")
    ada.page.keyboard.press("Enter")
    expect(ada.page.get_by_role("group", name="Reactions")).to_be_visible()
    ada.act_on("See https", "Reply R")
    check(ada, "room")
    ada.say("An answer")
    check(bob, "room on a phone")

    ada.message("An answer").hover()
    ada.message("An answer").get_by_role("button", name="More actions").click()
    check(ada, "menu of a message")
    ada.choose("Show thread")
    expect(ada.panel).to_contain_text("An answer")
    check(ada, "thread")
    ada.page.keyboard.press("Control+f")
    ada.page.get_by_role("searchbox").fill("code")
    expect(ada.panel.locator("mark").first).to_be_visible()
    check(ada, "search")
    ada.click(re.compile("here: members"))
    check(ada, "members")
    ada.page.keyboard.press("Control+k")
    check(ada, "switcher")
    ada.page.keyboard.press("Escape")
    ada.me.click()
    ada.choose("Profile")
    check(ada, "profile")
    ada.page.keyboard.press("Escape")
    bob.click("Back to the list")
    check(bob, "list on a phone")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_is_wider_than_the_window(come: Come, size: tuple[int, int]) -> None:
    ada = come("Ada " + "L" * 60, room=f"widths-{size[0]}-" + "w" * 110, size=size)
    ada.say("w" * 400)
    ada.say("```\n" + "code " * 200 + "\n```")
    ada.sees("code code")
    assert ada.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = "[...document.querySelectorAll('.scroller, .sidebar-lists, .composer-row, dialog')]"
    fits = f"{boxes}.every((box) => box.scrollWidth <= box.clientWidth)"
    assert ada.page.evaluate(fits)
    assert ada.field.bounding_box()["height"] < 60  # type: ignore[index]  # however long the name of the room is
    ada.page.keyboard.press("Control+k")
    expect(ada.page.get_by_role("option")).not_to_have_count(0)
    assert ada.page.evaluate(fits)


def test_everything_can_be_done_with_the_keyboard(come: Come) -> None:
    ada = come("Ada", room="keys")
    keys = ada.page.keyboard
    expect(ada.field).to_be_focused()
    keys.type("first")
    keys.press("Enter")
    keys.type("second")
    keys.press("Enter")
    expect(ada.message("second").locator(".outcome")).to_have_text("Sent")

    keys.press("ArrowUp")
    expect(ada.page.get_by_role("textbox", name="Edit message")).to_be_focused()
    keys.type("!")
    keys.press("Enter")
    ada.sees("second! (edited)")
    expect(ada.field).to_be_focused()

    keys.press("Shift+Tab")
    while not ada.page.evaluate("document.activeElement.matches('article')"):
        keys.press("Shift+Tab")
    expect(ada.message("second!")).to_be_focused()
    keys.press("ArrowUp")
    expect(ada.message("first")).to_be_focused()
    keys.press("Enter")
    expect(ada.page.get_by_role("menuitem", name="React +")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(ada.page.locator(".replying")).to_contain_text("first")
    keys.press("Escape")
    expect(ada.page.locator(".replying")).to_have_count(0)

    keys.press("Control+k")
    keys.type("another-room")
    keys.press("ArrowUp")
    expect(ada.page.get_by_role("option", selected=True)).to_be_visible()
    keys.press("Escape")
    expect(ada.page.get_by_role("dialog")).to_have_count(0)
    expect(ada.field).to_be_focused()

    ada.me.focus()
    keys.press("Enter")
    ada.page.get_by_role("menuitemradio", name="Dark").press("Enter")
    expect(ada.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(ada.me).to_be_focused()
    ada.page.reload()
    expect(ada.page.locator("html")).to_have_attribute("data-theme", "dark")
