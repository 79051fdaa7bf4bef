from collections.abc import Iterator

import pytest

from bastproxy.libs.api import API, APINotFoundError, Registry
from bastproxy.libs.api.api import run_registry, stop_registry
from bastproxy.libs.ledger import Ledger


@pytest.fixture
def registry() -> Registry:
    return Registry(Ledger())


@pytest.fixture
def running(registry: Registry) -> Iterator[Registry]:
    run_registry(registry)
    yield registry
    stop_registry(registry)


def test_speaks_to_the_running_proxy(running: Registry) -> None:
    running.add("me", "f", lambda: 1)
    assert API(owner_id="plugins.games.mine")("me:f")() == 1


def test_without_a_running_proxy_it_says_so() -> None:
    with pytest.raises(RuntimeError, match=r"running proxy .*ProxyHarness"):
        API(owner_id="me")


@pytest.mark.usefixtures("running")
def test_one_proxy_runs_in_a_process() -> None:
    with pytest.raises(RuntimeError, match="a proxy is running in this process already"):
        run_registry(Registry(Ledger()))


def test_the_next_proxy_finds_nothing_of_the_first(registry: Registry) -> None:
    registry.add("me", "f", lambda: 1)
    run_registry(registry)
    stop_registry(registry)
    stop_registry(registry)
    second = Registry(Ledger())
    run_registry(second)
    try:
        assert not API(owner_id="me").has("me:f")
    finally:
        stop_registry(second)


def test_the_name_of_a_module_will_do(registry: Registry) -> None:
    api = API("bastproxy.libs.plugins.loader", registry)
    assert api.owner_id == "libs.plugins.loader"
    assert repr(api) == "API(owner_id='libs.plugins.loader')"


def test_two_objects_of_one_owner_share_their_look_ups(registry: Registry) -> None:
    registry.add("me", "f", lambda: 1)
    first, second = API("a", registry), API("a", registry)
    first("me:f")
    registry.remove("me")
    with pytest.raises(APINotFoundError):
        second("me:f")


class TestNotFound:
    def test_says_who_asked_for_what_and_what_is_near(self, registry: Registry) -> None:
        registry.add("plugins.core.events", "add.event", lambda: 1)
        with pytest.raises(APINotFoundError) as caught:
            API("me", registry)("plugins.core.events:add.evnt")
        error = caught.value
        assert (error.name, error.caller_id) == ("plugins.core.events:add.evnt", "me")
        assert error.nearest[0] == "plugins.core.events:add.event"
        assert str(error) == (
            "there is no API 'plugins.core.events:add.evnt' (asked for by me); "
            f"the nearest names are {', '.join(error.nearest)}"
        )

    def test_is_a_lookup_error(self, registry: Registry) -> None:
        with pytest.raises(LookupError):
            API("me", registry)("x:y")

    def test_without_a_caller_and_without_anything_near(self) -> None:
        error = APINotFoundError("x:y")
        assert str(error) == "there is no API 'x:y'"
        assert error.nearest == []

    def test_names_that_are_gone_are_not_near(self, registry: Registry) -> None:
        registry.add("zebra", "gallop", lambda: 1)
        registry.remove("zebra")
        with pytest.raises(APINotFoundError) as caught:
            API("me", registry)("zebra:gallop")
        assert "zebra:gallop" not in caught.value.nearest
