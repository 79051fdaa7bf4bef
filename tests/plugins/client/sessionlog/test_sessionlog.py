import asyncio
import itertools
from datetime import date

import pytest

ID = "plugins.client.sessionlog"


class Log:
    """The session log of a running proxy."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.directory = proxy.home / "logs" / "sessions"

    @property
    def plugin(self):
        return self.proxy.api("libs.plugins.loader:get.plugin.instance")(ID)

    async def on(self, form=""):
        return "\n".join(await self.proxy.command(f"#bp.sessionlog.on {form}"))

    async def off(self):
        """End the log, and wait until all is written."""
        await self.proxy.command("#bp.sessionlog.off")
        if self.plugin.last is not None:
            assert await asyncio.to_thread(self.plugin.last.ended.wait, 10)

    def text(self, name="127.0.0.1", ending=".log"):
        return (self.directory / name / f"{date.today()}{ending}").read_text(encoding="utf-8")

    async def lines(self, **options):
        await self.off()
        return self.text(**options).splitlines()


@pytest.fixture
def log(bastproxy):
    return Log(bastproxy)


async def say(proxy, *lines):
    for line in lines:
        await proxy.mud.send_line(line)
    await proxy.mud.sync()


def listeners(proxy):
    has = proxy.app.kernel.dispatcher.has_callbacks
    return [has(f"ev_to_{whom}_data_read") for whom in ("client", "mud")]


async def test_it_is_off_at_first_and_nobody_listens_while_it_is(bastproxy, log):
    before = listeners(bastproxy)
    assert not log.directory.exists()
    assert "logged as plain" in await log.on()
    assert listeners(bastproxy) == [True, True]
    await log.off()
    assert listeners(bastproxy) == before


async def test_what_is_on_the_screen_is_in_the_log(bastproxy, log):
    await log.on("plain")
    client = await bastproxy.connect()
    await say(bastproxy, "\x1b[1;32mMarket Square\x1b[0m", "A rat is here.")
    await bastproxy.mud.send_prompt("<30hp> ")
    await client.read_prompt()
    await client.send_line("kill rat")
    await bastproxy.mud.read_until("kill rat")
    await say(bastproxy, "You miss the rat.")
    assert await log.lines() == [
        "Market Square",
        "A rat is here.",
        "<30hp> kill rat",
        "You miss the rat.",
    ]


async def test_the_forms(bastproxy, log):
    for form in ("ansi", "html"):
        await log.on(form)
        await say(bastproxy, "\x1b[31m<rat>", "and on")
    assert await log.lines(ending=".ans") == ["\x1b[31m<rat>\x1b[0m", "\x1b[31mand on\x1b[0m"]
    span = '<span style="color: #cd0000">'
    logged = (await log.lines(ending=".html"))[-2:]
    assert logged == [f"{span}&lt;rat&gt;</span>", f"{span}and on</span>"]


async def test_answers_of_the_proxy_are_not_in_it_but_what_it_tells_all_is(bastproxy, log):
    await log.on()
    client = await bastproxy.connect()
    await client.send_line("#bp.log.level")
    await client.read_until("all")
    bastproxy.app.session.send_to_clients("[bastproxy] for all")
    bastproxy.app.session.send_to_clients("[bastproxy] for one", ["client-1"])
    assert await log.lines() == ["[bastproxy] for all"]


async def test_what_is_gagged_is_not_in_it(bastproxy, log):
    await log.on()
    dispatcher = bastproxy.app.kernel.dispatcher

    def gag():
        record = dispatcher.current_record()
        if "spam" in record["line"]:
            record["send"] = False

    dispatcher.register("ev_to_client_data_modify", gag, "testing")
    await say(bastproxy, "one", "spam", "two")
    assert await log.lines() == ["one", "two"]


@pytest.mark.parametrize(
    ("setting", "logged"),
    [("typed", ["> typed"]), ("all", ["> typed", "by a plugin"]), ("none", ["> "])],
)
async def test_which_commands_are_in_it(bastproxy, log, setting, logged):
    await bastproxy.command(f"#bp.sessionlog.set commands {setting}")
    await log.on()
    client = await bastproxy.connect()
    await bastproxy.mud.send_prompt("> ")
    await client.read_prompt()
    await client.send_line("typed")
    await bastproxy.mud.read_until("typed")
    bastproxy.app.session.send_to_mud("by a plugin")
    await bastproxy.mud.read_until("plugin")
    assert await log.lines() == logged


async def test_a_password_that_is_not_echoed_is_not_in_it(bastproxy, log):
    await log.on("html")
    client = await bastproxy.connect()
    bastproxy.mud.echo(True)
    await bastproxy.mud.send_prompt("Password: ")
    await client.read_prompt()
    await client.send_line("hunter2")
    await bastproxy.mud.read_until("hunter2")
    bastproxy.mud.echo(False)
    await say(bastproxy, "Welcome!")
    assert (await log.lines(ending=".html"))[-2:] == ["Password: ", "Welcome!"]
    everything = [path.read_bytes() for path in bastproxy.home.rglob("*") if path.is_file()]
    assert not any(b"hunter2" in content for content in everything)


async def test_a_password_that_the_mud_lets_everybody_see_is_not_in_it(bastproxy, log):
    await log.on("ansi")
    client = await bastproxy.connect()
    await client.send_line("connect bob hunter2")
    await bastproxy.mud.read_until("hunter2")
    await say(bastproxy, "Wrong password 'hunter2'.")
    await bastproxy.mud.send(b"Password please: ")
    await client.read_until("please: ")
    await client.send_line("hunter3")
    await bastproxy.mud.read_until("hunter3")
    await say(bastproxy, "hunter3 is right.")
    lines = await log.lines(ending=".ans")
    assert lines == [
        "connect bob ********",
        "Wrong password '********'.",
        "Password please: ********",
        "******** is right.",
    ]
    assert not any(b"hunter" in p.read_bytes() for p in log.directory.glob("*/*"))


async def test_a_connection_is_marked_and_begins_anew(bastproxy, log):
    await log.on()
    bastproxy.mud.disconnect()
    await bastproxy.events("ev_mud_disconnected").wait()
    await bastproxy.app.session.reconnect()
    await bastproxy.mud.wait_connected(2)
    await say(bastproxy, "hello")
    first, second, third = await log.lines()
    assert first.startswith("--- disconnected: ")
    assert second.startswith("--- connected to 127.0.0.1 ")
    assert third == "hello"


@pytest.mark.parametrize("member", [ID, "plugins.core.events", "plugins.core.settings"])
async def test_no_line_is_lost_or_out_of_place_over_reloads(bastproxy, log, member):
    await log.on()
    wanted = []
    for number in range(20):
        wanted += [f"{number} before", f"{number} after"]
        await say(bastproxy, wanted[-2])
        assert bastproxy.api("libs.plugins.loader:reload.plugin")(member)
        await say(bastproxy, wanted[-1])
    assert await log.lines() == wanted


async def test_it_goes_on_after_a_reload_that_fails(bastproxy, log, monkeypatch):
    await log.on()
    await say(bastproxy, "one")
    dispatcher = bastproxy.app.kernel.dispatcher
    failing = itertools.chain([True], itertools.repeat(False))

    def fail():
        record = dispatcher.current_record()
        if record["plugin_id"] == ID and next(failing):
            info = bastproxy.app.loader.plugins_info[ID]
            monkeypatch.setattr(type(info.runtime_info.plugin_instance), "_use_settings", None)

    dispatcher.register("ev_plugin_loaded", fail, "testing")
    assert not bastproxy.api("libs.plugins.loader:reload.plugin")(ID)
    await say(bastproxy, "two")
    assert await log.lines() == ["one", "two"]


async def test_unloading_ends_it(bastproxy, log):
    await log.on()
    await say(bastproxy, "one")
    assert bastproxy.api("libs.plugins.loader:unload.plugin")(ID)
    await say(bastproxy, "two")
    assert await bastproxy.app.kernel.work.settle() == []
    assert log.text() == "one\n"


async def test_commands(bastproxy, log):
    assert "#bp.sessionlog.on begins" in (await bastproxy.command("#bp.sessionlog.show"))[0]
    assert "not logged" in (await bastproxy.command("#bp.sessionlog.note hello"))[0]
    assert "no logs" in (await bastproxy.command("#bp.sessionlog.list"))[0]
    assert "takes one of off, plain, ansi, html" in await log.on("pdf")
    await log.on("ansi")
    assert (await bastproxy.command("#bp.sessionlog.note a fine fight")) == ["noted"]
    await log.off()
    assert log.text(ending=".ans") == "a fine fight\n"
    listed = "\n".join(await bastproxy.command("#bp.sessionlog.list"))
    assert f"127.0.0.1/{date.today()}.ans" in listed.replace("\\", "/")
    assert "logged as ansi" in await log.on()  # the last form
    shown = "\n".join(await bastproxy.command("#bp.sessionlog.show"))
    assert "logged as ansi" in shown


async def test_apis(bastproxy, log):
    on, note = (bastproxy.api(f"{ID}:{name}") for name in ("is.on", "note"))
    assert (on(), note("lost")) == (False, False)
    await log.on()
    assert (on(), note("two\nlines")) == (True, True)
    assert await log.lines() == ["two", "lines"]
