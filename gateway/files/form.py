"""The one file in a form that is just being uploaded, a piece at a time: nothing of it is kept here. Pure."""

from __future__ import annotations

from unicodedata import category, normalize

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.errors import refusal
from rooms import Refusal

PARTS_MAX = 8
NAME_CHARACTERS_MAX = 128
NAMELESS = "file"
NOT_A_FORM = refusal("bad_message", "The body has to be a form with one file, sent as multipart/form-data")
NO_FILE = refusal("bad_message", "The form has no file in it, or an empty one")
TWO_FILES = refusal("bad_message", "One file at a time")

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class FormFile:
    """``feed`` takes what came and gives what of it is the file's. Once there is a ``fault``, nothing more is looked at."""

    def __init__(self, content_type: str) -> None:
        self.name = NAMELESS
        self.fault: Refusal | None = None
        self.is_whole = False
        self._parts = 0
        self._files = 0
        self._in_file = False
        self._field = b""
        self._value = b""
        self._disposition = b""
        self._pieces: list[bytes] = []
        self._parser = self._parser_of(content_type)

    def feed(self, data: bytes) -> bytes:
        """The next of the file's bytes, none if there are none in it."""
        if self._parser is None or self.fault is not None:
            return b""
        try:
            self._parser.write(data)
        except FormParserError:
            self.fault = NOT_A_FORM
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)

    def end(self) -> Refusal | None:
        """The body has ended: what was wrong with it, if anything was."""
        if self.fault is None and not self.is_whole:
            self.fault = NOT_A_FORM
        if self.fault is None and not self._files:
            self.fault = NO_FILE
        return self.fault

    def _parser_of(self, content_type: str) -> MultipartParser | None:
        media_type, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if media_type != b"multipart/form-data" or not boundary:
            self.fault = NOT_A_FORM
            return None
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_ends,
                    "on_end": self._form_ends,
                },
            )
        except FormParserError:
            self.fault = NOT_A_FORM
            return None

    def _part_begins(self) -> None:
        self._parts += 1
        self._disposition = b""
        if self._parts > PARTS_MAX:
            self.fault = NOT_A_FORM

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value
        self._field = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        if b"filename" not in options:
            return
        self._files += 1
        self._in_file = True
        self.name = file_name_of(options[b"filename"])
        if self._files > 1:
            self.fault = TWO_FILES

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file and self.fault is None:
            self._pieces.append(data[start:end])

    def _part_ends(self) -> None:
        self._in_file = False

    def _form_ends(self) -> None:
        self.is_whole = True


def file_name_of(given: bytes) -> str:
    """What the file is called, fit to be shown and to be saved under: no folders, nothing invisible, not too long, and never empty."""
    text = normalize("NFC", given.decode("utf-8", "replace")[: 8 * NAME_CHARACTERS_MAX])
    last = text.replace("\\", "/").rpartition("/")[2]
    plain = "".join(character for character in last if character not in _BIDI and category(character) not in ("Cc", "Cs", "Zl", "Zp"))
    plain = plain.strip(" .")
    if len(plain) > NAME_CHARACTERS_MAX:
        stem, dot, suffix = plain.rpartition(".")
        kept = dot + suffix if stem and len(suffix) <= 16 else ""
        plain = plain[: NAME_CHARACTERS_MAX - len(kept)] + kept
    return plain or NAMELESS
