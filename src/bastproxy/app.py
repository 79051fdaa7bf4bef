"""The composition root: the only place that builds the parts and ties them together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bastproxy.config import Address, ConfigError, Options, prepare_home
from bastproxy.config.exposure import check_access, in_the_clear, tls_context
from bastproxy.libs.access import Attempts, Passwords, Vault
from bastproxy.libs.api import API
from bastproxy.libs.commands import CommandTable
from bastproxy.libs.gmcp import Gmcp
from bastproxy.libs.msdp import Msdp
from bastproxy.libs.plugins import Kernel, PluginInfo, PluginLoader
from bastproxy.libs.plugins.lifecycle import command_modules
from bastproxy.libs.records import LogOutput, LogRecord
from bastproxy.libs.session import Session
from bastproxy.libs.settings import SettingsStore
from bastproxy.libs.triggers import Triggers
from bastproxy.plugins._baseplugin._patch import BasePatches
from bastproxy.plugins._baseplugin._update import BaseUpdate

OWNER_ID = "app"
CORE = "plugins.core"
CLIENT = "plugins.client"
MANAGER = f"{CORE}.plugins"
SETTLE_SECONDS = 5.0


class StartError(Exception):
    """The proxy cannot start.

    :ivar exit_code: what the process exits with.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class RequiredPluginError(StartError):
    """A plugin without which the proxy cannot run could not be loaded."""

    def __init__(self, plugin_id: str, reason: str) -> None:
        super().__init__(f"the required plugin {reason or plugin_id}", 5)


class ListenError(StartError):
    """Clients cannot be listened for."""

    def __init__(self, address: Address, reason: str) -> None:
        super().__init__(f"cannot listen on {address}: {reason}", 4)


class App:
    """One proxy: its engines, its plugins and its connections.

    As an asynchronous context manager it runs.

    :ivar address: where clients connect, once it has started.
    :ivar tls_address: where clients connect that speak TLS, if they may.
    :ivar api: the application's own API object.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.address = options.listen
        self.tls_address: Address | None = None
        self.stopping = asyncio.Event()
        self.output = LogOutput(options.logs_directory, console=options.console)
        self.kernel = Kernel()
        kernel = self.kernel
        self.settings = SettingsStore(kernel.ledger, self._data_directory, self._setting_changed)
        self.commands = CommandTable(kernel.ledger, kernel.tasks, purpose_of=self._purpose)
        self.commands.attach(kernel.scanner)
        self.triggers = Triggers(kernel.ledger, kernel.dispatcher)
        self.triggers.attach(kernel.scanner)
        self.passwords = Passwords(options.access_file)
        self.attempts = Attempts()
        self.gmcp = Gmcp(kernel.dispatcher, kernel.ledger)
        self.msdp = Msdp(kernel.dispatcher, kernel.ledger)
        self.session = Session(
            kernel.dispatcher,
            kernel.tasks,
            self.gmcp,
            self.msdp,
            quiet_time=options.quiet_time,
            passwords=self.passwords,
            attempts=self.attempts,
        )
        self.loader = PluginLoader(
            kernel,
            search_paths=[
                {"path": path, "prefix": "plugins.", "strip": ""}
                for path in (options.plugins_directory, *options.plugin_paths)
            ],
            data_root=options.data_directory,
            installed=options.installed,
            leak_check_after=options.leak_check_after,
        )
        self.loader.leak_check.activity = self._received
        self.patches = BasePatches(kernel, self._instances)
        self.base_update = BaseUpdate(kernel, self.patches, self._instances)
        self.loader.lifecycle.on_imported.append(self.patches.apply_from)
        self.loader.lifecycle.on_instantiated.append(self._add_command_modules)
        self.api = API(owner_id=OWNER_ID, registry=kernel.registry)
        self._offer_engines()

    async def __aenter__(self) -> App:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    async def start(self) -> Address:
        """Load the plugins and listen for clients.

        :returns: where clients connect.
        :raises ConfigError: the home cannot be used.
        :raises AccessError: the hashes of the clients' passwords cannot be read.
        :raises StartError: a required plugin fails, or the address cannot be listened on.
        """
        options = self.options
        prepare_home(options.home)
        exposed = check_access(options, self.passwords)
        self.kernel.start()
        try:
            self._start_log()
            LogRecord(f"the home is {options.home}", sources=[OWNER_ID])()
            if options.listen in exposed:
                LogRecord(in_the_clear(options), level="warning", sources=[OWNER_ID])()
            self.loader.start()
            self.session.notices = options.notices
            self.session.auto_connect = options.connect == "client"
            self.session.gate.exposed = bool(exposed)
            mud = options.mud_address
            if mud is not None:
                self.session.set_mud_address(*mud)
            self._use_profile()
            self._load_plugins()
            await self._listen()
        except BaseException:
            await self.stop()
            raise
        if options.connect == "start" and mud is not None:
            await self.session.connect(*mud)
        return self.address

    async def stop(self) -> None:
        """Disconnect everybody, save every plugin's state, and unload in reverse order."""
        self.stopping.set()
        try:
            await self.session.close()
            self.kernel.dispatcher.raise_event("ev_plugin_save", {}, OWNER_ID)
            self.loader.stop()
            for owner_id in self.kernel.ledger.owners():
                self.kernel.ledger.release(owner_id, kind="task")
            for left in await self.kernel.work.settle(SETTLE_SECONDS):
                LogRecord(f"{left} does not end", level="warning", sources=[OWNER_ID])()
        finally:
            self.kernel.stop()
            self.output.stop()

    async def run(self) -> None:
        """Wait until :attr:`stopping` is set; the app must have started."""
        await self.stopping.wait()

    def _start_log(self) -> None:
        try:
            self.output.start(self.options.log_level)
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(f"the log {self.output.path} cannot be written: {reason}") from error

    def _load_plugins(self) -> None:
        loader = self.loader
        loader.discover()
        self._load([name for name in sorted(loader.plugins_info) if _is_in(name, CORE)])
        for name, info in loader.plugins_info.items():
            if info.is_required and _is_in(name, CORE) and not info.is_loaded:
                raise RequiredPluginError(name, loader.errors.get(name, ""))
        unwanted: Sequence[str] = self._manager("startup.unwanted")
        self._load(
            [
                name
                for name in sorted(loader.plugins_info)
                if _is_in(name, CLIENT) and name not in unwanted
            ]
        )
        self._load([*self._manager("startup.wanted"), *self.options.load])

    def _load(self, plugin_ids: Sequence[str]) -> None:
        if plugin_ids:
            self.loader.load_plugins(list(dict.fromkeys(plugin_ids)))

    def _manager(self, name: str) -> list[str]:
        api = f"{MANAGER}:{name}"
        return list(self.api(api)()) if self.api.has(api) else []

    async def _listen(self) -> None:
        listen = self.options.listen
        try:
            host, port = await self.session.listen(listen.host, listen.port)
        except OSError as error:
            raise ListenError(listen, error.strerror or str(error)) from error
        self.address = Address(host, port)
        if self.options.listen_tls is not None:
            await self._listen_tls(self.options.listen_tls)

    async def _listen_tls(self, listen: Address) -> None:
        context = tls_context(self.options)
        try:
            host, port = await self.session.listen(listen.host, listen.port, context)
        except OSError as error:
            raise ListenError(listen, error.strerror or str(error)) from error
        self.tls_address = Address(host, port)

    def _use_profile(self) -> None:
        profile = self.options.profile
        if profile is not None:
            vault, run = Vault(self.options.home), self.kernel.work.threads.run
            self.session.login_plan = profile.login_plan(
                lambda name: run(OWNER_ID, vault.get, name)
            )

    def _offer_engines(self) -> None:
        add = self.kernel.registry.add
        add("libs.commands", "get.table", lambda: self.commands, "the command engine")
        add("libs.settings", "get.store", lambda: self.settings, "the settings engine")
        add("libs.triggers", "get.triggers", lambda: self.triggers, "the trigger engine")
        add("libs.session", "get.session", lambda: self.session, "the connections")
        add("libs.gmcp", "get.gmcp", lambda: self.gmcp, "the MUD's GMCP")
        add("libs.msdp", "get.msdp", lambda: self.msdp, "the MUD's MSDP")
        add("libs.records", "get.output", lambda: self.output, "where the log goes")
        add("plugins._baseplugin", "update", self.base_update.update, "update the base class")
        add("plugins._baseplugin", "get.update", lambda: self.base_update, "what updates it")
        add(OWNER_ID, "stop", self.stopping.set, "end the proxy")
        add(OWNER_ID, "get.options", lambda: self.options, "how this run was started")

    def _add_command_modules(self, info: PluginInfo, instance: Any) -> None:
        for module in command_modules(info):
            self.commands.add_module_functions(info.plugin_id, instance, module)

    def _instances(self) -> list[Any]:
        return [
            info.runtime_info.plugin_instance
            for info in self.loader.plugins_info.values()
            if info.runtime_info.plugin_instance is not None
        ]

    def _data_directory(self, owner_id: str) -> Path:
        return self.options.data_directory / owner_id

    def _received(self) -> list[tuple[str, int]]:
        mud = self.session.mud
        clients = self.session.clients.values()
        received = [(client.client_id, client.bytes_received) for client in clients]
        return received if mud is None else [("mud", mud.bytes_received), *received]

    def _purpose(self, owner_id: str) -> str:
        info = self.loader.plugins_info.get(owner_id)
        return info.purpose if info is not None else ""

    def _setting_changed(self, owner_id: str, name: str, new: object, old: object) -> None:
        self.kernel.dispatcher.raise_event(
            f"ev_{owner_id}_var_{name}_modified",
            {"var": name, "newvalue": new, "oldvalue": old},
            owner_id,
        )


def _is_in(plugin_id: str, package: str) -> bool:
    return plugin_id.startswith(f"{package}.")
