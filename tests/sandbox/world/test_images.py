"""Sizes of pictures."""

import pytest

from appliance.sandbox.world.images import image_size

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4, "big") + (480).to_bytes(4, "big")
GIF = b"GIF89a" + (640).to_bytes(2, "little") + (480).to_bytes(2, "little")
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + bytes([1, 224, 2, 128])
WEBP_LOSSY = b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 10 + GIF[6:]
WEBP_LOSSLESS = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0/" + (639 | 479 << 14).to_bytes(4, "little")
WEBP_LONG = (
    b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")
)


@pytest.mark.parametrize("content", [PNG, GIF, JPEG, WEBP_LOSSY, WEBP_LOSSLESS, WEBP_LONG])
def test_sizes(content):
    assert image_size(content) == (640, 480)


@pytest.mark.parametrize(
    "content",
    [b"", b"text", PNG[:20], GIF[:7], JPEG[:10], JPEG[:2], b"RIFF\0\0\0\0WEBPVP8?", b"\xff\xd8\0"],
)
def test_no_pictures(content):
    assert image_size(content) is None
