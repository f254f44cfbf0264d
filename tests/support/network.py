"""An event loop in a thread of its own, for the servers that tests start."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

LOOPBACK = "127.0.0.1"
_T = TypeVar("_T")


def free_port() -> int:
    """Give a port of the loopback interface on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class BackgroundLoop:
    """Runs coroutines in a thread; `call` waits for their result."""

    def __init__(self) -> None:
        """Start the thread."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def call(self, coroutine: Coroutine[Any, Any, _T], timeout_s: float = 30) -> _T:
        """Run a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout_s)

    def stop(self) -> None:
        """Cancel what runs and end the thread."""
        self.call(self._cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()

    async def _cancel_all(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # A closed transport gives its socket back in a later turn of the loop.
        await asyncio.sleep(0.05)
