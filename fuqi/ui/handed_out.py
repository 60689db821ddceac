"""Files that were made for somebody: who may fetch each of them, and for how long.

Streamlit serves a made file to whoever knows its link. What is written down here lets `fuqi.ui.gates` give it to the
account it was made for, and to nobody else.
"""

import hashlib
import time
from collections import OrderedDict
from threading import Lock

MINUTES = 10
"""A browser fetches a file at once; a link kept longer leads nowhere."""
MOST_FILES = 2000


class HandedOut:
    """Fingerprints of files with the account each was made for. Files of nobody's are nobody's."""

    def __init__(self) -> None:
        self._files: OrderedDict[bytes, dict[str, float]] = OrderedDict()
        self._lock = Lock()

    def add(self, content: bytes, account: str) -> None:
        mark = _mark(content)
        with self._lock:
            self._files.setdefault(mark, {})[account] = time.monotonic() + MINUTES * 60
            self._files.move_to_end(mark)
            while len(self._files) > MOST_FILES:
                self._files.popitem(last=False)

    def is_for(self, content: bytes, account: str) -> bool:
        with self._lock:
            ends_at = self._files.get(_mark(content), {}).get(account)
        return ends_at is not None and time.monotonic() < ends_at


def _mark(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


FILES = HandedOut()
"""Those of this process."""
