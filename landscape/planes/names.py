"""Names of parameters without what wrappers add, and of files without folders that they share."""

from collections.abc import Sequence
from pathlib import Path

WRAPPERS = {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
"""What DataParallel, torch.compile, FSDP and checkpointing put into the names of parameters."""


def plain_name(name: str) -> str:
    """Strip from the name of a module or parameter what wrappers put there."""
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def plain_names(names: Sequence[str]) -> dict[str, str]:
    """Strip from names what wrappers put there, and the path that all of them share.

    Args:
        names: Of parameters.

    Returns:
        For each its plain name. Where two would become one, all stay as they are.

    Example:
        >>> plain_names(["module._orig_mod.net.0.weight", "module._orig_mod.net.2.weight"])
        {'module._orig_mod.net.0.weight': '0.weight', 'module._orig_mod.net.2.weight': '2.weight'}
    """
    paths = [plain_name(name).split(".") for name in names]
    while all(len(path) > 1 for path in paths) and len({path[0] for path in paths}) == 1:
        paths = [path[1:] for path in paths]
    plain = [".".join(path) for path in paths]
    if len(set(plain)) < len(plain) or not all(plain):
        plain = list(names)
    return dict(zip(names, plain, strict=True))


def short_names(paths: Sequence[Path]) -> tuple[str, ...]:
    """Name files or folders by their last part, and by as many before it as tell them apart.

    Args:
        paths: Of one thing each.

    Returns:
        A name for each; where two paths are the same, their last parts.

    Example:
        >>> short_names([Path("x/a/m.pt"), Path("x/b/m.pt")]), short_names([Path("x/m.pt")])
        (('a/m.pt', 'b/m.pt'), ('m.pt',))
    """
    for count in range(1, max(len(path.parts) for path in paths) + 1):
        names = tuple(str(Path(*path.parts[-count:])) for path in paths)
        if len(set(names)) == len(names):
            return names
    return tuple(path.name for path in paths)
