"""What the project needs besides its own source: an environment, a MicroPython, an image of the gateway.

The modules that make the environment run before it exists, so this package uses the standard library only.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"
