import pytest
from telnetlib3 import telopt

from bastproxy.libs.net.telnet import constants, name_of


@pytest.mark.parametrize(
    ("option", "name"),
    [(1, "ECHO"), (25, "EOR"), (31, "NAWS"), (86, "MCCP2"), (201, "GMCP"), (77, "option 77")],
)
def test_options_are_named(option, name):
    assert name_of(option) == name


def test_numbers_agree_with_telnetlib3():
    theirs = {"EOR": "CMD_EOR", "EOR_OPTION": "EOR", "MCCP2": "MCCP2_COMPRESS"}
    theirs["MCCP3"] = "MCCP3_COMPRESS"
    names = [name for name in vars(constants) if name.isupper() and not name.startswith("_")]
    known = [name for name in names if hasattr(telopt, theirs.get(name, name))]
    assert len(known) > 35
    for name in known:
        assert bytes((getattr(constants, name),)) == getattr(telopt, theirs.get(name, name)), name
