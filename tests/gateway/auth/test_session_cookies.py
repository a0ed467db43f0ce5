"""The two cookies of a sign-in."""

from __future__ import annotations

from gateway.auth.session_cookies import CookieSettings, SessionCookies
from gateway.auth.tokens import mint

SECRET = b"a secret of thirty-two bytes or more"
NOW_MS = 1_795_200_000_000
END_MS = NOW_MS + 60_000
COOKIES = SessionCookies(SECRET, CookieSettings())


def test_a_cookie_names_its_sign_in_until_it_expires() -> None:
    cookie = COOKIES.made("ada", "id-1", NOW_MS, END_MS)
    named = COOKIES.read(cookie, NOW_MS)
    assert named is not None
    assert (named.user, named.token_id) == ("ada", "id-1")
    assert COOKIES.read(cookie, END_MS) is None


def test_nobody_else_makes_one() -> None:
    claims = {"sub": "ada", "jti": "id-1", "exp": END_MS // 1000}
    for forged in (mint(claims, SECRET), mint(claims, "x" * 32), "", "x", "a.b.c", "é"):
        assert COOKIES.read(forged, NOW_MS) is None
    cookie = COOKIES.made("ada", "id-1", NOW_MS, END_MS)
    assert SessionCookies(b"another secret of the same length", CookieSettings()).read(cookie, NOW_MS) is None
    assert COOKIES.read(cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB"), NOW_MS) is None


def test_intent_is_proved_for_one_cookie_only() -> None:
    one, two = COOKIES.made("ada", "id-1", NOW_MS, END_MS), COOKIES.made("ada", "id-2", NOW_MS, END_MS)
    assert COOKIES.proves_intent(one, COOKIES.csrf_of(one))
    for header in (None, "", COOKIES.csrf_of(two), COOKIES.csrf_of(one)[:-1], "é", one):
        assert not COOKIES.proves_intent(one, header)


def test_the_cookies_say_how_they_are_kept() -> None:
    session, csrf = COOKIES.set_cookies("value", 60)
    assert session == "rooms_session=value; Path=/; Max-Age=60; SameSite=Lax; Secure; HttpOnly"
    assert csrf == f"rooms_csrf={COOKIES.csrf_of('value')}; Path=/; Max-Age=60; SameSite=Lax; Secure"
    plain = SessionCookies(SECRET, CookieSettings(secure=False, same_site="strict"))
    assert all("Secure" not in line and "SameSite=Strict" in line for line in plain.set_cookies("value", 60))
    assert all("Max-Age=0" in line for line in COOKIES.clear_cookies())
