"""Putting a run to work as a detector."""

from oodflow.data.spec import without_encoder
from oodflow.deployment.calibration import calibrated
from oodflow.deployment.caller import PYTHON, Caller
from oodflow.deployment.detector import Detector
from oodflow.deployment.embedded import Embedded
from oodflow.deployment.options import DetectionOptions
from oodflow.deployment.pictures import Pictures
from oodflow.deployment.reader import Reader
from oodflow.deployment.rows import Rows
from oodflow.errors import UsageError
from oodflow.flows import Flow
from oodflow.runs.run_dir import RunDir


def open_detector(run: RunDir, options: DetectionOptions, caller: Caller = PYTHON) -> Detector:
    """Make a detector of a run; arguments and errors as :func:`~oodflow.deployment.calibration.calibrated`.

    Example:
        A run that has been trained judges what lies in a file or a folder::

            detector = open_detector(RunDir.open(Path("runs/fashion")), DetectionOptions(fpr=0.01))
            for findings in detector.judge(detector.reader.read(Path("photos"))):
                ...
    """
    one = calibrated(run, options, caller)
    reader = _reader(one.flow, run.config().data, one.record.columns)
    return Detector(one, reader, fpr=options.fpr, batch_size=options.batch_size)


def _reader(flow: Flow, trained_on: str, columns: tuple[str, ...]) -> Reader:
    if flow.domain.is_images:
        return Pictures(flow.shape, trained_on)
    if len(flow.shape) == 1:
        kind = Embedded if without_encoder(trained_on)[1] else Rows
        return kind(flow, trained_on, columns)
    raise UsageError(f"this flow is over tensors {flow.shape}: detect takes flows over 8-bit images or vectors.")
