"""Answers that are kept for who asks again."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The newest `most` answers by question: when one more comes, the oldest goes. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, question: K) -> V | None:
        """The answer, None when it is not kept."""
        with self._lock:
            return self._answers.get(question)

    def put(self, question: K, answer: V) -> None:
        """Keep an answer."""
        with self._lock:
            self._answers[question] = answer
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
