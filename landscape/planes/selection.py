"""What moves: some of the parameters, chosen by the names of parameters or modules."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    forms: frozenset[str]  # of the parameter, and of the modules that it is in
    trainable: bool


def patterns_of(option: str, value: str | Sequence[str]) -> tuple[str, ...]:
    """Take patterns as a user writes them: several, one, or several separated by commas.

    Args:
        option: Its name, for an error.
        value: What was written.

    Returns:
        The patterns.

    Raises:
        LandscapeError: If it is something else.
    """
    patterns = split_commas(value)
    for pattern in patterns if isinstance(patterns, tuple) else [value]:
        if not isinstance(pattern, str) or not pattern.strip():
            raise LandscapeError(
                f"{option}: expected names of parameters or modules, got {pattern!r}",
                hint="for instance only=['encoder.*', 'head.weight']",
            )
    return tuple(pattern.strip() for pattern in patterns)


def moving_names(
    model: nn.Module, *, only: Sequence[str], freeze: Sequence[str], trainable: bool
) -> tuple[str, ...]:
    """Choose the parameters that move.

    Args:
        model: Any module.
        only: Patterns (as of `fnmatch`) of the names of parameters, or of modules for all that is
            in them; names are those without what wrappers add, or as in the model. What matches
            none of them stays. Empty chooses all.
        freeze: Patterns of what stays though it is chosen.
        trainable: Choose only what requires a gradient, such as adapters and heads.

    Returns:
        Names as of `own_parameters(model)`, in its order. A tied parameter has all of its names:
        it moves, or stays, by either.

    Raises:
        LandscapeError: If a pattern matches nothing, or nothing is left that could move.
    """
    candidates = _candidates(model)
    for option, patterns in (("only", only), ("freeze", freeze)):
        for pattern in patterns:
            if not any(_matches(candidate, [pattern]) for candidate in candidates):
                raise LandscapeError(
                    f"{option}: no parameter matches {pattern!r}",
                    hint=_close(pattern, candidates),
                )
    steps: dict[str, Callable[[_Candidate], bool]] = {}
    if only:
        steps["only"] = lambda candidate: _matches(candidate, only)
    if trainable:
        steps["trainable"] = lambda candidate: candidate.trainable
    if freeze:
        steps["freeze"] = lambda candidate: not _matches(candidate, freeze)
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
        forms: set[str] = set()
        for alias in aliases:
            without = plain_name(alias)
            for form in (alias, without, without.removeprefix(shared)):
                forms.update(_paths(form))
        values: Mapping[str, nn.Parameter] = aliases
        trainable = any(value.requires_grad for value in values.values())
        found.append(_Candidate(name, frozenset(forms) | {plain[name]}, trainable))
    return found


def _paths(name: str) -> Iterator[str]:
    """Yield a name, and those of the modules that it is in."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        yield ".".join(parts[:count])


def _matches(candidate: _Candidate, patterns: Sequence[str]) -> bool:
    """Tell whether a name of a parameter, or of a module around it, fits one of the patterns."""
    return any(fnmatchcase(form, pattern) for pattern in patterns for form in candidate.forms)


def _close(pattern: str, candidates: Sequence[_Candidate]) -> str:
    """Suggest names that are like a pattern."""
    forms = {form for candidate in candidates for form in candidate.forms}
    wanted = pattern.replace("*", "").strip(".")
    close = difflib.get_close_matches(wanted, sorted(forms), n=_SUGGESTED)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    return f"parameters are: {_listed([candidate.name for candidate in candidates])}"


def _listed(names: Sequence[str]) -> str:
    """Show the first of some names."""
    more = f" and {len(names) - _SUGGESTED} more" if len(names) > _SUGGESTED else ""
    return ", ".join(names[:_SUGGESTED]) + more
