"""The access kit: everything that makes an owned machine reachable without a fixed address, as files to read first."""

from __future__ import annotations

from collections.abc import Iterator

from payback.catalogue.catalogue import Catalogue
from payback.decision.line_speed import IMAGENET_GB, LineSpeed, download_speed, transfer_hours, upload_speed
from payback.operate.access.notes import next_steps, reach_notes, readme, software_notes
from payback.operate.access.pieces import pieces, template
from payback.operate.access.power import gpu_in, known_caps, power_cap
from payback.operate.access.request import AccessKit, AccessRequest, KitFile, Transfer
from payback.question import Question


def make_kit(question: Question, request: AccessRequest, catalogue: Catalogue) -> AccessKit:
    """The files of a kit, how long downloads take, and what is left to do by hand.

    Args:
        question: Gives the data, the line and the GPU.
        request: Tunnel, dynamic DNS, Jupyter, power cap.
        catalogue: Line speeds and specifications.

    Raises:
        BadQuestionError: The power cap makes no sense for the GPU.
        UnknownNameError: No GPU is called so.
    """
    gpu = gpu_in(question, request, catalogue)
    cap = power_cap(request.power_cap, gpu)
    down, up = download_speed(question, catalogue), upload_speed(question, catalogue)
    notes = (*reach_notes(request), *software_notes(gpu))
    if cap is None and known_caps(gpu) and gpu is not None:
        notes = (*notes, f"Power: measured limits of a {gpu.gpu} are known; --power-cap auto sets one")
    found = tuple(pieces(request, cap))
    files = tuple(file for piece in found for file in piece.files)
    manifest = "".join(line.text() + "\n" for piece in found for line in piece.lines)
    return AccessKit(
        request=request,
        files=(*files, *_scripts(files, manifest, notes)),
        download=down,
        upload=up,
        transfers=tuple(_transfers(question, down, up)),
        power_cap=cap,
        notes=notes,
    )


def _scripts(files: tuple[KitFile, ...], manifest: str, notes: tuple[str, ...]) -> Iterator[KitFile]:
    listed = "\n".join(f"- `{file.installs or file.path}`: {file.why}" for file in files)
    yield KitFile(path="apply.sh", content=template("apply.sh"), why="installs them", mode=0o755)
    yield KitFile(path="undo.sh", content=template("undo.sh"), why="puts everything back", mode=0o755)
    yield KitFile(path="manifest", content=manifest, why="what apply.sh puts where, and on what condition")
    yield KitFile(path="NEXT", content=next_steps(notes), why="what is left to you")
    yield KitFile(path="README.md", content=readme(listed, notes), why="how to use the kit")


def _transfers(question: Question, down: LineSpeed, up: LineSpeed) -> Iterator[Transfer]:
    data_gb = question.work.data_gb
    if data_gb:
        yield Transfer(what="your data", direction="down", data_gb=data_gb, hours=_hours(data_gb, down))
        yield Transfer(what="your data", direction="up", data_gb=data_gb, hours=_hours(data_gb, up))
    yield Transfer(what="ImageNet as stored", direction="down", data_gb=IMAGENET_GB, hours=_hours(IMAGENET_GB, down))


def _hours(data_gb: float, line: LineSpeed) -> float | None:
    return None if line.mbit_s is None else transfer_hours(data_gb, line.mbit_s)
