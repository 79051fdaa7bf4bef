"""Profiles: the MUDs and characters that one plays, each with its way of logging in."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final

import msgspec

from bastproxy.config.errors import ConfigError
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.net.telnet.options.charset import codec_of
from bastproxy.libs.session.login import (
    CHARACTER,
    FIELDS,
    PASSWORD,
    LoginPlan,
    Step,
    fields_of,
)

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]

_PLACE: Final = re.compile(r" - at `\$\.?(.*)`$")
_UNKNOWN: Final = re.compile(r"unknown field `(\w+)`")


class LoginStep(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One step of logging in.

    :ivar send: a line, with ``{character}`` and ``{password}`` where these belong.
    :ivar when: a regular expression, found in what the MUD says; empty for anything.
    """

    send: str
    when: str = ""


class Profile(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One MUD, and who one is there.

    :ivar tls: the MUD speaks TLS.
    :ivar tls_verify: its certificate must be good.
    :ivar encoding: the MUD's, such as ``latin-1``; empty for UTF-8 unless it says otherwise.
    :ivar character: stands for ``{character}``.
    :ivar login: what to send when; a string is sent when the MUD has said anything.
    """

    host: str
    port: Port
    tls: bool = False
    tls_verify: bool = True
    encoding: str = ""
    character: str = ""
    login: str | list[LoginStep] = ""
    name: str = ""

    @property
    def address(self) -> MudAddress:
        """Where the MUD is."""
        return MudAddress(self.host, self.port, self.tls, self.tls_verify)

    @property
    def codec(self) -> str:
        """The Python codec of the encoding; empty when none is given."""
        return (codec_of(self.encoding) or "") if self.encoding else ""

    @property
    def steps(self) -> list[LoginStep]:
        """What to send when, in order."""
        if isinstance(self.login, str):
            return [LoginStep(send=self.login)] if self.login else []
        return self.login

    @property
    def needs_password(self) -> bool:
        """Whether logging in sends a password."""
        return any(PASSWORD in fields_of(step.send) for step in self.steps)

    def login_plan(self, password: Callable[[str], Awaitable[str | None]]) -> LoginPlan | None:
        """Return how to log in, or None when the player does so himself.

        :param password: returns what is stored for the profile of this name.
        """
        steps = [
            Step(step.send, re.compile(step.when) if step.when else None) for step in self.steps
        ]
        if not steps:
            return None
        return LoginPlan(
            self.name, self.address, steps, self.character, lambda: password(self.name)
        )


def read_profiles(content: object) -> dict[str, Profile]:
    """Read the table ``profiles`` of a file.

    :raises ConfigError: a profile says what it may not; the message names the key.
    """
    if not isinstance(content, Mapping):
        raise ConfigError("profiles: write each as a table, [profiles.NAME]")
    return {name: _read(name, profile) for name, profile in content.items()}


def _read(name: str, content: Any) -> Profile:
    key = f"profiles.{name}"
    if not name.strip() or not name.isprintable():
        raise ConfigError(f"{key}: a profile needs a name")
    if isinstance(content, Mapping) and "name" in content:
        raise ConfigError(f"{key}.name: the name stands in [{key}]; for the character's, character")
    try:
        profile = msgspec.convert(content, Profile)
    except msgspec.ValidationError as error:
        raise ConfigError(_named(key, str(error))) from error
    profile = msgspec.structs.replace(profile, name=name)
    if not profile.host.strip() or not profile.host.isprintable():
        raise ConfigError(f"{key}.host: there is no such host as {profile.host!r}")
    if profile.encoding and codec_of(profile.encoding) is None:
        raise ConfigError(
            f"{key}.encoding: {profile.encoding!r} is no encoding of text that is known here"
        )
    _check_text(f"{key}.character", profile.character)
    for number, step in enumerate(profile.steps):
        where = f"{key}.login" if isinstance(profile.login, str) else f"{key}.login[{number}]"
        _check_step(where, step, profile)
    return profile


def _check_step(where: str, step: LoginStep, profile: Profile) -> None:
    _check_text(where, step.send)
    for field in fields_of(step.send):
        if field not in FIELDS:
            raise ConfigError(f"{where}: {{{field}}} is unknown; use {{character}} or {{password}}")
        if field == CHARACTER and not profile.character:
            raise ConfigError(f"{where}: {{character}} is used, but the profile names no character")
    try:
        re.compile(step.when)
    except re.error as error:
        raise ConfigError(
            f"{where}.when: {step.when!r} is no regular expression: {error}"
        ) from None


def _check_text(key: str, text: str) -> None:
    if any(character in text for character in "\r\n\0"):
        raise ConfigError(f"{key}: a line has no line end in it; write a step for each line")


def _named(key: str, message: str) -> str:
    """Return msgspec's message with our key in the place of its path."""
    place = _PLACE.search(message)
    if place is not None:
        key = f"{key}{'' if place[1].startswith('[') else '.'}{place[1]}"
        message = message[: place.start()]
    unknown = _UNKNOWN.search(message)
    struct = LoginStep if ".login[" in key else Profile
    fields = [field for field in struct.__struct_fields__ if field != "name"]
    return f"{key}: {message}" + (did_you_mean(unknown[1], fields) if unknown else "")
