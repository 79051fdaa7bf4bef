"""How one run of the proxy is to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bastproxy.config.address import DEFAULT_LISTEN, Address, parse_address
from bastproxy.config.profiles import Profile
from bastproxy.libs.net.address import MudAddress

LEVELS: Final = ("debug", "info", "warning", "error", "critical")


@dataclass(slots=True)
class Options:
    """How one run of the proxy is to be.

    :ivar home: the user's directory.
    :ivar listen: where clients connect; port 0 takes a free one.
    :ivar listen_tls: where clients connect that speak TLS; None for nowhere.
    :ivar tls_cert: the certificate that they are shown; None for one that the proxy makes.
    :ivar tls_key: its key.
    :ivar mud: the MUD to connect to; None for the one remembered, if any.
    :ivar profile: the profile to play: its MUD counts, and not ``mud``.
    :ivar load: plugins to load beside those that every start loads.
    :ivar connect: ``client``: the MUD is connected when the first client comes;
        ``start``: at once; ``never``: by command only.
    :ivar notices: whether clients are told of what the proxy does.
    :ivar quiet_time: seconds after which a line without an end is passed on.
    :ivar installed: whether plugins of installed distributions are looked for.
    :ivar dev: whether a plugin is reloaded when its files are saved, in this run.
    :ivar leak_check_after: seconds after an unload or a reload in which what is left of the
        old code is looked for, when it is quiet; None for never.
    """

    home: Path
    listen: Address = field(default_factory=lambda: parse_address(DEFAULT_LISTEN))
    listen_tls: Address | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    mud: Address | MudAddress | None = None
    profile: Profile | None = None
    load: tuple[str, ...] = ()
    log_level: str = "info"
    console: bool = True
    connect: str = "client"
    notices: bool = True
    quiet_time: float = 0.1
    plugin_paths: tuple[Path, ...] = ()
    installed: bool = True
    dev: bool = False
    leak_check_after: float | None = None

    @property
    def mud_address(self) -> MudAddress | None:
        """The MUD to connect to, if one was named: the profile's, or else ``mud``."""
        if self.profile is not None:
            return self.profile.address
        if self.mud is None or isinstance(self.mud, MudAddress):
            return self.mud
        return MudAddress(self.mud.host, self.mud.port)

    @property
    def plugins_directory(self) -> Path:
        """Where the user's plugins are."""
        return self.home / "plugins"

    @property
    def data_directory(self) -> Path:
        """Where the plugins' data directories are."""
        return self.home / "data"

    @property
    def logs_directory(self) -> Path:
        """Where the log files are."""
        return self.home / "logs"

    @property
    def access_file(self) -> Path:
        """Where the hashes of the clients' passwords are."""
        return self.home / "access.toml"
