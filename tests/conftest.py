"""What holds for every test process."""

from __future__ import annotations

import os

# The interpreter has read it: from here on an implicit encoding is an error in this process. Its children, torch among
# them, are not ours to judge. The process that starts the workers hands it on to them.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("PYTHONWARNDEFAULTENCODING", None)
