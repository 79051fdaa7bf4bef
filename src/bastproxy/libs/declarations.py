"""What decorators write on methods, and how the engines that they speak of get to read it.

A decorator such as ``AddAPI`` only leaves a declaration on the function.  When an
object is scanned for an owner, each declaration goes to the engine that handles its
class, which registers the bound method.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

MARK = "__bastproxy_declarations__"

F = TypeVar("F", bound=Callable[..., Any])


class Declaration:
    """Base class of everything that a decorator can say about a method."""


D = TypeVar("D", bound=Declaration)


class Declared(NamedTuple):
    """A declaration found on a class: the attribute that carries it, and itself."""

    attribute: str
    declaration: Declaration


Handler = Callable[[str, object, str, Any], None]


class _Found(NamedTuple):
    """What a class declares: in order, by the attribute that carries it, and by kind."""

    all: tuple[Declared, ...]
    by_attribute: dict[str, tuple[Declared, ...]]
    by_kind: dict[type[Declaration], list[tuple[str, Any]]]


_found: WeakKeyDictionary[type, _Found] = WeakKeyDictionary()


def declare(function: F, declaration: Declaration) -> F:
    """Leave ``declaration`` on ``function`` and return the function.

    Decorators apply from the bottom up; the declarations keep the order in which
    they are read, from the top down.
    """
    declarations = list(getattr(function, MARK, ()))
    declarations.insert(0, declaration)
    setattr(function, MARK, declarations)
    return function


def declarations_on(function: object) -> list[Declaration]:
    """Return the declarations on one function, top decorator first."""
    return list(getattr(function, MARK, ()))


def declared(cls: type) -> tuple[Declared, ...]:
    """Return the declarations of a class, base classes first, in order of definition.

    A method that overrides a decorated one keeps its declarations, unless it brings
    its own; None in its place takes it out.
    """
    return _look_up(cls).all


def declared_on(cls: type, attribute: str) -> tuple[Declaration, ...]:
    """Return the declarations on one attribute of a class, top decorator first."""
    return tuple(found.declaration for found in _look_up(cls).by_attribute.get(attribute, ()))


def declared_as(cls: type, kind: type[D]) -> list[tuple[str, D]]:
    """Return attribute and declaration of a class's declarations of one kind, in order."""
    found = _look_up(cls)
    if kind not in found.by_kind:
        found.by_kind[kind] = [one for one in found.all if isinstance(one.declaration, kind)]
    return found.by_kind[kind]


def forget(cls: type | None = None) -> None:
    """Read the classes anew at the next scan, because methods were added or removed."""
    if cls is None:
        _found.clear()
        return
    for known in [known for known in _found if issubclass(known, cls)]:
        del _found[known]


def _look_up(cls: type) -> _Found:
    found = _found.get(cls)
    if found is None:
        found = _found[cls] = _search(cls)
    return found


def _search(cls: type) -> _Found:
    carriers: dict[str, tuple[Declared, ...]] = {}
    classes = cls.__mro__
    base = classes[1] if len(classes) > 1 else object
    if classes[1:] == base.__mro__:  # what the base class declares is known, or will be
        carriers, classes = _look_up(base).by_attribute.copy(), (cls,)
    for found in reversed(classes):
        for name, value in vars(found).items():
            if value is None:
                carriers.pop(name, None)  # how a subclass says that it has no such method
                continue
            own = getattr(value, MARK, None)
            if own is None and isinstance(value, (classmethod, staticmethod)):
                own = getattr(value.__func__, MARK, None)
            if own and isinstance(own, list) and not isinstance(value, type):
                carriers[name] = tuple([Declared(name, declaration) for declaration in own])
    return _Found(tuple(chain.from_iterable(carriers.values())), carriers, {})


class Scanner:
    """Hands the declarations of an object to the engines that understand them."""

    def __init__(self) -> None:
        self._handlers: dict[type[Declaration], tuple[Handler, Handler | None]] = {}

    def add_handler(
        self,
        declaration_class: type[Declaration],
        register: Handler,
        unregister: Handler | None = None,
    ) -> None:
        """Have a class of declarations handled by two functions.

        Both are called with owner id, object, attribute and declaration.

        :param unregister: undoes ``register``; None when there is nothing to undo.

        :raises ValueError: the class has a handler already.
        """
        if declaration_class in self._handlers:
            raise ValueError(f"{declaration_class.__name__} is handled already")
        self._handlers[declaration_class] = (register, unregister)

    def scan(
        self,
        owner_id: str,
        obj: object,
        attribute: str | None = None,
        *,
        skip: type[Declaration] | None = None,
    ) -> None:
        """Register what the methods of ``obj``, or one of them, declare.

        :param skip: a class of declarations that is registered already.
        """
        for name, declaration in declared(type(obj)):
            kind = type(declaration)
            if kind is skip or attribute not in (None, name):
                continue
            handlers = self._handlers.get(kind)
            if handlers is not None:
                handlers[0](owner_id, obj, name, declaration)

    def undo(self, owner_id: str, obj: object, attribute: str) -> None:
        """Take back what scanning one method registered."""
        for declaration in declared_on(type(obj), attribute):
            handlers = self._handlers.get(type(declaration))
            if handlers is not None and handlers[1] is not None:
                handlers[1](owner_id, obj, attribute, declaration)
