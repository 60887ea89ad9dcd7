"""What moves: some of the parameters, chosen by the names of parameters or modules."""

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from torch import nn

from landscape.errors import LandscapeError
from landscape.planes.names import plain_name, plain_names
from landscape.planes.sharing import names_of_parameters, own_parameters
from landscape.settings import split_commas

_SUGGESTED = 3


@dataclass(frozen=True)
class _Candidate:
    """A parameter with a direction of its own, under all names that it has."""

    name: str
    plain: frozenset[str]  # names of the parameter, and of the modules that it is in
    full: frozenset[str]  # the same as in the model, with what wrappers add
    trainable: bool


def patterns_of(option: str, value: str | Sequence[str]) -> tuple[str, ...]:
    """Take patterns as a user writes them: several, one, or several separated by commas.

    Args:
        option: Its name, for an error.
        value: What was written.

    Returns:
        The patterns.

    Raises:
        LandscapeError: If one is empty.
    """
    patterns = split_commas(value)
    for pattern in patterns:
        if not pattern.strip():
            raise LandscapeError(
                f"{option}: expected names of parameters or modules, got {pattern!r}",
                hint="for instance only=['encoder.*', 'head.weight'] "
                "(--only 'encoder.*,head.weight')",
            )
    return tuple(pattern.strip() for pattern in patterns)


def exactly(name: str) -> str:
    """Return the pattern that fits one name.

    Example:
        >>> exactly("heads[0].weight")
        'heads[[]0].weight'
    """
    return re.sub(r"([*?[])", r"[\1]", name)


def moving_names(
    model: nn.Module, *, only: Sequence[str], freeze: Sequence[str], trainable: bool
) -> tuple[str, ...]:
    """Choose the parameters that move.

    Args:
        model: Any module.
        only: Patterns (as of `fnmatch`) of the names of parameters, or of modules for all that is
            in them; names are those without what wrappers add, or, where none of these fits, as in
            the model. What matches none of them stays. Empty chooses all.
        freeze: Patterns of what stays though it is chosen.
        trainable: Choose only what requires a gradient, such as adapters and heads.

    Returns:
        Names as of `own_parameters(model)`, in its order. A tied parameter has all of its names:
        it moves, or stays, by either.

    Raises:
        LandscapeError: If a pattern matches nothing, or nothing is left that could move.
    """
    candidates = _candidates(model)
    named = {
        option: set().union(*(_matching(option, pattern, candidates) for pattern in patterns))
        for option, patterns in (("only", only), ("freeze", freeze))
    }
    steps: dict[str, Callable[[_Candidate], bool]] = {}
    if only:
        steps["only"] = lambda candidate: candidate.name in named["only"]
    if trainable:
        steps["trainable"] = lambda candidate: candidate.trainable
    if freeze:
        steps["freeze"] = lambda candidate: candidate.name not in named["freeze"]
    chosen = candidates
    for option, keeps in steps.items():
        before, chosen = chosen, [candidate for candidate in chosen if keeps(candidate)]
        if not chosen:
            raise LandscapeError(
                f"nothing moves: {option} leaves none of {len(before)} parameters",
                hint=f"among them are: {_listed([candidate.name for candidate in before])}"
                + ("; none of them requires a gradient" if option == "trainable" else ""),
            )
    own = own_parameters(model)
    if not any(own[candidate.name].is_floating_point() for candidate in chosen):
        raise LandscapeError(
            f"nothing moves: {_listed([c.name for c in chosen])} are no floating-point numbers",
            hint="quantised weights stay where they are; choose others",
        )
    return tuple(candidate.name for candidate in chosen)


def _candidates(model: nn.Module) -> list[_Candidate]:
    """List the parameters, each with all its names and those of the modules around it."""
    known = names_of_parameters(model)
    plain = plain_names(list(known))
    first = next(iter(plain))
    bare = plain_name(first)
    shared = bare.removesuffix(plain[first]) if bare.endswith(plain[first]) else ""
    found = []
    for name, aliases in known.items():
        short = {plain[name], *(plain_name(alias).removeprefix(shared) for alias in aliases)}
        long = {form for alias in aliases for form in (alias, plain_name(alias))}
        found.append(
            _Candidate(
                name,
                frozenset(path for form in short for path in _paths(form)),
                frozenset(path for form in long for path in _paths(form)),
                any(value.requires_grad for value in aliases.values()),
            )
        )
    return found


def _paths(name: str) -> Iterator[str]:
    """Yield a name, and those of the modules that it is in."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        yield ".".join(parts[:count])


def _matching(option: str, pattern: str, candidates: Sequence[_Candidate]) -> set[str]:
    """Find the parameters of which a name, or that of a module around them, fits a pattern."""
    for forms in ("plain", "full"):
        found = {
            candidate.name
            for candidate in candidates
            if any(fnmatchcase(form, pattern) for form in getattr(candidate, forms))
        }
        if found:
            return found
    raise LandscapeError(
        f"{option}: no parameter matches {pattern!r}", hint=_close(pattern, candidates)
    )


def _close(pattern: str, candidates: Sequence[_Candidate]) -> str:
    """Suggest names that are like a pattern."""
    forms = {form for candidate in candidates for form in candidate.plain}
    wanted = pattern.replace("*", "").strip(".")
    close = difflib.get_close_matches(wanted, sorted(forms), n=_SUGGESTED)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    return f"parameters are: {_listed([candidate.name for candidate in candidates])}"


def _listed(names: Sequence[str]) -> str:
    """Show the first of some names."""
    more = f" and {len(names) - _SUGGESTED} more" if len(names) > _SUGGESTED else ""
    return ", ".join(names[:_SUGGESTED]) + more
