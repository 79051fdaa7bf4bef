"""The network: the telnet codec, and the connections to the MUD and to the clients."""
