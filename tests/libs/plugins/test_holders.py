"""Who goes along in a reload, and what the plan says of it."""

import sys

import pytest

BASE = "plugins.games.base"
SUB = "plugins.games.sub"
THIRD = "plugins.games.third"

LIBS = {
    "libs/__init__.py": "",
    "libs/x.py": """
GENERATION = {generation}
class Thing:
    def generation(self):
        return GENERATION
class Error(Exception):
    pass
def func():
    return GENERATION
shared = Thing()
""",
}
SUBCLASS = """
from plugins.games.base.libs.x import Thing

class Better(Thing):
    generation_of_sub = {generation}

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["kept"]
        self.kept = [Better(), Thing()]

    @AddAPI("make")
    def _api_make(self):
        return Better()

    @AddAPI("is.thing")
    def _api_is_thing(self, value):
        return isinstance(value, Thing)
"""
BASECLASS = """
from ..libs.x import Thing, func

class Plugin(BasePlugin):
    @AddAPI("make")
    def _api_make(self):
        return Thing()

    @AddAPI("is.thing")
    def _api_is_thing(self, value):
        return isinstance(value, Thing)
"""


def write_base(rig, generation=1, source=BASECLASS, **metadata):
    files = {name: text.replace("{generation}", str(generation)) for name, text in LIBS.items()}
    rig.write(BASE, source, files=files, **metadata)


def write_sub(rig, generation=1):
    rig.write(SUB, SUBCLASS.replace("{generation}", str(generation)), dependencies=[BASE])


def plan(rig, plugin_id, **options):
    return rig.loader.reloader.plan([plugin_id], **options)


@pytest.mark.parametrize("edited", [BASE, SUB])
def test_isinstance_holds_between_two_plugins_whichever_was_edited(rig, edited):
    write_base(rig)
    write_sub(rig)
    rig.load(SUB)
    for generation in (2, 3):
        (write_base if edited == BASE else write_sub)(rig, generation)
        assert rig.call("reload.plugin", edited), rig.log
        made = rig.ask(SUB, "make")
        assert rig.ask(BASE, "is.thing", made)
        assert rig.ask(SUB, "is.thing", made)
        assert rig.ask(SUB, "is.thing", rig.ask(BASE, "make"))
        assert all(rig.ask(BASE, "is.thing", kept) for kept in rig.instance(SUB).kept)
        assert made.generation() == (generation if edited == BASE else 1)
        assert made.generation_of_sub == (generation if edited == SUB else 1)
        assert type(rig.instance(SUB).kept[0]) is type(made)


@pytest.mark.parametrize("edited", [BASE, SUB])
def test_isinstance_holds_after_a_reload_that_failed(rig, edited):
    write_base(rig)
    write_sub(rig)
    rig.load(SUB)
    made = rig.ask(SUB, "make")
    rig.write(
        edited,
        "class Plugin(BasePlugin):\n    def __init__(self, *args):\n        1 / 0\n",
        files={}
        if edited == SUB
        else LIBS | {"libs/x.py": LIBS["libs/x.py"].replace("{generation}", "9")},
    )
    assert not rig.call("reload.plugin", edited)
    assert rig.ask(BASE, "is.thing", made)
    assert rig.ask(BASE, "is.thing", rig.ask(SUB, "make"))
    assert rig.ask(SUB, "is.thing", rig.ask(BASE, "make"))
    assert made.generation() == 1


HOLDS = {
    "func": "from plugins.games.base.libs.x import func",
    "Thing": "from bastproxy.plugins.games.base.libs.x import Thing",
    "other": "from plugins.games.base.libs.x import Thing as other",
    "x": "from plugins.games.base.libs import x",
    "base": "import plugins.games.base as base",
    "shared": "from plugins.games.base.libs.x import shared",
    "Sub": "import plugins.games.base.libs.x\nclass Sub(plugins.games.base.libs.x.Thing): pass",
    "made": "import plugins.games.base.libs.x\nmade = plugins.games.base.libs.x.Thing()",
}


@pytest.mark.parametrize("name", HOLDS)
@pytest.mark.parametrize("place", ["plugin/__init__.py", "libs/mine.py"])
def test_a_module_that_holds_something_takes_its_plugin_along(rig, name, place):
    write_base(rig)
    plain = (
        "class Plugin(BasePlugin):\n    @AddAPI('call')\n"
        "    def _api_call(self):\n        return held()\n"
    )
    held = f"def held():\n    return {name}\n"
    if place == "plugin/__init__.py":
        rig.write(SUB, f"{HOLDS[name]}\n{held}{plain}", dependencies=[BASE])
    else:
        files = {"libs/__init__.py": "", "libs/mine.py": f"{HOLDS[name]}\n{held}"}
        source = f"import importlib\nfrom .. import libs\nfrom ..libs import mine\n{plain}".replace(
            "held()", "mine.held()"
        )
        rig.write(SUB, source, files=files, dependencies=[BASE])
    rig.load(SUB)
    made = plan(rig, BASE)
    assert made.members == [BASE, SUB]
    assert made.reasons == {
        BASE: "it was asked for",
        SUB: f"its {name} comes from {BASE}",
    }
    write_base(rig, 2)
    assert rig.call("reload.plugin", BASE)
    value = rig.ask(SUB, "call")
    module = sys.modules[f"bastproxy.{BASE}.libs.x"]
    now = {
        "func": module.func,
        "Thing": module.Thing,
        "other": module.Thing,
        "x": module,
        "base": sys.modules[f"bastproxy.{BASE}"],
        "shared": module.shared,
    }
    if name in now:
        assert value is now[name]
    elif name == "Sub":
        assert issubclass(value, module.Thing)
    else:
        assert isinstance(value, module.Thing)


def test_a_chain_of_holders_goes_along_in_order(rig):
    write_base(rig)
    write_sub(rig)
    rig.write(
        THIRD,
        "from plugins.games.sub.plugin import Better\nclass Plugin(BasePlugin): pass\n",
        dependencies=[SUB],
    )
    rig.load(THIRD)
    made = plan(rig, BASE)
    assert made.members == [BASE, SUB, THIRD]
    # Better is defined in sub, and derived from what base defines
    assert made.reasons[THIRD] in (f"its Better comes from {SUB}", f"its Better comes from {BASE}")
    assert plan(rig, THIRD).members == [THIRD]


CALLS = """
class Plugin(BasePlugin):
    @AddAPI("ask")
    def _api_ask(self):
        return self.api("plugins.games.base:make")().generation()

    @AddAPI("late")
    def _api_late(self):
        from plugins.games.base.libs.x import func
        return func()
"""


def test_a_plugin_that_only_calls_the_api_stays_and_sees_the_new_code(rig):
    write_base(rig)
    rig.write(SUB, CALLS, dependencies=[BASE])
    rig.load(SUB)
    instance = rig.instance(SUB)
    assert plan(rig, BASE).members == [BASE]
    write_base(rig, 2)
    assert rig.call("reload.plugin", BASE)
    assert rig.instance(SUB) is instance
    assert rig.ask(SUB, "ask") == 2
    assert rig.ask(SUB, "late") == 2


def test_the_name_of_another_plugin_that_only_begins_alike_is_no_reason(rig):
    write_base(rig)
    rig.write("plugins.games.baseball", "class Thing: pass\nclass Plugin(BasePlugin): pass\n")
    rig.write(
        SUB,
        "from plugins.games.baseball.plugin import Thing\nclass Plugin(BasePlugin): pass\n",
        dependencies=["plugins.games.baseball"],
    )
    rig.load(BASE, SUB)
    assert plan(rig, BASE).members == [BASE]


def test_dependents_go_along_when_the_plugin_or_the_caller_says_so(rig):
    write_base(rig)
    rig.write(SUB, CALLS, dependencies=[BASE])
    rig.write(THIRD, CALLS, dependencies=[SUB])
    rig.load(THIRD)
    assert plan(rig, BASE, dependents=True).reasons == {
        BASE: "it was asked for",
        SUB: f"it depends on {BASE}",
        THIRD: f"it depends on {BASE}",
    }
    rig.instance(BASE).reload_dependents_f = True
    made = plan(rig, BASE)
    assert made.members == [BASE, SUB, THIRD] or made.members == [BASE, SUB]
    assert made.reasons[SUB] == f"{BASE} takes its dependents along"


def test_a_holder_that_cannot_be_reloaded_refuses_for_all(rig, snapshot):
    write_base(rig)
    write_sub(rig)
    rig.load(SUB)
    rig.instance(SUB).can_reload_f = False
    instance = rig.instance(BASE)
    assert not rig.call("reload.plugin", BASE)
    assert rig.instance(BASE) is instance
    assert f"{SUB}: reload: its can_reload_f is False" in rig.error(SUB)
