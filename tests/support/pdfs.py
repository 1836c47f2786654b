"""Small PDFs with attachments, in the form that a PDF/A-3 writer gives them."""

import zlib


def embedded(data: bytes, *, packed: bool = True, raw: bool = False) -> bytes:
    """An embedded file stream without its object's frame. `raw`: the data is packed already, however well."""
    body = zlib.compress(data) if packed and not raw else data
    form = b"/Filter/FlateDecode" if packed else b""
    head = b"<</Length %d%b/Type/EmbeddedFile/Subtype/application#2Fjson" % (len(body), form)
    return head + b"/Params<</Size %d/ModDate(D:20260102000000Z)>>>>\nstream\n%b\nendstream" % (len(data), body)


def pdf(*streams: bytes) -> bytes:
    """A PDF of one empty page with these embedded file streams."""
    names = b"".join(b"(credential.json)%d 0 R" % (4 + 2 * index) for index in range(len(streams)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[%b]>>>>>>" % names,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ]
    for index, stream in enumerate(streams):
        end = b"/F(credential.json)/UF(credential.json)/EF<</F %d 0 R>>>>" % (5 + 2 * index)
        objects += [b"<</Type/Filespec" + end, stream]
    made, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, text in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    size, start = len(objects) + 1, len(made)
    table = b"".join(b"%010d 00000 n\r\n" % place for place in places)
    made += b"xref\n0 %d\n0000000000 65535 f\r\n%b" % (size, table)
    return bytes(made + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start))
