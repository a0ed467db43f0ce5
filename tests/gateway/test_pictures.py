"""Strangers' pictures: whatever is sent, out comes a small WebP of pixels alone, or a refusal."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from gateway.pictures import NO_PICTURE, PICTURE_BYTES_MAX, TOO_LARGE, Pictures
from tests.gateway.hostile_pictures import NO_PICTURES, SOUND, TOO_MANY_PIXELS, encoded


async def small(data: bytes) -> Image.Image:
    made = await Pictures().small(data)
    assert isinstance(made, bytes), made
    opened = Image.open(BytesIO(made))
    assert opened.format == "WEBP"
    assert max(opened.size) <= 256
    return opened


@pytest.mark.parametrize("what", SOUND)
async def test_a_sound_picture_is_made_small(what: str) -> None:
    made = await small(SOUND[what]())
    assert b"<script>" not in made.tobytes()


@pytest.mark.parametrize("what", NO_PICTURES)
async def test_what_is_no_whole_picture_is_refused(what: str) -> None:
    assert await Pictures().small(NO_PICTURES[what]()) == NO_PICTURE


@pytest.mark.parametrize("what", TOO_MANY_PIXELS)
async def test_too_many_pixels_are_refused(what: str) -> None:
    assert await Pictures().small(TOO_MANY_PIXELS[what]()) == TOO_LARGE


async def test_exactly_as_many_bytes_as_may_be_are_looked_at_and_not_one_more() -> None:
    data = encoded("JPEG")
    padded = data + b"\0" * (PICTURE_BYTES_MAX - len(data))
    assert isinstance(await Pictures().small(padded), bytes)
    assert await Pictures().small(padded + b"\0") == TOO_LARGE


async def test_what_a_picture_says_of_its_maker_is_gone() -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker of cameras"
    exif[0x8825] = {2: (52.0, 31.0, 0.0)}
    data = encoded("JPEG", exif=exif, comment=b"a private remark")
    assert b"a maker of cameras" in data

    made = await Pictures().small(data)

    assert isinstance(made, bytes)
    assert not any(word in made for word in (b"EXIF", b"XMP ", b"ICCP", b"maker", b"remark"))


async def test_a_picture_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert (await small(encoded("JPEG", size=(200, 100), exif=exif))).size == (100, 200)


async def test_what_is_transparent_stays_so() -> None:
    written = BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(written, "PNG")
    assert (await small(written.getvalue())).convert("RGBA").getpixel((1, 1))[3] == 0  # type: ignore[index]


async def test_of_an_animation_the_first_picture_is_taken() -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "blue")]
    for kind in ("GIF", "WEBP"):
        written = BytesIO()
        frames[0].save(written, kind, save_all=True, append_images=frames[1:])
        made = await small(written.getvalue())
        assert getattr(made, "n_frames", 1) == 1
        red, _, blue = made.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
        assert red > 200 > 60 > blue
