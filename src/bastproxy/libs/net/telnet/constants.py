"""Telnet's numbers: commands (RFC 854, 885) and options (IANA's, and the MUD world's)."""

from __future__ import annotations

from typing import Final

EOR: Final = 239
SE: Final = 240
NOP: Final = 241
DM: Final = 242
BRK: Final = 243
IP: Final = 244
AO: Final = 245
AYT: Final = 246
EC: Final = 247
EL: Final = 248
GA: Final = 249
SB: Final = 250
WILL: Final = 251
WONT: Final = 252
DO: Final = 253
DONT: Final = 254
IAC: Final = 255

BINARY: Final = 0
ECHO: Final = 1
SGA: Final = 3
STATUS: Final = 5
TM: Final = 6
TTYPE: Final = 24
EOR_OPTION: Final = 25
NAWS: Final = 31
LINEMODE: Final = 34
NEW_ENVIRON: Final = 39
CHARSET: Final = 42
MSDP: Final = 69
MSSP: Final = 70
MCCP1: Final = 85
MCCP2: Final = 86
MCCP3: Final = 87
MSP: Final = 90
MXP: Final = 91
ZMP: Final = 93
AARDWOLF: Final = 102
ATCP: Final = 200
GMCP: Final = 201

_NAMES: Final = {
    BINARY: "BINARY",
    ECHO: "ECHO",
    SGA: "SGA",
    STATUS: "STATUS",
    TM: "TM",
    TTYPE: "TTYPE",
    EOR_OPTION: "EOR",
    NAWS: "NAWS",
    LINEMODE: "LINEMODE",
    NEW_ENVIRON: "NEW_ENVIRON",
    CHARSET: "CHARSET",
    MSDP: "MSDP",
    MSSP: "MSSP",
    MCCP1: "MCCP1",
    MCCP2: "MCCP2",
    MCCP3: "MCCP3",
    MSP: "MSP",
    MXP: "MXP",
    ZMP: "ZMP",
    AARDWOLF: "AARDWOLF",
    ATCP: "ATCP",
    GMCP: "GMCP",
}


def name_of(option: int) -> str:
    """Return the name of an option as the MUD world writes it: ``"GMCP"``, else ``"option 77"``."""
    return _NAMES.get(option, f"option {option}")
