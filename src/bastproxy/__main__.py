"""``python -m bastproxy``."""

from bastproxy.cli import main

if __name__ == "__main__":
    main()
