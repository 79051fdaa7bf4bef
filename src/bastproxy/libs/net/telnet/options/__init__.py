"""What the options say in their subnegotiations: one module an option, and none does I/O."""
