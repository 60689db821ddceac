"""`python -m fuqi`."""

import sys

from fuqi.cli import main

sys.exit(main())
