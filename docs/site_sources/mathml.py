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

UNDER_ACCENT = re.compile(
    r'<munderover>\s*(<mi>[^<]*</mi>)((?:(?!</munderover>).)*)(<mo stretchy="false">[\^~¯]</mo>)\s*</munderover>',
    re.DOTALL,
)
"""An index that docutils writes under a letter, for the letter has an accent."""


def inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    writer.body.append(_mathml(node, block=False))
    raise nodes.SkipNode


def block(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula that stands by itself, and can be scrolled where it is too wide."""
    writer.body.append(f'<div class="formula">{_mathml(node, block=True)}</div>\n')
    raise nodes.SkipNode


def mathml(formula: str, block: bool = False) -> str:
    r"""Turn a formula from TeX to MathML.

    >>> "".join(mathml(r"\frac12 x").split())
    '<mathxmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mn>1</mn><mn>2</mn></mfrac><mi>x</mi></math>'

    Raises:
        MathError: for what docutils does not know.
    """
    known = re.sub(r"\\dots\b", r"\\ldots", formula)
    apart = re.sub(r"(\\[dt]?frac)(\d)(\d)", r"\1{\2}{\3}", known)  # which it takes for one number
    written = str(tex2mathml(apart, as_block=block)).translate(ACCENTS)
    beside = UNDER_ACCENT.sub(r'<msub><mover accent="true">\1\3</mover>\2</msub>', written)
    return re.sub(r"<mi>(?=[A-Za-z]{2})", '<mi class="function">', beside)


def _mathml(node: nodes.math | nodes.math_block, block: bool) -> str:
    try:
        return mathml(node.astext(), block)
    except MathError as error:
        logger.warning("the formula %r can't be written: %s", node.astext(), error, location=node)
        return ""
