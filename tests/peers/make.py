"""Make the environments of the peers, several at once.

python3 -m tests.peers.make
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CalledProcessError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def place_of(name: str) -> Path:
    """Where the environment of a peer is."""
    return ROOT / ".peers" / name


def main() -> int:
    """Make what is missing; 1 when one of them could not be made."""
    sys.path.insert(0, str(ROOT))
    from bench.rivals.environments import environment

    def made(pins: Path) -> str:
        name = pins.stem.removeprefix("requirements-")
        try:
            environment(pins, place_of(name))
        except CalledProcessError as error:
            return f"{name}: {error}"
        return ""

    with ThreadPoolExecutor(2) as several:
        failed = [why for why in several.map(made, sorted(HERE.glob("requirements-*.txt"))) if why]
    print(*failed, sep="\n", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
