"""Pictures without a credential, written here by hand, so that no encoder of ours is tested against itself."""

import struct
import zlib

SIGNATURE = bytes([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
OB3 = "https://purl.imsglobal.org/ob/v3p0"

SVG = f"""<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet href="badge.css"?>
<!-- drawn by hand: é > " ' -->
<svg xmlns='http://www.w3.org/2000/svg'   width="64"
     viewBox="0 0 64 64" data-odd="/> '" xmlns:xlink="http://www.w3.org/1999/xlink" >
  <title>Zoë&amp;co &#x1F3C5;</title>\t<style><![CDATA[ .a > .b {{ fill: red }} ]]></style>
  <image xlink:href="data:image/png;base64,{"iVBORw0KGgo" * 50}=" />
  <path d="M0,0 L10,10"/>\r
</svg>
<!-- the end -->
""".encode()


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(width: int, height: int) -> bytes:
    """IHDR of an 8-bit RGBA picture."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))


def png(width: int = 1, height: int = 1, *extra: bytes, after: bytes = b"", piece: int = 8192) -> bytes:
    """A PNG of coloured noise in IDATs of `piece` bytes; `extra` chunks before, and `after` behind the picture."""
    rows = b"".join(b"\0" + bytes((x * y * 7 + x) & 255 for x in range(4 * width)) for y in range(height))
    data = zlib.compress(rows, 1)
    pieces = [chunk(b"IDAT", data[place : place + piece]) for place in range(0, len(data), piece)]
    return b"".join([SIGNATURE, header(width, height), *extra, *pieces, after, chunk(b"IEND")])


def chunks(image: bytes) -> list[bytes]:
    """The chunks of a sound PNG, each with its frame."""
    found, place = [], 8
    while place < len(image):
        size = struct.unpack_from(">I", image, place)[0] + 12
        found.append(image[place : place + size])
        place += size
    return found


def credential_chunk(text: bytes, kind: bytes = b"iTXt", head: bytes = b"\0\0\0\0") -> bytes:
    """A chunk as another baker writes it; `head` is what stands between keyword and text."""
    return chunk(kind, b"openbadgecredential\0" + head + text)


def svg(inside: str = "", root: str = "", before: str = "") -> bytes:
    """A small SVG with `inside` as its children, `root` among the root's attributes."""
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg"{root}>{inside}<path d="M0 0"/></svg>'.encode()


def credential_element(text: str = "", attributes: str = "") -> str:
    """An element as another baker writes it, with a prefix that is not the usual one."""
    return f'<ob:credential xmlns:ob="{OB3}"{attributes}>{text}</ob:credential>'
