"""One value that is always at hand: used from memory, refreshed ahead, shared by the fleet.

Whoever needs it reads one attribute. Everything else happens beside that: a watcher calls `tick`
a few times a second, which takes over newer values and starts refreshes in a thread of their own.
Only where no valid value exists at all does a caller wait, and then for one call of the fleet.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import SystemRandom

from dingbridge.backoff_memory import BackoffMemory
from dingbridge.clock import Clock
from dingbridge.errors import CredentialUnavailable, PlatformError, PlatformUnavailable
from dingbridge.lease import Issued, Lease
from dingbridge.lease_memory import LeaseMemory
from dingbridge.shared_record import SharedRecord
from dingbridge.single_flight import SingleFlight

log = logging.getLogger(__name__)

WAIT_SECONDS = 10.0  # how long a caller waits at most for what another one is asking for
POLL_SECONDS = (0.02, 0.05)
# In a known outage nobody queues for long: the answer is known.
OUTAGE_WAIT_SECONDS = 0.3
# In a known outage the watchers try again; a caller does only if none has for so long.
LEAD_AFTER_SECONDS = 5.0
# When another process is refreshing, or the refresh can wait, the next look at it is so far off.
PATIENCE_SECONDS = (0.3, 0.9)
# Only spreads load. The random module itself is the app's: a thread must not disturb a seed.
_chance = SystemRandom()


def in_a_thread(task: Callable[[], None]) -> None:
    """Run a refresh beside whoever noticed that it is due. Raises RuntimeError: no more threads."""
    threading.Thread(target=task, name="dingbridge-refresh", daemon=True).start()


def at_once(task: Callable[[], None]) -> None:
    """Run a refresh within the tick that noticed it."""
    task()


@dataclass(frozen=True)
class Fleet:
    """What a refresher shares with the others: two records, a lock, and a notion of time."""

    leases: SharedRecord
    failures: SharedRecord
    flight: SingleFlight
    clock: Clock
    spawn: Callable[[Callable[[], None]], None] = in_a_thread


@dataclass(frozen=True)
class Supply:
    """Where a value comes from.

    `ask` gets one, or raises PlatformError, or CredentialUnavailable if what it needs itself is
    not to be had. `ready` says whether asking could work now. `cap` bounds a value's life since its
    birth, in seconds.
    """

    ask: Callable[[], Issued]
    cap: int | None = None
    ready: Callable[[], bool] = lambda: True


class Refresher:
    """Keeps one value; safe for threads and forks."""

    def __init__(
        self, kind: str, fleet: Fleet, supply: Supply, on_use: Callable[[], None] = lambda: None
    ) -> None:
        """`kind` is "token" or "ticket". `on_use` is called on the slow way only, and makes sure
        that somebody calls `tick` from then on.
        """
        self.kind = kind
        self._fleet = fleet
        self._supply = supply
        self._on_use = on_use
        self._memory = LeaseMemory(fleet.leases, fleet.clock, supply.cap)
        self._failures = BackoffMemory(fleet.failures, fleet.clock)
        self._steady = fleet.clock.steady
        self._used = False
        self._doubted: int | None = None
        self._make_locks()

    def _make_locks(self) -> None:
        self._gate = threading.Lock()
        self._refreshing = False
        self._not_before = 0.0

    def value(self) -> str:
        """The current value: from memory, without a system call, while it is valid.

        Raises CredentialUnavailable.
        """
        live = self._memory.live
        if live is not None and self._steady() < live.until:
            return live.value
        return self._obtain()

    def at_hand(self) -> bool:
        """Whether `value` would answer from memory."""
        return self._memory.valid() is not None

    def failing(self) -> bool:
        """Whether the last attempt of the fleet failed and the next has to wait."""
        return self._failures.newest.failures > 0 and self._failures.wait() > 0

    def tick(self) -> None:
        """Take over what is newer; start a refresh if one is due. Called a few times a second.

        What this process has never used is left to those that use it.
        """
        if not self._used:
            return
        self._look()
        if self._refreshing or self._steady() < self._not_before or not self._is_wanted():
            return
        if self.failing() or not self._supply.ready():
            return
        self._refreshing = True
        try:
            self._fleet.spawn(self._refresh_in_background)
        except RuntimeError as error:
            self._refreshing = False
            self._be_patient()
            log.warning("refresh_not_started kind=%s cause=%s", self.kind, error)

    def doubt(self) -> None:
        """Somebody calls the current value bad: the next tick asks for it anew, if it may."""
        if self._failures.may_doubt():
            self._doubted = self._memory.sequence

    def replace(self, refused: str) -> str:
        """The value to use instead of one that the platform refused; it may be the same.

        Raises CredentialUnavailable.
        """
        if self.value() == refused:
            self._look()  # another process may have replaced it since
            if self._memory.valid() == refused:
                self.doubt()
                self._await_another(refused)
        return self.value()

    def after_fork(self) -> None:
        """Whoever held the locks, and the watcher, stayed in the parent."""
        self._memory.after_fork()
        self._make_locks()
        self._fleet.leases.after_fork()
        self._failures.after_fork()

    def status(self) -> dict[str, object]:
        """The state for people and probes: ages and codes, never a value."""
        backoff = self._failures.newest
        state = {**self._memory.status(), "failures": backoff.failures}
        if backoff.failures and backoff.error is not None:
            state |= {
                "error": backoff.error.code,
                "sub_code": backoff.error.sub_code,
                "retry_in": round(max(0.0, self._failures.wait()), 1),
            }
        return state

    # The slow way of a caller: nothing valid is in memory.

    def _obtain(self) -> str:
        self._used = True
        self._on_use()
        deadline = time.monotonic() + WAIT_SECONDS
        patience = OUTAGE_WAIT_SECONDS if self._failures.newest.failures else WAIT_SECONDS
        if not self._gate.acquire(timeout=patience):
            raise self._unavailable(self._failures.newest.error)
        try:
            return self._wait_for_value(deadline)
        finally:
            self._gate.release()

    def _wait_for_value(self, deadline: float) -> str:
        # Each look is one reading: a life that ends between two would lead back to the gate.
        if (value := self._memory.valid()) is not None:  # of the caller that had the gate before
            return value
        while True:
            self._look()
            if (value := self._memory.valid()) is not None:
                return value
            known = self._failures.newest
            if known.failures and self._failures.wait() > -LEAD_AFTER_SECONDS:
                raise self._unavailable(known.error)
            if self._refresh_if_free() and (value := self._memory.valid()) is not None:
                return value
            if known.failures or time.monotonic() > deadline:
                raise self._unavailable(known.error)
            time.sleep(_chance.uniform(*POLL_SECONDS))

    def _await_another(self, refused: str) -> None:
        """Until there is another value, or nobody is asking for one and nobody may.

        Whoever holds the lock may be asking. A record that is newer and says the same is an answer
        too: the platform itself calls the value good.
        """
        known = self._memory.sequence
        deadline = time.monotonic() + WAIT_SECONDS
        while self._memory.valid() == refused and self._memory.sequence == known:
            if self._refresh_if_free() or time.monotonic() > deadline:
                return
            time.sleep(_chance.uniform(*POLL_SECONDS))
            self._look()

    def _unavailable(self, error: PlatformError | None) -> CredentialUnavailable:
        return CredentialUnavailable(f"{self.kind}_unavailable", error)

    # A refresh, by a caller or in the background.

    def _refresh_in_background(self) -> None:
        try:
            if not self._refresh_if_free():
                self._be_patient()
        except CredentialUnavailable as error:
            # The failure itself is logged where it is noted.
            log.debug("refresh_postponed kind=%s cause=%s", self.kind, error)
            self._be_patient()
        finally:
            self._refreshing = False

    def _refresh_if_free(self) -> bool:
        """Refresh what is still due once the lock is held; False if another caller holds it.

        Raises CredentialUnavailable if the platform gives none.
        """
        flight = self._fleet.flight.enter()
        if flight is None:
            return False
        with flight:
            self._look()  # another holder may have been faster
            if self.failing():
                return True
            if self._doubted is not None:
                self._refresh_doubted()
            elif self._memory.is_due(alone=not flight.fleet):
                self._fetch()
            else:
                self._be_patient()
        return True

    def _refresh_doubted(self) -> None:
        failures = self._failures
        before = failures.newest
        if self._memory.sequence == self._doubted and failures.may_doubt():
            # Noted first, so that a process that dies in the middle has used up the minute too.
            failures.publish(before.after_doubt(self._fleet.clock))
            try:
                self._fetch()
            except CredentialUnavailable:
                # Not settled: it is tried again as soon as the pause after a failure allows.
                failures.publish(replace(failures.newest, doubted=before.doubted))
                raise
        self._doubted = None

    def _fetch(self) -> None:
        fleet = self._fleet
        asked = fleet.clock.now()
        try:
            issued = self._ask()
        except CredentialUnavailable as error:
            raise self._unavailable(error.platform_error) from error
        except PlatformError as error:
            self._note_failure(error)
            raise self._unavailable(error) from error
        before = Lease.from_json(fleet.leases.fields)
        lease = Lease.taken(issued, before, fleet.clock, asked)
        fleet.leases.publish(lease.as_json())
        self._memory.adopt()
        backoff = self._failures.newest
        if backoff.failures:
            self._failures.publish(backoff.after_success())
        same = before is not None and before.value == lease.value
        log.info(
            "credential_refreshed kind=%s renewed=%s seconds=%d failures_before=%d",
            self.kind,
            "same" if same else "new",
            lease.seconds,
            backoff.failures,
        )

    def _ask(self) -> Issued:
        """What the supply gives. Raises PlatformError, CredentialUnavailable."""
        try:
            return self._supply.ask()
        except (CredentialUnavailable, PlatformError):
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the fleet has to pause after it
            # Only the type's name: the text may hold a URL with a token in it.
            unforeseen = type(error).__name__
        log.error("credential_refresh_broken kind=%s cause=%s", self.kind, unforeseen)
        raise PlatformUnavailable("platform_unreadable", values={"error": unforeseen})

    def _note_failure(self, error: PlatformError) -> None:
        known, left = self._failures.newest, self._memory.left()
        backoff = known.after_failure(error, self._fleet.clock, left)
        self._failures.publish(backoff)
        log.warning(
            "credential_refresh_failed kind=%s failures=%d pause=%.1f cause=%s",
            self.kind,
            backoff.failures,
            backoff.pause,
            error,
        )

    def _be_patient(self) -> None:
        wait = _chance.uniform(*PATIENCE_SECONDS)
        self._not_before = self._steady() + wait

    # What is known.

    def _is_wanted(self) -> bool:
        return self._doubted is not None or self._memory.is_due(alone=False)

    def _look(self) -> None:
        self._fleet.leases.look()
        self._failures.look()
        self._memory.adopt()
