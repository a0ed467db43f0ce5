"""What people write stays text, wherever it is shown: nothing runs, nothing is loaded, nobody is asked anything."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Come
from tests.browser.hostile import PAYLOADS
from tests.browser.person import Person

IS_UNTOUCHED = """() => {
    const strange = "script:not([src^='/assets/']), iframe, object, embed, base, style, marquee, .timeline :is(script, form, video, audio)";
    const handlers = [...document.querySelectorAll("*")].filter((node) => [...node.attributes].some(({ name }) => name.startsWith("on")));
    const links = [...document.links].filter(({ protocol }) => !/^https?:$/.test(protocol));
    return window.owned === undefined && !document.querySelector(strange) && !handlers.length && !links.length;
}"""


def is_untouched(person: Person) -> bool:
    untouched: bool = person.page.evaluate(IS_UNTOUCHED)
    return untouched


@pytest.mark.parametrize("part", [0, 1])
def test_a_hundred_hostile_messages_stay_text(come: Come, part: int) -> None:
    payloads = PAYLOADS[part::2]
    assert len(set(payloads)) >= 50
    ada, bob = come("Ada", room=f"hostile-{part}"), come("Bob", room=f"hostile-{part}")
    requests: list[str] = []
    bob.page.on("request", lambda request: requests.append(request.url))
    for payload in payloads:
        ada.field.fill(payload)
        ada.field.press("Enter")

    expect(bob.messages).to_have_count(len(payloads))
    for payload, text in zip(payloads, bob.texts(), strict=True):
        assert _plain(text) == _plain(payload)
    assert is_untouched(ada)
    assert is_untouched(bob)
    assert [url for url in requests if bob.server.host not in url] == []

    bob.page.keyboard.press("Control+f")
    bob.page.get_by_role("searchbox", name="Words to look for").fill("alert")
    expect(bob.panel.locator("mark").first).to_have_text("alert")
    assert is_untouched(bob)


def _plain(text: str) -> str:
    """Without what the page takes as marks of code, and with blanks as a browser shows them."""
    return re.sub(r"\s+", " ", text.replace("`", "")).strip()


def test_hostile_names_titles_topics_and_file_names_stay_text(come: Come) -> None:
    payload = '"><img src=x onerror=alert(1)><script>owned=1</script>'
    ada, bob = come(payload, room=None), come("Bob", room=None)
    ada.click("New")
    ada.choose("New room")
    ada.page.get_by_role("textbox", name="Name").fill(payload)
    ada.confirm("Make room")
    ada.click("Room")
    ada.choose("Name and topic")
    ada.page.get_by_role("textbox", name="Topic").fill(payload)
    ada.confirm("Save")
    bob.goto(f"/#/join/{ada.page.evaluate('location.hash.split(`/`).at(-1)')}")
    expect(bob.page.get_by_role("heading", name=payload, level=1)).to_be_visible()

    name = re.sub('[/"]', "", payload)  # browsers send neither in a file's name
    ada.page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/html", "buffer": b"<script>"})
    expect(ada.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    ada.say(f"@{payload}")
    bob.sees(payload)
    expect(bob.page.locator(".document b")).to_have_text(name)
    bob.click(re.compile("members"))
    expect(bob.panel.get_by_text(payload)).to_be_visible()
    bob.field.press_sequentially("@")
    expect(bob.page.get_by_role("option")).to_have_count(1)

    assert is_untouched(ada)
    assert is_untouched(bob)
