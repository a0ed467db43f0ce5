"""Two people and the web chat, from coming in to being put out, over a real server."""

from __future__ import annotations

import re
from contextlib import suppress

from playwright.sync_api import Error, expect

from tests.browser.conftest import Come
from tests.browser.person import Person
from tests.system.server import Server


def test_two_people_talk_and_each_sees_what_became_of_what_they_said(come: Come) -> None:
    ada, bob = come("Ada", room="talk"), come("Bob", room="talk")
    expect(ada.page.get_by_text("Nothing has been said here yet.")).to_be_visible()
    expect(ada.page.get_by_role("button", name="2 here: members")).to_be_visible()

    bob.field.press_sequentially("Hel")
    expect(ada.page.locator(".typists")).to_contain_text("Bob is typing")
    bob.say("Hello Ada")
    ada.sees("Hello Ada")
    expect(ada.page.locator(".typists")).not_to_contain_text("typing")

    ada.say("Hello Bob")
    bob.sees("Hello Bob")
    expect(bob.page.locator("[data-announcements]")).to_have_text("Ada: Hello Bob")
    expect(ada.page.locator(".divider.new")).to_have_count(0)  # it was said before her eyes


def test_a_message_is_sent_and_then_read(come: Come) -> None:
    ada = come("Ada", room="ticks")
    ada.say("Is anybody here?")
    expect(ada.message("Is anybody here?").locator(".outcome")).to_have_text("Sent")

    come("Bob", room="ticks")

    expect(ada.message("Is anybody here?").locator(".outcome")).to_have_text("Read")


def test_a_message_is_edited_reacted_to_answered_and_deleted(come: Come) -> None:
    ada, bob = come("Ada", room="lives"), come("Bob", room="lives")
    ada.say("The meeting is at tree")
    bob.sees("The meeting is at tree")

    ada.act_on("The meeting is at tree", "Edit E")
    editor = ada.page.get_by_role("textbox", name="Edit message")
    editor.fill("The meeting is at three")
    editor.press("Enter")
    bob.sees("The meeting is at three (edited)")

    bob.act_on("The meeting is at three", "React +")
    bob.page.get_by_label("Find an emoji").fill("thumbs up")
    bob.page.keyboard.press("Enter")
    expect(ada.page.get_by_role("button", name="👍 from Bob")).to_be_visible()
    ada.page.get_by_role("button", name="👍 from Bob").click()
    expect(bob.page.get_by_role("button", name=re.compile("👍 from .*Ada"))).to_have_attribute("aria-pressed", "true")

    bob.act_on("The meeting is at three", "Reply R")
    bob.say("I will be there")
    expect(ada.message("I will be there").locator(".quote")).to_contain_text("The meeting is at three")

    ada.act_on("The meeting is at three (edited)", "Delete")
    ada.confirm("Delete")
    bob.sees("This message was deleted.")
    bob.sees_not("at three (edited)")


def begin_a_mention(ada: Person, bob: Person) -> None:
    ada.say("Here")
    bob.sees("Here")
    bob.field.press_sequentially("Look @ada")
    expect(bob.page.get_by_role("option", name=re.compile("Ada Lovelace"))).to_be_visible()


def test_a_mention_is_completed_and_stands_out(come: Come) -> None:
    ada, bob = come("Ada Lovelace", room="mentions"), come("Bob", room="mentions")
    begin_a_mention(ada, bob)
    bob.field.press("Enter")
    bob.field.press_sequentially("here")
    bob.field.press("Enter")

    expect(ada.message("Look @Ada Lovelace here")).to_have_class(re.compile("mentioned"))


def test_keys_that_follow_a_completion_before_the_screen_is_drawn_go_behind_it(come: Come) -> None:
    ada, bob = come("Ada Lovelace", room="haste"), come("Bob", room="haste")
    begin_a_mention(ada, bob)
    bob.page.evaluate("""() => {
        const draw = window.requestAnimationFrame;
        window.requestAnimationFrame = (then) => setTimeout(() => draw(then), 300);
    }""")
    bob.field.press("Enter")
    bob.field.press_sequentially("here", delay=100)

    expect(bob.field).to_have_value("Look @Ada Lovelace here")


def test_an_emoji_goes_where_the_caret_was_and_one_writes_on_behind_it(come: Come) -> None:
    ada = come("Ada", room="emojis")
    ada.field.press_sequentially("ab")
    ada.field.press("ArrowLeft")
    ada.page.locator(".composer").get_by_role("button", name="Emoji").click()
    ada.page.get_by_label("Find an emoji").fill("thumbs up")
    ada.page.keyboard.press("Enter")
    expect(ada.field).to_be_focused()
    ada.page.keyboard.press("c")
    expect(ada.field).to_have_value("a👍cb")


def test_unread_messages_are_counted_and_marked_where_they_begin(come: Come) -> None:
    ada, bob = come("Ada", room="counted"), come("Bob", room="counted")
    ada.say("before")
    bob.sees("before")
    bob.goto("/#/r/elsewhere")
    expect(bob.page.get_by_role("main")).to_have_attribute("aria-label", "elsewhere")

    ada.say("one")
    ada.say("two")

    expect(bob.page.get_by_role("link", name=re.compile("counted, 2 unread"))).to_be_visible()
    bob.open_room("counted")
    bob.sees("two")
    expect(bob.page.locator(".divider.new + article")).to_contain_text("one")
    expect(bob.page.get_by_role("link", name=re.compile("counted, .*unread"))).to_have_count(0)


def test_the_server_restarts_in_the_middle_and_nothing_is_lost_or_said_twice(come: Come, server: Server) -> None:
    ada, bob = come("Ada", room="restart"), come("Bob", room="restart")
    ada.say("before the restart")
    bob.sees("before the restart")
    with ada.may_lose_connection(), bob.may_lose_connection():
        server.kill()
        expect(ada.page.get_by_text("You are offline.")).to_be_visible()
        ada.say("said while away")
        expect(ada.message("said while away").locator(".outcome")).to_have_text("Sending")

        server.start()
        for person in (ada, bob):
            person.page.evaluate("dispatchEvent(new Event('online'))")
        expect(ada.page.get_by_text("You are offline.")).to_have_count(0)
        bob.sees("said while away")

    bob.say("welcome back")
    ada.sees("welcome back")
    assert ada.texts() == bob.texts() == ["before the restart", "said while away", "welcome back"]
    assert [line["message"] for line in server.history("restart")] == ["before the restart", "said while away", "welcome back"]


def test_earlier_messages_come_as_one_scrolls_up_and_the_window_stays_small(come: Come) -> None:
    ada = come("Ada", room="long")
    ada.flood("long", 600)
    ada.sees("number 600.")

    ada.page.reload()
    ada.sees("number 600.")
    ada.page.locator(".scroller").hover()
    for _ in range(400):
        if ada.messages.filter(has_text="number 1.").count():
            break
        ada.page.mouse.wheel(0, -4_000)
        ada.page.wait_for_timeout(30)

    ada.sees("number 1.")
    expect(ada.page.get_by_text("This is where the room begins.")).to_be_visible()
    assert ada.messages.count() <= 300
    ada.click(re.compile("Newest"))
    ada.sees("number 600.")


def test_what_is_said_before_the_server_has_greeted_one_is_sent_when_it_has(come: Come) -> None:
    ada = come("Ada", room="early")
    ada.page.add_init_script("""
        const RealSocket = window.WebSocket;
        window.WebSocket = class extends RealSocket {
            set onmessage(take) { super.onmessage = (event) => setTimeout(take, 1500, event); }
        };
    """)
    ada.page.reload()
    ada.say("Too early")
    expect(ada.message("Too early").locator(".outcome")).to_have_text("Sending")
    expect(ada.message("Too early").locator(".outcome")).to_have_text("Sent")


def test_a_sign_out_in_another_tab_ends_this_one_too(come: Come) -> None:
    ada = come("Ada", room="tabs")
    other = ada.context.new_page()
    other.goto(f"http://{ada.server.host}/")
    other.get_by_role("button", name=re.compile("profile and settings")).click()
    other.get_by_role("menuitem", name="Sign out").click()
    expect(other.get_by_role("tab", name="Guest")).to_be_visible()

    expect(ada.page.get_by_text("You were signed out.")).to_be_visible()


def test_what_waits_to_be_sent_is_sent_once_though_the_page_is_loaded_anew(come: Come, server: Server) -> None:
    ada, bob = come("Ada", room="anew"), come("Bob", room="anew")
    ada.page.keyboard.press("Control+k")
    ada.page.get_by_role("combobox", name="A room or a person").fill("bob")
    ada.page.get_by_role("option", name=re.compile("Bob")).first.click()
    expect(ada.page.get_by_role("log", name="Messages in Bob")).to_be_visible()
    private = ada.page.evaluate("location.hash")
    ada.page.evaluate("location.hash = '#/r/elsewhere'")
    expect(ada.page.get_by_role("log", name="Messages in elsewhere")).to_be_visible()
    with ada.may_lose_connection(), bob.may_lose_connection():
        server.kill()
        expect(ada.page.get_by_text("You are offline.")).to_be_visible()
        ada.say("elsewhere, while away")
        ada.page.evaluate("hash => location.hash = hash", private)
        expect(ada.page.get_by_role("log", name="Messages in Bob")).to_be_visible()
        ada.say("private, while away")
        ada.page.evaluate("location.hash = '#/r/anew'")
        expect(ada.page.get_by_role("log", name="Messages in anew")).to_be_visible()
        ada.say("first, while away")
        ada.say("second, while away")
        ada.page.evaluate("location.hash = '#/r/elsewhere'")
        with suppress(Error):
            ada.page.reload()  # there is nobody to load it from
        server.start()
        ada.goto("/")
        ada.sees("elsewhere, while away")
        bob.page.evaluate("dispatchEvent(new Event('online'))")
        bob.sees("second, while away")

    bob.page.get_by_role("link", name=re.compile("Ada")).click()
    bob.sees("private, while away")
    expect(bob.messages).to_have_count(1)
    ada.page.reload()
    ada.sees("elsewhere, while away")
    assert [line["message"] for line in server.history("anew")] == ["first, while away", "second, while away"]
    assert [line["message"] for line in server.history("elsewhere")] == ["elsewhere, while away"]
