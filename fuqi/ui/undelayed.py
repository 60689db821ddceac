"""Small answers that leave at once.

Streamlit makes its listening socket without naming the protocol, and asyncio then leaves Nagle's algorithm on: the
second of two small writes waits for the browser's word on the first, which comes up to 40 ms later. An answer is two
writes, its head and its body, and a page is a hundred of them.
"""

import os
import socket
from pathlib import Path

DESCRIPTORS = Path("/proc/self/fd")


def listen_undelayed() -> int:
    """Switch that off where this process listens, for every connection taken from then on; how many sockets those are.

    On Linux a connection inherits it. On other systems nothing is found, and nothing is changed.
    """
    if not DESCRIPTORS.is_dir():
        return 0
    return sum(_switched(int(descriptor.name)) for descriptor in list(DESCRIPTORS.iterdir()))


def _switched(descriptor: int) -> bool:
    try:
        with socket.socket(fileno=os.dup(descriptor)) as held:
            if held.family not in (socket.AF_INET, socket.AF_INET6):
                return False
            if not held.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                return False
            held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:  # a file, or closed in the meantime
        return False
    return True
