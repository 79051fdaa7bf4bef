"""The loader's rig, for the tests of what it loads."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_path = Path(__file__).parents[2] / "libs" / "plugins" / "conftest.py"
_spec = importlib.util.spec_from_file_location("plugin_rig", _path)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

make_rig = _module.make_rig
rig = _module.rig
