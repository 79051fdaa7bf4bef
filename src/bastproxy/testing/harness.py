"""ProxyHarness: the real proxy in a test's event loop."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from bastproxy.app import App
from bastproxy.config import Address, Options, prepare_home
from bastproxy.libs.api import API
from bastproxy.testing.peer import TIMEOUT, ScriptedMud, TestClient

OWNER_ID = "testing"


class HarnessError(Exception):
    """The proxy could not be set up as the test asks."""


class EventLog:
    """The raises of one event, oldest first, each as a dictionary.

    :ivar raises: what each record held when the collector saw it, after all others.
    """

    def __init__(self, name: str, timeout: float) -> None:
        self.name = name
        self.raises: list[dict[str, Any]] = []
        self._timeout = timeout
        self._changed = asyncio.Event()

    def add(self, record: Mapping[str, Any]) -> None:
        """Take one raise."""
        self.raises.append(dict(record))
        self._changed.set()

    async def wait(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until the event has been raised ``count`` times since the start.

        :raises TimeoutError: it has not been in time.
        """
        try:
            async with asyncio.timeout(self._timeout):
                while len(self.raises) < count:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(
                f"{self.name} was raised {len(self.raises)} times, not {count}"
            ) from None
        return self.raises

    def __len__(self) -> int:
        return len(self.raises)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.raises[index]


class _LogCollector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        self.messages.append(text)


class ProxyHarness:
    """A running proxy on loopback with a scripted MUD, for one ``async with``.

    :param home: its home; a temporary directory by default.
    :param plugins: ids to load, beside the core and client plugins.
    :param mud: False for a proxy that is not connected to any MUD.
    :param gmcp: whether the scripted MUD offers GMCP.
    :param notices: whether the proxy tells clients what it does.
    :param quiet_time: seconds after which a line without an end is passed on.
    :param timeout: seconds that any reading waits before it fails.
    :param dev: whether a plugin is reloaded when its files are saved.
    :param leak_check_after: seconds after an unload or a reload in which the log warns of what
        is left of the old code; None for never.
    :raises HarnessError: a plugin cannot be loaded.
    :ivar api: an API object of the test's own.
    :ivar log: the messages logged so far.
    """

    def __init__(
        self,
        home: Path | None = None,
        plugins: Sequence[str] = (),
        *,
        mud: bool = True,
        gmcp: bool = False,
        notices: bool = False,
        quiet_time: float = 0.05,
        timeout: float = TIMEOUT,
        plugin_paths: Sequence[Path] = (),
        installed: bool = False,
        dev: bool = False,
        leak_check_after: float | None = None,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory() if home is None else None
        self.home = Path(self._temporary.name) if self._temporary else Path(home or "")
        self._plugins = list(plugins)
        self._with_mud = mud
        self._timeout = timeout
        self._options = Options(
            home=self.home,
            listen=Address("127.0.0.1", 0),
            console=False,
            connect="start" if mud else "never",
            notices=notices,
            quiet_time=quiet_time,
            plugin_paths=tuple(plugin_paths),
            installed=installed,
            dev=dev,
            leak_check_after=leak_check_after,
        )
        self.mud = ScriptedMud(gmcp=gmcp, timeout=timeout)
        self._collector = _LogCollector()
        self._clients: list[TestClient] = []
        self._app: App | None = None

    @property
    def app(self) -> App:
        """The application.

        :raises RuntimeError: the harness is not entered.
        """
        if self._app is None:
            raise RuntimeError("the harness runs only inside its 'async with'")
        return self._app

    @property
    def api(self) -> API:
        """An API object whose look-ups count as the test's."""
        return API(owner_id=OWNER_ID, registry=self.app.kernel.registry)

    @property
    def log(self) -> list[str]:
        """What was logged so far: level, source and message."""
        return self._collector.messages

    async def __aenter__(self) -> ProxyHarness:
        prepare_home(self.home)
        logging.getLogger("bastproxy").addHandler(self._collector)
        try:
            if self._with_mud:
                self._options.mud = Address(*await self.mud.start())
            self._app = App(self._options)
            await self._app.start()
            if self._with_mud:
                await self.mud.wait_connected()
            self.load(*self._plugins)
            if self._with_mud:
                await self.mud.sync()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    def load(self, *plugin_ids: str) -> None:
        """Load plugins.

        :raises HarnessError: one cannot be loaded; it says why.
        """
        if not plugin_ids:
            return
        bad = self.api("libs.plugins.loader:load.plugins")(list(plugin_ids))["bad_plugins"]
        if bad:
            why = self.api("libs.plugins.loader:get.plugin.error")
            raise HarnessError("; ".join(why(plugin_id) or plugin_id for plugin_id in bad))

    async def connect(self, *, gmcp: bool = False, options: Sequence[int] = ()) -> TestClient:
        """Connect a client, and return it when the proxy has greeted it."""
        client = TestClient(gmcp=gmcp, options=options, timeout=self._timeout)
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: client, self.app.address.host, self.app.address.port)
        self._clients.append(client)
        await client.sync()
        return client

    async def command(self, line: str) -> list[str]:
        """Run a command as a client would, such as ``#bp.plugins.list``; return its answer."""
        answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        if not self.app.commands.run(line, "", answer.set_result):
            raise HarnessError(f"{line!r} is no command")
        try:
            async with asyncio.timeout(self._timeout):
                return await answer
        except TimeoutError:
            raise TimeoutError(f"{line!r} was not answered") from None

    def events(self, name: str) -> EventLog:
        """Collect the raises of an event from now on, as they are after everybody else."""
        dispatcher = self.app.kernel.dispatcher
        log = EventLog(name, self._timeout)

        def collect() -> None:
            record = dispatcher.current_record()
            assert record is not None
            log.add(record)

        dispatcher.register(name, collect, OWNER_ID, priority=1_000_000)
        return log

    def write_plugin(
        self,
        plugin_id: str,
        source: str,
        *,
        files: Mapping[str, str] | None = None,
        **metadata: object,
    ) -> Path:
        """Write a plugin into the home.

        :param source: its ``plugin/__init__.py``.
        :param files: more files by path relative to the plugin's directory.
        :param metadata: ``name``, ``author``, ``version``, ``purpose``, ``required`` and
            ``dependencies``, where they are to differ from plain ones.
        :returns: the plugin's directory.
        """
        return write_plugin(self.home / "plugins", plugin_id, source, files=files, **metadata)

    async def _end(self) -> None:
        for client in self._clients:
            client.close()
        try:
            if self._app is not None:
                app, self._app = self._app, None
                app.kernel.ledger.release(OWNER_ID)
                await app.stop()
            await self.mud.stop()
            for client in self._clients:
                await client.wait_closed()
        finally:
            logging.getLogger("bastproxy").removeHandler(self._collector)
            if self._temporary is not None:
                self._temporary.cleanup()


FIELDS: dict[str, Callable[[str], tuple[str, object]]] = {
    "name": lambda plugin_id: ("PLUGIN_NAME", plugin_id.rsplit(".", 1)[-1]),
    "author": lambda _: ("PLUGIN_AUTHOR", "a test"),
    "version": lambda _: ("PLUGIN_VERSION", 1),
    "purpose": lambda _: ("PLUGIN_PURPOSE", "to be tested"),
    "required": lambda _: ("REQUIRED", False),
    "dependencies": lambda _: ("PLUGIN_DEPENDENCIES", []),
}


def write_plugin(
    root: Path,
    plugin_id: str,
    source: str,
    *,
    files: Mapping[str, str] | None = None,
    **metadata: object,
) -> Path:
    """Write a plugin below a directory of plugins; see :meth:`ProxyHarness.write_plugin`.

    :raises TypeError: there is no such field of metadata.
    """
    unknown = set(metadata) - set(FIELDS)
    if unknown:
        raise TypeError(f"no such metadata: {', '.join(sorted(unknown))}")
    directory = root.joinpath(*plugin_id.split(".")[1:])
    lines = []
    for field, default in FIELDS.items():
        constant, value = default(plugin_id)
        lines.append(f"{constant} = {metadata.get(field, value)!r}\n")
    texts = {"__init__.py": "".join(lines), "plugin/__init__.py": source, **(files or {})}
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory
