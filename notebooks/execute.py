"""Execute notebooks in place: ``python notebooks/execute.py notebooks/*.ipynb``."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def execute(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Run all cells of a notebook in a kernel whose working directory is ``folder``, and return it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    # What would change from one execution to the next is left out: times, and how the output was cut into pieces.
    client = NotebookClient(
        notebook,
        resources={"metadata": {"path": str(folder)}},
        startup_timeout=300,
        record_timing=False,
        coalesce_streams=True,
    )
    client.execute()
    notebook.metadata.language_info = {"name": "python"}  # without the version
    for cell in notebook.cells:  # nor is what libraries say of the machine, such as missing widgets
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(f"executing {name}", flush=True)
        nbformat.write(execute(Path(name), Path(name).parent), name)
