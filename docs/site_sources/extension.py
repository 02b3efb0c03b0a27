"""What the site adds to Sphinx."""

from sphinx.application import Sphinx
from sphinx.domains.python import PyObject

from site_sources import docstrings, mathml, names, signatures


def setup(app: Sphinx) -> dict[str, bool]:
    """Register formulas as MathML, docstrings and signatures as they are written, and where names lead."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"
    app.add_html_math_renderer("mathml", (mathml.inline, None), (mathml.block, None))
    app.connect("autodoc-process-docstring", docstrings.as_restructured)
    app.connect("autodoc-process-signature", signatures.as_written)
    app.connect("autodoc-process-bases", names.without_internals)
    app.connect("autodoc-skip-member", names.left_out)
    app.connect("object-description-transform", names.not_in_contents)
    app.connect("missing-reference", names.resolve)
    app.connect("warn-missing-reference", names.may_lead_nowhere)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
