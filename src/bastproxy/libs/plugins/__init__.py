"""The plugin kernel: how plugins are found, loaded, unloaded and reloaded."""

from bastproxy.libs.plugins.errors import HookError, PluginError
from bastproxy.libs.plugins.kernel import Kernel, running_kernel
from bastproxy.libs.plugins.loader import PluginLoader
from bastproxy.libs.plugins.plugininfo import PluginInfo, PluginRuntimeInfo
from bastproxy.libs.plugins.reload import ReloadPlan, ReloadResult

__all__ = [
    "HookError",
    "Kernel",
    "PluginError",
    "PluginInfo",
    "PluginLoader",
    "PluginRuntimeInfo",
    "ReloadPlan",
    "ReloadResult",
    "running_kernel",
]
