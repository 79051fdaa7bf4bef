import functools
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from bastproxy.libs.api import API, AddAPI, APINotFoundError, Registry
from bastproxy.libs.ledger import Ledger


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def registry(ledger: Ledger) -> Registry:
    return Registry(ledger)


@pytest.fixture
def api(registry: Registry) -> API:
    return API("caller", registry)


class Mine:
    """What a plugin looks like to the registry."""

    def __init__(self, plugin_id: str = "plugins.games.mine") -> None:
        self.plugin_id = plugin_id
        self.colour = "red"

    @AddAPI("dump", description="Dump plugin state")
    def _api_dump(self, attribute_name: str | None = None, detailed: bool = False) -> object:
        """Return the state.

        All of it.
        """
        return ("base", attribute_name, detailed)

    @AddAPI("hit.{colour}.{plugin_id}")
    def _api_hit(self) -> str:
        return "hit"


def offer(registry: Registry, obj: Mine) -> Mine:
    registry.add_object(obj.plugin_id, obj)
    return obj


class TestDecorated:
    def test_methods_are_offered_under_their_owner(self, registry: Registry, api: API) -> None:
        offer(registry, Mine())
        assert api("plugins.games.mine:dump")("x", detailed=True) == ("base", "x", True)

    def test_templates_stand_for_attributes(self, registry: Registry, api: API) -> None:
        offer(registry, Mine())
        assert api("plugins.games.mine:hit.red.plugins.games.mine")() == "hit"

    def test_a_template_without_its_attribute_is_named(self, registry: Registry) -> None:
        class Wrong:
            @AddAPI("hit.{weapon}")
            def _api_hit(self) -> None: ...

        with pytest.raises(ValueError, match=r"owner: an API name uses {weapon}, which Wrong"):
            registry.add_object("owner", Wrong())

    def test_the_owner_stands_in_for_an_attribute_that_is_not_there(
        self, registry: Registry, api: API
    ) -> None:
        class Plain:
            @AddAPI("{plugin_id}:x.{owner_id}")
            def _api_x(self) -> int:
                return 1

        registry.add_object("owner", Plain())
        assert api("owner:x.owner")() == 1

    def test_a_whole_name_may_have_another_owner_in_it(self, registry: Registry, api: API) -> None:
        class Elsewhere:
            @AddAPI("libs.other:x")
            def _api_x(self) -> int:
                return 1

        registry.add_object("owner", Elsewhere())
        assert api("libs.other:x")() == 1
        assert registry.detail("libs.other:x")["owner_id"] == "owner"

    def test_a_subclass_overrides_as_the_spec_shows(self, registry: Registry, api: API) -> None:
        class Plugin(Mine):
            @AddAPI("dump", description="Dump plugin state")
            def _api_dump(self, attribute_name=None, detailed=False):
                return ("sub", super()._api_dump(attribute_name, detailed))

        offer(registry, Plugin())
        assert api("plugins.games.mine:dump")("x") == ("sub", ("base", "x", False))

    def test_an_override_without_the_decorator_is_offered(
        self, registry: Registry, api: API
    ) -> None:
        class Plugin(Mine):
            def _api_dump(self) -> str:
                return "sub"

        offer(registry, Plugin())
        assert api("plugins.games.mine:dump")() == "sub"

    def test_a_subclass_overrides_by_the_name_of_the_api(
        self, registry: Registry, api: API, ledger: Ledger, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Plugin(Mine):
            @AddAPI("dump")
            def _api_better_dump(self) -> str:
                return "better"

        offer(registry, Plugin())
        assert api("plugins.games.mine:dump")() == "better"
        names = [line.name for line in ledger.lines("plugins.games.mine")]
        assert names.count("plugins.games.mine:dump") == 1
        assert not caplog.records

    def test_one_method_may_have_two_names(self, registry: Registry, api: API) -> None:
        class Two:
            @AddAPI("old")
            @AddAPI("new")
            def _api_new(self) -> int:
                return 1

        registry.add_object("owner", Two())
        assert api("owner:old")() == api("owner:new")() == 1

    def test_one_method_is_added_and_taken_back(self, registry: Registry, ledger: Ledger) -> None:
        obj = Mine()
        mark = AddAPI("dump")
        registry.add_declared("me", obj, "_api_dump", mark)
        registry.add("you", "me:dump", lambda: "forced", force=True)
        registry.remove_declared("me", obj, "_api_dump", mark)
        assert ledger.lines("me") == []
        assert API("x", registry)("me:dump")() == "forced"
        registry.remove_declared("me", obj, "_api_dump", mark)  # there is none any more
        registry.remove_declared("me", obj, "_api_dump", AddAPI("unknown"))


class TestAdd:
    def test_by_hand(self, registry: Registry, api: API) -> None:
        assert api("libs.api:add")("me", "f", lambda x: x + 1) is True
        assert api("me:f")(1) == 2

    def test_again_by_the_same_owner_replaces(
        self, registry: Registry, api: API, ledger: Ledger
    ) -> None:
        registry.add("me", "f", lambda: 1)
        held = api
        assert held("me:f")() == 1
        assert registry.add("me", "f", lambda: 2)
        assert held("me:f")() == 2
        assert len(ledger.lines("me")) == 1

    def test_anothers_name_is_refused_and_said(
        self, registry: Registry, api: API, caplog: pytest.LogCaptureFixture
    ) -> None:
        registry.add("me", "f", lambda: 1)
        assert registry.add("you", "me:f", lambda: 2) is False
        assert api("me:f")() == 1
        assert "you cannot offer the API 'me:f': me does" in caplog.text

    def test_what_cannot_be_called_is_refused(self, registry: Registry) -> None:
        with pytest.raises(TypeError, match="me: the API 'me:f' must be callable"):
            registry.add("me", "f", None)
        assert not registry.has("me:f")

    def test_forced_in_front_and_undone(self, registry: Registry, api: API, ledger: Ledger) -> None:
        registry.add("me", "f", lambda: "mine")
        assert registry.add("you", "me:f", lambda: "yours", force=True)
        assert api("me:f")() == "yours"
        assert registry.remove("you")
        assert api("me:f")() == "mine"

    def test_forced_twice_and_undone_in_either_order(self, registry: Registry, api: API) -> None:
        registry.add("me", "f", lambda: "mine")
        registry.add("you", "me:f", lambda: "yours", force=True)
        registry.add("they", "me:f", lambda: "theirs", force=True)
        assert api("me:f")() == "theirs"
        registry.remove("you")
        assert api("me:f")() == "theirs"
        registry.remove("they")
        assert api("me:f")() == "mine"

    def test_what_is_behind_a_forced_one_can_be_replaced_and_removed(
        self, registry: Registry, api: API, caplog: pytest.LogCaptureFixture
    ) -> None:
        registry.add("me", "f", lambda: "mine")
        registry.add("you", "me:f", lambda: "yours", force=True)
        assert registry.add("me", "f", lambda: "mine, reloaded")
        assert api("me:f")() == "yours"
        registry.remove("you")
        assert api("me:f")() == "mine, reloaded"
        assert not caplog.records

    def test_an_owner_that_comes_later_goes_behind_the_forced_one(
        self, registry: Registry, api: API
    ) -> None:
        registry.add("you", "me:f", lambda: "yours", force=True)
        assert registry.add("me", "f", lambda: "mine")
        assert api("me:f")() == "yours"
        registry.remove("you")
        assert api("me:f")() == "mine"

    def test_a_refusal_changes_nothing(self, registry: Registry, api: API) -> None:
        registry.add("you", "me:f", lambda: "yours", force=True)
        registry.add("me", "f", lambda: "mine")
        assert not registry.add("you", "me:f", lambda: "yours, unforced")
        assert api("me:f")() == "yours"


class TestInstance:
    def test_only_the_owner_sees_it(self, registry: Registry, api: API) -> None:
        mine = API("me", registry)
        registry.add("me", "secret", lambda: 1, instance=True)
        assert mine("me:secret")() == 1
        assert mine.has("me:secret")
        assert mine("libs.api:has")("me:secret")
        assert not api.has("me:secret")
        assert not api("libs.api:has")("me:secret")
        assert not registry.has("me:secret")
        assert "me:secret" not in registry.list_names()
        with pytest.raises(APINotFoundError):
            api("me:secret")

    def test_the_owner_sees_it_before_the_public_one(self, registry: Registry, api: API) -> None:
        mine = API("me", registry)
        registry.add("you", "f", lambda: "public")
        assert mine("you:f")() == "public"
        registry.add("me", "you:f", lambda: "private", instance=True)
        assert mine("you:f")() == "private"
        assert api("you:f")() == "public"
        registry.remove("me")
        assert mine("you:f")() == "public"

    def test_each_owner_has_its_own(self, registry: Registry) -> None:
        for owner in ("a", "b"):
            registry.add(owner, "x:f", functools.partial(str, owner), instance=True)
        registry.add("a", "x:f", lambda: "a, again", instance=True)
        assert API("a", registry)("x:f")() == "a, again"
        assert API("b", registry)("x:f")() == "b"

    def test_decorated(self, registry: Registry, api: API) -> None:
        class Plugin:
            @AddAPI("f", instance=True)
            def _api_f(self) -> int:
                return 1

        registry.add_object("me", Plugin())
        assert API("me", registry)("me:f")() == 1
        assert not api.has("me:f")
        assert API("me", registry)("libs.api:detail")("me:f")["owner_id"] == "me"


class TestRemove:
    def test_by_owner(self, registry: Registry, api: API, ledger: Ledger) -> None:
        offer(registry, Mine())
        registry.add("plugins.games.mine", "libs.other:f", lambda: 1)
        assert api("libs.api:remove")("plugins.games.mine") is True
        assert api("libs.api:remove")("plugins.games.mine") is False
        assert registry.list_names("plugins") == []
        assert not api.has("libs.other:f")
        assert ledger.owners() == ["libs.api"]

    def test_other_registrations_of_the_owner_stay(
        self, registry: Registry, ledger: Ledger
    ) -> None:
        class Keeper:
            def release(self, key: object) -> None:
                raise AssertionError

        ledger.add_kind("other", Keeper())
        ledger.write("me", "other", 1, "other")
        registry.add("me", "f", lambda: 1)
        registry.remove("me")
        assert [line.kind for line in ledger.lines("me")] == ["other"]

    @pytest.mark.parametrize("in_front", [False, True])
    def test_nothing_refers_to_a_removed_function(
        self, registry: Registry, api: API, in_front: bool
    ) -> None:
        class Plugin:
            @AddAPI("f")
            def _api_f(self) -> None: ...

            @AddAPI("g", pass_caller=True)
            def _api_g(self, caller_id: str) -> str:
                return caller_id

        if in_front:  # the names stay known to others
            registry.add("x", "me:f", lambda: None, instance=True)
            registry.add("x", "me:g", lambda: None, instance=True)
        obj = Plugin()
        registry.add_object("me", obj)
        api("me:f")()
        assert api("me:g")() == "caller"
        gone = weakref.ref(obj)
        del obj
        registry.remove("me")
        gc.collect()
        assert gone() is None
        with pytest.raises(APINotFoundError):
            api("me:f")


class TestGoingAndComing:
    def test_a_look_up_finds_what_is_loaded_again(
        self, registry: Registry, api: API, ledger: Ledger
    ) -> None:
        for generation in range(3):
            registry.add("me", "f", functools.partial(int, generation))
            assert api("me:f")() == generation
            assert api("me:f")() == generation
            ledger.release("me")
            with pytest.raises(APINotFoundError):
                api("me:f")

    def test_suspended_it_does_not_answer_and_resumed_it_does(
        self, registry: Registry, api: API, ledger: Ledger
    ) -> None:
        registry.add("me", "f", lambda: "old")
        assert api("me:f")() == "old"
        ledger.suspend("me", generation=0)
        assert not api.has("me:f")
        assert registry.list_names("me") == []
        with pytest.raises(APINotFoundError):
            api("me:f")
        ledger.resume("me", generation=0)
        assert api("me:f")() == "old"
        assert registry.detail("me:f")["calls"] == {"caller": 2}

    @pytest.mark.parametrize("commit", [True, False])
    def test_a_swap_is_seen_by_look_ups_and_can_be_taken_back(
        self, registry: Registry, api: API, ledger: Ledger, commit: bool
    ) -> None:
        registry.add("me", "f", lambda: "old")
        assert api("me:f")() == "old"
        ledger.suspend("me", generation=0)
        generation = ledger.open_generation("me")
        registry.add("me", "f", lambda: "new")
        assert api("me:f")() == "new"
        if commit:
            ledger.release("me", generation=0)
        else:
            ledger.release("me", generation=generation)
            ledger.resume("me", generation=0)
        assert api("me:f")() == ("new" if commit else "old")
        assert len(ledger.lines("me")) == 1

    def test_a_forced_one_stays_in_front_over_a_swap(
        self, registry: Registry, api: API, ledger: Ledger
    ) -> None:
        registry.add("me", "f", lambda: "mine")
        registry.add("you", "me:f", lambda: "yours", force=True)
        ledger.suspend("me", generation=0)
        ledger.open_generation("me")
        assert registry.add("me", "f", lambda: "mine, new")
        ledger.release("me", generation=0)
        assert api("me:f")() == "yours"
        ledger.suspend("you", generation=0)
        assert api("me:f")() == "mine, new"
        ledger.resume("you", generation=0)
        assert api("me:f")() == "yours"


class TestQuestions:
    @pytest.fixture(autouse=True)
    def some(self, registry: Registry) -> None:
        for name in ("log:set.level", "log:set.form", "log:show", "login:name", "log.more:x"):
            registry.add(name.split(":")[0], name, answer, description=f"about {name}")

    def test_has(self, api: API) -> None:
        assert api("libs.api:has")("log:show")
        assert not api("libs.api:has")("log:shows")
        assert not api("libs.api:has")("log")
        assert not api.has("")

    def test_children(self, api: API) -> None:
        children = api("libs.api:get.children")
        assert children("log") == ["set.form", "set.level", "show"]
        assert children("log:set") == ["form", "level"]
        assert children("log:sho") == []
        assert children("unknown") == []

    def test_list(self, api: API) -> None:
        names = api("libs.api:list")
        assert names("log") == ["log.more:x", "log:set.form", "log:set.level", "log:show"]
        assert names("log:") == names("log")
        assert names("log:set") == ["log:set.form", "log:set.level"]
        assert names("log:show") == ["log:show"]
        assert names("nothing") == []
        assert names() == sorted(names())
        assert {
            "libs.api:add",
            "libs.api:add.apis.for.object",
            "libs.api:has",
            "libs.api:remove",
            "libs.api:get.children",
            "libs.api:list",
            "libs.api:list.data",
            "libs.api:detail",
            "login:name",
        } <= set(names())

    def test_list_data(self, api: API) -> None:
        api("log:show")
        api("log:show")
        assert api("libs.api:list.data")("log:show") == [
            {"name": "log:show", "owner_id": "log", "description": "about log:show", "calls": 2}
        ]

    def test_detail(self, registry: Registry, api: API) -> None:
        offer(registry, Mine())
        api("plugins.games.mine:dump")
        detail = api("libs.api:detail")("plugins.games.mine:dump")
        assert detail == {
            "name": "plugins.games.mine:dump",
            "owner_id": "plugins.games.mine",
            "description": "Dump plugin state",
            "signature": "plugins.games.mine:dump(attribute_name: str | None = None, "
            "detailed: bool = False) -> object",
            "docstring": "Return the state.\n\nAll of it.",
            "calls": {"caller": 1},
        }

    def test_detail_with_source(self, api: API) -> None:
        detail = api("libs.api:detail")("log:show", show_source=True)
        assert detail["source"] == 'def answer(number: int) -> int:\n    """Answer."""\n' + (
            "    return number\n"
        )

    def test_detail_of_what_has_no_signature_and_no_source(
        self, registry: Registry, api: API
    ) -> None:
        registry.add("me", "type", type, description="a type")
        registry.add("me", "odd", Odd())
        assert api("libs.api:detail")("me:type", True)["source"] == ""
        assert api("libs.api:detail")("me:odd")["signature"] == "me:odd(...)"

    def test_the_first_line_of_the_docstring_describes_what_nobody_described(
        self, registry: Registry, api: API
    ) -> None:
        registry.add("me", "f", answer)
        registry.add("me", "g", lambda: None)
        described = {data["name"]: data["description"] for data in registry.list_data("me")}
        assert described == {"me:f": "Answer.", "me:g": ""}

    def test_detail_of_the_unknown(self, api: API) -> None:
        with pytest.raises(APINotFoundError, match="log:show"):
            api("libs.api:detail")("log:shwo")


def answer(number: int) -> int:
    """Answer."""
    return number


class Odd:
    __signature__ = "no signature"

    def __call__(self) -> None: ...


class TestCounting:
    def test_look_ups_are_counted_by_caller(self, registry: Registry) -> None:
        registry.add("me", "f", lambda: 1)
        for caller, times in (("a", 2), ("b", 3)):
            api = API(caller, registry)
            for _ in range(times):
                api("me:f")
        API("a", registry)("me:f")  # another object of the same owner
        assert registry.detail("me:f")["calls"] == {"a": 3, "b": 3}
        assert registry.list_data("me")[0]["calls"] == 6

    def test_counts_survive_a_replacement(self, registry: Registry, api: API) -> None:
        registry.add("me", "f", lambda: 1)
        api("me:f")
        registry.add("me", "f", lambda: 2)
        api("me:f")
        assert registry.detail("me:f")["calls"] == {"caller": 2}

    def test_templates_count_for_the_name_they_stand_for(self, registry: Registry) -> None:
        api = API("me", registry)
        registry.add("me", "f", lambda: 1)
        assert api.has("{plugin_id}:f")
        assert api("{plugin_id}:f")() == api("{owner_id}:f")() == api("me:f")() == 1
        assert registry.detail("me:f")["calls"] == {"me": 3}


class TestPassCaller:
    def test_the_function_is_told_who_looked_it_up(self, registry: Registry) -> None:
        class Plugin:
            @AddAPI("who", pass_caller=True)
            def _api_who(self, greeting: str, caller_id: str = "") -> str:
                return f"{greeting}, {caller_id}"

        registry.add_object("me", Plugin())
        assert API("a", registry)("me:who")("hello") == "hello, a"
        assert API("b", registry)("me:who")("hello") == "hello, b"

    def test_the_signature_does_not_show_it(self, registry: Registry) -> None:
        def who(greeting: str, caller_id: str = "") -> str:
            return greeting

        registry.add("me", "who", who, pass_caller=True)
        assert registry.detail("me:who")["signature"] == "me:who(greeting: str) -> str"

    def test_the_caller_is_passed_after_a_replacement_too(
        self, registry: Registry, api: API
    ) -> None:
        functions: list[Callable[..., Any]] = [
            lambda caller_id: f"1 {caller_id}",
            lambda caller_id: f"2 {caller_id}",
        ]
        for number, function in enumerate(functions, 1):
            registry.add("me", "who", function, pass_caller=True)
            assert api("me:who")() == f"{number} caller"
