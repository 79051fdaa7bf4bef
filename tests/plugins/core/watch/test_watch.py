import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bastproxy.cli import main, start
from bastproxy.testing import ProxyHarness
from bastproxy.testing.harness import write_plugin

WATCH = "plugins.core.watch"
MINE = "plugins.games.mine"
OTHER = "plugins.games.other"
USER = "plugins.games.user"

PLAIN = """\
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin
{imports}

class Plugin(BasePlugin):
    @AddAPI("answer", description="answers")
    def _api_answer(self):
        return {answer}
"""


def source(answer: object, imports: str = "") -> str:
    """Return a plugin whose API answers with an expression."""
    return PLAIN.format(answer=answer, imports=imports)


class Author:
    """Somebody who edits plugins while a client looks on."""

    def __init__(self, proxy: ProxyHarness, client: Any) -> None:
        self.proxy = proxy
        self.client = client

    def write(self, plugin_id: str, answer: object, imports: str = "", **options: Any) -> Path:
        """Write a plugin and load it."""
        directory = self.proxy.write_plugin(plugin_id, source(answer, imports), **options)
        self.proxy.load(plugin_id)
        return directory

    def ask(self, plugin_id: str = MINE) -> Any:
        return self.proxy.api(f"{plugin_id}:answer")()

    def path(self, name: str = "plugin/__init__.py", plugin_id: str = MINE) -> Path:
        return self.proxy.home.joinpath("plugins", *plugin_id.split(".")[1:], name)

    def save(self, text: str, name: str = "plugin/__init__.py", plugin_id: str = MINE) -> None:
        """Save a file as most editors do: beside it, and then in its place."""
        path = self.path(name, plugin_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)

    @property
    def told(self) -> list[str]:
        """What the client was told, without the time that it took."""
        return [
            line.removeprefix("[bastproxy] ").partition(" in ")[0]
            for line in self.client.lines
            if line.startswith(("[bastproxy] reloaded", "[bastproxy] plugins"))
        ]

    async def wait(self, count: int = 1) -> list[str]:
        """Wait until the client has been told so many things; return them."""
        await self.client.wait_for(lambda: len(self.told) >= count, f"{count} notices")
        return self.told

    def generation(self, plugin_id: str = MINE) -> int:
        info = self.proxy.api("libs.plugins.loader:get.plugin.info")(plugin_id)
        generation: int = info.runtime_info.generation
        return generation


@pytest.fixture
async def author(tmp_path: Path) -> AsyncIterator[Author]:
    async with ProxyHarness(tmp_path / "home", mud=False, notices=True, dev=True) as proxy:
        author = Author(proxy, await proxy.connect())
        author.write(MINE, 1)
        yield author


async def test_what_is_saved_is_live_and_the_client_is_told(author):
    author.save(source(2))
    assert await author.wait() == [f"reloaded {MINE}"]
    assert author.ask() == 2
    assert re.search(r" in \d+ ms, swap \d+\.\d ms$", author.client.lines[-1])


async def test_a_file_half_written_is_told_once_and_lives_when_it_is_complete(author):
    path = author.path()
    path.write_text(source(2)[:-9] + "(")
    (said,) = await author.wait()
    assert said.startswith(f"{MINE}: compile, plugin/__init__.py line 8: SyntaxError: ")
    assert said.endswith("; the old version goes on")
    assert author.ask() == 1
    path.touch()
    author.write(OTHER, 1)
    author.save(source(2), plugin_id=OTHER)
    await author.wait(2)
    path.write_text(source(3))
    assert (await author.wait(3))[1:] == [f"reloaded {OTHER}", f"reloaded {MINE}"]
    assert author.ask() == 3


async def test_a_constructor_that_fails_is_told_and_the_memory_is_kept(author):
    instance = author.proxy.api("libs.plugins.loader:get.plugin.instance")(MINE)
    instance.data["kept"] = 1
    author.save(
        f"{source(2)}\n    def __init__(self, *args):\n        raise ValueError('no\\nluck')"
    )
    (said,) = await author.wait()
    place = "__init__, plugin/__init__.py line 11"
    assert said == f"{MINE}: {place}: ValueError: no luck; the old version goes on"
    assert author.proxy.api("libs.plugins.loader:get.plugin.instance")(MINE) is instance
    assert instance.data["kept"] == 1


async def test_all_that_is_saved_at_once_reloads_once_each(author):
    author.write(USER, 1, dependencies=[MINE])
    author.write(OTHER, 1)
    author.save("def number():\n    return 2\n", "libs/numbers.py")
    author.save(source("number()", "from ..libs.numbers import number"))
    author.save(
        source("number()", "from bastproxy.plugins.games.mine.libs.numbers import number"),
        plugin_id=USER,
    )
    author.save(source(2), plugin_id=OTHER)
    assert await author.wait() == [f"reloaded {MINE}, {USER}, {OTHER}"]
    assert [author.ask(name) for name in (MINE, USER, OTHER)] == [2, 2, 2]
    assert [author.generation(name) for name in (MINE, USER, OTHER)] == [2, 2, 2]


async def test_one_that_is_broken_does_not_hold_a_stranger_up(author):
    author.write(OTHER, 1)
    author.save("nonsense(")
    author.save(source(2), plugin_id=OTHER)
    told = await author.wait(2)
    assert told[0] == f"reloaded {OTHER}"
    assert told[1].startswith(f"{MINE}: compile, ")
    assert (author.ask(MINE), author.ask(OTHER)) == (1, 2)


async def test_a_new_file_in_a_new_directory_counts(author):
    author.save("VALUE = 5\n", "libs/deep/values.py")
    await author.wait()
    author.save(source("VALUE", "from ..libs.deep.values import VALUE"))
    await author.wait(2)
    author.save("VALUE = 6\n", "libs/deep/values.py")
    assert await author.wait(3) == [f"reloaded {MINE}"] * 3
    assert author.ask() == 6


async def test_a_deleted_file_counts(author):
    author.save("VALUE = 5\n", "libs/values.py")
    author.save(source("VALUE", "from ..libs.values import VALUE"))
    await author.wait()
    author.path("libs/values.py").unlink()
    told = await author.wait(2)
    assert told[1].startswith(f"{MINE}: import, plugin/__init__.py line 3: ModuleNotFoundError")
    assert author.ask() == 5
    author.save(source(7))
    await author.wait(3)
    assert author.ask() == 7


async def test_a_deleted_plugin_goes_on_which_is_said_once_and_comes_back(author):
    files = {path: path.read_text() for path in author.path("").rglob("*.py")}
    shutil.rmtree(author.path(""))
    (said,) = await author.wait()
    assert said.startswith(f"{MINE}: metadata, __init__.py: ")
    assert said.endswith("; the old version goes on")
    assert author.ask() == 1
    author.write(OTHER, 1)
    author.save(source(2), plugin_id=OTHER)
    await author.wait(2)
    for path, text in files.items():
        author.save(text.replace("return 1", "return 3"), str(path.relative_to(author.path(""))))
    assert (await author.wait(3))[1:] == [f"reloaded {OTHER}", f"reloaded {MINE}"]
    assert author.ask() == 3


async def _told_of(author, names: list[str], before: int) -> list[str]:
    """Wait until all of these were told to be reloaded; return the lines that said so."""
    missing, count = set(names), before
    while missing:
        count += 1
        line = (await author.wait(count))[count - 1]
        assert line.startswith("reloaded "), line
        missing -= set(line.removeprefix("reloaded ").split(", "))
    return author.told[before:]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
async def test_a_switched_branch_is_one_reload_of_each(author):
    root = author.proxy.home / "plugins"

    def git(*args: str) -> None:
        options = ["-c", "user.name=a test", "-c", "user.email=a@test", "-c", "core.hooksPath="]
        subprocess.run(["git", *options, *args], cwd=root, check=True, capture_output=True)

    names = [f"plugins.games.p{number}" for number in range(5)]
    for name in names:
        needs = [MINE] if name == names[0] else [names[0]]
        files = {f"libs/old{n}.py": "VALUE = 1\n" for n in range(5)}
        author.write(
            name, "VALUE", "from ..libs.old1 import VALUE", dependencies=needs, files=files
        )
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "two")
    await _branch_two(author, names, git)
    for _ in range(3):
        for value in (1, 2):
            before = len(author.told)
            git("checkout", "-q", "-")
            told = await _told_of(author, names, before)
            assert {author.ask(name) for name in names} == {value}
            assert len(told) <= 2, told  # one, unless the machine is so busy that git pauses


async def _branch_two(author: Author, names: list[str], git: Any) -> None:
    for name in names:
        shutil.rmtree(author.path("libs", name))
        for number in range(5):
            author.save("VALUE = 2\n", f"libs/new{number}.py", name)
        author.save(source("VALUE", "from ..libs.new1 import VALUE"), plugin_id=name)
    git("add", ".")
    git("commit", "-qm", "two")
    await _told_of(author, names, 0)


async def test_nothing_happens_when_the_content_is_as_it_was(author):
    author.write(OTHER, 1)
    author.path().touch()
    author.save(source(1))
    author.save(source(2), plugin_id=OTHER)
    assert await author.wait() == [f"reloaded {OTHER}"]
    assert author.generation() == 1


async def test_files_of_editors_and_other_files_do_nothing(author):
    author.write(OTHER, 1)
    for name in (".__init__.py.swp", "__init__.py~", ".#__init__.py", "4913", "notes.txt"):
        author.path(f"plugin/{name}").write_text("nonsense(")
    author.save(source(2), plugin_id=OTHER)
    assert await author.wait() == [f"reloaded {OTHER}"]
    assert author.generation() == 1


async def test_a_plugin_behind_a_link_is_watched(author, tmp_path):
    author.write(OTHER, 1)
    author.proxy.api("libs.plugins.loader:unload.plugin")(OTHER)
    elsewhere = tmp_path / "elsewhere"
    shutil.move(author.path("", OTHER), elsewhere)
    author.path("", OTHER).symlink_to(elsewhere, target_is_directory=True)
    author.proxy.load(OTHER)
    (elsewhere / "plugin" / "__init__.py").write_text(source(2))
    assert await author.wait() == [f"reloaded {OTHER}"]
    assert author.ask(OTHER) == 2


async def test_only_loaded_plugins_are_touched(author):
    author.proxy.write_plugin(OTHER, source(1))
    author.save(source(2), plugin_id=OTHER)
    author.save(source(2))
    assert await author.wait() == [f"reloaded {MINE}"]
    assert not author.proxy.api("libs.plugins.loader:is.plugin.loaded")(OTHER)


async def test_it_is_switched_off_and_on_while_the_proxy_runs(tmp_path):
    async with ProxyHarness(tmp_path / "home", mud=False, notices=True) as proxy:
        author = Author(proxy, await proxy.connect())
        author.write(MINE, 1)
        tasks = proxy.app.kernel.tasks
        assert tasks.of(WATCH) == []
        await proxy.command("#bp.watch.set auto_reload on")
        author.save(source(2))
        await author.wait()
        (task,) = tasks.of(WATCH)
        await proxy.command("#bp.watch.set auto_reload off")
        await asyncio.wait([task], timeout=5)
        assert tasks.of(WATCH) == []
        author.save(source(3))
        assert author.ask() == 2
        await proxy.command("#bp.watch.set auto_reload on")
        assert await author.wait(2) == [f"reloaded {MINE}"] * 2
        assert author.ask() == 3


async def test_clients_that_want_no_notices_get_none(tmp_path):
    async with ProxyHarness(tmp_path / "home", mud=False, dev=True) as proxy:
        author = Author(proxy, await proxy.connect())
        author.write(MINE, 1)
        reloaded = proxy.events("ev_plugin_reloaded")
        author.save(source(2))
        await reloaded.wait()
        await author.client.sync()
        assert author.told == []
        assert any(f"reloaded {MINE} in " in line for line in proxy.log)


async def test_the_watcher_reloads_itself_and_goes_on_when_that_fails(author, tmp_path):
    info = author.proxy.api("libs.plugins.loader:get.plugin.info")(WATCH)
    copy = tmp_path / "core" / "watch"
    shutil.copytree(info.package_path, copy, ignore=shutil.ignore_patterns("__pycache__"))
    info.package_path, info.search_path = copy, str(tmp_path)
    assert author.proxy.api("libs.plugins.loader:reload.plugin")(WATCH)
    path = copy / "plugin" / "__init__.py"
    text = path.read_text()

    path.write_text(text.replace("QUIET_MS = 20", "QUIET_MS = 21"))
    assert await author.wait() == [f"reloaded {WATCH}"]
    assert sys.modules[f"bastproxy.{WATCH}.plugin"].QUIET_MS == 21
    author.save(source(2))
    assert await author.wait(2) == [f"reloaded {WATCH}", f"reloaded {MINE}"]

    path.write_text(text + "\nraise ValueError('no luck')\n")
    assert "ValueError: no luck" in (await author.wait(3))[-1]
    author.save(source(3))
    await author.wait(4)
    path.write_text(
        text.replace(
            '"initialize")\n', '"initialize")\n    def _phook_no(self):\n        1 / 0\n\n'
        )
    )
    assert "ZeroDivisionError" in (await author.wait(5))[-1]
    author.save(source(4))
    await author.wait(6)
    assert author.ask() == 4
    path.write_text(text)
    author.save(source(5))
    await author.wait(7)
    assert author.ask() == 5
    assert len(author.proxy.app.kernel.tasks.of(WATCH)) == 1


async def test_a_directory_of_plugins_that_goes_and_comes_back_is_watched_again(
    tmp_path, monkeypatch
):
    root = tmp_path / "repository"
    root.mkdir()
    async with ProxyHarness(
        tmp_path / "home", mud=False, notices=True, plugin_paths=[root]
    ) as proxy:
        monkeypatch.setattr(sys.modules[f"bastproxy.{WATCH}.plugin"], "LOOK_MS", 50)
        author = Author(proxy, await proxy.connect())
        path = write_plugin(root, MINE, source(1)) / "plugin" / "__init__.py"
        proxy.load(MINE)
        await proxy.command("#bp.watch.set auto_reload on")
        path.write_text(source(2))
        await author.wait()
        root.rename(tmp_path / "away")
        assert (await author.wait(2))[1].startswith(f"{MINE}: metadata, __init__.py: ")
        (tmp_path / "away" / "games" / "mine" / "plugin" / "__init__.py").write_text(source(3))
        (tmp_path / "away").rename(root)
        await author.wait(3)
        path.write_text(source(4))
        assert (await author.wait(4))[2:] == [f"reloaded {MINE}"] * 2
        assert author.ask() == 4


async def test_files_that_cannot_be_watched_are_told(tmp_path, monkeypatch):
    async with ProxyHarness(tmp_path / "home", mud=False, notices=True) as proxy:
        client = await proxy.connect()

        def fail(*paths: Path, **options: Any) -> None:
            raise OSError("too many open files")

        monkeypatch.setattr(sys.modules[f"bastproxy.{WATCH}.plugin"], "awatch", fail)
        await proxy.command("#bp.watch.set auto_reload on")
        await client.read_until("[bastproxy] files are not watched any more: too many open files")
        assert proxy.app.kernel.tasks.of(WATCH) == []


def test_the_option_dev_switches_it_on(tmp_path, monkeypatch):
    seen = []

    async def note(options: Any, demo: bool) -> None:
        seen.append(options.dev)

    monkeypatch.setattr(start, "_run", note)
    for more in ([], ["--dev"]):
        result = CliRunner().invoke(main, ["run", "--home", str(tmp_path), *more])
        assert result.exit_code == 0, result.output
    assert seen == [False, True]


@pytest.mark.parametrize("dev", [True, False])
async def test_nothing_is_left_of_a_watcher_that_was_reloaded(tmp_path, dev):
    async with ProxyHarness(tmp_path / "home", mud=False, dev=dev) as proxy:
        for _ in range(5):
            assert proxy.api("libs.plugins.loader:reload.plugin")(WATCH)
            assert await proxy.app.kernel.tasks.settle() == []
        assert len(proxy.app.kernel.tasks.of(WATCH)) == dev
        await _until_collected(proxy)


async def _until_collected(proxy: ProxyHarness) -> None:
    """Wait until the threads of cancelled watches have let go."""
    left = None
    async with asyncio.timeout(5):
        while left := proxy.api("libs.plugins.loader:get.unloaded.plugins.in.memory")():
            await asyncio.to_thread(lambda: None)
    assert left == []
