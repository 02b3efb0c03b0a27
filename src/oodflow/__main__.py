"""``python -m oodflow``."""

import sys

from oodflow.cli import main

if __name__ == "__main__":
    sys.exit(main())
