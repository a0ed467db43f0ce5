"""What HTTP asks of a chat room or a private conversation about its files. Identities and refusals travel as in ``calls``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rooms import Identity
from rooms.kinds.chat.files import FILE_NOT_FOUND, Upload
from rooms.kinds.chat.refusals import Answer, refused

if TYPE_CHECKING:
    from rooms.kinds.chat.talk import Talk


def may_upload(talk: Talk, identity: Answer, size: int) -> Answer | None:
    """A refusal, if a file of so many bytes could not be taken now."""
    who = msgspec.convert(identity, Identity)
    refusal = talk.refusal_to(who, speaks=True) or talk.files.refusal(who.user, size)
    return None if refusal is None else refused(refusal)


def add_file(talk: Talk, identity: Answer, upload: Answer) -> Answer:
    """Keep what is to be known of a file that came; its description, and the folder where it is to lie."""
    what = msgspec.convert(upload, Upload)
    refusal = may_upload(talk, identity, what.size)
    if refusal is not None:
        return refusal
    file_id = talk.files.add(identity["user"], what)
    return {"folder": talk.files.folder, "file": {"id": file_id, **upload}}


def file(talk: Talk, identity: Answer, file_id: str) -> Answer:
    """A file's description and folder, for whoever may see it: everybody who may be here once a message shows it, its uploader before."""
    who = msgspec.convert(identity, Identity)
    refusal = talk.refusal_to(who, speaks=False)
    if refusal is not None:
        return refused(refusal)
    found = talk.files.find(file_id)
    if found is None:
        return refused(FILE_NOT_FOUND)
    described, uploader, is_shown = found
    return {"folder": talk.files.folder, "file": described} if is_shown or uploader == who.user else refused(FILE_NOT_FOUND)
