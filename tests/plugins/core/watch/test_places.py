from pathlib import Path

from bastproxy.libs.plugins import PluginInfo
from bastproxy.plugins.core.watch.libs import Places


def plugin(plugin_id: str, path: Path, search_path: object) -> PluginInfo:
    info = PluginInfo(plugin_id)
    info.package_path, info.search_path = path, str(search_path)
    return info


def make(path: Path) -> Path:
    path.mkdir(parents=True)
    return path.resolve()


def test_the_directory_that_plugins_were_found_in_is_watched_once(tmp_path):
    root = make(tmp_path / "plugins")
    one, two = make(root / "a" / "one"), make(root / "a" / "two")
    places = Places([plugin("plugins.a.one", one, root), plugin("plugins.a.two", two, root)])
    assert list(places.roots) == [root]
    assert places.cover(plugin("plugins.a.three", root / "a" / "three", root))
    assert not places.cover(plugin("plugins.a.four", tmp_path / "four", tmp_path))


def test_a_plugin_of_a_distribution_and_one_behind_a_link_are_watched_themselves(tmp_path):
    root, elsewhere = make(tmp_path / "plugins" / "a"), make(tmp_path / "elsewhere")
    package = make(tmp_path / "site" / "package")
    (root / "link").symlink_to(elsewhere, target_is_directory=True)
    places = Places(
        [
            plugin("plugins.a.package", package, "distribution games"),
            plugin("plugins.a.link", root / "link", root.parent),
        ]
    )
    assert set(places.roots) == {root.parent, elsewhere, package}
    assert places.directories.touched([str(elsewhere / "x.py")]) == ["plugins.a.link"]
    assert places.directories.touched([str(root / "link")]) == ["plugins.a.link"]


def test_a_directory_that_goes_or_comes_or_is_another_one_is_noticed(tmp_path):
    root = make(tmp_path / "plugins")
    infos = [plugin("plugins.a.one", root / "a" / "one", root)]
    places = Places(infos)
    assert places.are_current()
    root.rename(tmp_path / "away")
    assert not places.are_current()
    places = Places(infos)
    assert places.are_current()
    make(root)
    assert not places.are_current()
