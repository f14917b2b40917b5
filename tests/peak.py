"""Most memory that a program of a test ever had."""

import resource
import sys
from pathlib import Path

#: for scripts that run in a process of their own: defines ``peak()``
PEAK = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from peak import peak\n"


def peak() -> float:
    """Most memory of this process so far, MB.

    The kernel's ``ru_maxrss`` would begin with that of the process which started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))
