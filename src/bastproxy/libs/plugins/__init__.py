"""The plugin kernel: how plugins are found, loaded, unloaded and reloaded."""

from bastproxy.libs.plugins.errors import HookError, PluginError
from bastproxy.libs.plugins.kernel import Kernel, running_kernel
from bastproxy.libs.plugins.loader import PluginLoader
from bastproxy.libs.plugins.plugininfo import PluginInfo, PluginRuntimeInfo

__all__ = [
    "HookError",
    "Kernel",
    "PluginError",
    "PluginInfo",
    "PluginLoader",
    "PluginRuntimeInfo",
    "running_kernel",
]
