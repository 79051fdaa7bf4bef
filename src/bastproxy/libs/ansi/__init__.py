"""Text with colours: reading, painting and replacing parts, codes to type, fewer colours."""

from bastproxy.libs.ansi.carried import Beginning, Carried
from bastproxy.libs.ansi.codes import (
    ATTRIBUTE_CODES,
    COLOUR_CODES,
    convert,
    convert_within,
    escape,
    strip,
)
from bastproxy.libs.ansi.depth import DEPTHS, Depth, reduce, reduce_bytes
from bastproxy.libs.ansi.escapes import plain
from bastproxy.libs.ansi.look import look_params
from bastproxy.libs.ansi.sgr import PLAIN, RESET, Sgr, change, state_after
from bastproxy.libs.ansi.styled import Span, Styled

__all__ = [
    "ATTRIBUTE_CODES",
    "COLOUR_CODES",
    "DEPTHS",
    "PLAIN",
    "RESET",
    "Beginning",
    "Carried",
    "Depth",
    "Sgr",
    "Span",
    "Styled",
    "change",
    "convert",
    "convert_within",
    "escape",
    "look_params",
    "plain",
    "reduce",
    "reduce_bytes",
    "state_after",
    "strip",
]
