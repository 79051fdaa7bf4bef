import pytest

from bastproxy.libs.ansi import look_params


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        ("red", "31"),
        ("bright red", "91"),
        ("bright_red", "91"),
        ("Bold Red on Blue", "1;31;44"),
        ("on yellow", "43"),
        ("bold on bright white", "1;107"),
        ("underline", "4"),
        ("208", "38;5;208"),
        ("9 on 12", "91;104"),
        ("#ff8800 on #000010", "38;2;255;136;0;48;2;0;0;16"),
        ("grey", "90"),
        ("purple4", "38;5;55"),
        ("plain red", "0;31"),
        ("@R", "1;31"),
        ("@r@u", "22;31;4"),
        ("@x208@z17", "22;38;5;208;48;5;17"),
    ],
)
def test_looks(look, expected):
    assert look_params(look) == expected


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ("", "no colour is given"),
        ("rad", "'rad' is not a colour.*red"),
        ("300", "'300' is not a colour"),
        ("#ggg000", "'#ggg000' is not a colour"),
        ("red on", "'on' is not a colour"),
        ("@Rx", "'x' is not a colour code"),
        ("@@", "'@@' is not a colour code"),
    ],
)
def test_what_is_no_look_is_refused(look, message):
    with pytest.raises(ValueError, match=message):
        look_params(look)
