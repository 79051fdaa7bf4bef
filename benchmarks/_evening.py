"""An evening in the demo MUD: what was played, and what a player has set up for it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bastproxy.demo import DemoMud
from bastproxy.libs.net.telnet import LineEnd, Negotiated, Prompt, Telnet, Text
from bastproxy.libs.net.telnet.constants import GA, IAC, TM
from benchmarks.triggers import patterns

PATIENCE = 30.0
TRIGGERS = 500
HIGHLIGHTS = 50
TIMERS = 20
SEED = 5

#: What a player has besides triggers about people who are not there: pattern and answer.
REAL_TRIGGERS = (
    (r"^(\w+) tells you: (?P<what>.*)$", "note $1 $what"),
    (r"^You hit (.+)\. \[(?P<damage>\d+)\]$", "dealt $damage $1"),
    (r"^(.+) hits you\. \[(\d+)\]$", "taken $2 $1"),
    (r" is dead\.$", "get all"),
    (r"^(?:The|A|An) (.+) arrives from (?:the )?(\w+)\.$", "seen $1 $2"),
    (r"^You are too tired to walk", "rest"),
    (r"^<(?P<hp>\d)hp", "flee $hp"),
    (r"(?i)\bhammer\b", "think of iron"),
    (r"^\w+ \w+ \w+$", "three words"),
    (r"^(\w+) shouts: .*?(\d+) coins", "bid $1 $2"),
)
GAGGED = (r"^The town crier shakes a handbell", r" barks at the fog\.$", r"^You cannot do that")
#: Pattern, the new text for the proxy, and the same for ``re``; the new text has no colours.
SUBSTITUTES = (
    (r"^A stray dog", "A stray hound", "A stray hound"),
    (r"(\w+) misses you", "$1 MISSES you", r"\1 MISSES you"),
    (r"\bsteps\b", "stairs", "stairs"),
)
NOTIFIED = r"^\w+ tells you"
MARK = "\a>>> "
#: Pattern and look; these are found in lines of the demo MUD.
PAINTED = (
    (r"\bBob\b", "red"),
    (r"\bCara\b", "blue"),
    (r"\d+hp", "green"),
    (r"\brats?\b", "magenta"),
    (r"[Ff]og", "cyan"),
    (r"bell\b", "yellow"),
    (r"You (?:hit|miss) [^.]+", "cyan"),
    (r"\[\d+\]", "red"),
)
TALK = (
    "has anybody seen the sexton?",
    "the rats at the mill are worth nothing",
    "my hammer for your helm",
    "selling a jerkin, {coins} coins",
    "what did {name} say about the bell?",
    "fog, fog, and eels",
    "{name} owes me {coins} coins",
)
DOINGS = (
    *("look", "look", "exits", "score", "inventory", "who", "help", "get all", "drop all"),
    *("kill rat", "kill dog", "kill wolf", "kill cat", "wield knife", "eat loaf", "flee"),
    *("look fog", "say hello", "say bell", "emote yawns.", "xyzzy", "stand", "help look"),
)


class Recorder(asyncio.Protocol):
    """A client that takes down all it gets.

    :ivar entries: lines and prompts, without their ends: the bytes, and whether it is a prompt.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[bytes, bool]] = []
        self._telnet = Telnet(server=False)
        self._part = bytearray()
        self._changed = asyncio.Event()
        self._marks = 0

    @classmethod
    async def connect(cls, host: str, port: int) -> Recorder:
        """Return one that is connected."""
        _, made = await asyncio.get_running_loop().create_connection(cls, host, port)
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._marks = -1
        self._changed.set()

    def data_received(self, data: bytes) -> None:
        for event in self._telnet.receive(data):
            match event:
                case Text(text):
                    self._part += text
                case LineEnd() | Prompt():
                    self.entries.append((bytes(self._part), isinstance(event, Prompt)))
                    self._part.clear()
                case Negotiated(option) if option == TM:
                    self._marks += 1
        self._transport.write(self._telnet.outgoing())
        self._changed.set()

    def send(self, *lines: str) -> None:
        """Type lines."""
        self._transport.write(b"".join(line.encode() + b"\r\n" for line in lines))

    async def sync(self) -> None:
        """Wait until the other end has dealt with what was sent."""
        wanted = self._marks + 1
        self._telnet.enable_remote(TM)
        self._transport.write(self._telnet.outgoing())
        await self._until(lambda: self._marks >= wanted)

    async def wait_for(self, last: bytes) -> None:
        """Wait for a line."""
        await self._until(lambda: self.entries and self.entries[-1][0] == last)

    def close(self) -> None:
        self._transport.close()

    async def _until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                if self._marks < 0:
                    raise ConnectionError("the connection was closed")
                self._changed.clear()
                await self._changed.wait()


async def play(lines: int) -> list[tuple[bytes, bool]]:
    """Play the demo MUD, and return what Ann has got: so many lines, and the prompts between."""
    chosen = random.Random(SEED)
    mud = DemoMud(rng=random.Random(SEED), tick=3600)  # time passes when we say so
    await mud.start()
    players = []
    try:
        for name in ("Ann", "Bob", "Cara"):
            player = await Recorder.connect(*mud.address)
            player.send(name)
            await player.sync()
            players.append(player)
        ann, *friends = players
        while sum(not prompt for _, prompt in ann.entries) < lines:
            for friend in friends:
                friend.send(_talk(chosen), _step(chosen), *_way(chosen))
                await friend.sync()
            for _ in range(3):
                ann.send(*(line for _ in range(4) for line in (_step(chosen), *_way(chosen))))
                await ann.sync()
                mud.advance(2.0)
        return ann.entries
    finally:
        for player in players:
            player.close()
        await mud.stop()


def stream(entries: Iterable[tuple[bytes, bool]]) -> bytes:
    """Return what was played as the MUD sends it."""
    prompt = bytes((IAC, GA))
    return b"".join(text + (prompt if is_prompt else b"\r\n") for text, is_prompt in entries)


def triggers() -> list[tuple[str, str]]:
    """Return pattern and answer of all triggers, in the order in which they fire."""
    others = patterns(TRIGGERS - len(REAL_TRIGGERS))
    return [*REAL_TRIGGERS, *((pattern, f"other {n}") for n, pattern in enumerate(others))]


def highlights() -> list[tuple[str, str]]:
    """Return pattern and look of all highlights."""
    others = patterns(TRIGGERS)[: HIGHLIGHTS - len(PAINTED)]
    return [*PAINTED, *((pattern, "blue") for pattern in others)]


def prepare(home: Path, *kinds: str) -> None:
    """Write what the player has set up into the home, of all kinds or of some."""
    for kind, (plugin_id, name, text) in _files().items():
        if not kinds or kind in kinds:
            path = home / "data" / plugin_id / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def _files() -> Mapping[str, tuple[str, str, str]]:
    return {
        "triggers": (
            "plugins.core.triggers",
            "triggers.toml",
            _tables({f"t{n}": {"pattern": p, "send": [s]} for n, (p, s) in enumerate(triggers())}),
        ),
        "substitutes": (
            "plugins.client.substitutes",
            "substitutes.toml",
            _list("substitute", [{"pattern": p, "new": new} for p, new, _ in SUBSTITUTES]),
        ),
        "highlights": (
            "plugins.client.highlights",
            "highlights.toml",
            _list("highlight", [{"pattern": p, "look": look} for p, look in highlights()]),
        ),
        "gags": (
            "plugins.client.gags",
            "gags.toml",
            _list("gag", [{"pattern": pattern} for pattern in GAGGED]),
        ),
        "notify": (
            "plugins.client.notify",
            "rules.toml",
            _tables({"tells": {"pattern": NOTIFIED}}),
        ),
        "timers": (
            "plugins.core.timers",
            "timers.toml",
            _tables(
                {
                    f"timer{n}": {"every": f"0.{n % 5 + 1}s", "send": [f"timer {n}"]}
                    for n in range(TIMERS)
                }
            ),
        ),
        "aliases": (
            "plugins.client.aliases",
            "aliases.toml",
            _tables({f"a{n}": {"send": f"kill {n}.%1;loot"} for n in range(30)}),
        ),
    }


def _tables(tables: Mapping[str, Mapping[str, object]]) -> str:
    return "\n".join(f"[{name}]\n{_values(values)}" for name, values in tables.items())


def _list(name: str, tables: Iterable[Mapping[str, object]]) -> str:
    return "\n".join(f"[[{name}]]\n{_values(values)}" for values in tables)


def _values(values: Mapping[str, object]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def _talk(chosen: random.Random) -> str:
    how = chosen.choice(("tell ann", "shout", "shout", "say"))
    name = chosen.choice(("Orrin", "Zendoris", "Marla"))
    return f"{how} {chosen.choice(TALK).format(name=name, coins=chosen.randint(2, 400))}"


def _step(chosen: random.Random) -> str:
    return chosen.choice(DOINGS)


def _way(chosen: random.Random) -> list[str]:
    if chosen.random() < 0.5:
        return []
    return [chosen.choice(("north", "south", "east", "west", "up", "down"))]
