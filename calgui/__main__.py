"""Entry point of the program: ``calgui`` and ``python -m calgui``."""

import os
import sys

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - nothing is imported yet


def main() -> None:
    """Run the command line; without a subcommand, open the window."""
    # `python -m` looks for modules in the current folder first, which may be somebody else's
    try:
        here = os.getcwd()  # noqa: PTH109
    except OSError:  # it was removed
        here = ""
    sys.path[:] = [folder for folder in sys.path if folder not in ("", here) or folder == _ROOT]
    if sys.flags.optimize:
        # crds guards the mappings that it executes with assert statements, which -O removes.
        print(
            "calgui: refusing to run under python -O or PYTHONOPTIMIZE: it would switch off the check that "
            "keeps a CRDS mapping from running code. Start it again without.",
            file=sys.stderr,
        )
        sys.exit(2)
    # what libraries are told by the environment is said before there are threads, of which some read it in C
    os.environ["NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING"] = "1"
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from calgui.cli.main import cli
        from calgui.cli.terminal import guard

        guard()  # not only while a command runs: what it dies of is told after it
        cli()
    except KeyboardInterrupt:
        # the command line answers to ctrl-C itself, but not before it is loaded
        sys.exit(130)


if __name__ == "__main__":
    main()
