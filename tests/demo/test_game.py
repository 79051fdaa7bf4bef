from __future__ import annotations

import random

import pytest

from bastproxy.demo import commands
from bastproxy.demo.commands.table import TABLE
from bastproxy.demo.entities import MAX_HP, Item, Mob, Player
from bastproxy.demo.game import Game
from bastproxy.demo.text import plain
from bastproxy.demo.world import WORLD


class Recorder:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.channels: list[tuple[str, str, str]] = []
        self.calls: list[tuple[object, ...]] = []

    def line(self, text: str) -> None:
        self.lines.append(plain(text))

    def raw(self, text: str) -> None:
        self.lines.append(text)

    def channel(self, channel: str, talker: str, text: str) -> None:
        self.channels.append((channel, talker, text))

    def flood(self, count: int, size: int) -> None:
        self.calls.append(("flood", count, size))

    def set_prompt(self, mode: str) -> None:
        self.calls.append(("prompt", mode))

    def set_colour(self, on: bool) -> None:
        self.calls.append(("colour", on))

    def choose_password(self) -> None:
        self.calls.append(("password",))

    def quit(self) -> None:
        self.calls.append(("quit",))


class Table:
    """A game, and what its players saw."""

    def __init__(self, seed: int = 1) -> None:
        self.game = Game(random.Random(seed))
        self.seen: dict[str, Recorder] = {}

    def join(self, name: str) -> Player:
        self.seen[name] = Recorder()
        return self.game.join(name, self.seen[name])

    def do(self, player: Player, *lines: str) -> list[str]:
        before = len(self.seen[player.name].lines)
        for line in lines:
            commands.run(self.game, player, line)
        return self.seen[player.name].lines[before:]

    def mob(self, key: str) -> Mob:
        rooms = self.game.rooms.values()
        return next(mob for room in rooms for mob in room.mobs if mob.kind.key == key)

    def give(self, player: Player, *keys: str) -> None:
        player.items += [Item(WORLD.items[key]) for key in keys]

    def put(self, player: Player, room: str) -> None:
        self.game.place(player, self.game.rooms[room], "appears.")


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def ann(table: Table) -> Player:
    return table.join("Ann")


@pytest.fixture
def bob(table: Table, ann: Player) -> Player:
    return table.join("Bob")


def test_the_world_has_no_loose_ends() -> None:
    assert WORLD.check() == []


def test_every_exit_leads_back() -> None:
    back = {"north": "south", "south": "north", "east": "west", "west": "east"}
    back |= {"up": "down", "down": "up"}
    for room in WORLD.rooms.values():
        for way, to in room.exits.items():
            assert WORLD.rooms[to].exits[back[way]] == room.key


def test_room_numbers_differ() -> None:
    assert len({room.num for room in WORLD.rooms.values()}) == len(WORLD.rooms)


def test_walking_shows_the_new_room_and_tires(table: Table, ann: Player) -> None:
    assert table.do(ann, "west")[0] == "The Gilded Eel"
    assert (ann.room.kind.key, ann.moves) == ("inn", 19)


def test_a_wall_stops_a_walk(table: Table, ann: Player) -> None:
    assert table.do(ann, "up") == ["You cannot go that way."]
    assert (ann.room, ann.moves) == (table.game.start, 20)


def test_tired_legs_do_not_walk(table: Table, ann: Player) -> None:
    ann.moves = 0
    assert "too tired" in table.do(ann, "west")[0]
    assert ann.room is table.game.start


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("n", "north"),
        ("s", "south"),
        ("E", "east"),
        ("w", "west"),
        ("u", "up"),
        ("d", "down"),
        ("l", "look"),
        ("i", "inventory"),
        ("k", "kill"),
        ("sa", "say"),
        ("sc", "score"),
        ("fl", "flee"),
        ("wi", "wield"),
        ("wh", "who"),
        ("Inv", "inventory"),
    ],
)
def test_abbreviations(typed: str, name: str) -> None:
    command = TABLE.find(typed)
    assert command is not None
    assert command.name == name


@pytest.mark.parametrize("typed", ["qui", "floo", "pass", "xyzzy", "quit!"])
def test_what_must_be_typed_whole_has_no_abbreviation(typed: str) -> None:
    assert TABLE.find(typed) is None


def test_an_unknown_command_is_said_to_be_one(table: Table, ann: Player) -> None:
    assert "HELP" in table.do(ann, "xyzzy")[0]


def test_an_empty_line_does_nothing(table: Table, ann: Player) -> None:
    assert table.do(ann, "", "   ") == []


def test_everybody_in_the_room_sees_a_walker(table: Table, ann: Player, bob: Player) -> None:
    table.do(bob, "west", "east")
    assert table.seen["Ann"].lines[-2:] == ["Bob leaves west.", "Bob arrives from the west."]


def test_look_shows_things_mobs_and_players(table: Table, ann: Player, bob: Player) -> None:
    lines = table.do(ann, "look")
    assert "Exits: north, east, south, west." in lines
    assert "The town crier is here, hoarse." in lines
    assert "Bob is here, standing." in lines


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("fog", "salt"), ("at crier", "large man"), ("bob", "empty hands"), ("moon", "nothing")],
)
def test_look_at(table: Table, ann: Player, bob: Player, wanted: str, part: str) -> None:
    assert part in table.do(ann, f"look {wanted}")[0]


def test_things_are_taken_used_and_put_down(table: Table, ann: Player) -> None:
    table.do(ann, "west", "get knife", "wield bread")
    assert ann.damage == (2, 4)
    assert table.do(ann, "i") == ["You use:", "  a bread knife (hand)"]
    table.do(ann, "remove knife", "drop knife")
    assert [item.kind.key for item in ann.room.items] == ["loaf", "knife"]
    assert (ann.damage, list(ann.carried())) == ((1, 3), [])


def test_a_second_weapon_takes_the_place_of_the_first(table: Table, ann: Player) -> None:
    table.give(ann, "knife", "hammer")
    table.do(ann, "wield knife", "wield hammer")
    assert ann.worn["hand"].kind.key == "hammer"
    assert [item.kind.key for item in ann.items] == ["knife"]


def test_armour_is_worn_and_counts(table: Table, ann: Player) -> None:
    table.give(ann, "helm", "boots", "jerkin", "hammer")
    table.do(ann, "wear helm", "wear boots", "wear jerkin")
    assert ann.armour == 3
    assert table.do(ann, "wear hammer") == ["You can WIELD that."]


def test_bread_heals_and_is_gone(table: Table, ann: Player) -> None:
    table.give(ann, "loaf")
    ann.hp = 10
    table.do(ann, "eat loaf")
    assert (ann.hp, ann.items) == (22, [])


def test_hands_hold_only_so_much(table: Table, ann: Player) -> None:
    table.give(ann, *["bone"] * 12)
    table.do(ann, "west")
    assert table.do(ann, "get all") == ["You cannot carry any more."]


def test_the_ground_holds_only_so_much(table: Table, ann: Player) -> None:
    ann.room.items += [Item(WORLD.items["bone"]) for _ in range(40)]
    table.give(ann, "loaf", "clapper")
    assert table.do(ann, "drop loaf") == ["There is no room on the ground."]
    assert table.do(ann, "drop clapper") == ["You drop the iron clapper."]


def test_shelves_fill_again_but_only_once(table: Table, ann: Player) -> None:
    table.do(ann, "west", "get all")
    table.game.advance(600)
    assert sorted(item.kind.key for item in ann.room.items) == ["knife", "loaf"]


def test_say_reaches_the_room_only(table: Table, ann: Player, bob: Player) -> None:
    far = table.join("Cid")
    table.do(far, "west")
    table.do(ann, "say Hark at that", "'you")
    assert table.seen["Bob"].lines[-2:] == ["Ann says: Hark at that", "Ann says: you"]
    assert ("say", "Ann", "you") in table.seen["Bob"].channels
    assert ("say", "Ann", "you") not in table.seen["Cid"].channels


def test_what_is_said_cannot_paint_others_screens(table: Table, ann: Player, bob: Player) -> None:
    table.do(ann, "say a\x1b[31mb\x07\u202ec\udcff")
    assert table.seen["Bob"].channels[-1][2] == "a[31mbc\N{REPLACEMENT CHARACTER}"


def test_tell_and_reply(table: Table, ann: Player, bob: Player) -> None:
    table.do(bob, "west")
    table.do(ann, "tell bOB psst")
    assert table.seen["Bob"].lines[-1] == "Ann tells you: psst"
    table.do(bob, "reply yes?")
    assert table.seen["Ann"].lines[-1] == "Bob tells you: yes?"
    assert "Nobody of that name" in table.do(ann, "tell zoe hi")[0]


def test_shout_reaches_all_and_emote_the_room(table: Table, ann: Player, bob: Player) -> None:
    table.do(bob, ":yawns.")
    assert table.seen["Ann"].lines[-1] == "Bob yawns."
    table.do(bob, "west", "shout Soup!")
    assert table.seen["Ann"].lines[-1] == "Bob shouts: Soup!"


def test_mobs_answer_to_a_word(table: Table, ann: Player) -> None:
    table.do(ann, "north")
    assert "Hilda has lost her clapper" in table.do(ann, "say What of the bell?")[-1]


def test_who_and_score(table: Table, ann: Player, bob: Player) -> None:
    assert table.do(ann, "who") == ["In Low Tolling: 2 players", "  Ann", "  Bob"]
    assert "Health 30/30, moves 20/20, standing." in table.do(ann, "score")


def test_help_knows_every_command(table: Table, ann: Player) -> None:
    listed = " ".join(table.do(ann, "help"))
    for group in TABLE.groups().values():
        for command in group:
            assert command.name in listed
            assert table.do(ann, f"help {command.name}") == [command.usage, command.help]


def test_a_fight_goes_on_in_rounds_until_one_is_dead(table: Table, ann: Player) -> None:
    table.give(ann, "hammer")
    table.do(ann, "wield hammer")
    table.put(ann, "crypt")
    table.do(ann, "kill tam")
    assert ann.state == "fighting"
    assert "Not while you are fighting" in table.do(ann, "up")[0]
    table.game.advance(40)
    assert (ann.kills, ann.target) == (1, None)
    assert "bone" in [item.kind.key for item in ann.room.items]
    assert "Old Tam is dead." in table.seen["Ann"].lines


def test_only_the_first_blow_of_a_fight_is_free(table: Table, ann: Player) -> None:
    table.put(ann, "mill")
    table.do(ann, "kill rat")
    first = ann.room.mobs[0]
    second = ann.room.mobs[1]
    assert ann.target is first
    table.do(ann, "kill 2.rat")
    assert (ann.target, second.hp) == (second, second.kind.hp)


def test_the_dead_come_back(table: Table, ann: Player) -> None:
    table.put(ann, "mill")
    ann.room.mobs[0].hp = 1
    while ann.kills == 0:
        table.do(ann, "kill rat")
        table.game.advance(2)
    assert len(ann.room.mobs) == 1
    table.do(ann, "flee")
    table.game.advance(60)
    assert len(table.game.rooms["mill"].mobs) == 2


def test_a_dead_player_wakes_at_the_start(table: Table, ann: Player) -> None:
    table.give(ann, "clapper", "loaf")
    table.put(ann, "wreck")
    ann.hp = 1
    table.do(ann, "kill crow")
    while ann.deaths == 0:
        table.game.advance(2)
    assert ann.room is table.game.start
    assert (ann.hp, ann.target) == (MAX_HP // 2, None)
    assert [item.kind.key for item in ann.items] == ["loaf"]
    assert [item.kind.key for item in table.game.rooms["wreck"].items] == ["clapper"]
    assert table.mob("crow").target is None


def test_fleeing_ends_a_fight(table: Table, ann: Player) -> None:
    table.put(ann, "wreck")
    table.do(ann, "kill crow")
    while ann.target is not None:
        table.do(ann, "flee")
    assert ann.room.kind.key == "planks"
    assert table.mob("crow").target is None


def test_two_fight_one_and_it_turns_to_the_one_who_stays(
    table: Table, ann: Player, bob: Player
) -> None:
    for player in (ann, bob):
        table.put(player, "wreck")
        table.do(player, "kill crow")
    assert table.mob("crow").target is ann
    table.game.leave(ann)
    assert table.mob("crow").target is bob


def test_the_peaceful_and_players_are_not_fought(table: Table, ann: Player, bob: Player) -> None:
    assert "no harm" in table.do(ann, "kill crier")[0]
    assert "do not fight each other" in table.do(ann, "kill bob")[0]
    assert (ann.target, bob.target) == (None, None)


def test_a_wolf_attacks_by_itself_and_wakes_who_rests(table: Table, ann: Player) -> None:
    table.put(ann, "marsh")
    table.do(ann, "rest")
    while ann.target is None and table.game.timetable.now < 300:
        table.game.advance(5)
    assert "A marsh wolf attacks you!" in table.seen["Ann"].lines
    assert not ann.resting


@pytest.mark.parametrize(
    ("room", "rests", "hp"), [("square", "", 11), ("square", "rest", 13), ("inn", "rest", 16)]
)
def test_wounds_heal(table: Table, ann: Player, room: str, rests: str, hp: int) -> None:
    table.put(ann, room)
    table.do(ann, rests)
    ann.hp = 10
    table.game.advance(4)
    assert ann.hp == hp


def test_mobs_wander_within_their_range_and_speak(table: Table, ann: Player) -> None:
    places = set()
    for _ in range(200):
        table.game.advance(5)
        places.add(table.mob("cat").room.kind.key)
    assert {"churchyard", "nave"} <= places <= set(WORLD.mobs["cat"].range)
    assert any("says: " in line for line in table.seen["Ann"].lines)


def test_the_goal_can_be_reached_by_playing() -> None:
    table = Table(seed=4)
    ann = table.join("Ann")
    table.do(ann, "e", "get hammer", "wield hammer", "w", "s", "w", "get jerkin", "wear jerkin")
    table.do(ann, "e", "s")
    ann.target = None
    table.put(ann, "planks")
    table.do(ann, "get boots", "wear boots", "e", "kill crow")
    table.game.advance(60)
    assert ann.kills >= 1
    table.do(ann, "get clapper")
    table.put(ann, "nave")
    ann.target, ann.moves = None, 10
    table.do(ann, "up", "up", "ring bell")
    assert ann.bells == 1
    assert ann.title == "Ann the Bell-Ringer"
    assert "BONG.  BONG.  BONG." in table.seen["Ann"].lines


def test_a_bell_without_its_clapper_is_silent(table: Table, ann: Player) -> None:
    assert table.do(ann, "ring") == ["There is no bell here."]
    table.put(ann, "belfry")
    assert "no clapper" in table.do(ann, "ring bell")[0]
    assert ann.bells == 0


def _clappers(table: Table) -> int:
    found = [item for room in table.game.rooms.values() for item in room.items]
    found += [i for room in table.game.rooms.values() for mob in room.mobs for i in mob.items]
    found += [item for player in table.game.players.values() for item in player.carried()]
    return sum(item.kind.key == "clapper" for item in found)


def test_there_is_one_clapper_whatever_happens(table: Table, ann: Player, bob: Player) -> None:
    assert _clappers(table) == 1
    crow = table.mob("crow")
    table.put(ann, "wreck")
    crow.hp = 1
    while ann.kills == 0:
        table.do(ann, "kill crow")
        table.game.advance(2)
    table.do(ann, "get clapper")
    table.game.advance(100)
    assert table.mob("crow").items == []
    assert _clappers(table) == 1
    ann.target = None
    table.put(ann, "belfry")
    table.do(ann, "ring")
    assert [item.kind.key for item in table.mob("crow").items] == ["clapper"]
    assert _clappers(table) == 1


def test_who_leaves_leaves_the_clapper(table: Table, ann: Player, bob: Player) -> None:
    table.give(ann, "clapper")
    table.game.leave(ann)
    assert [item.kind.key for item in bob.room.items] == ["clapper"]
    assert "Ann fades into the fog." in table.seen["Bob"].lines


def test_a_name_is_played_once(table: Table, ann: Player) -> None:
    with pytest.raises(ValueError, match="in the game already"):
        table.game.join("ANN", Recorder())


@pytest.mark.parametrize(
    ("typed", "call"),
    [
        ("flood 10", ("flood", 10, 80)),
        ("flood 5 200", ("flood", 5, 200)),
        ("prompt bare", ("prompt", "bare")),
        ("colour off", ("colour", False)),
        ("password", ("password",)),
        ("quit", ("quit",)),
    ],
)
def test_commands_of_the_connection(
    table: Table, ann: Player, typed: str, call: tuple[object, ...]
) -> None:
    table.do(ann, typed)
    assert table.seen["Ann"].calls == [call]


@pytest.mark.parametrize(
    "typed",
    [
        "flood",
        "flood 0",
        "flood -1",
        "flood x",
        "flood 1 2 3",
        "flood 5 15",
        "flood 5 4097",
        "flood 10000001",
        "flood " + "9" * 4000,
        "flood ²",
        "prompt",
        "password x",
        "colour x",
    ],
)
def test_wrong_arguments_are_explained(table: Table, ann: Player, typed: str) -> None:
    assert len(table.do(ann, typed)) == 1
    assert table.seen["Ann"].calls == []


def test_echo_is_untouched(table: Table, ann: Player) -> None:
    assert table.do(ann, "echo  \x1b[1m a\udcff ") == [" \x1b[1m a\udcff "]


def test_the_same_seed_plays_the_same_game() -> None:
    def play() -> list[str]:
        table = Table(seed=7)
        ann = table.join("Ann")
        table.put(ann, "wreck")
        table.do(ann, "kill crow")
        table.game.advance(120)
        return table.seen["Ann"].lines

    assert play() == play()
