import errno
import gc
import tomllib
import weakref
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as running
from hypothesis import strategies as st

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.settings import SettingError, SettingsStore, UnknownSettingError, file

ME = "plugins.games.me"


class World:
    """A store in a directory, with what it has told; ``start`` is the next run of the proxy."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.asked: list[str] = []
        self.start()

    def start(self) -> SettingsStore:
        self.changes: list[tuple[str, Any, Any]] = []
        self.ledger = Ledger()
        self.store = SettingsStore(self.ledger, self.place, self.changed)
        return self.store

    def place(self, owner_id: str) -> Path:
        self.asked.append(owner_id)
        return self.directory / owner_id

    def changed(self, owner_id: str, name: str, new: object, old: object) -> None:
        assert self.store.get(owner_id, name) == new
        self.changes.append((name, new, old))

    @property
    def path(self) -> Path:
        return self.directory / ME / "settings.toml"

    def write(self, text: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(text)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def no_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Fill the disk; the answer empties it again."""

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    real = file.write_whole
    monkeypatch.setattr(file, "write_whole", full)
    return lambda: monkeypatch.setattr(file, "write_whole", real)


def test_a_setting_has_its_default_until_it_is_changed(world: World) -> None:
    assert world.store.add(ME, "depth", 3, int, "how deep to dig")
    assert world.store.get(ME, "depth") == 3
    assert world.store.change(ME, "depth", "7")
    assert world.store.get(ME, "depth") == 7
    assert world.changes == [("depth", 7, 3)]


def test_a_change_to_the_same_value_is_none(world: World) -> None:
    world.store.add(ME, "depth", 3, int, "")
    assert not world.store.change(ME, "depth", "3")
    assert world.changes == []
    assert not world.path.exists()


def test_only_what_differs_from_the_default_is_in_the_file_with_its_help(world: World) -> None:
    world.store.add(ME, "depth", 3, int, "how deep\nto dig")
    world.store.add(ME, "name", "x", str, "")
    world.store.change(ME, "depth", 7)
    assert world.path.read_text() == "depth = 7 # how deep to dig\n"
    world.store.change(ME, "depth", 3)
    assert tomllib.loads(world.path.read_text()) == {}


def test_the_next_start_finds_the_values(world: World) -> None:
    world.store.add(ME, "depth", 3, int, "")
    world.store.change(ME, "depth", 7)
    store = world.start()
    store.add(ME, "depth", 3, int, "")
    assert store.get(ME, "depth") == 7


def test_a_new_default_holds_where_the_player_changed_nothing(world: World) -> None:
    for name in ("mine", "yours"):
        world.store.add(ME, name, 1, int, "")
    world.store.change(ME, "mine", 2)
    store = world.start()
    for name in ("mine", "yours"):
        store.add(ME, name, 9, int, "")
    assert (store.get(ME, "mine"), store.get(ME, "yours")) == (2, 9)


def test_the_word_default_resets(world: World) -> None:
    world.store.add(ME, "depth", 3, int, "")
    world.store.change(ME, "depth", 7)
    assert world.store.change(ME, "depth", "default")
    assert world.store.get(ME, "depth") == 3
    assert world.changes[-1] == ("depth", 3, 7)


def test_default_may_be_a_choice(world: World) -> None:
    world.store.add(ME, "mode", "fast", "enum", "", choices=["fast", "default"])
    world.store.change(ME, "mode", "default")
    assert world.store.get(ME, "mode") == "default"


def test_reset_without_a_name_resets_them_all_at_once(world: World) -> None:
    for name in ("a", "b", "c"):
        world.store.add(ME, name, 1, int, "")
    world.store.change(ME, "a", 2)
    world.store.change(ME, "c", 2)
    assert world.store.reset(ME)
    assert [detail.value for detail in world.store.settings_of(ME)] == [1, 1, 1]
    assert world.changes[2:] == [("a", 1, 2), ("c", 1, 2)]
    assert not world.store.reset(ME)
    assert not world.store.reset("plugins.games.nobody")


def test_a_bad_value_is_refused_in_words(world: World) -> None:
    world.store.add(ME, "depth", 3, int, "", minimum=1, maximum=10)
    with pytest.raises(SettingError) as caught:
        world.store.change(ME, "depth", "11")
    assert str(caught.value) == (
        "plugins.games.me: depth cannot be '11': it takes a whole number from 1 to 10"
    )
    assert world.store.get(ME, "depth") == 3


@pytest.mark.parametrize(
    ("flags", "allowed"),
    [
        ({"minimum": "1m"}, "a length of time such as 90, 90s, 1h30m or 2d 4h, 1m or more"),
        ({"maximum": 7200}, "a length of time such as 90, 90s, 1h30m or 2d 4h, 2h or less"),
    ],
)
def test_bounds_are_read_and_shown_like_values(
    world: World, flags: dict[str, object], allowed: str
) -> None:
    world.store.add(ME, "pause", "1h", "timelength", "", **flags)
    assert world.store.describe(ME, "pause").allowed == allowed


def test_choices_are_found_in_any_case(world: World) -> None:
    world.store.add(ME, "mode", "fast", "enum", "", choices=["fast", "Slow"])
    world.store.change(ME, "mode", "SLOW")
    assert world.store.get(ME, "mode") == "Slow"
    with pytest.raises(SettingError, match="one of fast, Slow"):
        world.store.change(ME, "mode", "medium")


def test_an_unknown_setting_names_the_nearest(world: World) -> None:
    world.store.add(ME, "depth", 3, int, "")
    with pytest.raises(UnknownSettingError, match=r"no setting 'dept' .*depth"):
        world.store.get(ME, "dept")
    with pytest.raises(KeyError):
        world.store.change("plugins.games.nobody", "depth", 1)


def test_readonly_keeps_players_out_and_lets_the_plugin_in(world: World) -> None:
    world.store.add(ME, "kills", 0, int, "", readonly=True)
    world.store.add(ME, "depth", 3, int, "")
    world.store.change(ME, "kills", 5)
    for value in (6, "default"):
        with pytest.raises(SettingError, match="from its plugin only"):
            world.store.change(ME, "kills", value, by_player=True)
    world.store.change(ME, "depth", 4)
    world.store.reset(ME, by_player=True)
    assert [detail.value for detail in world.store.settings_of(ME)] == [5, 3]


def test_describe_tells_it_as_a_player_types_it(world: World) -> None:
    world.store.add(ME, "pause", "1h30m", "timelength", "how long", hidden=True)
    world.store.change(ME, "pause", 60)
    detail = world.store.describe(ME, "pause")
    assert (detail.value, detail.shown, detail.default_shown) == (60, "1m", "1h30m")
    assert (detail.is_default, detail.hidden, detail.readonly) == (False, True, False)
    assert (detail.type, detail.help) == ("timelength", "how long")


@pytest.mark.parametrize(
    ("default", "kind", "flags", "reason"),
    [
        ("x", "integer", {}, "no type of settings"),
        ("x", int, {}, "its default is 'x'"),
        (None, str, {}, "its default is None"),
        (0, int, {"minimum": 1}, "its default is 0"),
        ("a", "enum", {}, "needs choices"),
        ("c", "enum", {"choices": ["a"]}, "its default is 'c'"),
        (1, int, {"choices": [1]}, "choices go with"),
        ("a", str, {"minimum": 1}, "minimum goes with"),
        (1, int, {"maximum": "x"}, "its maximum is 'x'"),
    ],
)
def test_a_wrong_declaration_is_refused_and_logged(
    world: World,
    caplog: pytest.LogCaptureFixture,
    default: object,
    kind: object,
    flags: dict[str, object],
    reason: str,
) -> None:
    assert not world.store.add(ME, "depth", default, kind, "", **flags)
    assert reason in caplog.text
    assert "'depth'" in caplog.text
    assert world.store.settings_of(ME) == []
    assert world.asked == []


def test_an_unknown_flag_is_reported_and_left_out(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    assert world.store.add(ME, "depth", 3, int, "", hiden=True)
    assert "no flag 'hiden' (did you mean hidden" in caplog.text


def test_a_name_with_a_space_is_refused(world: World, caplog: pytest.LogCaptureFixture) -> None:
    assert not world.store.add(ME, "how deep", 3, int, "")
    assert "without spaces" in caplog.text


def test_comments_and_what_is_unknown_survive_a_change(world: World) -> None:
    world.write("# mine\ndepth = 7 # deep\nold = 'kept'\n\n[table]\nx = 1\n")
    world.store.add(ME, "depth", 3, int, "help")
    world.store.add(ME, "name", "x", str, "a name")
    world.store.change(ME, "depth", 8)
    world.store.change(ME, "name", "y")
    assert world.path.read_text() == (
        "# mine\ndepth = 8 # deep\nold = 'kept'\nname = \"y\" # a name\n\n[table]\nx = 1\n"
    )


def test_an_edit_by_hand_while_the_proxy_runs_survives_and_counts_at_the_next_load(
    world: World,
) -> None:
    for name in ("a", "b"):
        world.store.add(ME, name, 1, int, "")
    world.write("b = 5 # mine\n")
    world.store.change(ME, "a", 2)
    assert tomllib.loads(world.path.read_text()) == {"a": 2, "b": 5}
    world.ledger.open_generation(ME)
    for name in ("a", "b"):
        world.store.add(ME, name, 1, int, "")
    assert [detail.value for detail in world.store.settings_of(ME)] == [2, 5]


def test_a_stored_value_that_does_not_fit_is_reported_and_kept_until_changed(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.write("depth = 'deep'\n")
    world.store.add(ME, "depth", 3, int, "")
    world.store.add(ME, "other", 3, int, "")
    assert world.store.get(ME, "depth") == 3
    assert "'deep'" in caplog.text
    assert str(world.path) in caplog.text
    world.store.change(ME, "other", 4)
    assert "depth = 'deep'" in world.path.read_text()
    world.store.change(ME, "depth", 5)
    assert tomllib.loads(world.path.read_text()) == {"depth": 5, "other": 4}


@pytest.mark.parametrize("stored", ["depth = true\n", "[depth]\nx = 1\n", "depth = [1]\n"])
def test_a_change_replaces_whatever_stood_there(world: World, stored: str) -> None:
    world.write("# top\nother = 2\n" + stored + "[last]\ny = 2\n")
    world.store.add(ME, "depth", 3, int, "")
    world.store.change(ME, "depth", 1)
    assert tomllib.loads(world.path.read_text()) == {"depth": 1, "other": 2, "last": {"y": 2}}


def test_values_matter_more_than_comments_where_a_file_cannot_be_edited_in_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("# mine\nother = 2\n[last]\ny = 2\n")
    world.store.add(ME, "depth", 3, int, "how deep")

    def fail(text: str) -> None:
        raise KeyError(text)

    monkeypatch.setattr("tomlkit.parse", fail)
    world.store.change(ME, "depth", 1)
    assert world.path.read_text() == "other = 2\ndepth = 1 # how deep\n\n[last]\ny = 2\n"


def test_a_reset_after_the_file_was_deleted_writes_none(world: World) -> None:
    world.store.add(ME, "depth", 3, int, "")
    world.store.change(ME, "depth", 7)
    world.path.unlink()
    world.store.reset(ME, "depth")
    assert not world.path.exists()
    assert world.store.save(ME)


@pytest.mark.parametrize(
    "broken", [b"depth = [", b"\xff\xfe", b"a = 1\na = 2\n", b"a = " + b"[" * 5000]
)
def test_a_file_that_does_not_parse_is_set_aside(
    world: World, caplog: pytest.LogCaptureFixture, broken: bytes
) -> None:
    world.write("")
    world.path.write_bytes(broken)
    world.store.add(ME, "depth", 3, int, "")
    assert world.store.get(ME, "depth") == 3
    aside = world.path.with_name("settings.toml.broken")
    assert aside.read_bytes() == broken
    assert str(aside) in caplog.text
    world.store.change(ME, "depth", 4)
    assert tomllib.loads(world.path.read_text()) == {"depth": 4}


def test_a_file_broken_while_the_proxy_runs_is_set_aside_and_written_anew(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.write("foreign = 1\n")
    world.store.add(ME, "depth", 3, int, "")
    world.write("depth = [")
    world.store.change(ME, "depth", 4)
    assert tomllib.loads(world.path.read_text()) == {"depth": 4, "foreign": 1}
    assert world.path.with_name("settings.toml.broken").read_text() == "depth = ["
    assert "written anew" in caplog.text


def test_a_file_from_a_windows_editor_is_read(world: World) -> None:
    world.write("")
    world.path.write_bytes(b"\xef\xbb\xbfdepth = 7\r\n")
    world.store.add(ME, "depth", 3, int, "")
    assert world.store.get(ME, "depth") == 7


def test_a_file_that_cannot_be_read_is_reported_and_left_alone(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.path.mkdir(parents=True)
    world.store.add(ME, "depth", 3, int, "")
    world.store.change(ME, "depth", 4)
    assert world.store.get(ME, "depth") == 4
    assert caplog.text.count(str(world.path)) >= 2
    assert world.path.is_dir()


def test_a_full_disk_loses_nothing(
    world: World, caplog: pytest.LogCaptureFixture, no_disk: Callable[[], None]
) -> None:
    world.store.add(ME, "depth", 3, int, "")
    assert world.store.change(ME, "depth", 7)
    assert world.store.get(ME, "depth") == 7
    assert "No space left" in caplog.text
    assert str(world.path) in caplog.text
    assert not world.store.save(ME)
    no_disk()
    assert world.store.save(ME)
    assert tomllib.loads(world.path.read_text()) == {"depth": 7}


def test_a_value_that_could_not_be_written_survives_unload_and_reload(
    world: World, no_disk: Callable[[], None]
) -> None:
    world.write("other = 1\ndepth = 2\n")
    world.store.add(ME, "depth", 3, int, "")
    world.store.change(ME, "depth", 7)
    world.ledger.release(ME)
    no_disk()
    world.ledger.open_generation(ME)
    world.store.add(ME, "depth", 3, int, "")
    assert world.store.get(ME, "depth") == 7
    assert world.store.save(ME)
    assert tomllib.loads(world.path.read_text()) == {"depth": 7, "other": 1}


def test_no_file_is_looked_at_before_the_first_setting_and_then_one_once(world: World) -> None:
    assert world.store.settings_of(ME) == []
    assert world.store.save(ME)
    assert world.asked == []
    world.store.add(ME, "a", 1, int, "")
    world.store.add(ME, "b", 1, int, "")
    assert world.asked == [ME]
    assert not world.path.parent.exists()


def test_declaring_again_keeps_the_value_and_the_place(world: World) -> None:
    for name in ("a", "b"):
        world.store.add(ME, name, 1, int, "")
    world.store.change(ME, "a", 5)
    world.store.add(ME, "a", 2, int, "new help")
    assert [(detail.name, detail.value) for detail in world.store.settings_of(ME)] == [
        ("a", 5),
        ("b", 1),
    ]
    assert len(world.ledger.lines(ME)) == 2


def test_a_swap_and_its_roll_back(world: World) -> None:
    first = world.ledger.open_generation(ME)
    world.store.add(ME, "a", 1, int, "")
    world.store.add(ME, "b", 1, int, "")
    world.store.change(ME, "a", 5)
    world.ledger.suspend(ME, generation=first)
    assert world.store.owners() == []
    with pytest.raises(UnknownSettingError):
        world.store.get(ME, "a")
    second = world.ledger.open_generation(ME)
    world.store.add(ME, "a", 2, int, "")
    assert world.store.get(ME, "a") == 5
    world.store.change(ME, "a", 6)
    world.ledger.release(ME, generation=second)
    world.ledger.resume(ME, generation=first)
    assert [detail.value for detail in world.store.settings_of(ME)] == [6, 1]


def test_a_release_forgets_the_setting_but_not_the_file(world: World) -> None:
    world.store.add(ME, "depth", 3, int, "")
    world.store.change(ME, "depth", 7)
    world.ledger.release(ME)
    assert world.store.owners() == []
    assert tomllib.loads(world.path.read_text()) == {"depth": 7}


def test_nothing_of_the_plugin_is_kept_alive(world: World) -> None:
    class Mood(StrEnum):
        GOOD = "good"
        BAD = "bad"

    alive = weakref.ref(Mood)
    world.store.add(ME, "mood", Mood.GOOD, "enum", "", choices=Mood)
    world.store.add(ME, "name", Mood.GOOD, str, "")
    world.store.change(ME, "name", Mood.BAD)
    world.store.change(ME, "mood", Mood.BAD)
    del Mood
    gc.collect()
    assert alive() is None
    assert [detail.value for detail in world.store.settings_of(ME)] == ["bad", "bad"]


values = st.one_of(
    st.tuples(st.just("str"), st.text()),
    st.tuples(st.just("int"), st.integers(min_value=-(2**63) + 1, max_value=2**63 - 1)),
    st.tuples(st.just("float"), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("bool"), st.booleans()),
    st.tuples(st.just("timelength"), st.integers(min_value=0, max_value=10**9)),
)
names = st.text(
    st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=8
) | st.sampled_from(["a.b", "a", '"', "=", "[x]", "#"])
DEFAULTS = {"str": "", "int": 0, "float": 0.0, "bool": False, "timelength": 0}


@running(max_examples=50, deadline=None)  # each example writes to the disk
@given(st.dictionaries(names, st.tuples(values, st.text(max_size=20)), max_size=5))
def test_any_values_come_back_from_the_file(
    settings: dict[str, tuple[tuple[str, Any], str]],
) -> None:
    wanted = {name: value for name, ((_, value), _) in settings.items() if value != "default"}
    with TemporaryDirectory() as directory:
        world = World(Path(directory))
        declare_all(world.store, settings)
        for name, value in wanted.items():
            world.store.change(ME, name, value)
        store = world.start()
        declare_all(store, settings)
        assert {name: store.get(ME, name) for name in wanted} == wanted


def declare_all(store: SettingsStore, settings: dict[str, tuple[tuple[str, Any], str]]) -> None:
    for name, ((kind, _), text) in settings.items():
        assert store.add(ME, name, DEFAULTS[kind], kind, text)
