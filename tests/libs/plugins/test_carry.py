import asyncio
import copy
import functools
import gc
import logging
import sys
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Annotated, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.plugins.carry import Carry, NotRestoredError

NAME = "carried_for_test"
CODE = """
import enum
from collections import namedtuple
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

GENERATION = {generation}

class Plain:
    def __init__(self, name):
        self.name = name
    def hello(self):
        return GENERATION, self.name
    def __private(self):
        return GENERATION
    def private(self):
        return self.__private
    @staticmethod
    def static():
        return GENERATION
    @classmethod
    def make(cls):
        return cls("made")

class Child(Plain):
    pass

T = TypeVar("T")

class Box(Generic[T]):
    pass

class Slots:
    __slots__ = ("name", "__hidden", "other")
    def __init__(self, name):
        self.name = name
        self.__hidden = [name]
    def hidden(self):
        return self.__hidden

@dataclass(frozen=True)
class Frozen:
    name: object

@dataclass(frozen=True, slots=True)
class FrozenSlots:
    name: object

@dataclass(frozen=True)
class Key:
    name: str
    def __hash__(self):
        return hash((GENERATION, self.name))

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

class Number(enum.IntEnum):
    ONE = 1

class Right(enum.Flag):
    READ = 1
    WRITE = 2

class Meta(type):
    pass

class WithMeta(metaclass=Meta):
    pass

Point = namedtuple("Point", "x y")

class Text(str):
    pass

class Bag(dict):
    def __setitem__(self, key, value):
        raise RuntimeError("not like that")

def function():
    return GENERATION

@lru_cache
def cached():
    return GENERATION

def outer():
    def inner():
        return GENERATION
    return inner

class Plugin:
    def __init__(self):
        self.data = {{"made by": GENERATION}}
    def method(self):
        return GENERATION
    def __hidden(self):
        return GENERATION
    def hidden(self):
        return self.__hidden
    {extra}
"""


def module(generation, change=(), extra=""):
    made = ModuleType(NAME)
    text = CODE.format(generation=generation, extra=extra)
    for old, new in change:
        assert old in text
        text = text.replace(old, new)
    sys.modules[NAME] = made  # dataclasses look their module up
    exec(text, made.__dict__)
    return made


class Bench:
    def __init__(self, change=(), extra=""):
        self.old = module(1)
        self.plugin = self.old.Plugin()
        self._change = change, extra

    def carry(self, value=None, **kept):
        """Carry values to new code, and return what became of the first."""
        kept = kept or {"value": value}
        self.new = module(2, *self._change)
        self.instance = self.new.Plugin()
        self.carried = Carry("plugins.games.mine", {NAME: self.old}, self.plugin, self.instance)
        self.carried.restore(kept)
        return getattr(self.instance, next(iter(kept)), None)


@pytest.fixture
def bench():
    yield Bench()
    sys.modules.pop(NAME, None)


@pytest.fixture
def make_bench():
    yield Bench
    sys.modules.pop(NAME, None)


CLASSES = ["Plain", "Child", "Slots", "Frozen", "FrozenSlots"]


@pytest.mark.parametrize("name", CLASSES)
def test_an_instance_becomes_one_of_the_new_class_in_place(bench, name):
    value = getattr(bench.old, name)("x")
    assert bench.carry(value) is value
    assert type(value) is getattr(bench.new, name)
    assert value.name == "x"
    bench.carried.undo()
    assert type(value) is getattr(bench.old, name)
    assert value.name == "x"


@pytest.mark.parametrize("name", CLASSES)
def test_what_an_instance_holds_is_carried_too_and_put_back(bench, name):
    inner, method = bench.old.Plain("inner"), bench.plugin.method
    value = getattr(bench.old, name)([inner, method])
    bench.carry(value)
    assert type(inner) is bench.new.Plain
    assert value.name[1]() == 2
    bench.carried.undo()
    assert type(inner) is bench.old.Plain
    assert value.name == [inner, method]
    assert value.name[1]() == 1


def test_private_slots_are_carried(bench):
    value = bench.old.Slots(bench.old.Plain("x"))
    bench.carry(value)
    assert type(value.hidden()[0]) is bench.new.Plain
    assert not hasattr(value, "other")


WRAPS = [
    lambda x: [x],
    lambda x: (x, 1),
    lambda x: {"key": x},
    lambda x: {x: "value"},
    lambda x: {x},
    lambda x: frozenset([x]),
    lambda x: deque([x], maxlen=3),
    lambda x: OrderedDict(a=x),
    lambda x: defaultdict(list, a=[x]),
    lambda x: [[{"a": ({"b": [x]},)}]],
    lambda x: SimpleNamespace(a=x),
    lambda x: functools.partial(print, x, a=x),
]


@pytest.mark.parametrize("what", ["instance", "class", "function", "method", "enum", "own method"])
def test_containers_hold_only_new_code_afterwards(bench, what):
    thing = {
        "instance": lambda: bench.old.Plain("x"),
        "class": lambda: bench.old.Plain,
        "function": lambda: bench.old.function,
        "method": lambda: bench.plugin.method,
        "enum": lambda: bench.old.Colour.RED,
        "own method": lambda: bench.old.Plain("x").hello,
    }[what]()
    values = {f"value{number}": wrap(thing) for number, wrap in enumerate(WRAPS)}
    kinds = [type(value) for value in values.values()]
    bench.carry(**values)
    assert [type(getattr(bench.instance, name)) for name in values] == kinds
    assert all(getattr(bench.instance, name) for name in values)
    old = weakref.ref(bench.old), weakref.ref(bench.plugin), weakref.ref(bench.old.Plain)
    bench.old = bench.plugin = bench.carried = thing = None
    values.clear()
    gc.collect()
    assert [ref() for ref in old] == [None] * 3


def test_kinds_of_containers_keep_their_ways(bench):
    ordered = OrderedDict(a=bench.plugin.method, b=1)
    ordered.move_to_end("a")
    counter = Counter({bench.old.Colour.RED: 3, "x": 2})
    queue = deque([bench.plugin.method] * 3, maxlen=3)
    bag = bench.old.Bag()
    dict.__setitem__(bag, "a", bench.plugin.method)
    bench.carry(a=ordered, b=counter, c=queue, d=bag)
    assert list(ordered) == ["b", "a"]
    assert counter == {bench.new.Colour.RED: 3, "x": 2}
    assert queue.maxlen == 3
    assert [method() for method in queue] == [2, 2, 2]
    assert type(bag) is bench.new.Bag
    assert bag["a"]() == 2
    bench.carried.undo()
    assert list(ordered) == ["b", "a"]
    assert counter == {bench.old.Colour.RED: 3, "x": 2}
    assert bag["a"]() == 1


def test_a_default_factory_is_carried_or_left_out(bench, caplog):
    ours = defaultdict(bench.old.Plain.make)
    lost = defaultdict(lambda: 1, a=5)
    lost.default_factory.__module__ = NAME
    factory = ours.default_factory
    bench.carry(ours=ours, lost=lost)
    assert type(ours["x"]) is bench.new.Plain
    assert lost == {"a": 5}
    assert lost.default_factory is None
    assert "default_factory" in caplog.text
    bench.carried.undo()
    assert ours.default_factory == factory
    assert lost["b"] == 1


def test_keys_are_found_although_the_new_class_hashes_otherwise(bench):
    key = bench.old.Key("x")
    table, group = {key: 1}, {key}
    bench.carry(table=table, group=group)
    assert table[bench.new.Key("x")] == 1
    assert bench.new.Key("x") in group
    bench.carried.undo()
    assert table[bench.old.Key("x")] == 1
    assert bench.old.Key("x") in group


def test_a_cycle_is_carried_once(bench):
    value = bench.old.Plain("x")
    value.me = [value, {"me": value}]
    value.plugin = bench.plugin
    assert bench.carry(value).me[1]["me"] is value
    assert value.plugin is bench.instance
    bench.carried.undo()
    assert value.plugin is bench.plugin


def test_a_cycle_through_a_tuple_holds_the_new_tuple(bench):
    items = []
    pair = (items, bench.plugin.method)
    items.append(pair)
    kept = bench.carry(pair)
    assert kept[0] is items
    assert items[0] is kept
    assert items[0][1]() == 2
    bench.carried.undo()
    assert items[0] is pair


def test_shared_values_stay_shared(bench):
    inner = (bench.old.Plain("x"), bench.plugin.method)
    bench.carry(a=[inner], b={"x": inner})
    assert bench.instance.a[0] is bench.instance.b["x"]


def test_a_named_tuple_keeps_its_class_and_fields(bench):
    point = bench.carry(bench.old.Point(bench.old.Plain("x"), 2))
    assert type(point) is bench.new.Point
    assert type(point.x) is bench.new.Plain
    assert point.y == 2


def test_a_named_tuple_with_other_fields_is_made_anew(make_bench, caplog):
    bench = make_bench([('"x y"', '"x y z", defaults=(7,)')])
    point = bench.old.Point(1, 2)
    assert bench.carry(point) == (1, 2, 7)
    assert type(point) is bench.old.Point
    bench = make_bench([('"x y"', '"x y z"')])
    assert bench.carry(bench.old.Point(1, 2)) is None
    assert "Point" in caplog.text


def test_a_class_with_other_slots_gets_a_new_instance(make_bench):
    bench = make_bench(
        [
            (
                "class FrozenSlots:\n    name: object",
                "class FrozenSlots:\n    name: object\n    more: int = 5",
            )
        ]
    )
    value = bench.old.FrozenSlots([bench.old.Plain("x")])
    kept = bench.carry([value])
    assert type(kept[0]) is bench.new.FrozenSlots
    assert kept[0].more == 5
    assert type(kept[0].name[0]) is bench.new.Plain
    bench.carried.undo()
    assert kept[0] is value
    assert type(value.name[0]) is bench.old.Plain


def test_new_fields_of_a_dataclass_get_their_defaults(make_bench):
    bench = make_bench(
        [
            (
                "class Frozen:\n    name: object",
                "class Frozen:\n    name: object\n    more: list = field(default_factory=list)",
            )
        ]
    )
    value = bench.carry(bench.old.Frozen("x"))
    assert value.more == []
    bench.carried.undo()
    assert vars(value) == {"name": "x"}


def test_enums_flags_and_strings_of_own_classes(bench):
    old, kept = bench.old, {}
    kept["colour"], kept["number"] = old.Colour.BLUE, old.Number.ONE
    kept["right"], kept["text"] = old.Right.READ | old.Right.WRITE, old.Text("hello")
    bench.carry(**kept)
    assert bench.instance.colour is bench.new.Colour.BLUE
    assert bench.instance.number is bench.new.Number.ONE
    assert bench.instance.right == bench.new.Right.READ | bench.new.Right.WRITE
    assert type(bench.instance.text) is bench.new.Text
    assert bench.instance.text == "hello"


@pytest.mark.parametrize("attribute", ["Plain", "WithMeta", "function", "cached"])
def test_what_has_a_name_is_what_has_it_now(bench, attribute):
    assert bench.carry(getattr(bench.old, attribute)) is getattr(bench.new, attribute)


ALIASES = {
    "generic": lambda module: module.Box[module.Plain],
    "nested": lambda module: dict[str, list[module.Box[module.Plain]]],
    "union": lambda module: module.Plain | None,
    "optional": lambda module: Optional[module.Plain],  # noqa: UP045
    "callable": lambda module: Callable[[module.Plain], module.Box[int]],
    "annotated": lambda module: Annotated[module.Plain, module.Colour.RED],
}


@pytest.mark.parametrize("name", ALIASES)
def test_an_alias_names_the_classes_of_now(bench, name):
    alias = ALIASES[name]
    assert bench.carry(alias(bench.old)) == alias(bench.new)


def test_what_was_made_by_an_alias_holds_no_old_class(bench):
    box = bench.carry(bench.old.Box[bench.old.Plain]())
    assert type(box) is bench.new.Box
    assert box.__orig_class__ == bench.new.Box[bench.new.Plain]


def test_an_alias_of_strangers_stays_itself(bench):
    alias = dict[str, list[int]]
    assert bench.carry(alias) is alias


def test_an_alias_of_what_is_generic_no_more_is_left_out(make_bench, caplog):
    bench = make_bench([("class Box(Generic[T])", "class Box")])
    assert bench.carry([bench.old.Box[int]]) == []
    assert "cannot move" in caplog.text


def test_methods_are_found_by_name_private_ones_too(bench):
    kept = bench.old.Plain("x")
    bench.carry(
        a=bench.plugin.method,
        b=bench.plugin.hidden(),
        c=kept.hello,
        d=kept.private(),
        e=bench.old.Plain.make,
        f=[].append,
        g=bench.old.Plain.static,
    )
    new = bench.instance
    assert (new.a(), new.b(), new.c(), new.d()) == (2, 2, (2, "x"), 2)
    assert type(new.e()) is bench.new.Plain
    assert new.g() == 2
    assert new.a.__self__ is new
    assert new.f == [].append or callable(new.f)


LOST = {
    "lambda": lambda old: [old.outer()],
    "class that is gone": lambda old: [old.Child("x")],
    "enum member that is gone": lambda old: {"a": old.Colour.BLUE},
    "running generator": lambda old: [(x for x in "ab")],
    "method that is gone": lambda old: [old.Plain("x").private],
}


@pytest.mark.parametrize("what", LOST)
def test_what_cannot_be_carried_is_left_out_with_a_warning(make_bench, caplog, what):
    caplog.set_level(logging.WARNING)
    bench = make_bench(
        [("class Child", "class Kid"), ("BLUE = 2", ""), ("    def private(", "    def other(")]
    )
    lost = LOST[what](bench.old)
    kept = bench.carry(lost=lost, good=1, twice=lost)
    assert len(kept) == 0
    assert len(bench.instance.twice) == 0
    assert bench.instance.good == 1
    assert "is not kept over the reload" in caplog.text
    bench.carried.undo()
    assert len(lost) == 1


def test_something_lost_is_lost_wherever_it_is_held(bench):
    closure = bench.old.outer()
    bench.carry(a=closure, b=[closure], c=(closure,), d={"x": closure})
    assert not hasattr(bench.instance, "a")
    assert bench.instance.b == []
    assert not hasattr(bench.instance, "c")
    assert bench.instance.d == {}


async def test_a_task_is_not_carried(bench):
    task = asyncio.get_running_loop().create_future()
    bench.carry([task, 1])
    assert bench.instance.value == [1]


def test_a_module_is_what_has_its_name_now(bench):
    assert bench.carry(bench.old) is bench.new
    assert bench.carry(sys) is sys


def test_data_keeps_what_only_the_new_code_makes(bench):
    bench.carry(data={"x": bench.old.Plain("y")})
    assert bench.instance.data["made by"] == 2
    assert type(bench.instance.data["x"]) is bench.new.Plain


def test_an_attribute_without_setter_is_named(make_bench):
    bench = make_bench(extra="fixed = property(lambda self: 1)")
    with pytest.raises(NotRestoredError) as caught:
        bench.carry(fixed=5)
    assert caught.value.name == "fixed"


def test_remember_puts_back_what_a_migration_has_changed(bench):
    thing, slots = bench.old.Plain("x"), bench.old.Slots("y")
    kept = {"a": [thing, {"b": {1, 2}}], "c": deque([slots])}
    bench.new = module(2)
    carry = Carry("plugins.games.mine", {NAME: bench.old}, bench.plugin, bench.new.Plugin())
    carry.remember(kept)
    thing.name = slots.name = slots.other = "changed"
    kept["a"][1]["b"].clear()
    kept["a"][1].clear()
    kept["c"].clear()
    carry.undo()
    assert kept == {"a": [thing, {"b": {1, 2}}], "c": deque([slots])}
    assert (thing.name, slots.name, hasattr(slots, "other")) == ("x", "y", False)


def test_undo_takes_back_what_the_new_code_has_done_to_kept_state(bench):
    thing, table = bench.old.Plain("x"), {"a": [1]}
    bench.carry(table=table, thing=thing)
    bench.instance.table["a"].append(2)
    bench.instance.table["b"] = 1
    bench.instance.thing.more = 1
    bench.carried.undo()
    assert table == {"a": [1]}
    assert vars(thing) == {"name": "x"}


LEAVES = st.one_of(st.integers(), st.text(max_size=3), st.sampled_from(["I", "C", "F", "M", "E"]))
SHAPES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=2), inner, max_size=3),
        st.lists(inner, max_size=3).map(deque),
        st.tuples(st.just("instance of"), inner),
    ),
    max_leaves=12,
)


def build(shape, home, plugin):
    """Make a value of a generation from its shape."""
    match shape:
        case ("instance of", inner) if type(shape) is tuple:
            return home.Plain(build(inner, home, plugin))
        case "I":
            return home.Plain("leaf")
        case "C":
            return home.Child
        case "F":
            return home.function
        case "M":
            return plugin.method
        case "E":
            return home.Colour.RED
        case dict():
            return {key: build(item, home, plugin) for key, item in shape.items()}
        case list() | tuple() | deque():
            return type(shape)(build(item, home, plugin) for item in shape)
    return shape


def flat(value, home):
    """Return a value in plain words, that say of which generation all of it is."""
    if type(value).__module__ == NAME and not isinstance(value, home.Colour):
        assert type(value) is home.Plain
        return "Plain", flat(value.name, home)
    if isinstance(value, dict):
        return {key: flat(item, home) for key, item in value.items()}
    if isinstance(value, list | tuple | deque):
        return type(value), [flat(item, home) for item in value]
    return value


@given(SHAPES)
def test_any_container_becomes_what_the_new_code_would_have_made_and_back(shape):
    bench = Bench()
    try:
        value = build(shape, bench.old, bench.plugin)
        before = flat(value, bench.old)
        kept = bench.carry(value)
        assert flat(kept, bench.new) == flat(build(shape, bench.new, bench.instance), bench.new)
        if isinstance(value, list | dict | deque):
            assert kept is value
        bench.carried.undo()
        assert flat(value, bench.old) == before
    finally:
        sys.modules.pop(NAME, None)


@given(SHAPES)
def test_plain_values_are_not_touched(shape):
    bench = Bench()
    try:
        value = copy.deepcopy(shape)
        assert bench.carry(value) is value
        assert value == shape
    finally:
        sys.modules.pop(NAME, None)
