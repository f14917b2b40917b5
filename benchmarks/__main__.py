"""Run all benchmarks, or those whose module is named: ``python -m benchmarks [NAME ...]``."""

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks.harness import Row, show


def main() -> None:
    """Each module ``bench_NAME`` offers ``measure()``, which returns rows."""
    names = sorted(info.name for info in pkgutil.iter_modules(benchmarks.__path__) if info.name.startswith("bench_"))
    wanted = [name for name in names if not sys.argv[1:] or name.removeprefix("bench_") in sys.argv[1:]]
    rows: list[Row] = []
    for name in wanted:
        print(f"{name.removeprefix('bench_')} ...", file=sys.stderr)
        rows += importlib.import_module(f"benchmarks.{name}").measure()
    show(rows)


if __name__ == "__main__":
    main()
