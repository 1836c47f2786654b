"""Status evidence over HTTP: asked for once, and the newest answers are the ones that are kept."""

from anchor import status
from tests.support.answering import answering

LIST = "https://registry.example/v1/status-lists/uni-1-revocation"


def test_the_newest_answers_are_kept_and_the_oldest_make_room() -> None:
    asked: list[bytes] = []

    def answer(body: bytes) -> tuple[int, bytes, dict[str, str]]:
        asked.append(body)
        return 200, b"%d" % len(asked), {}

    with answering(answer) as url:
        source = status.HttpStatus([url])
        found = [source.fetch(LIST, number) for number in range(status.KEPT + 1)]
        assert found == [b"%d" % number for number in range(1, status.KEPT + 2)]
        assert [source.fetch(LIST, number) for number in range(1, status.KEPT + 1)] == found[1:]
        assert len(asked) == status.KEPT + 1
        assert source.fetch(LIST, 0) == b"%d" % (status.KEPT + 2)
