import errno
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib

import pytest

from bastproxy.testing import ProxyHarness

ALIASES = "plugins.client.aliases"


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        yield harness


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / ALIASES / "aliases.toml"


async def sent(proxy, client, line):
    before = len(proxy.mud.peer.lines)
    await client.send_line(line)
    await client.sync()
    await proxy.mud.sync()
    return proxy.mud.peer.lines[before:]


async def test_an_alias_is_added_used_and_kept_at_once(proxy, path):
    client = await proxy.connect()
    await client.send_line("#bp.aliases.add k 'kill %1;loot' -group fight")
    assert await client.read_line() == "alias k added"
    assert tomllib.loads(path.read_text()) == {"k": {"send": "kill %1;loot", "group": "fight"}}
    assert await sent(proxy, client, "k rat;n") == ["kill rat", "loot", "n"]
    assert await proxy.command("#bp.aliases.add k kill %1 now") == ["alias k replaced"]
    assert await sent(proxy, client, "k rat") == ["kill rat now"]
    assert await proxy.command("#bp.aliases.remove k") == ["removed k"]
    assert path.read_text().strip() == ""
    assert await sent(proxy, client, "k rat") == ["k rat"]


async def test_aliases_may_be_in_one_another_and_have_what_can_be_typed(proxy):
    client = await proxy.connect()
    for typed in (
        "k 'kill %1;loot'",
        "loot 'get all corpse;loot'",
        "kk '#2 {k %1;.2n}'",
        "twice -send 'k a' -send 'k b'",
        r"'^hp(\d+)$' '#bp.aliases.show k;say $1' -regex -name hp",
    ):
        assert (await proxy.command(f"#bp.aliases.add {typed}"))[0].endswith(" added")
    assert await sent(proxy, client, "kk rat") == [
        "kill rat", "get all corpse", "loot", "n", "n",
        "kill rat", "get all corpse", "loot", "n", "n",
    ]  # fmt: skip
    assert await sent(proxy, client, "twice") == [
        "kill a", "get all corpse", "loot", "kill b", "get all corpse", "loot",
    ]  # fmt: skip
    assert await sent(proxy, client, "hp30") == ["say 30"]
    assert client.lines[0] == "k: on, priority 50"
    assert await sent(proxy, client, r"\k rat") == ["k rat"]


async def test_circles_are_told_and_nothing_is_sent(proxy):
    client = await proxy.connect()
    for typed in ("a 'look;b'", "b 'say hi;a'"):
        await proxy.command(f"#bp.aliases.add {typed}")
    assert await sent(proxy, client, "n;a") == []
    assert client.lines == ["[input] a -> b -> a goes round in circles; nothing is sent"]
    assert await sent(proxy, client, "look") == ["look"]


async def test_a_variable_is_put_in_where_there_is_one(proxy):
    client = await proxy.connect()
    if not proxy.api("libs.api:has")("plugins.client.variables:set"):
        pytest.skip("the plugin variables is not there")
    proxy.api("plugins.client.variables:set")("target", "orc;quit")
    await proxy.command("#bp.aliases.add k 'kill ${target} ${nothing}'")
    assert await sent(proxy, client, "k") == ["kill orc;quit ${nothing}"]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("add k", "an alias needs something to send"),
        ("add '(a' x -regex", "'(a' is no regular expression: missing ), unterminated subpattern"),
        ("add '(a+)+b' x -regex", "'(a+)+b' could run away"),
        ("add %* x", "the pattern '%*' matches whatever is typed"),
        ("remove kill", "there is no alias 'kill' (did you mean kil?)"),
        ("on kil kill", "there is no alias 'kill'"),
        ("off nothing", "there is no alias 'nothing'"),
        ("show nothing", "there is no alias 'nothing'"),
        ("group nothing off", "no alias is in the group 'nothing'"),
        ("export x -group nothing", "no alias is in the group 'nothing'"),
        ("import nothing", "No such file"),
    ],
)
async def test_what_is_wrong_is_told(proxy, typed, answer):
    await proxy.command("#bp.aliases.add kil x")
    answers = await proxy.command(f"#bp.aliases.{typed}")
    assert answer in answers[0]
    assert proxy.api(f"{ALIASES}:list")() == ["kil"]


async def test_bytes_that_are_no_text_are_refused(proxy, path):
    client = await proxy.connect()
    await client.send_line("#bp.aliases.add k caf\udce9")
    assert "bytes that are no text" in await client.read_line()
    assert not path.exists()


async def test_they_are_listed_shown_and_switched(proxy):
    client = await proxy.connect()
    assert await proxy.command("#bp.aliases.list") == ["there are no aliases"]
    assert await proxy.command("#bp.aliases.group") == ["there are no groups"]
    await proxy.command("#bp.aliases.add k 'kill %1' -group fight")
    await proxy.command("#bp.aliases.add 'b %1' 'bash %1' -name bash -group fight -i -p 20")
    await proxy.command("#bp.aliases.add l look -send exits")
    shown = await proxy.command("#bp.aliases.list")
    assert [re.split(r"  +", line) for line in shown[1:]] == [
        ["l", "look | exits"],
        ["bash", "b %1", "fight", "bash %1"],
        ["k", "fight", "kill %1"],
    ]
    assert len(await proxy.command("#bp.aliases.list -group fight")) == 3
    assert len(await proxy.command("#bp.aliases.list exits")) == 2
    assert await proxy.command("#bp.aliases.list nothing") == ["none matches"]
    assert await proxy.command("#bp.aliases.show bash") == [
        "bash: on, priority 20, group fight",
        "  pattern  b %1  (any case)",
        "  sends  bash %1",
    ]
    assert (await proxy.command("#bp.aliases.show l"))[-1] == "         exits"
    assert await proxy.command("#bp.aliases.off k l") == ["k, l: off"]
    assert await sent(proxy, client, "k rat;l") == ["k rat", "l"]
    assert "k (off)" in "\n".join(await proxy.command("#bp.aliases.list"))
    assert await proxy.command("#bp.aliases.group") == ["group  on  off", "fight  1   1"]
    assert await proxy.command("#bp.aliases.group fight") == ["group fight: 1 on, 1 off"]
    assert await proxy.command("#bp.aliases.group fight on") == ["group fight: 2 on, 0 off"]
    assert await proxy.command("#bp.aliases.on l") == ["l: on"]
    assert await sent(proxy, client, "k rat;B rat") == ["kill rat", "bash rat"]


async def test_what_one_would_send_is_shown(proxy):
    await proxy.command("#bp.aliases.add n 'n;look'")
    assert await proxy.command("#bp.aliases.test n") == ["alias n sends", "  n", "  look"]
    assert await proxy.command("#bp.aliases.test s") == ["no alias fits 's'"]
    await proxy.command("#bp.aliases.add a b")
    await proxy.command("#bp.aliases.add b a")
    assert "circles" in (await proxy.command("#bp.aliases.test a"))[0]
    await proxy.mud.sync()
    assert proxy.mud.peer.lines == []


async def test_plugins_have_the_same(proxy, path):
    client = await proxy.connect()
    api = {name: proxy.api(f"{ALIASES}:{name}") for name in ("add", "get", "list", "enable")}
    assert api["add"]("k", ["kill %1", "loot"], group="fight")
    assert api["add"](r"^x(\d)$", "say $1", name="x", regex=True)
    assert await sent(proxy, client, "k rat;x5") == ["kill rat", "loot", "say 5"]
    assert api["get"]("k")["send"] == "kill %1\nloot"
    assert api["get"]("nothing") is None
    assert api["list"]() == ["k", "x"]
    assert api["list"]("fight") == ["k"]
    assert api["enable"]("k", False)
    assert not api["enable"]("nothing")
    assert tomllib.loads(path.read_text())["k"] == {
        "send": ["kill %1", "loot"], "group": "fight", "enabled": False,
    }  # fmt: skip
    assert proxy.api(f"{ALIASES}:group.enable")("fight") == 1
    assert await sent(proxy, client, "k rat") == ["kill rat", "loot"]
    assert proxy.api(f"{ALIASES}:remove")("k")
    assert not proxy.api(f"{ALIASES}:remove")("k")
    with pytest.raises(ValueError, match="needs something to send"):
        api["add"]("k", "")
    with pytest.raises(ValueError, match="'colour' is nothing"):
        api["add"]("k", "x", colour="red")


async def test_they_are_shared_by_a_file(proxy, tmp_path):
    await proxy.command("#bp.aliases.add k 'kill %1;loot' -group fight")
    await proxy.command("#bp.aliases.add l look")
    (answer,) = await proxy.command("#bp.aliases.export mine")
    path = tmp_path / "data" / ALIASES / "shared" / "mine.toml"
    assert answer == f"2 aliases written to {path}"
    assert "-replace writes over it" in (await proxy.command("#bp.aliases.export mine"))[0]
    other = tmp_path / "fight.toml"
    await proxy.command(f"#bp.aliases.export {other} -group fight")
    assert tomllib.loads(other.read_text()) == {"k": {"send": "kill %1;loot", "group": "fight"}}
    await proxy.command("#bp.aliases.remove l")
    await proxy.command("#bp.aliases.add k kick")
    path.write_text(path.read_text() + "[bad]\nsend = 5\n")
    before = path.read_text()
    assert await proxy.command("#bp.aliases.import mine") == [
        f"1 aliases imported from {path}",
        "the alias 'bad' is left out: send must be a text, or a list of texts",
        "you have others of these names, -replace takes theirs: k",
    ]
    assert proxy.api(f"{ALIASES}:get")("k")["send"] == "kick"
    await proxy.command("#bp.aliases.import mine -replace")
    assert proxy.api(f"{ALIASES}:get")("k")["send"] == "kill %1;loot"
    assert path.read_text() == before
    path.write_text("[broken")
    assert "cannot be read" in (await proxy.command("#bp.aliases.import mine"))[0]
    assert path.read_text() == "[broken"


async def test_they_survive_reloads_and_a_restart(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        await proxy.command("#bp.aliases.add k 'kill %1'")
        for plugin_id in (
            ALIASES,
            "plugins.client.input",
            "plugins.core.events",
            "plugins.core.commands",
            "plugins.core.settings",
        ):
            assert proxy.api("libs.plugins.loader:reload.plugin")(plugin_id)
            assert await sent(proxy, client, "k rat") == ["kill rat"], plugin_id
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        assert await sent(proxy, client, "k rat") == ["kill rat"]


async def test_a_file_edited_by_hand_is_read_and_keeps_what_is_beside(tmp_path, path):
    path.parent.mkdir(parents=True)
    path.write_text('# mine\n[k]  # fight\nsend = "kill %1"\n\n[bad]\nsend = 5\n')
    async with ProxyHarness(tmp_path) as proxy:
        assert any("the alias 'bad' is left out: send must" in message for message in proxy.log)
        await proxy.command("#bp.aliases.add l look")
        assert path.read_text().startswith('# mine\n[k]  # fight\nsend = "kill %1"\n\n[bad]\n')
        assert proxy.api(f"{ALIASES}:list")() == ["k", "l"]
    path.write_text("[k\n")
    async with ProxyHarness(tmp_path) as proxy:
        assert any("it is kept as" in message for message in proxy.log)
        assert proxy.api(f"{ALIASES}:list")() == []
    assert path.with_name("aliases.toml.broken").read_text() == "[k\n"


async def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path, path, monkeypatch):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        await proxy.command("#bp.aliases.add old x")
        await proxy.command("#bp.aliases.add gone x")
        with monkeypatch.context() as patch:
            patch.setattr("bastproxy.libs.files.tempfile.mkstemp", full)
            added, problem = await proxy.command("#bp.aliases.add k 'kill %1'")
            assert added == "alias k added"
            assert "No space left on device; it is tried again" in problem
            await proxy.command("#bp.aliases.remove gone")
            assert not proxy.api(f"{ALIASES}:add")("other", "y")
            assert proxy.api("libs.plugins.loader:reload.plugin")(ALIASES)
            assert await sent(proxy, client, "k rat") == ["kill rat"]
        assert list(tomllib.loads(path.read_text())) == ["old", "gone"]
        await proxy.command("#bp.aliases.save")
        assert list(tomllib.loads(path.read_text())) == ["old", "k", "other"]


def add_and_kill(home):
    """Add an alias in a proxy of its own, which is killed as soon as it has answered."""
    arguments = ["run", "--home", str(home), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bastproxy", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        host, _, port = process.stdout.readline().split()[-1].rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b"#bp.aliases.add k 'kill %1'\r\n")
            received = b""
            while b"alias k added" not in received:
                received += connection.recv(4096)
            process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
async def test_they_survive_a_kill(tmp_path):
    add_and_kill(tmp_path)
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        assert await sent(proxy, client, "k rat") == ["kill rat"]
