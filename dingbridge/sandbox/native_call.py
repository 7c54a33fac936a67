"""One call of a page to the simulated client, with all that answers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dingbridge.sandbox.checks import BadValue, mapping
from dingbridge.sandbox.device import Device
from dingbridge.sandbox.phone_storage import PhoneStorage
from dingbridge.sandbox.platform_state import PlatformState


class NativeError(Exception):
    """The client's refusal; how it looks to the page is decided by the device."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Phone:
    """A device with what belongs to it; ``address`` is where its browser finds the sandbox."""

    device: Device
    storage: PhoneStorage
    platform: PlatformState
    address: str = ""


@dataclass(frozen=True)
class NativeCall:
    """``report`` is what the container said beside method and arguments."""

    method: str
    args: Mapping[str, object]
    report: Mapping[str, object]
    phone: Phone

    @property
    def device(self) -> Device:
        """The device that was called."""
        return self.phone.device

    @property
    def answer(self) -> Mapping[str, Any]:
        """What a person answered; empty where nobody was asked. NativeError if they cancelled."""
        said = self.report.get("answer")
        if said is None:
            return {}
        told = mapping(said, "the answer")
        if told.get("cancel"):
            raise cancelled()
        return told

    def answered(self, name: str, known: Mapping[str, Any]) -> list[Any]:
        """The entries of ``known`` that the person's ``name`` lists; BadValue for any other.

        NativeError as for a cancelled call if they chose none.
        """
        chosen = self.answer.get(name)
        if not isinstance(chosen, list) or not all(isinstance(each, str) for each in chosen):
            raise BadValue(f"the answer's {name} must be a list of strings")
        if unknown := [each for each in chosen if each not in known]:
            raise BadValue(f"the answer's {name} holds the unknown {unknown[0][:60]!r}")
        if not chosen:
            raise cancelled()
        return [known[each] for each in chosen]


def cancelled() -> NativeError:
    """What a page hears when the person has changed their mind."""
    return NativeError(-1, "cancelled")
