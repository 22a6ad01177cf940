"""``python -m benchmarks.published`` is ``python benchmarks/published/run.py``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from run import main

sys.exit(main())
