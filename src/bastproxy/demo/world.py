"""Low Tolling: a town in the fog, whose bell has lost its clapper."""

from __future__ import annotations

from typing import Final

from bastproxy.demo.model import ItemKind, MobKind, World
from bastproxy.demo.rooms import ROOMS

ITEMS: Final = (
    ItemKind(
        "clapper",
        "the iron clapper",
        "The iron clapper of a great bell lies here.",
        "As long as your arm, and cold. The bell in the church tower has missed it.",
        unique=True,
    ),
    ItemKind(
        "knife",
        "a bread knife",
        "A bread knife lies on a table.",
        "It has seen more eel than bread.",
        slot="hand",
        damage=(2, 4),
    ),
    ItemKind(
        "hammer",
        "a smith's hammer",
        "A smith's hammer leans against the anvil.",
        "Four pounds of honest iron.",
        slot="hand",
        damage=(3, 7),
    ),
    ItemKind(
        "jerkin",
        "a leather jerkin",
        "A leather jerkin hangs from a nail.",
        "Stiff, floury, and thicker than it looks.",
        slot="body",
        armour=1,
    ),
    ItemKind(
        "helm",
        "a ringer's helm",
        "A dented helm rests in an empty niche.",
        "Ringers wore them. The bell swings low.",
        slot="head",
        armour=1,
    ),
    ItemKind(
        "boots",
        "a pair of wader's boots",
        "A pair of wader's boots stands here, toes inward.",
        "Their owner stepped out of them, and went on without.",
        slot="feet",
        armour=1,
    ),
    ItemKind(
        "loaf",
        "a barley loaf",
        "A barley loaf is going begging.",
        "Yesterday's, and none the worse.",
        food=12,
    ),
    ItemKind("bone", "a yellow bone", "A yellow bone lies here.", "Old Tam could spare it."),
)

MOBS: Final = (
    MobKind(
        "crier",
        "the town crier",
        "The town crier is here, hoarse.",
        "A large man with a small handbell, and no faith in it.",
        peaceful=True,
        speech=(
            "Nine days of fog! Nine!",
            "Who will ring Hilda? See the sexton!",
            "*shakes a handbell. It goes 'tink'.",
        ),
        replies={
            "hello": "Good day! Well: day.",
            "bell": "Ask the sexton, north of here.",
            "fog": "It comes in when the bell is dumb. It always has.",
            "help": "Ask the sexton about the bell. He is in the church, north of here.",
        },
        range=("square", "inn", "smithy", "lane", "nave"),
    ),
    MobKind(
        "marla",
        "Marla",
        "Marla the innkeeper is here, wiping the same mug.",
        "She has heard your story before, from someone taller.",
        peaceful=True,
        speech=(
            "Sit down, have a REST, it costs nothing.",
            "*looks at the fog, and at the till.",
            "Take the loaf, love. EAT it before it is bread no more.",
        ),
        replies={
            "hello": "Evening. It is always evening, just now.",
            "crow": "Big as a man, and it took my thimbles. All eleven.",
            "clapper": "Bright, was it? Then I know who has it. It lives in the wreck.",
            "soup": "Eel.",
        },
    ),
    MobKind(
        "orrin",
        "Orrin",
        "Orrin the smith is here, between two blows.",
        "Arms like mooring posts.",
        peaceful=True,
        speech=("*hammers something flat that was not.", "Take a hammer. WIELD it, mind."),
        replies={
            "hello": "Hm.",
            "hammer": "Take it. Bring it back with dents.",
            "clapper": "I could forge another, in a year. Find the old one.",
            "crow": "Go with iron in your hand and leather on your back.",
        },
    ),
    MobKind(
        "sexton",
        "the sexton",
        "The sexton is here, looking up at nothing.",
        "Eighty years old, and he has rung the bell for seventy of them.",
        peaceful=True,
        speech=(
            "Nine days, and not one stroke.",
            "*pulls at a rope that is not there.",
            "Whoever brings the CLAPPER home may ring her.",
        ),
        replies={
            "hello": "Speak up! Seventy years next to a bell.",
            "bell": "Hilda has lost her clapper. Bring it up to the belfry, and RING her.",
            "clapper": "Feathers on the stair, that is all I know. Black ones.",
            "feathers": "A crow's, if crows were as big as curates.",
            "crow": "It nests in the wreck, beyond the marsh. South, then east.",
        },
    ),
    MobKind(
        "cat",
        "a one-eyed cat",
        "A one-eyed cat is here, on business.",
        "It has buried better people than you.",
        hp=5,
        accuracy=0.7,
        speech=("*yawns.", "*stares at a spot just behind you.", "*washes one paw, twice."),
        range=("churchyard", "nave", "square", "inn"),
    ),
    MobKind(
        "dog",
        "a stray dog",
        "A stray dog is here, hoping.",
        "Mostly ribs and tail.",
        hp=12,
        damage=(1, 3),
        speech=("*wags its tail.", "*barks at the fog.", "*sits on your foot."),
        range=("lane", "square", "mill", "smithy"),
    ),
    MobKind(
        "rat",
        "a mill rat",
        "A mill rat is here, fat as a bishop.",
        "White with flour, and not afraid of you.",
        hp=6,
        damage=(1, 2),
        respawn=40.0,
        speech=("*nibbles a sack.",),
    ),
    MobKind(
        "wolf",
        "a marsh wolf",
        "A marsh wolf is here, up to its belly in water.",
        "Thin, grey and patient.",
        hp=14,
        damage=(1, 4),
        aggressive=True,
        speech=("*howls. Something answers.",),
        range=("marsh", "planks"),
    ),
    MobKind(
        "skeleton",
        "Old Tam",
        "Old Tam, a skeleton, is here, counting changes.",
        "He holds a rope's end, and nods to a rhythm.",
        hp=16,
        damage=(2, 4),
        accuracy=0.55,
        speech=("Treble... two... three...", "*pulls an invisible rope."),
        replies={"bell": "She is out of tune. She is silent. It is the same.", "crow": "Caw."},
        carries=("bone",),
    ),
    MobKind(
        "crow",
        "the Crow King",
        "The Crow King is here, on a throne of spoons.",
        "A crow the size of a curate, with a curate's eyes. Something long and dark hangs "
        "around its neck: the clapper of a bell.",
        hp=28,
        damage=(2, 5),
        accuracy=0.65,
        speech=("Mine. Mine. Mine.", "*turns a thimble over with one claw."),
        replies={
            "clapper": "Mine.",
            "bell": "Too loud. It is quiet now. Quiet is good.",
            "hello": "Are you shiny?",
        },
        carries=("clapper",),
        respawn=90.0,
    ),
)

WORLD: Final = World(
    area="Low Tolling",
    start="square",
    rooms={room.key: room for room in ROOMS},
    items={item.key: item for item in ITEMS},
    mobs={mob.key: mob for mob in MOBS},
)
