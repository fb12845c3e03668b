"""Results that are remembered within so many bytes: strangers choose what they are results of."""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

LONGEST = 4096  # bytes of a key and its value: what is longer is not kept, so it drives out little
OVERHEAD = 128  # bytes of an entry itself


class ByteCache(dict[Key, Value]):
    """The results of a function of one argument, text or a tuple; forgotten all at once when full.

    To find one is what it is in a dict, without a lock; the key that is not there is `__missing__`.
    """

    def __init__(self, function: Callable[[Key], Value], max_bytes: int) -> None:
        super().__init__()
        self.function = function
        self.max_bytes = max_bytes
        self.bytes = 0  # of the entries, by `size`
        self._lock = threading.Lock()

    def __missing__(self, key: Key) -> Value:
        value = self.function(key)
        cost = OVERHEAD + size(key) + size(value)
        if cost <= LONGEST:
            with self._lock:
                if self.bytes + cost > self.max_bytes:
                    self.clear()
                    self.bytes = 0
                self.bytes += cost
                self[key] = value
        return value


class Recent(Generic[Key, Value]):
    """Values that were put last, within so many bytes; the least recently used go first."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0  # of the entries, by `size`
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, missing: Any = None) -> Any:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return missing
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: Value) -> None:
        cost = OVERHEAD + size(key) + size(value)
        if cost > self.max_bytes // 8:
            return
        with self._lock:
            _, before = self._kept.pop(key, (None, 0))
            self._kept[key] = value, cost
            self.bytes += cost - before
            while self.bytes > self.max_bytes:
                self.bytes -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.bytes = 0


def bounded(max_bytes: int) -> Callable[[Callable[[Key], Value]], Callable[[Key], Value]]:
    """Remember the results of a function of one argument in a `ByteCache`; they are shared."""
    return lambda function: ByteCache(function, max_bytes).__getitem__


def size(value: Any) -> int:
    """The bytes of a value and its parts. Text is counted wherever it is found again."""
    found = sys.getsizeof(value)
    if isinstance(value, tuple):  # flat
        return found + sum(map(sys.getsizeof, value))
    if isinstance(value, list):
        return found + sum(map(size, value))
    if isinstance(value, dict):
        return found + sum(map(size, value)) + sum(map(size, value.values()))
    return found
