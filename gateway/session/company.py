"""Who is in company with whom: the users that share a room with one, for the sockets of many rooms. Wakes no room.

Only rooms that somebody with such a socket is in are watched, and only as long: sockets of one room cost nothing here as long as
nobody looks. A user is with one from the first room they share until they share none, over all sockets of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from gateway.session.timers import Timers
from rooms import Bundle, Event, Identity, RoomKey
from rooms.kinds.chat import ChatSettings

LINGER_SECONDS = ChatSettings().linger_seconds
"""How long a user whose socket was cut may stay away unnoticed: as long as in the rooms themselves."""

LISTED_MAX = 10_000
"""Users that one look at a user's company counts."""


class Viewer(Protocol):
    """A socket of many rooms."""

    def hear(self, bundle: Bundle) -> None:
        """Write what is said, once the socket was greeted: what was before is in ``hello``."""


class Guest:
    """One user in a watched room: with how many sockets, shown how, and whether they were cut off and are not yet missed."""

    __slots__ = ("cut", "name", "sockets")

    def __init__(self, name: str) -> None:
        self.name = name
        self.sockets = 0
        self.cut: Cut | None = None


class Place:
    """A watched room: who is in it, and which of them have sockets of many rooms."""

    __slots__ = ("guests", "viewers")

    def __init__(self) -> None:
        self.guests: dict[str, Guest] = {}
        self.viewers: set[str] = set()


class Looking:
    """A user with sockets of many rooms: those, and the watched rooms the user is in."""

    __slots__ = ("rooms", "sockets")

    def __init__(self) -> None:
        self.sockets: list[Viewer] = []
        self.rooms: set[RoomKey] = set()


class Company:
    """The watched rooms. Rooms of more than ``users_max`` say nothing of coming and going.

    ``members`` lists who is in a room by now, once for each socket: each of them is told of by ``left``, and no other was by ``came``.
    """

    def __init__(self, members: Callable[[RoomKey], Iterable[Identity]], timers: Timers, users_max: int) -> None:
        self._members = members
        self._timers = timers
        self._users_max = users_max
        self._places: dict[RoomKey, Place] = {}
        self._looking: dict[str, Looking] = {}

    # from sockets

    def came(self, key: RoomKey, identity: Identity) -> list[Event]:
        """One more socket of a user is in a room: tell those who did not share one with the user. Returns what to ``tell`` the user."""
        place, user = self._places.get(key), identity.user
        if place is None:
            return self._watch(key, user) if user in self._looking else []
        guest = place.guests.get(user)
        if guest is None:
            guest = place.guests[user] = Guest(identity.name)
            self._tell_viewers(key, place, Event("online", {"user": user, "name": guest.name}), user)
        guest.sockets += 1
        guest.cut = None
        if user in self._looking and user not in place.viewers:
            return self._enter(key, place, user)
        return []

    def left(self, key: RoomKey, user: str, clean: bool) -> None:
        """One socket less. After an unclean end the user is missed only if nobody comes back in time."""
        place = self._places.get(key)
        guest = place.guests.get(user) if place is not None else None
        if place is None or guest is None:
            return
        guest.sockets -= 1
        if guest.sockets:
            return
        if clean:
            self.missed(key, place, user)
        else:
            guest.cut = Cut(self, key, place, user)
            self._timers.at(LINGER_SECONDS, guest.cut)

    def looks(self, socket: Viewer, user: str, rooms: Iterable[RoomKey]) -> None:
        """A socket of many rooms of a user who is in ``rooms`` by other sockets."""
        looking = self._looking.get(user)
        if looking is None:
            looking = self._looking[user] = Looking()
            for key in rooms:
                place = self._places.get(key)
                if place is None:
                    self._watch(key, user)
                elif user in place.guests and user not in place.viewers:
                    self._enter(key, place, user)
        looking.sockets.append(socket)

    def looks_no_more(self, socket: Viewer, user: str) -> None:
        """The socket is over, or another user's from now on. What only this user watched is watched no more."""
        looking = self._looking.get(user)
        if looking is None or socket not in looking.sockets:
            return
        looking.sockets.remove(socket)
        if looking.sockets:
            return
        del self._looking[user]
        for key in looking.rooms:
            self._leave(key, self._places[key], user)

    # what is known

    def of(self, user: str) -> Iterator[tuple[str, str]]:
        """User and name of everybody who shares a room with ``user``, each once, ``LISTED_MAX`` at most."""
        looking = self._looking.get(user)
        seen = {user}
        for key in looking.rooms if looking is not None else ():
            for other, guest in self._places[key].guests.items():
                if len(seen) > LISTED_MAX:
                    return
                if other not in seen:
                    seen.add(other)
                    yield other, guest.name

    def tell(self, user: str, events: list[Event]) -> None:
        """Say it to every socket of many rooms of the user."""
        looking = self._looking.get(user)
        if looking is not None and events:
            bundle = Bundle(events)
            for socket in list(looking.sockets):
                socket.hear(bundle)

    # within

    def missed(self, key: RoomKey, place: Place, user: str) -> None:
        """The user is in the room no more."""
        guest = place.guests.pop(user)
        self._tell_viewers(key, place, Event("offline", {"user": user, "name": guest.name}), user)
        looking = self._looking.get(user)
        if looking is None or key not in looking.rooms:
            return
        events = self._news("offline", key, place, user)
        looking.rooms.discard(key)
        self._leave(key, place, user)
        self.tell(user, events)

    def _watch(self, key: RoomKey, user: str) -> list[Event]:
        """Somebody looks who is the first to in this room: find out who is in it."""
        place = Place()
        for identity in self._members(key):
            guest = place.guests.get(identity.user)
            if guest is None:
                guest = place.guests[identity.user] = Guest(identity.name)
            guest.sockets += 1
        if user not in place.guests:
            return []
        self._places[key] = place
        return self._enter(key, place, user)

    def _enter(self, key: RoomKey, place: Place, user: str) -> list[Event]:
        place.viewers.add(user)
        events = self._news("online", key, place, user)
        self._looking[user].rooms.add(key)
        return events

    def _leave(self, key: RoomKey, place: Place, user: str) -> None:
        place.viewers.discard(user)
        if not place.viewers:
            del self._places[key]

    def _news(self, type: str, key: RoomKey, place: Place, user: str) -> list[Event]:
        """What ``user`` is told when coming into the room or leaving it: of everybody there who is not in company otherwise."""
        if len(place.guests) > self._users_max:
            return []
        return [
            Event(type, {"user": other, "name": guest.name})
            for other, guest in place.guests.items()
            if other != user and not self._meet_elsewhere(user, other, key)
        ]

    def _tell_viewers(self, key: RoomKey, place: Place, event: Event, user: str) -> None:
        """Say it to those in the room who do not share another with ``user``."""
        if len(place.guests) > self._users_max:
            return
        bundle = Bundle([event])
        for viewer in place.viewers:
            if viewer != user and not self._meet_elsewhere(viewer, user, key):
                for socket in list(self._looking[viewer].sockets):
                    socket.hear(bundle)

    def _meet_elsewhere(self, viewer: str, other: str, key: RoomKey) -> bool:
        return any(room != key and other in self._places[room].guests for room in self._looking[viewer].rooms)


class Cut:
    """The last socket of a user in a watched room ended without a goodbye. ``due`` when the user is missed."""

    __slots__ = ("_company", "_key", "_place", "_user")

    def __init__(self, company: Company, key: RoomKey, place: Place, user: str) -> None:
        self._company = company
        self._key = key
        self._place = place
        self._user = user

    def due(self) -> None:
        """Time is up, unless the user came back or nobody looks any more."""
        guest = self._place.guests.get(self._user)
        if guest is not None and guest.cut is self and self._place.viewers:
            self._company.missed(self._key, self._place, self._user)
