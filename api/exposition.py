"""Prometheus' text format 0.0.4: families of samples with help and type."""

from collections.abc import Iterable, Mapping

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

PREFIX = "credanchor_"

Labels = Mapping[str, str]


class Exposition:
    """Collects families and writes them. Names come without prefix; a counter's ends in `_total`."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def gauge(self, name: str, says: str, value: float | str | None) -> None:
        """One number now; nothing at all for None. Large integers come as decimal text, so that no digit is lost."""
        if value is not None:
            self.family(name, "gauge", says, [({}, value)])

    def summary(self, name: str, says: str, count: int, total: float) -> None:
        """How many there were, and their sum."""
        self._head(name, "summary", says)
        self._lines += [f"{PREFIX}{name}_sum {total}", f"{PREFIX}{name}_count {count}"]

    def family(self, name: str, kind: str, says: str, samples: Iterable[tuple[Labels, float | str]]) -> None:
        """Several samples of one name, told apart by labels."""
        self._head(name, kind, says)
        for labels, value in samples:
            shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            self._lines.append(f"{PREFIX}{name}{'{' + shown + '}' if shown else ''} {value}")

    def text(self) -> str:
        """All of it."""
        return "\n".join(self._lines) + "\n"

    def _head(self, name: str, kind: str, says: str) -> None:
        self._lines += [f"# HELP {PREFIX}{name} {says}", f"# TYPE {PREFIX}{name} {kind}"]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
