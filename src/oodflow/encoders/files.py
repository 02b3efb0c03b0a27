"""The files of an encoder: where they lie, and a digest of all that its numbers depend on."""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from oodflow.errors import NotThere
from oodflow.files import digest

MISSING = 'an encoder takes the package transformers, which is not there: pip install "oodflow[encoders]"'

GENERATION = 1
"""To be raised when what :class:`~oodflow.encoders.Encoder` makes of images changes, so that nothing kept is used."""

_DESCRIPTION = ("config.json", "preprocessor_config.json")


def folder_of(encoder: str) -> Path:
    """Find the folder with the files of an encoder: itself, or what was downloaded of a model by that name.

    Nothing is downloaded here. ``$HF_HOME`` says where downloaded models lie, as ever with Hugging Face.

    Args:
        encoder: a folder, or the name of a model, such as ``google/efficientnet-b4``.

    Raises:
        NotThere: it is neither, or transformers is not installed, which comes with what knows such names.
    """
    path = Path(encoder).expanduser()
    if path.is_dir():
        return path
    if find_spec("huggingface_hub") is None:
        raise NotThere(f"there is no folder {encoder}, and for models by name {MISSING}.")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(encoder, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError) as error:
        raise NotThere(
            f"the encoder {encoder} is neither a folder nor a model that was downloaded before: name a folder, or "
            f"download the model by its name first, as with `hf download google/efficientnet-b4`."
        ) from error


def fingerprint(encoder: str) -> str:
    """Digest the weights, and what says how they are put together and what they are shown: 64 hexadecimal digits.

    Raises:
        NotThere: there is no such encoder, or one of its files is missing.
    """
    folder = folder_of(encoder)
    files = [*(folder / name for name in _DESCRIPTION), *sorted(folder.glob("*.safetensors"))]
    missing = next((file.name for file in files if not file.is_file()), None)
    if missing or len(files) == len(_DESCRIPTION):
        raise NotThere(
            f"there is no encoder in {encoder}, for {missing or '*.safetensors'} is missing: name a folder with a "
            "model of Hugging Face transformers in safetensors, and its preprocessor_config.json."
        )
    known = "".join(f"{file.name} {digest(file)}\n" for file in files)
    return sha256(f"{GENERATION}\n{known}".encode()).hexdigest()
