"""What the bytes of a model file say it is, and whether loading it runs code that is in it.

Nothing is loaded: the first bytes, the names in a zip archive and the opcodes of a pickle are read.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from typing import BinaryIO

_HEAD: Final = 64 * 1024
_MAX_HEADER: Final = 100 * 2**20
_MAX_NAMES: Final = 10_000
_SIGNS: Final = (
    (b"GGUF", "GGUF"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"PAR1", "Parquet"),
    (b"\x93NUMPY", "NumPy array"),
    (b"ONNX", "ONNX"),
    (b"binf", "XGBoost binary"),
    (b"CBM1", "CatBoost"),
    (b"tree\n", "LightGBM text"),
)
_AT_FOUR: Final = ((b"TFL3", "TensorFlow Lite"), (b"ORTM", "ONNX Runtime"))
_IMPORTS: Final = frozenset({"GLOBAL", "INST"})
_OTHER_IMPORTS: Final = frozenset({"STACK_GLOBAL", "EXT1", "EXT2", "EXT4"})
_DOTTED: Final = re.compile(r"[A-Za-z_][\w.]* [A-Za-z_][\w.]*")


class Format(NamedTuple):
    """The name of a format, and whether loading a file of it runs code from the file."""

    name: str
    executes: bool = False


def format_of(file: BinaryIO) -> Format:
    """Return what a file is by its content; ``unknown`` where nothing tells.

    Args:
        file: Open at its start, and seekable.
    """
    head = file.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        file.seek(0)
        return _archive(file)
    unpacked = _unpacked(head)
    if unpacked is not None:
        inner = _plain(unpacked)
        return Format(f"compressed {inner.name}", inner.executes) if inner else Format("compressed")
    return _plain(head) or Format("unknown")


def _plain(head: bytes) -> Format | None:
    found = [name for sign, name in _SIGNS if head.startswith(sign)]
    found += [name for sign, name in _AT_FOUR if head[4:8] == sign]
    if found:
        return Format(found[0])
    for is_of, made in _LOOKS:
        if is_of(head):
            return made
    return None


def _is_json(head: bytes) -> bool:
    return head.lstrip()[:1] in {b"{", b"["}


def _is_onnx(head: bytes) -> bool:
    """A protocol buffer that begins with a version, and names who made it."""
    return head[:1] == b"\x08" and any(word in head[:4096] for word in (b"onnx", b"pytorch"))


def _is_safetensors(head: bytes) -> bool:
    """Eight bytes of length, then a JSON object (github.com/huggingface/safetensors)."""
    size = int.from_bytes(head[:8], "little")
    return len(head) > 9 and 2 <= size <= _MAX_HEADER and head[8:9] == b"{"  # noqa: PLR2004


def _is_pickle(head: bytes) -> bool:
    """Protocols 2 to 5 have a mark; one of 0 or 1 is known by what it imports, if anything."""
    if head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return True
    with suppress(Exception):  # pickletools raises whatever a broken stream makes of it
        for opcode, argument, _ in pickletools.genops(io.BytesIO(head)):
            if opcode.name in _OTHER_IMPORTS:
                return True
            if opcode.name in _IMPORTS and _DOTTED.fullmatch(str(argument)):
                return True
    return False


_LOOKS: Final = (
    (_is_safetensors, Format("safetensors")),
    (_is_pickle, Format("pickle", executes=True)),
    (_is_json, Format("JSON")),
    (_is_onnx, Format("ONNX")),
)


def _archive(file: BinaryIO) -> Format:
    """Tell zip archives apart by the names in them."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()[:_MAX_NAMES]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return Format("broken zip archive")
    ends = {name.rpartition("/")[2] for name in names}
    if any(end.endswith((".pkl", ".pickle", ".joblib")) for end in ends):
        kind = "TorchScript archive" if "constants.pkl" in ends else "PyTorch archive"
        return Format(f"{kind} with a pickle", executes=True)
    if "schema.json" in ends:
        return Format("skops")
    if {"config.json", "metadata.json"} <= ends:
        return Format("Keras")
    if any(end.endswith(".npy") for end in ends):
        return Format("NumPy archive")
    return Format("zip archive")


def _unpacked(head: bytes) -> bytes | None:
    """Return the first bytes of what gzip or zlib has compressed, as joblib does."""
    if head[:2] == b"\x1f\x8b":
        bits = 31
    elif head[:1] == b"\x78" and len(head) > 1 and (head[0] * 256 + head[1]) % 31 == 0:
        bits = 15
    else:
        return None
    with suppress(zlib.error):
        return zlib.decompressobj(bits).decompress(head, _HEAD)
    return None
