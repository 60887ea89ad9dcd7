"""A batch as a digest: equal batches, equal digest, in every process and on every machine."""

import hashlib
import io
import pickle
from typing import Any

import cloudpickle
import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from landscape.errors import ProblemError, describe
from landscape.objective.containers import CONTAINER_HINT, entries

_COMPRESSED = {torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc}


def batch_print(batch: Any) -> bytes:
    """Hash everything in a batch: structure, tensors, arrays, numbers, texts, other objects.

    Args:
        batch: Any batch.

    Returns:
        A SHA-256.

    Raises:
        ProblemError: If something in it has no values that could be hashed, or holds tensors
            where they are not found.
    """
    digest = hashlib.sha256()
    _add(digest, batch)
    return digest.digest()


def plain(tensor: Tensor) -> Tensor:
    """Return a tensor as dense memory, which sparse and lazily conjugated ones are not."""
    return tensor.detach().to_dense().resolve_conj().resolve_neg()


def components(tensor: Tensor) -> list[Tensor]:
    """Return the dense tensors of which a tensor of any layout consists."""
    if tensor.is_nested:
        return [part.detach() for part in tensor.unbind()]
    if tensor.layout is torch.sparse_coo:
        return [tensor.detach()._indices(), tensor.detach()._values()]
    if tensor.layout in _COMPRESSED:
        rows = tensor.layout in {torch.sparse_csr, torch.sparse_bsr}
        outer = tensor.crow_indices() if rows else tensor.ccol_indices()
        inner = tensor.col_indices() if rows else tensor.row_indices()
        return [outer, inner, tensor.detach().values()]
    if tensor.is_quantized:
        return [tensor.int_repr(), tensor.dequantize()]
    return [plain(tensor)]


def _add(digest: "hashlib._Hash", batch: Any) -> None:
    """Hash a part of a batch after its kind and the number of its entries."""
    parts = entries(batch)
    kind = f"{type(batch).__module__}.{type(batch).__qualname__}"
    if parts is not None:
        _write(digest, f"{kind} of {len(parts)}".encode())
        for key, value in parts:
            _write(digest, repr(key).encode())
            _add(digest, value)
    elif isinstance(batch, Tensor):
        _add_tensor(digest, batch)
    elif isinstance(batch, PackedSequence):
        _write(digest, kind.encode())
        for part in batch:
            _write(digest, b"none") if part is None else _add_tensor(digest, part)
    elif isinstance(batch, np.ndarray) and not batch.dtype.hasobject:
        _write(digest, f"array {batch.shape} {batch.dtype.descr}".encode())
        _write(digest, np.ascontiguousarray(batch).tobytes())
    elif type(batch) in {int, float, complex, bool, str, bytes, type(None)}:
        _write(digest, f"{kind} {batch!r}".encode(errors="surrogatepass"))
    else:
        _write(digest, _pickled(batch))


def _add_tensor(digest: "hashlib._Hash", tensor: Tensor) -> None:
    """Hash shape, dtype, layout and values of a tensor."""
    if tensor.is_meta:
        raise ProblemError(
            "a batch holds a tensor on the meta device, which has no values",
            hint="make the data on the CPU",
        )
    shape = "nested" if tensor.is_nested else tuple(tensor.shape)
    parts = components(tensor)
    _write(digest, f"{shape} {tensor.dtype} {tensor.layout} {len(parts)}".encode())
    for part in parts:
        _write(digest, f"{tuple(part.shape)}".encode())
        flat = part.cpu().contiguous().view(-1)
        digest.update(flat.view(torch.uint8).numpy().data if flat.numel() else b"")


def _write(digest: "hashlib._Hash", data: bytes) -> None:
    """Hash bytes after their number, so that nothing runs into what follows."""
    digest.update(len(data).to_bytes(8, "little"))
    digest.update(data)


def _pickled(value: Any, kind: str = "") -> bytes:
    """Pickle an object so that equal ones give equal bytes, as far as pickle allows."""
    try:
        try:
            return _dump(value, kind or type(value).__name__, fast=True)
        except (ValueError, RecursionError, pickle.PicklingError):  # refers to itself
            return _dump(value, kind or type(value).__name__, fast=False)
    except ProblemError:
        raise
    except Exception as error:
        raise ProblemError(
            f"cannot tell whether a {type(value).__name__} in a batch stays the same: "
            f"{describe(error)}",
            hint=CONTAINER_HINT,
        ) from error


def _dump(value: Any, kind: str, *, fast: bool) -> bytes:
    """Pickle; fast: without the memo, by which equal parts differ from one part used twice."""
    stream = io.BytesIO()
    pickler = _Pickler(stream, pickle.DEFAULT_PROTOCOL)
    pickler.fast = fast
    pickler.kind = kind
    pickler.dump(value)
    return stream.getvalue()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Finds tensors where they cannot be moved, and gives sets an order."""

    kind = ""

    def persistent_id(self, value: Any) -> Any:
        """Replace what pickle would write in another way each time."""
        if isinstance(value, Tensor):
            raise ProblemError(
                f"a batch holds a {self.kind} with tensors in it, which cannot be moved or cut",
                hint=CONTAINER_HINT,
            )
        if isinstance(value, set | frozenset):
            return type(value).__name__, sorted(_pickled(entry, self.kind) for entry in value)
        return None
