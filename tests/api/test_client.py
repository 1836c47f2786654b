"""The HTTP client of the command line: an answer that is not whole is never taken for one that is."""

import pytest

from api.client import ApiBroken, Client
from tests.support.answering import answering

CHUNK = b'9\r\n{"n": 1}\n\r\n'


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(CHUNK, {"Transfer-Encoding": "chunked"}, id="between two chunks"),
        pytest.param(CHUNK + b"9\r\n{", {"Transfer-Encoding": "chunked"}, id="within a chunk"),
        pytest.param(b'{"n": 1}\n', {"Content-Length": "18"}, id="before the announced length"),
    ],
)
def test_an_answer_that_breaks_off_is_an_error_with_cause_and_remedy(body: bytes, headers: dict[str, str]) -> None:
    with answering(lambda _: (200, body, headers)) as url:
        client = Client(url)
        lines = client.lines("/v1/batches/b/files")
        assert next(lines) == {"n": 1}
        with pytest.raises(ApiBroken, match=r"broke off \(.*(IncompleteRead|missing).*and ask again"):
            next(lines)
        with pytest.raises(ApiBroken, match="broke off"):
            client.get_bytes("/v1/credentials/c/file")
        with pytest.raises(ApiBroken, match="broke off"):
            client.post("/v1/batches")


def test_lines_are_whole_however_the_chunks_fall() -> None:
    chunks = (b'{"n":', b" 1}\n\n{", b'"n": 2}', b'\r\n{"n": 3}')
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    with answering(lambda _: (200, body, {"Transfer-Encoding": "chunked"})) as url:
        assert list(Client(url).lines("/lines")) == [{"n": 1}, {"n": 2}, {"n": 3}]
