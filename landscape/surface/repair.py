"""Keep what can be believed of a damaged surface file, and give up the rest."""

import os

import h5py
import numpy as np

from landscape.surface.checksum import settled_status
from landscape.surface.file import Disk, damage_errors, resolve, write_errors, writing
from landscape.surface.head import read_head
from landscape.surface.read import settled_estimates


def repair(path: str | os.PathLike[str]) -> int:
    """Declare missing the points whose numbers are not those that were written.

    Computing again with the same arguments then measures them again. What the file was born with
    (settings, coordinates) must be undamaged.

    Args:
        path: A surface file, which is changed.

    Returns:
        Number of points that were given up.

    Raises:
        SurfaceFileError: If nothing of the file can be believed, or it cannot be written.
    """
    path = resolve(path)
    with (
        writing(path),
        write_errors(path, hint="check that it exists and may be written"),
        Disk(path, "r+") as disk,
        damage_errors(path),
    ):
        with h5py.File(disk, "r+") as file:
            layout, _ = read_head(file, path.stat().st_size, path=path)
            arrays = {name: file[name][...] for name in layout.arrays}
            measured = [arrays[name] for name in layout.measured]
            status, damaged = settled_status(arrays["status"], arrays["checksum"], measured)
            arrays["checksum"][damaged] = 0
            file["status"][...] = status
            file["checksum"][...] = arrays["checksum"]
            if layout.estimates:
                # With a point given up its plane is unfinished: estimates are made again.
                kept = settled_estimates(layout, arrays)[1] & ~damaged.any(axis=(1, 2))
                for name in ("refined", "estimate_checksum"):
                    file[name][...] = np.where(kept, arrays[name], 0)
        disk.sync()
        return int(damaged.sum())
