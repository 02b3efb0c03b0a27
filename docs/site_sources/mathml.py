"""Formulas as MathML, which browsers show by themselves: nothing to fetch, and no script."""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

ACCENTS = str.maketrans("ˆˉ", "^¯")
"""Of two letters for each accent the one that fonts without measures for formulas put above, too, not through."""


def inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    writer.body.append(_mathml(node, block=False))
    raise nodes.SkipNode


def block(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula that stands by itself, and can be scrolled where it is too wide."""
    writer.body.append(f'<div class="formula">{_mathml(node, block=True)}</div>\n')
    raise nodes.SkipNode


def _mathml(node: nodes.math | nodes.math_block, block: bool) -> str:
    formula = re.sub(r"\\dots\b", r"\\ldots", node.astext())  # which docutils does not know
    try:
        written = str(tex2mathml(formula, as_block=block)).translate(ACCENTS)
        return re.sub(r"<mi>(?=[A-Za-z]{2})", '<mi class="function">', written)
    except MathError as error:
        logger.warning("the formula %r can't be written: %s", node.astext(), error, location=node)
        return ""
