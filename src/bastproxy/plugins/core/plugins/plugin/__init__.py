"""The manager of plugins: what players do with them, and what is loaded at the next start."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import msgspec

from bastproxy.libs.api import AddAPI
from bastproxy.libs.commands.parsing import Answer
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.files import set_aside, write_whole
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.plugins import PluginInfo, ReloadPlan
from bastproxy.libs.records import LogRecord
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

LOADER = "libs.plugins.loader"
SETTINGS = "plugins.core.settings"
STARTED_BY_ITSELF = ("plugins.core.", "plugins.client.")

Result = tuple[bool, list[str]]


class Plugin(BasePlugin):
    """Load, unload, reload and inspect plugins.

    :ivar wanted: plugins that a player has loaded and that every start loads.
    :ivar unwanted: plugins that every start would load and a player has unloaded.
    """

    def __init__(self, plugin_id: str, plugin_info: PluginInfo) -> None:
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["wanted", "unwanted"]
        self.wanted: list[str] = []
        self.unwanted: list[str] = []
        self._read()

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        add = self.api(f"{SETTINGS}:add")
        add(
            self.plugin_id,
            "probation",
            60,
            "timelength",
            "how long after a reload failing code is taken back, 0 for never",
            minimum=0,
        )
        add(
            self.plugin_id,
            "probation_errors",
            5,
            int,
            "how many errors within that time take new code back",
            minimum=1,
        )
        self._set_probation()

    @RegisterToEvent("ev_{plugin_id}_var_probation_modified")
    @RegisterToEvent("ev_{plugin_id}_var_probation_errors_modified")
    def _eventcb_probation(self) -> None:
        self._set_probation()

    def _set_probation(self) -> None:
        get = self.api(f"{SETTINGS}:get")
        self.api(f"{LOADER}:set.probation")(
            get(self.plugin_id, "probation"), get(self.plugin_id, "probation_errors")
        )

    @RegisterToEvent("ev_plugin_rolled_back")
    def _eventcb_rolled_back(self) -> None:
        """Tell the clients, once for all that went back together."""
        record = self.api("libs.events:get.dispatcher")().current_record()
        if not record["automatic"] or record["plugin_id"] != record["members"][0]:
            return
        if self.api("libs.session:get.session")().notices:
            names, reason = ", ".join(record["members"]), " ".join(record["reason"].split())
            self.api("plugins.core.clients:send")(
                f"[bastproxy] {names} went back to the version before: {reason}"
            )

    @AddAPI("startup.wanted", description="what every start loads because a player did")
    def _api_startup_wanted(self) -> list[str]:
        """Return the ids of the plugins to load beside core and client ones."""
        return list(self.wanted)

    @AddAPI("startup.unwanted", description="what no start loads because a player unloaded it")
    def _api_startup_unwanted(self) -> list[str]:
        """Return the ids of the client plugins not to load."""
        return list(self.unwanted)

    @AddCommand()
    @AddParser(description="list the plugins")
    @AddArgument("match", nargs="?", default="", help="only ids that contain this")
    @AddArgument("-n", "--not-loaded", action="store_true", help="those that are not loaded")
    @AddArgument("-c", "--changed", action="store_true", help="those whose files have changed")
    def _command_list(self) -> Result:
        args = self._args()
        infos = [
            info
            for info in self._infos()
            if args["match"] in info.plugin_id
            and not (args["not_loaded"] and info.is_loaded)
            and not (args["changed"] and not self._changed(info))
        ]
        rows = [(info.plugin_id, info.version, self._state(info), info.purpose) for info in infos]
        if not rows:
            return True, ["no such plugins"]
        return True, table(("plugin", "version", "state", "purpose"), rows)

    @AddCommand()
    @AddParser(description="search the plugins' ids, names, authors and purposes")
    @AddArgument("text", help="what to look for")
    def _command_search(self) -> Result:
        text = self._args()["text"].lower()
        rows = [
            (info.plugin_id, self._state(info), info.name, info.purpose)
            for info in self._infos()
            if text in f"{info.plugin_id} {info.name} {info.author} {info.purpose}".lower()
        ]
        if not rows:
            return False, [f"nothing says {text!r}"]
        return True, table(("plugin", "state", "name", "purpose"), rows)

    @AddCommand()
    @AddParser(description="load a plugin, now and at every start")
    @AddArgument("plugin", help="its id, or the end of it")
    def _command_load(self) -> Result:
        plugin_id = self._find(self._args()["plugin"])
        result = self.api(f"{LOADER}:load.plugins")([plugin_id])
        if plugin_id in result["already_loaded_plugins"]:
            self._remember(plugin_id, wanted=True)
            return True, [f"{plugin_id} is loaded already"]
        if plugin_id in result["bad_plugins"]:
            return False, self._why(plugin_id)
        self._remember(plugin_id, wanted=True)
        return True, [f"loaded {', '.join(result['loaded_plugins'])}"]

    @AddCommand()
    @AddParser(description="unload a plugin, now and at every start")
    @AddArgument("plugin", help="its id, or the end of it")
    @AddArgument("-d", "--dependents", action="store_true", help="with what depends on it")
    def _command_unload(self) -> Result:
        args = self._args()
        plugin_id = self._find(args["plugin"])
        if plugin_id in self.wanted and not self.api(f"{LOADER}:is.plugin.loaded")(plugin_id):
            self._remember(plugin_id, wanted=False)
            return True, [f"{plugin_id} was not loaded; no start tries to load it any more"]
        going = [plugin_id, *self.api(f"{LOADER}:get.plugin.dependents")(plugin_id)]
        if not self.api(f"{LOADER}:unload.plugin")(plugin_id, args["dependents"]):
            return False, self._why(plugin_id)
        for name in going:
            self._remember(name, wanted=False)
        return True, [f"unloaded {', '.join(going)}"]

    @AddCommand()
    @AddParser(description="reload a plugin from its files as they are now")
    @AddArgument("plugin", help="its id, or the end of it")
    @AddArgument("-d", "--dependents", action="store_true", help="with what depends on it")
    @AddArgument("-p", "--plan", action="store_true", help="say what would be done, and why")
    def _command_reload(self) -> Result:
        args = self._args()
        plugin_id = self._find(args["plugin"])
        if args["plan"]:
            plan = self.api(f"{LOADER}:reload.plan")(plugin_id, args["dependents"])
            return (True, _told(plan)) if plan else (False, self._why(plugin_id))
        result = self.api(f"{LOADER}:reload.plugins")([plugin_id], args["dependents"])
        if result.error is None:
            return True, [f"reloaded {', '.join(result.members)}"]
        return False, str(result.error).splitlines()

    @AddCommand()
    @AddParser(description="go back to what a plugin was before its last reload, soon after it")
    @AddArgument("plugin", help="its id, or the end of it")
    def _command_rollback(self) -> Result:
        plugin_id = self._find(self._args()["plugin"])
        if self.api(f"{LOADER}:rollback.plugin")(plugin_id):
            return True, [f"{plugin_id} is what it was before its last reload; its files are not"]
        return False, self._why(plugin_id)

    @AddCommand()
    @AddParser(description="list what depends on a plugin")
    @AddArgument("plugin", help="its id, or the end of it")
    def _command_dependents(self) -> Result:
        plugin_id = self._find(self._args()["plugin"])
        names = self.api(f"{LOADER}:get.plugin.dependents")(plugin_id)
        return True, names or [f"nothing depends on {plugin_id}"]

    @AddCommand()
    @AddParser(description="show a plugin: metadata, files, and everything that it owns")
    @AddArgument("plugin", help="its id, or the end of it")
    def _command_show(self) -> Result:
        plugin_id = self._find(self._args()["plugin"])
        info = self.api(f"{LOADER}:get.plugin.info")(plugin_id)
        if info is None:
            return False, [f"{plugin_id} is gone; unload it, and no start tries to load it"]
        return True, [*self._described(info), *self._owned(plugin_id), *self._left(plugin_id)]

    @AddCommand()
    @AddParser(description="update the base class of all plugins from its edited files")
    def _command_patch(self) -> Result:
        if self.api("plugins._baseplugin:update")():
            return True, ["the base class is updated"]
        return False, ["the base class is as it was; the log has the reason"]

    def _described(self, info: PluginInfo) -> list[str]:
        runtime = info.runtime_info
        lines = [
            f"{info.name or info.plugin_id} ({info.plugin_id})",
            f"  version     {info.version} by {info.author}",
            f"  purpose     {info.purpose}",
            f"  path        {info.package_path}",
            f"  data        {info.data_directory}",
            f"  state       {self._state(info)}",
        ]
        if runtime.is_loaded:
            lines.append(
                f"  generation  {runtime.generation}, "
                f"loaded {runtime.imported_time:%Y-%m-%d %H:%M:%S}"
            )
        lines += [f"  changed     {path}" for path in self._changed(info)]
        lines += [f"  wrong       {error}" for error in info.metadata_errors]
        lines += [
            f"  no Python   {path}"
            for path in self.api(f"{LOADER}:plugin.get.invalid.python.files")(info.plugin_id)
        ]
        error = self.api(f"{LOADER}:get.plugin.error")(info.plugin_id)
        return lines + ([f"  failed      {error}"] if error else [])

    def _owned(self, plugin_id: str) -> list[str]:
        lines = self.api("libs.ledger:get.ledger")().lines(plugin_id)
        if not lines:
            return ["it owns nothing"]
        rows = [(line.kind, line.name, line.state.value, line.generation) for line in lines]
        return ["it owns:", *table(("kind", "name", "state", "generation"), rows)]

    def _left(self, plugin_id: str) -> list[str]:
        return [
            line
            for left in self.api(f"{LOADER}:get.unloaded.plugins.in.memory")(True, plugin_id)
            for line in _remains(left)
        ]

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args

    def _infos(self) -> list[PluginInfo]:
        get = self.api(f"{LOADER}:get.plugin.info")
        return [get(name) for name in self.api(f"{LOADER}:get.all.plugins")()]

    def _find(self, typed: str) -> str:
        """Return the id that a player means: itself, or the only one with that end."""
        names = sorted({*self.api(f"{LOADER}:get.all.plugins")(), *self.wanted})
        ends = [name for name in names if name.endswith(f".{typed}")]
        if typed in names:
            return typed
        if len(ends) > 1:
            raise Answer([f"which one do you mean: {', '.join(ends)}?"])
        if not ends:
            raise Answer([f"there is no plugin {typed!r}{did_you_mean(typed, names)}"])
        return str(ends[0])

    def _changed(self, info: PluginInfo) -> list[str]:
        changed: list[str] = self.api(f"{LOADER}:plugin.get.changed.files")(info.plugin_id)
        return changed

    def _state(self, info: PluginInfo) -> str:
        if info.is_loaded:
            return "changed" if self._changed(info) else "loaded"
        return "broken" if info.metadata_errors else "not loaded"

    def _why(self, plugin_id: str) -> list[str]:
        reason = self.api(f"{LOADER}:get.plugin.error")(plugin_id)
        return str(reason or f"{plugin_id}: the log has the reason").splitlines()

    def _remember(self, plugin_id: str, *, wanted: bool) -> None:
        by_itself = plugin_id.startswith(STARTED_BY_ITSELF)
        names = self.unwanted if by_itself else self.wanted
        if wanted is not by_itself:
            if plugin_id not in names:
                names.append(plugin_id)
        elif plugin_id in names:
            names.remove(plugin_id)
        self._write()

    @property
    def _path(self) -> Path:
        return self.plugin_info.data_directory / "startup.json"

    def _write(self) -> None:
        text = msgspec.json.encode({"wanted": self.wanted, "unwanted": self.unwanted})
        try:
            write_whole(self._path, msgspec.json.format(text) + b"\n")
        except OSError as error:
            LogRecord(
                f"what to load at the next start cannot be written to {self._path}: "
                f"{error.strerror}",
                level="error",
                sources=[self.plugin_id],
            )()

    def _read(self) -> None:
        try:
            startup = msgspec.json.decode(self._path.read_bytes(), type=dict[str, list[str]])
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            kept = "it cannot be renamed either"
            with contextlib.suppress(OSError):
                kept = f"it is kept as {set_aside(self._path)}"
            LogRecord(
                f"what to load at a start is in {self._path}, which cannot be read ({error}); "
                f"{kept}",
                level="warning",
                sources=[self.plugin_id],
            )()
        else:
            self.wanted = startup.get("wanted", [])
            self.unwanted = startup.get("unwanted", [])

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        if self.wanted or self.unwanted or self._path.exists():
            self._write()


def _told(plan: ReloadPlan) -> list[str]:
    rows = [
        (str(number), member, plan.reasons[member]) for number, member in enumerate(plan.members, 1)
    ]
    return ["in this order, all or nothing:", *table(("", "plugin", "why"), rows)]


def _remains(left: dict[str, Any]) -> list[str]:
    names = [*left["modules"], *left["definitions"]]
    what = "its instance" if left["instance"] else ", ".join(names)
    return [
        f"still in memory: generation {left['generation']}, {what}",
        *(f"  held by {holder}" for holder in left["holders"]),
    ]
