"""The pages that the tutorials have their readers write, in a browser, as they are written there."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.documents import ROOT, parts_of
from tests.system.server import Server, free_port


@contextmanager
def followed(tutorial: str, folder: Path) -> Iterator[tuple[Server, str]]:
    """A server as the tutorial has it, in a folder with the tutorial's files, and the address under which a browser finds them."""
    port, server = free_port(), Server(folder, dev=True, cwd=folder)
    shutil.copy(ROOT / "clients/js/rooms.js", folder)
    name = None
    for part in parts_of(ROOT / "docs/tutorials" / tutorial):
        if part.what == "file":
            name = part.text
        elif name is not None:
            text = part.text.replace("127.0.0.1:8080", server.host).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
            (folder / name).write_text(text, "utf-8")
            name = None
    files = http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(_Files, directory=str(folder)))
    threading.Thread(target=files.serve_forever, daemon=True).start()
    try:
        with server:
            yield server, f"http://127.0.0.1:{port}"
    finally:
        files.shutdown()
        files.server_close()


class _Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


def opened(browser: Browser, address: str) -> tuple[Page, list[str]]:
    """A page, and the errors that its script runs into."""
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    return page, errors


def test_the_chat_page_talks_and_comes_back_with_what_was_said_meanwhile(browser: Browser, tmp_path: Path) -> None:
    with followed("chat-page.md", tmp_path) as (server, address):
        ada, wrong = opened(browser, f"{address}/chat.html?name=Ada")
        bob, wrong_too = opened(browser, f"{address}/chat.html?name=Bob")
        ada.wait_for_function("document.querySelector('#online').textContent === '2 here'")
        ada.fill("input", "Hello <b>Bob</b>")
        bob.wait_for_function("document.querySelector('#typing').textContent.includes('Ada')")
        ada.press("input", "Enter")
        bob.wait_for_selector("li:has-text('Hello <b>Bob</b>')")

        server.kill()
        ada.wait_for_function("document.querySelector('#state').textContent === 'waiting'")
        ada.fill("input", "said meanwhile")
        ada.press("input", "Enter")
        ada.wait_for_selector("li.sending")
        server.start()
        bob.wait_for_selector("li:has-text('said meanwhile')", timeout=60_000)
        ada.wait_for_function("!document.querySelector('li.sending')")
        assert [row["message"] for row in server.history("lobby")] == ["Hello <b>Bob</b>", "said meanwhile"]
        assert wrong + wrong_too == []
        ada.close()
        bob.close()


def test_the_board_shows_cursors_and_keeps_notes(browser: Browser, tmp_path: Path) -> None:
    with followed("cursors.md", tmp_path) as (_, address):
        ada, wrong = opened(browser, f"{address}/board.html")
        bob, wrong_too = opened(browser, f"{address}/board.html")
        bob.on("dialog", lambda dialog: dialog.accept("Here?"))
        for page in (ada, bob):
            page.wait_for_function("socket.readyState === 1")
        ada.mouse.move(200, 150)
        bob.wait_for_selector(".cursor")
        bob.mouse.dblclick(300, 200)
        ada.wait_for_selector(".note:has-text('Here?')")
        ada.reload()
        ada.wait_for_selector(".note:has-text('Here?')")
        assert wrong + wrong_too == []
        ada.close()
        bob.close()
