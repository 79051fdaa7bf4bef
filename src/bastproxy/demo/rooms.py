"""The rooms of Low Tolling."""

from __future__ import annotations

from typing import Final

from bastproxy.demo.model import RoomKind

ROOMS: Final = (
    RoomKind(
        "square",
        1,
        "Market Square",
        "Fog lies on the cobbles of Low Tolling, as it has for nine days, since the bell fell "
        "silent. Shuttered stalls lean together for company. A church rises to the north, an "
        "inn glows to the west, and the clink of a hammer comes from the east.",
        {"north": "nave", "east": "smithy", "south": "lane", "west": "inn"},
        mobs=("crier",),
        details={
            "stalls": "Whoever sold fish here left in a hurry. The fish did not.",
            "fog": "It smells of salt and old rope. Only the bell ever kept it out at sea.",
        },
    ),
    RoomKind(
        "inn",
        2,
        "The Gilded Eel",
        "A low room, a high fire and a smell of soup. Nobody is in a hurry here: a body could "
        "rest on these benches and get up twice as well.",
        {"east": "square"},
        items=("knife", "loaf"),
        mobs=("marla",),
        details={"fire": "Driftwood, burning blue and green.", "soup": "Eel. It is always eel."},
        comfort=2,
    ),
    RoomKind(
        "smithy",
        3,
        "Orrin's Smithy",
        "Tongs, hoops and half-made anchors hang from every beam. The forge breathes in its "
        "corner like something asleep.",
        {"west": "square"},
        items=("hammer",),
        mobs=("orrin",),
        details={"forge": "Warm enough to dry your boots by.", "anchors": "Nobody has sailed."},
    ),
    RoomKind(
        "nave",
        4,
        "The Nave of Saint Osyth",
        "Your steps come back to you from the vault a moment late. A stair climbs into the "
        "tower, and an open side door shows leaning gravestones to the east.",
        {"south": "square", "east": "churchyard", "up": "stair"},
        mobs=("sexton",),
        details={"vault": "Painted stars, and one painted crow.", "door": "It does not close."},
    ),
    RoomKind(
        "stair",
        5,
        "The Tower Stair",
        "A hundred and one steps, worn hollow by four hundred years of ringers. Feathers lie "
        "on a good many of them: black, and too long.",
        {"up": "belfry", "down": "nave"},
        details={"feathers": "As long as your forearm."},
    ),
    RoomKind(
        "belfry",
        6,
        "The Belfry",
        "The great bell Hilda hangs between louvres broken from outside. You can see over the "
        "fog from here: the marsh, the ribs of a wreck, a black speck that circles it. The "
        "bell has no tongue. If you had its clapper, you could RING it.",
        {"down": "stair"},
        details={
            "bell": "HILDA IS MY NAME, it says around the rim, I CALL THE LOST ONES HOME. "
            "The iron ring inside, where a clapper should hang, is empty.",
            "louvres": "Something large came in here, and left with something heavy.",
        },
    ),
    RoomKind(
        "churchyard",
        7,
        "The Churchyard",
        "The oldest stones have sunk to their shoulders. Steps go down under a slab that "
        "somebody, or something, has pushed aside.",
        {"west": "nave", "down": "crypt"},
        mobs=("cat",),
        details={
            "stones": "DROWNED. DROWNED. OF A SURFEIT OF EELS. DROWNED.",
            "slab": "There are scratches on it. On the inside.",
        },
    ),
    RoomKind(
        "crypt",
        8,
        "The Ringers' Crypt",
        "Sixteen ringers of Low Tolling lie here in their niches. Fifteen, rather.",
        {"up": "churchyard"},
        items=("helm",),
        mobs=("skeleton",),
        details={"niches": "The sixteenth is labelled: OLD TAM. HE NEVER MISSED A PEAL."},
    ),
    RoomKind(
        "lane",
        9,
        "Mill Lane",
        "Wheel ruts full of water run south between hedges towards the marsh. A mill stands "
        "to the west with its sails tied down.",
        {"north": "square", "west": "mill", "south": "marsh"},
        mobs=("dog",),
        details={"hedges": "Something small rustles, and thinks better of it."},
    ),
    RoomKind(
        "mill",
        10,
        "The Old Mill",
        "Flour hangs in the air here as the fog does outside. Sacks are piled to the beams, "
        "and the lower ones have been nibbled.",
        {"east": "lane"},
        items=("loaf", "jerkin"),
        mobs=("rat", "rat"),
        details={"sacks": "The nibbling comes from more than one mouth."},
    ),
    RoomKind(
        "marsh",
        11,
        "The Salt Marsh",
        "Grey water, grey reeds, grey sky. A path of sunken planks goes on to the east; "
        "everything else goes on forever.",
        {"north": "lane", "east": "planks"},
        mobs=("wolf",),
        details={"water": "It looks back.", "reeds": "They bow to a wind that you do not feel."},
    ),
    RoomKind(
        "planks",
        12,
        "The Sunken Planks",
        "The planks give a little at each step. Ahead, the ribs of a wreck stand out of the "
        "mud, and bright things glitter between them.",
        {"west": "marsh", "east": "wreck"},
        items=("boots",),
        details={"wreck": "The Merry Widow, herring lugger. Lost on a night without a bell."},
    ),
    RoomKind(
        "wreck",
        13,
        "The Wreck of the Merry Widow",
        "A nest fills the hull from side to side: spars, nets, spoons, spectacles, a church "
        "candlestick, a mayor's chain. Everything in it shines, or has shone.",
        {"west": "planks"},
        mobs=("crow",),
        details={"nest": "You count eleven thimbles.", "chain": "The mayor has been missing it."},
    ),
)
