"""dingbridge.refresher: who asks, who waits, and for how long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ticket_campaigns import until

from dingbridge import refresher as refresher_module
from dingbridge.clock import Clock
from dingbridge.encryption import Cipher
from dingbridge.errors import CredentialUnavailable, PlatformError, PlatformUnavailable
from dingbridge.lease import Issued
from dingbridge.refresher import Fleet, Refresher, Supply, at_once
from dingbridge.shared_record import SharedRecord
from dingbridge.single_flight import SingleFlight
from dingbridge.token_cache import file_cache

KEY = "dingbridge:0123:token"
CIPHER = Cipher(["k" * 32])


class Scene:
    """Refreshers of one fleet in one folder, whose platform is a function."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_000_000.0
        self.asked = 0
        self.answer: Callable[[], Issued] = lambda: Issued(f"value-{self.asked}", 7200)
        self._caches = [file_cache(folder / "cache")]
        self._clock = Clock(lambda: self.now, lambda: self.now, "boot")
        self.flight = SingleFlight(folder / "token.lock")
        self.spawn: Callable[[Callable[[], None]], None] = at_once

    def ask(self) -> Issued:
        self.asked += 1
        return self.answer()

    def start(self, task: Callable[[], None]) -> None:
        self.spawn(task)

    def refresher(self, ready: Callable[[], bool] = lambda: True) -> Refresher:
        fleet = Fleet(
            SharedRecord(KEY, self._caches, CIPHER, self._clock),
            SharedRecord(KEY + ":failures", self._caches, CIPHER, self._clock),
            self.flight,
            self._clock,
            self.start,
        )
        return Refresher("token", fleet, Supply(self.ask, ready=ready))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def in_threads(count: int, task: Callable[[], object]) -> list[object]:
    """What `task` returned or raised in each thread."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(task())
        except CredentialUnavailable as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_threads_one_asks_and_all_get_its_answer(scene: Scene) -> None:
    refresher = scene.refresher()
    gate = threading.Event()

    def slowly() -> Issued:
        gate.wait(10)
        return Issued("value", 7200)

    scene.answer = slowly
    threading.Timer(0.1, gate.set).start()
    assert set(in_threads(50, refresher.value)) == {"value"}
    assert scene.asked == 1


def test_of_many_threads_one_fails_and_the_others_learn_why(scene: Scene) -> None:
    def fail() -> Issued:
        raise PlatformUnavailable("platform_timeout")

    scene.answer = fail
    refresher = scene.refresher()
    results = in_threads(20, refresher.value)
    assert scene.asked == 1
    for error in results:
        assert isinstance(error, CredentialUnavailable)
        assert error.platform_error is not None
        assert error.platform_error.code == "platform_timeout"


def test_a_caller_waits_for_the_one_that_is_asking_and_takes_its_answer(scene: Scene) -> None:
    waiting, other = scene.refresher(), scene.refresher()
    held = scene.flight.enter()
    assert held is not None
    results: list[object] = []
    with held:
        caller = threading.Thread(target=lambda: results.append(waiting.value()))
        caller.start()
        other._fleet.leases.publish(
            {
                "value": "of-the-other",
                "seconds": 7200,
                "born": other._fleet.clock.now().as_json(),
                "renewed": other._fleet.clock.now().as_json(),
                "lag": 0.0,
            }
        )
        caller.join(10)
        assert results == ["of-the-other"]
    assert scene.asked == 0


def test_nobody_waits_for_ever(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresher_module, "WAIT_SECONDS", 1.0)
    refresher = scene.refresher()
    held = scene.flight.enter()
    assert held is not None
    results: list[object] = []
    waited: list[float] = []

    def ask() -> None:
        began = time.monotonic()
        results.extend(in_threads(1, refresher.value))
        waited.append(time.monotonic() - began)

    with held:
        # The second has to wait for its turn first, which comes just before its time is over.
        callers = [threading.Thread(target=ask), threading.Timer(0.3, ask)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert max(waited) < 1.5
    assert scene.asked == 0
    assert len(results) == 2
    for error in results:
        assert isinstance(error, CredentialUnavailable)
        assert error.platform_error is None


def test_in_a_known_outage_nobody_waits_for_the_one_that_tries_again(scene: Scene) -> None:
    def fail() -> Issued:
        raise PlatformError("-1")

    scene.answer = fail
    refresher = scene.refresher()
    with pytest.raises(CredentialUnavailable):
        refresher.value()
    scene.now += 60
    held = scene.flight.enter()
    assert held is not None
    began = time.monotonic()
    with held:
        results = in_threads(5, refresher.value)
    assert time.monotonic() - began < 3
    assert scene.asked == 1
    assert all(isinstance(error, CredentialUnavailable) for error in results)


def test_a_due_value_is_left_to_the_one_that_is_asking_already(scene: Scene) -> None:
    refresher = scene.refresher()
    value = refresher.value()
    scene.now += 6000
    held = scene.flight.enter()
    assert held is not None
    with held:
        for _ in range(3):
            refresher.tick()
    assert refresher.value() == value
    assert scene.asked == 1
    scene.now += 1
    refresher.tick()
    assert scene.asked == 2


def test_a_refresh_that_could_not_work_now_is_not_tried(scene: Scene) -> None:
    ready = [True]
    refresher = scene.refresher(lambda: ready[0])
    refresher.value()
    scene.now += 6000
    ready[0] = False
    refresher.tick()
    assert scene.asked == 1
    ready[0] = True
    refresher.tick()
    assert scene.asked == 2


def test_what_is_needed_for_asking_and_not_to_be_had_is_no_failure_of_its_own(
    scene: Scene,
) -> None:
    def lacks() -> Issued:
        raise CredentialUnavailable("token_unavailable", PlatformError("40096"))

    scene.answer = lacks
    refresher = scene.refresher()
    with pytest.raises(CredentialUnavailable) as failed:
        refresher.value()
    assert failed.value.platform_error is not None
    assert failed.value.platform_error.code == "40096"
    assert refresher.status()["failures"] == 0


def test_a_refused_value_is_replaced_as_soon_as_the_lock_is_free(scene: Scene) -> None:
    refresher = scene.refresher()
    refused = refresher.value()
    held = scene.flight.enter()
    assert held is not None
    results: list[object] = []
    with held:
        caller = threading.Thread(target=lambda: results.append(refresher.replace(refused)))
        caller.start()
        until(lambda: refresher._doubted is not None)
    caller.join(10)
    assert results == ["value-2"]
    assert scene.asked == 2


def test_a_value_that_was_replaced_meanwhile_is_not_asked_for_again(scene: Scene) -> None:
    one, two = scene.refresher(), scene.refresher()
    refused = one.value()
    assert two.value() == refused
    replaced = one.replace(refused)
    assert two.replace(refused) == replaced
    assert scene.asked == 2


@contextmanager
def renewal(scene: Scene, process: Refresher, refused: str) -> Iterator[Callable[[], None]]:
    """`process` is asking for another value than `refused`, until what this yields is called."""
    asking, answered = threading.Event(), threading.Event()
    answer = scene.answer

    def slowly() -> Issued:
        asking.set()
        answered.wait(10)
        return answer()

    scene.answer = slowly
    caller = threading.Thread(target=in_threads, args=(1, lambda: process.replace(refused)))
    caller.start()

    def finish() -> None:
        answered.set()
        caller.join(10)

    try:
        assert asking.wait(10)
        yield finish
    finally:
        finish()


def test_while_another_process_renews_a_refused_value_its_answer_is_waited_for(
    scene: Scene,
) -> None:
    one, two = scene.refresher(), scene.refresher()
    refused = one.value()
    assert two.value() == refused
    results: list[object] = []
    with renewal(scene, one, refused) as finish:
        two.tick()  # and so learns that the value is doubted already
        caller = threading.Thread(target=lambda: results.append(two.replace(refused)))
        caller.start()
        caller.join(0.2)
        assert results == []
        finish()
        caller.join(10)
    assert results == ["value-2"]
    assert scene.asked == 2


def test_a_value_that_another_process_has_published_since_the_last_look_is_taken(
    scene: Scene,
) -> None:
    one, two = scene.refresher(), scene.refresher()
    refused = one.value()
    assert two.value() == refused
    with renewal(scene, one, refused) as finish:
        two.tick()
        finish()
    assert two.replace(refused) == "value-2"
    assert scene.asked == 2


def test_a_renewal_that_fails_elsewhere_leaves_the_refused_value(scene: Scene) -> None:
    def fail() -> Issued:
        raise PlatformUnavailable("platform_timeout")

    one, two = scene.refresher(), scene.refresher()
    refused = one.value()
    assert two.value() == refused
    scene.answer = fail
    results: list[object] = []
    with renewal(scene, one, refused) as finish:
        two.tick()
        caller = threading.Thread(target=lambda: results.append(two.replace(refused)))
        caller.start()
        finish()
        caller.join(10)
    assert results == [refused]
    assert scene.asked == 2


def test_a_value_that_is_refused_again_within_a_minute_is_given_back_at_once(
    scene: Scene,
) -> None:
    one, two = scene.refresher(), scene.refresher()
    refused = one.replace(one.value())
    assert two.value() == refused
    began = time.monotonic()
    assert [each.replace(refused) for each in (one, two)] == [refused, refused]
    assert time.monotonic() - began < 3
    assert scene.asked == 2


def test_nobody_waits_for_ever_for_a_renewal_elsewhere(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresher_module, "WAIT_SECONDS", 0.5)
    one, two = scene.refresher(), scene.refresher()
    refused = one.value()
    assert two.value() == refused
    with renewal(scene, one, refused):
        two.tick()
        began = time.monotonic()
        assert two.replace(refused) == refused
        assert 0.5 <= time.monotonic() - began < 3
    assert scene.asked == 2


def test_after_a_fork_the_value_is_taken_from_memory_again(scene: Scene) -> None:
    refresher = scene.refresher()
    value = refresher.value()
    refresher._gate.acquire()  # as a thread of the parent held it when the child was made
    refresher.after_fork()
    assert not refresher.at_hand()
    assert refresher.value() == value
    assert scene.asked == 1


def test_an_error_that_nobody_foresaw_is_a_failure_like_any_other(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down() -> Issued:
        raise ValueError("https://platform.example/?access_token=secret-canary")

    scene.answer = break_down
    refresher = scene.refresher()
    for _ in range(3):
        with pytest.raises(CredentialUnavailable) as failed:
            refresher.value()
        assert failed.value.platform_error is not None
        assert failed.value.platform_error.values["error"] == "ValueError"
        assert failed.value.platform_error.__context__ is None
    assert scene.asked == 1
    assert refresher.status()["failures"] == 1
    assert "credential_refresh_broken kind=token cause=ValueError" in caplog.text
    assert "canary" not in caplog.text


def test_a_life_that_ends_while_it_is_handed_over_locks_nobody_out(scene: Scene) -> None:
    refresher = scene.refresher()
    scene.answer = lambda: Issued("brief", 1)

    def hurrying() -> float:
        if refresher._memory.live is not None:
            scene.now += 0.6
        return scene.now

    scene._clock.steady = hurrying
    began = time.monotonic()
    assert refresher.value() == "brief"
    assert time.monotonic() - began < 3


def test_a_life_counts_from_the_question(scene: Scene) -> None:
    def slowly() -> Issued:
        scene.now += 9
        return Issued("value", 7200)

    scene.answer = slowly
    refresher = scene.refresher()
    refresher.value()
    assert refresher.status()["remaining"] == 7191


def test_where_no_thread_can_be_started_the_refresh_is_tried_again(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: Callable[[], None]) -> None:
        raise RuntimeError("can't start new thread")

    refresher = scene.refresher()
    refresher.value()
    scene.now += 6000
    scene.spawn = full
    refresher.tick()
    assert "refresh_not_started" in caplog.text
    assert scene.asked == 1
    scene.spawn = at_once
    scene.now += 1
    refresher.tick()
    assert scene.asked == 2


def test_failures_that_another_process_has_ended_are_over_here_too(scene: Scene) -> None:
    one, two = scene.refresher(), scene.refresher()
    one.value()
    two.value()

    def fail() -> Issued:
        raise PlatformUnavailable("platform_timeout")

    good, scene.answer = scene.answer, fail
    scene.now += 6000
    one.tick()
    assert one.status()["error"] == "platform_timeout"
    scene.answer = good
    scene.now += 30
    two.tick()
    assert two.status()["state"] == "fresh"
    one.tick()
    assert one.status()["failures"] == 0
    assert "error" not in one.status()


@pytest.mark.row("R01")
def test_processes_refresh_ahead_at_about_three_quarters_of_a_life_and_not_all_at_once(
    scene: Scene,
) -> None:
    started: list[object] = []
    scene.spawn = started.append  # which never ends, so that each process is counted once
    processes = [scene.refresher() for _ in range(60)]
    for process in processes:
        process.value()
    begun = scene.now
    counts = []
    for share in (0.715, 0.735, 0.75, 0.765, 0.785):
        scene.now = begun + share * 7200
        for process in processes:
            process.tick()
        counts.append(len(started))
    assert counts[0] == 0
    assert counts[-1] == 60
    assert len(set(counts)) == 5


def test_what_a_process_has_never_used_it_does_not_refresh(scene: Scene) -> None:
    using, idle = scene.refresher(), scene.refresher()
    using.value()
    scene.now += 6000
    idle.tick()
    assert scene.asked == 1
    idle.value()
    idle.tick()
    assert scene.asked == 2
