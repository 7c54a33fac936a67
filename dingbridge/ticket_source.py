"""The app's own source of tickets, for an appKey that older services share.

Nothing is known of that code: it may raise anything, answer anything, and hang.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from queue import Empty, SimpleQueue

from dingbridge.errors import PlatformError
from dingbridge.issuer import issued
from dingbridge.lease import Issued

TicketSource = Callable[[], str | tuple[str, int]]

# A source that hands out a bare ticket says nothing about its life: it is asked again soon.
UNSTATED_LIFE = 60
# Less than a caller without any ticket waits in all.
SOURCE_SECONDS = 8.0


class SourceCaller:
    """Asks a source in a thread of its own, so that one that hangs holds nobody up for long."""

    def __init__(self, patience: float = SOURCE_SECONDS) -> None:
        """`patience`: how many seconds an answer may take."""
        self._patience = patience
        self._hanging: threading.Thread | None = None

    def ask(self, source: TicketSource) -> Issued:
        """A ticket from the source: the ticket, or the ticket with its seconds.

        Raises PlatformError (`ticket_source_failed`) whatever the source raises, if it takes too
        long, and while it still hangs on an earlier question of this process, so that there is one
        thread at most; PlatformUnavailable for an answer of the wrong type.
        """
        answer, failure = self._answer(source)
        if failure:
            raise PlatformError(
                "ticket_source_failed", endpoint="ticket_source", values={"error": failure}
            )
        match answer:
            case (value, seconds):
                fields = {"ticket": value, "seconds": seconds}
            case _:
                fields = {"ticket": answer, "seconds": UNSTATED_LIFE}
        # It may say that its ticket lives for another second.
        return issued(fields, "ticket_source", "ticket", "seconds")

    def _answer(self, source: TicketSource) -> tuple[object, str]:
        """What the source returned, or the name of what went wrong."""
        if self._hanging is not None and self._hanging.is_alive():
            return None, TimeoutError.__name__
        answers: SimpleQueue[tuple[object, str]] = SimpleQueue()
        thread = threading.Thread(
            # A source may use the app's context, where a page asks for its ticket.
            target=copy_context().run,
            args=(_put_answer, source, answers),
            name="dingbridge-ticket-source",
            daemon=True,
        )
        thread.start()
        try:
            return answers.get(timeout=self._patience)
        except Empty:
            self._hanging = thread
            return None, TimeoutError.__name__


def _put_answer(source: TicketSource, answers: SimpleQueue[tuple[object, str]]) -> None:
    try:
        answers.put((source(), ""))
    except BaseException as error:  # noqa: BLE001  # the app's own code: nothing is known of it
        # Only the type's name: the text may hold a URL with a token in it.
        answers.put((None, type(error).__name__))
