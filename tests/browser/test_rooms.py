"""Rooms and private conversations through the page: made, entered, governed, searched, ended; with files and pictures."""

from __future__ import annotations

import re
from io import BytesIO

from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Come
from tests.browser.person import Person


def picture(size: tuple[int, int] = (320, 200)) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "teal").save(written, "PNG")
    return written.getvalue()


def make_room(person: Person, title: str) -> str:
    """Make a room; its code."""
    person.click("New")
    person.choose("New room")
    person.page.get_by_role("textbox", name="Name").fill(title)
    person.confirm("Make room")
    expect(person.page.get_by_role("main")).to_have_attribute("aria-label", title)
    return person.page.evaluate("decodeURIComponent(location.hash.split('/').at(-1))")


def follow(person: Person, code: str) -> None:
    """Enter a room by its link."""
    person.goto(f"/#/join/{code}")
    expect(person.field).to_be_visible()


def is_drawn(image: Locator) -> bool:
    """Whether the picture came and was decoded."""
    return image.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")


def test_a_room_is_made_named_entered_by_its_code_and_left(come: Come) -> None:
    ada, bob = come("Ada", room=None), come("Bob", room=None)
    code = make_room(ada, "Weekend plans")

    bob.click("New")
    bob.choose("Enter a code")
    bob.page.get_by_role("textbox", name="Code or link").fill(code)
    bob.confirm("Enter")
    expect(bob.page.get_by_role("heading", name="Weekend plans", level=1)).to_be_visible()
    expect(ada.page.get_by_role("button", name="2 here: members")).to_be_visible()

    ada.click("Room")
    ada.choose("Name and topic")
    ada.page.get_by_role("textbox", name="Name").fill("Holiday plans")
    ada.page.get_by_role("textbox", name="Topic").fill("Where to, and when")
    ada.confirm("Save")
    expect(bob.page.get_by_role("heading", name="Holiday plans", level=1)).to_be_visible()
    expect(bob.page.get_by_text("Where to, and when")).to_be_visible()

    bob.click("Room")
    bob.choose("Leave")
    expect(bob.page.locator(".sidebar [data-place=room]", has_text="Holiday plans")).to_have_count(0)
    expect(ada.page.get_by_role("button", name="1 here: members")).to_be_visible(timeout=20_000)


def test_who_is_kicked_is_told_plainly_and_who_is_banned_stays_out(come: Come) -> None:
    ada, bob, carol = come("Ada Owner", room=None), come("Bob Loud", room=None), come("Carol", room=None)
    code = make_room(ada, "Quiet")
    follow(bob, code)
    follow(carol, code)
    bob.say("LOUD NOISES")
    ada.sees("LOUD NOISES")

    ada.moderate("Bob Loud", "Mute …")
    ada.confirm("Mute")
    bob.say("anybody?")
    expect(bob.message("anybody?")).to_contain_text("Not sent")

    held = ada.panel.locator(".held")
    expect(held).to_contain_text("Bob Loud")
    expect(held).to_contain_text("Muted until")
    ada.panel.get_by_role("button", name="Let speak: Bob Loud").click()
    expect(held).to_have_count(0)
    bob.say("thank you")
    ada.sees("thank you")

    ada.moderate("Bob Loud", "Kick …")
    ada.page.get_by_role("textbox", name="Why").fill("Too loud")
    ada.confirm("Kick")
    expect(bob.page.get_by_role("alert").filter(has_text="You were put out of this room by Ada Owner")).to_contain_text("Too loud")
    expect(bob.field).to_have_count(0)
    ada.is_told("Bob Loud was put out")

    ada.moderate("Carol", "Ban …")
    ada.confirm("Ban")
    expect(carol.page.get_by_role("alert").filter(has_text="You are banned from this room")).to_be_visible()
    carol.page.reload()
    expect(carol.page.get_by_role("alert").filter(has_text="You are banned from this room")).to_be_visible()
    expect(carol.field).to_have_count(0)
    expect(held.filter(has_text="Bob Loud")).to_have_text(re.compile("Put out until.*by Ada Owner · Too loud"))
    expect(held.filter(has_text="Carol")).to_have_text(re.compile("Banned for ever"))


def test_a_room_that_one_may_not_enter_says_so_and_is_no_dead_end(come: Come) -> None:
    ada = come("Ada Outside", account=True)
    ada.goto("/#/r/secret")
    expect(ada.page.get_by_role("alert").filter(has_text="You may not enter this room")).to_be_visible()
    expect(ada.page.locator(".timeline .spinner")).to_have_count(0)
    expect(ada.field).to_have_count(0)
    ada.click("Take off the list")
    ada.open_room("lobby")
    expect(ada.field).to_be_visible()


def test_a_moderator_is_made_and_may_pin(come: Come) -> None:
    ada, bob = come("Ada Maker", room=None), come("Bob Helper", room=None)
    follow(bob, make_room(ada, "Helped"))
    ada.moderate("Bob Helper", "Make moderator")
    ada.say("Read this first")
    bob.sees("Read this first")

    bob.act_on("Read this first", "Pin")

    ada.click("Pinned messages")
    expect(ada.panel.get_by_role("button", name=re.compile("Read this first"))).to_be_visible()


def test_a_file_is_sent_and_taken(come: Come) -> None:
    ada, bob = come("Ada", room="files"), come("Bob", room="files")
    ada.page.locator("input[type=file]").set_input_files({"name": "minutes.txt", "mimeType": "text/plain", "buffer": b"All agreed."})
    expect(ada.page.get_by_role("list", name="Files to send")).to_contain_text("11 B")
    ada.say("The minutes")

    with bob.page.expect_download() as download:
        bob.message("The minutes").get_by_role("link", name=re.compile("minutes.txt")).click()
    assert download.value.suggested_filename == "minutes.txt"
    assert download.value.path().read_bytes() == b"All agreed."


def test_a_picture_is_pasted_and_another_dropped(come: Come) -> None:
    ada, bob = come("Ada", room="pictures"), come("Bob", room="pictures")
    give = """([target, type, bytes]) => {
        const given = new DataTransfer();
        given.items.add(new File([new Uint8Array(bytes)], type === "paste" ? "" : "dropped.png", { type: "image/png" }));
        const about = { bubbles: true, cancelable: true, clipboardData: given, dataTransfer: given };
        document.querySelector(target).dispatchEvent(type === "paste" ? new ClipboardEvent(type, about) : new DragEvent(type, about));
    }"""
    ada.page.evaluate(give, ["#composer", "paste", list(picture())])
    ada.page.evaluate(give, [".timeline", "drop", list(picture((40, 300)))])
    expect(ada.page.get_by_role("list", name="Files to send").get_by_role("listitem")).to_have_count(2)
    expect(ada.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    ada.click("Send")

    shown = bob.page.locator(".picture img")
    expect(shown).to_have_count(2)
    assert is_drawn(shown.first)
    bob.page.get_by_role("button", name="Picture picture.png: enlarge").click()
    expect(bob.page.get_by_role("dialog").get_by_text("320 × 200")).to_be_visible()
    bob.page.keyboard.press("Escape")
    expect(bob.page.get_by_role("dialog")).to_have_count(0)


def test_a_search_marks_what_it_found_and_leads_there(come: Come) -> None:
    ada = come("Ada", room="archive")
    ada.say("The heron stood in the shallow water")
    ada.flood("archive", 400)
    ada.page.reload()
    ada.sees("number 400.")
    ada.sees_not("heron")

    ada.page.keyboard.press("Control+f")
    ada.page.get_by_role("searchbox", name="Words to look for").fill("HERON wat")
    found = ada.panel.get_by_role("button", name=re.compile("heron"))
    expect(found.locator("mark")).to_have_text(["heron", "water"])
    found.click()

    expect(ada.message("The heron stood")).to_be_in_viewport()

    back = ada.page.get_by_role("button", name="Back to the present")
    expect(back).to_be_visible()
    ada.page.locator(".scroller").hover()
    for _ in range(400):  # on to the present, which the past meets
        assert ada.messages.count() <= 200
        if not back.count():
            break
        ada.page.mouse.wheel(0, 4_000)
        ada.page.wait_for_timeout(30)
    ada.sees("number 400.")
    ada.say("Still there?")
    ada.sees("Still there?")


def test_a_picture_is_sent_in_private(come: Come) -> None:
    ada, bob = come("Ada Shows", account=True), come("Bob Sees")
    ada.page.keyboard.press("Control+k")
    ada.page.get_by_role("combobox", name="A room or a person").fill("bob sees")
    ada.page.get_by_role("option", name=re.compile("Bob Sees")).click()
    ada.page.locator("input[type=file]").set_input_files({"name": "sea.png", "mimeType": "image/png", "buffer": picture()})
    expect(ada.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    ada.click("Send")

    bob.page.get_by_role("link", name=re.compile("Ada Shows")).click()
    shown = bob.page.locator(".picture img")
    expect(shown).to_have_count(1)
    assert is_drawn(shown)
    assert is_drawn(ada.page.locator(".picture img"))


def test_two_people_talk_in_private_and_one_is_away_meanwhile(come: Come) -> None:
    ada, bob = come("Ada Private", account=True), come("Bob Private")
    ada.page.keyboard.press("Control+k")
    ada.page.get_by_role("combobox", name="A room or a person").fill("bob priv")
    ada.page.get_by_role("option", name=re.compile("Bob Private")).click()
    ada.say("Just between us")

    expect(bob.page.get_by_role("link", name=re.compile("Ada Private, online, 1 unread"))).to_be_visible()
    bob.page.get_by_role("link", name=re.compile("Ada Private")).click()
    bob.sees("Just between us")
    bob.say("Of course")
    ada.sees("Of course")
    expect(ada.message("Just between us")).to_be_visible()

    bob.page.goto("about:blank")
    expect(ada.page.get_by_role("link", name=re.compile("Bob Private, offline"))).to_be_visible()
    ada.say("Are you still there?")
    expect(ada.message("Are you still there?").locator(".outcome")).to_have_text("Sent")
    bob.goto("/#/u/ada-private")
    bob.sees("Are you still there?")
    expect(ada.message("Are you still there?").locator(".outcome")).to_have_text("Read")


def test_a_profile_is_changed_and_others_see_the_picture(come: Come) -> None:
    ada, bob = come("Ada Plain", account=True), come("Bob")
    ada.me.click()
    ada.choose("Profile")
    ada.page.locator("dialog input[type=file]").set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": picture((600, 600))})
    ada.page.get_by_role("textbox", name="Your name").fill("Ada Lovelace")
    ada.confirm("Save")
    ada.is_told("Profile saved")

    ada.say("Do you see me?")
    expect(bob.message("Do you see me?")).to_contain_text("Ada Lovelace")
    bob.page.reload()
    assert is_drawn(bob.message("Do you see me?").locator(".avatar img"))


def test_a_room_is_destroyed_for_everybody(come: Come) -> None:
    ada, bob = come("Ada Ends", room=None), come("Bob Ends", room=None)
    follow(bob, make_room(ada, "Short lived"))
    bob.say("What a nice room")
    ada.sees("What a nice room")

    ada.click("Room")
    ada.choose("Destroy")
    ada.page.get_by_role("textbox", name=re.compile("to confirm")).fill("Short lived")
    ada.confirm("Destroy")

    expect(bob.page.get_by_role("alert").filter(has_text="This room was destroyed")).to_be_visible()
    bob.sees_not("What a nice room")
    bob.click("Take off the list")
    expect(bob.page.locator(".sidebar [data-place=room]", has_text="Short lived")).to_have_count(0)
