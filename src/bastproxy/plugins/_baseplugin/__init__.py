"""What every plugin is derived from."""

from bastproxy.plugins._baseplugin._base import Plugin as BasePlugin
from bastproxy.plugins._baseplugin._pluginhooks import RegisterPluginHook

__all__ = ["BasePlugin", "RegisterPluginHook"]
