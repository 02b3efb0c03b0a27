"""What Sphinx is told. `docs/build.py` lays the pages out and runs it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for site_sources

import oodflow

project = "oodflow"
release = version = oodflow.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "site_sources.extension"]
root_doc = "index"
exclude_patterns = ["README.md", "docs/contents.md"]  # the index is made of them

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
smartquotes_action = "qe"  # quotes and ellipses: two hyphens begin an option
highlight_language = "none"  # most of it is commands, or what they print

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_mock_imports = ["nflows", "nonconform", "normflows", "pyod", "pytorch_ood", "torchflows", "zuko"]
add_module_names = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "oodflow"
html_static_path = ["site_sources/static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_copy_source = html_show_sourcelink = False
html_math_renderer = "mathml"
