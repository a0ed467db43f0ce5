"""Somebody at the web chat: a browser profile, a page, and what a person does in it, said in the person's words.

Elements are found as a screen reader finds them, by role and name: what cannot be found so cannot be used by everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Locator, Page, expect

from tests.system.server import Server

WIDE, NARROW = (1280, 800), (390, 844)
PASSWORD = "correct horse battery"
PATIENCE_MS = 15_000

expect.set_options(timeout=PATIENCE_MS)


FLOOD = """async ([room, count]) => {
    const socket = new WebSocket(`ws://${location.host}/ws`);
    const hears = (words) => new Promise((heard) => socket.addEventListener("message", ({ data }) => data.includes(words) && heard()));
    const say = (type, data) => socket.send(JSON.stringify({ type, data: { room, ...data } }));
    await hears('"hello"');
    say("join", {});
    await hears('"joined"');
    for (let n = 1; n <= count; n++) say("message", { message: `number ${n}.`, cid: `n${n}` });
    await hears(`"number ${count}."`);
    socket.close();
}"""


class Person:
    """``name`` at ``/``, signed in. ``troubles`` is what the page complained about: errors, dialogs, violations of its policy."""

    def __init__(
        self,
        browser: Browser,
        server: Server,
        name: str,
        *,
        account: bool = False,
        signed_in: bool = True,
        size: tuple[int, int] = WIDE,
        scheme: Any = "light",
        room: str | None = "lobby",
        **context: Any,
    ) -> None:
        self.name = name
        self.server = server
        self.troubles: list[str] = []
        self._may_lose_connection = False
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            **{"locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce", **context},  # nothing to wait for
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self._watch(self.page)
        self.goto("/" if room is None else f"/#/r/{quote(room, safe='')}")
        if signed_in:
            self.sign_up() if account else self.come_as_guest()
            if room is not None:
                expect(self.field).to_be_visible()

    # coming and going

    def goto(self, path: str) -> None:
        self.page.goto(f"http://{self.server.host}{path}")

    def come_as_guest(self) -> None:
        self.page.get_by_role("tab", name="Guest").click()
        self.page.get_by_label("Your name").fill(self.name)
        self.click("Come in")
        expect(self.page.locator(".chat")).to_be_visible()

    def sign_up(self) -> None:
        self.page.get_by_role("tab", name="Sign up").click()
        self.page.get_by_label("Your name").fill(self.name)
        self.page.get_by_label("User name").fill(self.user)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.click("Create account")
        expect(self.page.locator(".chat")).to_be_visible()

    def leave(self) -> None:
        """Close the browser profile. Fails if the page complained about anything."""
        self.context.close()
        assert not self.troubles, f"{self.name}'s page: {self.troubles}"

    @property
    def user(self) -> str:
        """The user name of an account."""
        return self.name.lower().replace(" ", "-")

    # what one sees

    @property
    def field(self) -> Locator:
        return self.page.locator("#composer")

    @property
    def me(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("profile and settings"))

    @property
    def messages(self) -> Locator:
        return self.page.locator(".timeline article")

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("complementary")

    def message(self, text: str) -> Locator:
        """The message with this text."""
        return self.messages.filter(has_text=text).last

    def sees(self, text: str) -> None:
        expect(self.message(text)).to_be_visible()

    def sees_not(self, text: str) -> None:
        expect(self.messages.filter(has_text=text)).to_have_count(0)

    def texts(self) -> list[str]:
        """What the messages say, in order."""
        bodies = "rows => rows.map(row => row.innerText.replace(row.querySelector('.outcome')?.innerText ?? '', '').trim())"
        found: list[str] = self.page.locator(".timeline .body").evaluate_all(bodies)
        return found

    def is_told(self, text: str) -> None:
        """A notice at the foot of the page."""
        expect(self.page.locator(".toasts")).to_contain_text(text)

    # what one does

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def flood(self, room: str, count: int) -> None:
        """Say ``number 1.`` to ``number <count>.`` from a socket of one's own, faster than anybody types."""
        self.page.evaluate(FLOOD, [room, count])

    def click(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name, exact=isinstance(name, str)).click()

    def open_room(self, name: str) -> None:
        self.page.locator(f'.sidebar [data-name="{name}"]').click()

    def choose(self, item: str | re.Pattern[str]) -> None:
        """An entry of the menu that is open."""
        self.page.get_by_role("menuitem", name=item).click()

    def act_on(self, text: str, item: str) -> None:
        """An entry of the menu of a message."""
        self.message(text).press("Enter")
        self.choose(item)

    def moderate(self, name: str, item: str) -> None:
        """An entry of the menu of a member."""
        if not self.panel.is_visible():
            self.click(re.compile("members"))
        self.panel.locator("button.member").filter(has_text=name).click()
        self.choose(item)

    def confirm(self, act: str) -> None:
        """Press a button of the dialog that is open, and see it close."""
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name=act, exact=True).click()
        expect(dialog).to_have_count(0)

    @contextmanager
    def may_lose_connection(self) -> Iterator[None]:
        """Browsers report a lost connection in the console; here it is meant."""
        self._may_lose_connection = True
        yield
        self._may_lose_connection = False

    def serious_faults(self) -> list[str]:
        """What axe-core finds that is serious or worse, as it is drawn now."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in serious for node in one["nodes"]]

    def _watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", self._page_error)
        page.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if self._may_lose_connection and re.search("WebSocket|ERR_CONNECTION|Failed to load resource", message.text):
            return
        self.troubles.append(f"console {message.type}: {message.text} {message.location.get('url', '')}")

    def _page_error(self, error: Error) -> None:
        self.troubles.append(f"uncaught: {error} {error.stack}")

    def _dialog(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()
