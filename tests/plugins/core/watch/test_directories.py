from pathlib import Path

import pytest

from bastproxy.plugins.core.watch.libs import Directories

DIRECTORIES = Directories(
    {
        "plugins.a.one": [Path("/home/plugins/a/one")],
        "plugins.a.other": [Path("/home/plugins/a/other"), Path("/src/other")],
    }
)


@pytest.mark.parametrize(
    "path",
    [
        "/home/plugins/a/one/plugin/__init__.py",
        "/home/plugins/a/one/libs",
        "/home/plugins/a/one",
        "/home/plugins/a",
    ],
)
def test_a_source_or_a_directory_concerns_its_plugin(path):
    assert "plugins.a.one" in DIRECTORIES.touched([path])


@pytest.mark.parametrize(
    "name",
    [
        "plugin/.__init__.py.swp",
        "plugin/__init__.py~",
        "plugin/.#__init__.py",
        "plugin/#__init__.py#",
        "plugin/__init__.py.tmp",
        "plugin/__pycache__/__init__.cpython-311.pyc",
        "__pycache__",
        ".git/index",
        ".ruff_cache/x.py",
        "notes.txt",
    ],
)
def test_what_editors_and_tools_leave_concerns_nobody(name):
    assert DIRECTORIES.touched([f"/home/plugins/a/one/{name}"]) == []


def test_a_plugin_is_known_by_every_place_and_no_prefix_of_its_name():
    assert DIRECTORIES.touched(["/src/other/plugin/x.py"]) == ["plugins.a.other"]
    assert DIRECTORIES.touched(["/home/plugins/a/onerous/x.py"]) == []


def test_a_hidden_directory_above_a_plugin_does_not_hide_it():
    directories = Directories({"plugins.a.one": [Path("/home/.bastproxy/plugins/a/one")]})
    assert directories.touched(["/home/.bastproxy/plugins/a/one/plugin/x.py"]) == ["plugins.a.one"]


def test_the_order_is_that_of_the_plugins():
    paths = ["/src/other/x.py", "/home/plugins/a/one/x.py"]
    assert DIRECTORIES.touched(paths) == ["plugins.a.one", "plugins.a.other"]


@pytest.mark.parametrize(
    ("path", "moved"),
    [("/home/plugins/a/one", True), ("/home/plugins", True), ("/home/plugins/a/one/libs", False)],
)
def test_a_directory_of_a_plugin_or_above_has_moved(path, moved):
    assert DIRECTORIES.moved([path]) is moved
