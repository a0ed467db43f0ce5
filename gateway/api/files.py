"""``/api/rooms/{room}/files`` and ``/api/conversations/{user}/files``: uploading, and what was uploaded."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, refused, route
from gateway.api.examples import CODE, FILE
from gateway.api.rates import Rates
from gateway.api.rooms import IN_ROOM
from gateway.api.visits import Visit, refusal_in
from gateway.errors import refusal
from gateway.files.files import Files
from gateway.files.serving import FileAnswer, Span, etag_of, headers_of, span_of
from gateway.files.uploads import Came, Uploads
from gateway.http.description import SIGNED_IN, SIGNED_IN_READING, Json, in_header, in_path, json_answer, operation, text
from rooms import Refusal

FILE_NOT_FOUND = refusal("not_found", "File not found")
ID_CHARACTERS_MAX = 64

FORM: Json = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": text("the file; any field's name will do", format="binary")}}
        }
    },
}
UPLOAD = "Upload a file. A message shows it that has its id among its files; one that no message shows is deleted after a while"


class FilesAddress(NamedTuple):
    """Where files are uploaded to, which parameter says to whose, and what that is called in what an upload answers."""

    path: str
    parameter: str
    fact: str

    @property
    def files(self) -> str:
        """The address of all of them."""
        return f"{self.path}/{{{self.parameter}}}/files"


ROOMS = FilesAddress("/api/rooms", "room", "room")
CONVERSATIONS = FilesAddress("/api/conversations", "user", "with")


def _paths(address: FilesAddress, named: Json, example: str, seen_by: str) -> Json:
    return {
        address.files: {
            "parameters": [named],
            "post": operation(
                UPLOAD,
                security=SIGNED_IN,
                requestBody=FORM,
                ok={
                    "201": json_answer(
                        "Taken; type is what the content shows, and width and height are those of a whole picture",
                        {**FILE, address.fact: example, "url": f"{address.path}/{example}/files/{FILE['id']}"},
                    )
                },
                refused=("400", "401", "403", "404", "413", "429", "503", "507"),
            ),
        },
        f"{address.files}/{{file}}": {
            "parameters": [named, in_path("file", "the file's id")],
            "get": operation(
                f"The file, for {seen_by} once a message shows it: a picture in place, all else as an attachment",
                security=SIGNED_IN_READING,
                parameters=[in_header("Range", "one range of bytes"), in_header("If-None-Match", "the ETag of what the client has")],
                ok={
                    "200": {"description": "The bytes", "content": {"*/*": {}}},
                    "206": {"description": "The part that was asked for", "content": {"*/*": {}}},
                    "304": {"description": "The client has it"},
                },
                refused=("400", "401", "403", "404", "416", "429", "503"),
            ),
        },
    }


PATHS: Json = {
    **_paths(ROOMS, IN_ROOM, CODE, "everybody in the room"),
    **_paths(CONVERSATIONS, in_path("user", "whom the conversation is with"), "bob", "both"),
}


class Visitors(Protocol):
    """Who comes, and whether what the address names may be asked on their behalf."""

    async def reading(self, request: Request) -> Visit | Refusal: ...
    async def changing(self, request: Request) -> Visit | Refusal: ...
    def refusal(self, visit: Visit) -> Refusal | None: ...


class FilesAt:
    """The files of one kind of room. Who may see one is asked of the room each time."""

    def __init__(self, address: FilesAddress, visits: Visitors, files: Files, uploads: Uploads, rates: Rates) -> None:
        self._address = address
        self._visits = visits
        self._files = files
        self._uploads = uploads
        self._rates = rates
        self.routes = [
            route("POST", address.files, self.upload),
            route("GET", f"{address.files}/{{file}}", self.download),
        ]

    async def upload(self, request: Request) -> Response | Refusal:
        """``POST …/files``."""
        visit = await self._visits.changing(request)
        if isinstance(visit, Refusal):
            return visit
        over_rate = self._rates.upload(visit.who.user)
        if over_rate is not None:
            return over_rate
        may_not = await visit.room.may_upload(visit.identity, 0)
        if may_not is not None:
            return refusal_in(may_not) or FILE_NOT_FOUND
        async with self._uploads.taken_in(request, visit.who.user) as came:
            return came if isinstance(came, Refusal) else await self._keep(visit, came)

    async def _keep(self, visit: Visit, came: Came) -> Response | Refusal:
        """The room first: a file that it does not know would stay for ever. What it knows and nobody was told of, it forgets."""
        gone = self._visits.refusal(visit)
        if gone is not None:
            return gone
        upload = {"name": came.name, "type": came.media_type, "size": came.size, "width": came.width, "height": came.height}
        added = await visit.room.add_file(visit.identity, upload)
        if "error" in added:
            return refusal_in(added) or FILE_NOT_FOUND
        described: dict[str, Any] = {name: value for name, value in added["file"].items() if value is not None}
        await self._files.keep(came.incoming, added["folder"], described["id"])
        url = f"{self._address.path}/{quote(visit.name, safe='')}/files/{described['id']}"
        return json({**described, self._address.fact: visit.name, "url": url}, 201)

    async def download(self, request: Request) -> Response | Refusal:
        """``GET …/files/{file}``."""
        visit = await self._visits.reading(request)
        if isinstance(visit, Refusal):
            return visit
        file_id = request.path_params["file"]
        if len(file_id) > ID_CHARACTERS_MAX:
            return FILE_NOT_FOUND
        found = await visit.room.file(visit.identity, file_id)
        if "error" in found:
            return refusal_in(found) or FILE_NOT_FOUND
        return await self._give(request, found["folder"], found["file"])

    async def _give(self, request: Request, folder: str, described: dict[str, Any]) -> Response | Refusal:
        etag = etag_of(described["id"])
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers_of(described))
        span = span_of(request.headers.get("range"), described["size"]) if request.headers.get("if-range", etag) == etag else None
        if span is False:
            return _no_such_part(described["size"])
        try:
            file = await self._files.read(folder, described["id"])
        except FileNotFoundError:
            return FILE_NOT_FOUND
        return FileAnswer(file, described, span if isinstance(span, Span) else None)


def _no_such_part(size: int) -> Response:
    response = refused(refusal("bad_message", f"The file has {size} bytes"))
    response.status_code = 416
    response.headers["content-range"] = f"bytes */{size}"
    return response
