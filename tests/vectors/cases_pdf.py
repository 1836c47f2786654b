"""Vectors whose file is a PDF: the page that `api.paper` makes, and PDFs that two readers could read differently."""

from collections.abc import Iterator

from api.paper import make
from tests.support.cases import case
from tests.support.pdfs import embedded, pdf
from tests.vectors.expected import Vector, expect, format_fails


def pdfs() -> Iterator[Vector]:
    good = case()
    page = make(good.data)
    what = "A PDF/A-3a page with the credential attached, as registries give it to learners."
    yield "0-valid--attached-to-a-pdf", what, case(data=page), expect("valid")
    stream = embedded(good.data, packed=False)
    refused = [
        ("pdf-with-nothing-attached", "A PDF without an attachment.", "no-credential", pdf()),
        ("pdf-with-two-attachments", "Which one is meant cannot be known.", "several", pdf(stream, stream)),
        (
            "pdf-attachment-replaced",
            "An incremental update has another attachment; the first is still there.",
            "several",
            page + b"\n92 0 obj\n" + stream + b"\nendobj\n%%EOF\n",
        ),
        ("pdf-encrypted", "It says that it is encrypted.", "pdf-encrypted", pdf(stream) + b"trailer<</Encrypt 9 0 R>>"),
        (
            "pdf-length",
            "The attachment's length is another.",
            "pdf-length",
            pdf(stream).replace(b"/Length ", b"/Length 1"),
        ),
    ]
    for name, what, code, data in refused:
        expected = format_fails(code)
        expected["checks"]["format"]["code"] = f"baking.{code}"  # the one check whose codes have two families
        yield f"1-format--{name}", what, case(data=data), expected
