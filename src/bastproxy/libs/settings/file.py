"""One plugin's settings file: read leniently, edited in place, written whole."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bastproxy.libs.files import set_aside, write_whole

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

NAME = "settings.toml"


class BrokenFileError(ValueError):
    """The file is no TOML; it has been set aside.

    :param path: where it is now.
    """

    def __init__(self, path: Path, aside: Path, reason: str) -> None:
        self.path = path
        self.aside = aside
        super().__init__(f"{path} cannot be read ({reason}); it is kept as {aside}")


def read(path: Path) -> dict[str, Any]:
    """Return what the file holds; nothing when there is none.

    :raises BrokenFileError: it does not parse.
    :raises OSError: it cannot be read, or not be set aside.
    """
    text = _current(path)
    return tomllib.loads(text) if text is not None else {}


def write(
    path: Path,
    values: Mapping[str, Any],
    changed: Collection[str],
    helps: Mapping[str, str],
    report: Callable[[BrokenFileError], None],
) -> None:
    """Bring the file up to date; its comments and everything else in it stay.

    :param values: all that is to be in the file.
    :param changed: the names to change or remove; the others are left as they are,
        unless the file has gone or is broken.
    :param helps: a comment for each name.
    :param report: told when the file is broken by now, and has been set aside.
    :raises OSError: it cannot be read or written; nothing has changed.
    """
    try:
        text = _current(path)
    except BrokenFileError as error:
        report(error)
        text = None
    if text is None:
        if not values:
            return
        text, changed = "", list(values)
    write_whole(path, _edited(text, values, changed, helps).encode())


def _current(path: Path) -> str | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        text = _text(data)
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _broken(path, error) from None
    return text


def _edited(
    text: str, values: Mapping[str, Any], changed: Collection[str], helps: Mapping[str, str]
) -> str:
    import tomlkit  # only those who change a setting pay for it
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        for name in changed:
            _put(document, name, values.get(name), helps.get(name, ""))
        edited = document.as_string()
        if tomllib.loads(edited) == _updated(text, values, changed):
            return edited
    except (ValueError, KeyError, TypeError, RecursionError, TOMLKitError):
        pass
    # a layout that cannot be edited in place, such as a table where a value belongs:
    # the values matter more than the comments
    document = tomlkit.document()
    for name, value in _updated(text, values, changed).items():
        _put(document, name, value, helps.get(name, ""))
    return document.as_string()


def _updated(text: str, values: Mapping[str, Any], changed: Collection[str]) -> dict[str, Any]:
    wanted = {name: value for name, value in tomllib.loads(text).items() if name not in changed}
    wanted.update({name: values[name] for name in changed if name in values})
    scalars = {name: value for name, value in wanted.items() if not isinstance(value, dict)}
    return {**scalars, **wanted}


def _put(document: TOMLDocument, name: str, value: Any, text: str) -> None:
    from tomlkit.items import Item

    if value is None:
        document.pop(name, None)
        return
    known = name in document
    document[name] = value
    comment = _comment(text)
    if comment and not known and isinstance(value, (str, int, float)):
        item = document.item(name)
        if isinstance(item, Item):
            item.comment(comment)


def _comment(text: str) -> str:
    return "".join(filter(str.isprintable, " ".join(text.split())))


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig")


def _broken(path: Path, error: Exception) -> BrokenFileError:
    return BrokenFileError(path, set_aside(path), " ".join(str(error).split()) or "nested too deep")
