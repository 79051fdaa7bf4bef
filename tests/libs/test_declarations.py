import functools
import gc
import weakref

import pytest

from bastproxy.libs.declarations import (
    Declaration,
    Declared,
    Scanner,
    declarations_on,
    declare,
    declared,
    declared_on,
    forget,
)


class Mark(Declaration):
    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, function):
        return declare(function, self)


class OtherMark(Mark):
    pass


def marks(cls: type) -> list[tuple[str, str]]:
    return [(attribute, mark.text) for attribute, mark in declared(cls)]


class Base:
    @Mark("base one")
    def one(self) -> str:
        return "base"

    @Mark("two, top")
    @Mark("two, bottom")
    def two(self) -> None: ...

    def plain(self) -> None: ...


def test_declarations_are_read_from_the_top_down() -> None:
    assert [mark.text for mark in declarations_on(Base.two)] == ["two, top", "two, bottom"]
    assert declarations_on(Base.plain) == []


def test_a_class_declares_in_order_of_definition_base_first() -> None:
    class Sub(Base):
        @Mark("three")
        def three(self) -> None: ...

    assert marks(Sub) == [
        ("one", "base one"),
        ("two", "two, top"),
        ("two", "two, bottom"),
        ("three", "three"),
    ]
    assert declared(Sub)[0] == Declared("one", declarations_on(Base.one)[0])


def test_an_override_keeps_the_declarations_unless_it_brings_its_own() -> None:
    class Keeps(Base):
        def one(self) -> str:
            return "sub"

    class Brings(Base):
        @Mark("sub one")
        def one(self) -> str:
            return "sub"

    assert ("one", "base one") in marks(Keeps)
    assert [text for name, text in marks(Brings) if name == "one"] == ["sub one"]


def test_none_in_the_place_of_a_method_takes_it_out() -> None:
    class Without(Base):
        one = None

    class With(Without):
        @Mark("back")
        def one(self) -> None: ...

    assert [name for name, _ in marks(Without)] == ["two", "two"]
    assert ("one", "back") in marks(With)


def test_several_bases_follow_the_order_of_resolution() -> None:
    class Left(Base):
        @Mark("left")
        def one(self) -> None: ...

    class Right(Base):
        @Mark("right")
        def one(self) -> None: ...

    class Both(Left, Right): ...

    assert [text for name, text in marks(Both) if name == "one"] == ["left"]


def test_static_and_class_methods_can_be_declared_on_either_side() -> None:
    class Odd:
        @Mark("a")
        @staticmethod
        def a() -> None: ...

        @classmethod
        @Mark("b")
        def b(cls) -> None: ...

    assert marks(Odd) == [("a", "a"), ("b", "b")]


def test_a_wrapper_adds_to_its_own_declarations_only() -> None:
    @Mark("inner")
    def function() -> None: ...

    @Mark("outer")
    @functools.wraps(function)
    def wrapper() -> None: ...

    assert [mark.text for mark in declarations_on(wrapper)] == ["outer", "inner"]
    assert [mark.text for mark in declarations_on(function)] == ["inner"]


def test_attributes_that_have_every_attribute_declare_nothing() -> None:
    class Anything:
        def __getattr__(self, name: str) -> object:
            return self

    class Holder(Base):
        anything = Anything()
        kind = type("Kind", (), {"__bastproxy_declarations__": [Mark("x")]})

    assert marks(Holder) == marks(Base)


def test_what_is_added_to_a_class_is_seen_once_it_is_forgotten() -> None:
    class Sub(Base): ...

    class Unrelated:
        @Mark("u")
        def method(self) -> None: ...

    before = marks(Sub)
    unrelated = declared(Unrelated)
    Base.late = Mark("late")(lambda self: None)
    try:
        assert marks(Sub) == before
        forget(Base)
        assert ("late", "late") in marks(Sub)
        assert declared(Unrelated) is unrelated
    finally:
        del Base.late
        forget()
    assert marks(Sub) == before
    assert declared(Unrelated) is not unrelated


def test_the_declarations_on_one_attribute_are_those_that_hold() -> None:
    class Sub(Base):
        @Mark("upper")
        @OtherMark("lower")
        def one(self) -> None: ...

    assert [mark.text for mark in declared_on(Sub, "one")] == ["upper", "lower"]
    assert declared_on(Sub, "unknown") == ()


@pytest.mark.parametrize("known", [True, False])
def test_what_is_known_of_base_classes_makes_no_difference(known: bool) -> None:
    class Beside:
        @Mark("beside")
        def beside(self) -> None: ...

    class Sub(Base):
        one = None

        @Mark("sub")
        def sub(self) -> None: ...

    class Both(Beside, Sub):
        @Mark("both")
        def one(self) -> None: ...

    forget()
    for cls in (Base, Beside, Sub) if known else ():
        declared(cls)
    assert marks(Both) == [
        *[mark for mark in marks(Base) if mark[0] != "one"],
        ("sub", "sub"),
        ("beside", "beside"),
        ("one", "both"),
    ]
    assert declared(Both)[-2:-1] == declared(Beside)


def test_no_class_is_kept() -> None:
    class Sub(Base): ...

    declared(Sub)
    gone = weakref.ref(Sub)
    del Sub
    gc.collect()
    assert gone() is None


class TestScanner:
    def test_hands_each_declaration_to_its_handler(self) -> None:
        scanner = Scanner()
        seen: list[tuple[object, ...]] = []
        scanner.add_handler(Mark, lambda *args: seen.append(args))

        class Sub(Base):
            @OtherMark("nobody handles this")
            def three(self) -> None: ...

        obj = Sub()
        scanner.scan("me", obj)
        assert [(owner, attribute, mark.text) for owner, _, attribute, mark in seen] == [
            ("me", "one", "base one"),
            ("me", "two", "two, top"),
            ("me", "two", "two, bottom"),
        ]
        assert all(args[1] is obj for args in seen)

    def test_scans_and_undoes_one_method(self) -> None:
        scanner = Scanner()
        seen: list[str] = []
        undone: list[str] = []
        scanner.add_handler(
            Mark,
            lambda owner, obj, name, mark: seen.append(mark.text),
            lambda owner, obj, name, mark: undone.append(mark.text),
        )
        scanner.scan("me", Base(), "one")
        scanner.undo("me", Base(), "two")
        assert seen == ["base one"]
        assert undone == ["two, top", "two, bottom"]

    def test_undoes_nothing_where_there_is_nothing_to_undo(self) -> None:
        scanner = Scanner()
        seen: list[str] = []
        scanner.add_handler(Mark, lambda owner, obj, name, mark: seen.append(name))
        scanner.undo("me", Base(), "one")
        assert seen == []

    def test_a_class_of_declarations_has_one_handler(self) -> None:
        scanner = Scanner()
        scanner.add_handler(Mark, lambda *args: None)
        with pytest.raises(ValueError, match="Mark is handled already"):
            scanner.add_handler(Mark, lambda *args: None)
