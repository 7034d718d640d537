"""Small pictures that can be decoded."""

from io import BytesIO

from PIL import Image


def picture(kind: str = "JPEG", width: int = 16, height: int = 16) -> bytes:
    """A grey one of this format: JPEG, PNG or WEBP."""
    file = BytesIO()
    Image.new("L", (width, height), 128).save(file, kind)
    return file.getvalue()


JPEG = picture()
