"""The plugins that come with the proxy."""
