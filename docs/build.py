"""Build the site, all of it anew: ``python docs/build.py FOLDER``. What Sphinx warns of is an error."""

import sys
from pathlib import Path

from sphinx.cmd.build import main

from site_sources import lay_out

if __name__ == "__main__":
    out = Path(sys.argv[1])
    pages = out.with_name(f"{out.name}-pages")
    lay_out(pages)
    strict = ["--fail-on-warning", "--nitpicky", "--fresh-env", "--quiet", "--jobs=auto"]
    sys.exit(main([*strict, f"--conf-dir={Path(__file__).parent}", str(pages), str(out)]))
