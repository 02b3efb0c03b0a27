"""A record as a page with its data beside it, and what such pages share."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

from oodflow.document import Code, Document, Text, as_html, as_markdown
from oodflow.document.numbers import counted
from oodflow.document.plain import in_plain_form, with_files
from oodflow.files import file_name, page_and_data, write_all
from oodflow.records import Record
from oodflow.runs.provenance import DataFacts


def is_page(path: Path) -> bool:
    """Tell whether a path is the record of a page, which stands for all runs on it, rather than a run directory.

    Example:
        >>> is_page(Path("results/main-job.json")), is_page(Path("runs/mine"))
        (True, False)
    """
    return path.suffix == ".json" and not path.is_dir()


def title_of(path: Path) -> str:
    """Tell which title the name of a page's file amounts to, with or without an ending.

    Example:
        >>> title_of(Path("results/main-job.json")), title_of(Path("fig7"))
        ('Main job', 'Fig7')
    """
    return path.stem.replace("-", " ").capitalize()


def write_page(
    path: Path, record: Record, document: Callable[[str], Document], beside: Mapping[str, bytes] | None = None
) -> tuple[Path, ...]:
    """Write ``path.md`` and ``path.json``, and what else stands beside them: all or none.

    Args:
        path: with or without one of these endings.
        record: what the page rests on.
        document: makes the page, given the title that the file's name amounts to.
        beside: by ending, as ``.png``: what stands in ``path.png``.

    Returns:
        The files: page, data, and those beside.

    Raises:
        OodflowError: when one of them can't be written.
    """
    page, data = page_and_data(path)
    contents: dict[Path, str | bytes] = {page: as_markdown(document(title_of(page))), data: record.as_json()}
    contents |= {page.with_suffix(ending): content for ending, content in (beside or {}).items()}
    write_all(contents)
    return tuple(contents)


def write_report(path: Path, document: Document, read: Callable[[str], bytes]) -> tuple[Path, ...]:
    """Write ``path.html``, which stands alone, its twin ``path.md``, and the pictures of the latter: all or none.

    Args:
        path: with or without one of these endings.
        document: what they say.
        read: gives the content of each picture, by its ``file``.

    Returns:
        The files: the page, its twin, and the pictures, in the folder ``path-pictures``.

    Raises:
        OodflowError: when one of them can't be written.
    """
    name = path.name.removesuffix(".html").removesuffix(".md")
    folder, shown = f"{name}-pictures", dict[str, str]()

    def beside(file: str) -> str:
        place = PurePath(file)
        shown[file] = file_name(str(place.with_suffix(""))) + place.suffix
        return f"{folder}/{shown[file]}"

    markdown = as_markdown(with_files(in_plain_form(document), beside))
    contents: dict[Path, str | bytes] = {
        path.with_name(f"{name}.html"): as_html(document, read), path.with_name(f"{name}.md"): markdown
    }  # fmt: skip
    contents |= {path.with_name(folder) / new: read(file) for file, new in shown.items()}
    write_all(contents)
    return tuple(contents)


def data_item(data: DataFacts) -> Text:
    """Write which images or rows something rests on, as an item of a list."""
    note = f"; {data.note}" if data.note else ""
    return (
        f"{data.name} {data.split}: {counted(data.images, data.unit[:-1])}, fingerprint ", Code(data.fingerprint), note,
    )  # fmt: skip
