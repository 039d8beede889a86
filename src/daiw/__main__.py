"""`python -m daiw` is the `daiw` command."""

import sys

from daiw.cli.main import main

sys.exit(main())
