"""Baking: a credential that travels inside its badge's picture (Open Badges 3.0, section 5.3 "Baked Badges").

    image = bake(picture, credential)      # PNG or SVG in, the same kind out
    credential = unbake(image).data         # its bytes: JSON, or a compact JWS; from a PDF too

Nothing but the credential is changed in the picture, and nothing in a picture is ever rendered, loaded or followed.
"""

from registry.credential.baking import pdf, png, svg
from registry.credential.baking.content import MAX_IMAGE_BYTES, Content, Kind
from registry.errors import FormatError

__all__ = ["MAX_IMAGE_BYTES", "MEDIA_TYPES", "Content", "Kind", "bake", "credential_in", "image_kind", "unbake"]

MEDIA_TYPES: dict[Kind, str] = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
"""What files with a credential in them are called over HTTP."""

_PICTURE = "Take a PNG or SVG picture"
_UTF8_MARK = b"\xef\xbb\xbf"


def image_kind(data: bytes) -> Kind | None:
    """What the bytes look like, whatever the file is called; neither JSON nor a JWS begins like an image."""
    if data.startswith(png.SIGNATURE[:4]):
        return "png"
    if data.startswith(pdf.SIGNATURE):
        return "pdf"
    return "svg" if data.removeprefix(_UTF8_MARK)[:64].lstrip(b" \t\r\n").startswith(b"<") else None


def bake(image: bytes, credential: bytes, *, replace: bool = False) -> bytes:
    """The image with the credential in it: a JSON object that the strict reader takes, or a compact JWS.

    An image that holds one already is refused, unless `replace` is set. Raises FormatError: baking.* about the image,
    format.* about the credential.
    """
    content, kind = Content.to_bake(credential), _kind(image)
    if kind == "pdf":
        raise FormatError("baking.not-an-image", "", "A PDF is read, not written: nothing is baked into it", _PICTURE)
    write = png.bake if kind == "png" else svg.bake
    baked = write(image, content, replace=replace)
    unbake(baked)  # what cannot be read back, or became too large, does not leave this house
    return baked


def unbake(image: bytes) -> Content:
    """The one credential in the image or PDF, as it stands; nothing about it is checked. Raises FormatError baking.*"""
    readers = {"png": png.unbake, "svg": svg.unbake, "pdf": pdf.unbake}
    return Content.found(readers[_kind(image)](image))


def credential_in(data: bytes) -> bytes:
    """What there is to verify in a file: the JSON baked into it if it is an image, else the file itself.

    Raises FormatError baking.*; baking.jws where the image holds a token, which is read otherwise than a file (see
    `registry.verify.token`).
    """
    if image_kind(data) is None:
        return data
    found = unbake(data)
    if found.is_jws:
        problem = "The picture holds a signed token (JWT), which is not read here"
        remedy = "Check it with `credanchor verify`, or ask the holder for the JSON file"
        raise FormatError("baking.jws", "", problem, remedy)
    return found.data


def _kind(image: bytes) -> Kind:
    if len(image) > MAX_IMAGE_BYTES:
        problem = f"The image has {len(image)} bytes, more than {MAX_IMAGE_BYTES}"
        raise FormatError("baking.too-large", "", problem, "Save the picture smaller")
    kind = image_kind(image)
    if kind is None:
        problem = "The file is neither a PNG nor an SVG image in UTF-8, nor a PDF"
        raise FormatError("baking.not-an-image", "", problem, "Save the picture as one of them")
    return kind
