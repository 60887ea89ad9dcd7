"""What to sample: one definition for Python, the command line, files and provenance."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from cyclopts import Parameter
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)

from landscape.arguments import told
from landscape.errors import LandscapeError
from landscape.keywords import meant

Model = TypeVar("Model", bound=BaseModel)

DIRECTIONS = ("random", "to", "gradient", "worst", "hessian", "update", "file", "pca")
"""What a text of `along` may begin with; `landscape.planes.along` has what each means."""

Normalize = Literal["filter", "layer", "weight", "unit", "none"]
Vectors = Literal["zero", "random"]
BatchNormPolicy = Literal["frozen", "batch", "recalibrated"]
Precision = Literal["float32", "tf32", "bfloat16"]

_SELDOM = ("window", "along", "vectors", "orthogonal", "only", "freeze", "trainable")
"""Settings that are named in a file only where they were chosen."""
MOST_POINTS = 100_000_000  # some gigabytes for each metric
_REFINED_SHARE = 0.08  # of a grid with a tolerance, for lack of better knowledge


def _none_in_words(value: Any) -> Any:
    """Take the word `none` of a command line for None."""
    return None if isinstance(value, str) and value.lower() == "none" else value


def split_commas(values: Any) -> Any:
    """Take words of a command line apart at their commas; anything else is left to be refused.

    Example:
        >>> split_commas(["128,16", "4"]), split_commas((3, 5))
        (('128', '16', '4'), (3, 5))
    """
    words = [values] if isinstance(values, str) else values
    if not isinstance(words, (list, tuple)):
        return values
    parts = [word.split(",") if isinstance(word, str) else [word] for word in words]
    return tuple(part for word in parts for part in word)


Tolerance = Annotated[
    float | None, BeforeValidator(_none_in_words), Parameter(metavar="NUMBER|none")
]
"""A relative error between 0 and 1; None, `none` on the command line, measures all points."""


def _radius(value: Any) -> Any:
    """Take a positive number or `auto`; text comes from a command line."""
    if isinstance(value, str) and value == "auto":
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ValueError("expected a positive number or 'auto'")
    return number


def _window(value: Any) -> Any:
    """Take two or four ascending numbers; text comes from a command line."""
    value = _none_in_words(value)
    if value is None:
        return value
    try:
        numbers = tuple(float(word) for word in split_commas(value))
    except (TypeError, ValueError):
        numbers = ()
    pairs = [numbers[i : i + 2] for i in range(0, len(numbers), 2)]
    finite = all(map(math.isfinite, numbers))
    if len(numbers) not in {2, 4} or not finite or any(low >= high for low, high in pairs):
        raise ValueError(
            "expected two ends of alpha, or four (beta's after them), the lower one first"
        )
    return numbers


def _text(_: Any, tokens: Any) -> str:
    """Leave what was typed to the validator."""
    return str(tokens[0].value)


Window = Annotated[
    tuple[float, ...] | None,
    BeforeValidator(_window),
    Parameter(converter=_text, n_tokens=1, allow_leading_hyphen=True, metavar="NUMBERS"),
]

Radius = Annotated[
    float | Literal["auto"],
    BeforeValidator(_radius),
    Parameter(metavar="NUMBER|auto", show_choices=False),
]
Names = Annotated[tuple[str, ...], Parameter(metavar="NAMES")]


class GridSettings(BaseModel):
    """Which points to evaluate around the center, and how; what is wrong is a LandscapeError."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    planes: int = Field(5, ge=1, le=10_000)
    """Replicate planes: independent pairs of random directions. Intervals need at least two."""
    steps: int = Field(51, ge=3)
    """Points per side; an odd number puts the center on the grid. 51 as in Li et al. (2018)."""
    radius: Radius = 1.0
    """Half side of the grid, in units of the directions. 1 as in Li et al. (2018); `auto` finds
    where the loss of a typical plane reaches `clip` times that of the center."""
    window: Window = None
    """Ends of the grid instead of a radius: alpha's, then beta's, such as -0.5,1.5,-1,1; two
    numbers are those of a line, or of both sides. By default what suits the directions."""
    along: Annotated[str, Parameter(metavar="DIRECTIONS")] = "random"
    """Directions: `random`; `to:b.pt` (a line to a checkpoint), `to:b.pt,c.pt` (a plane);
    `pca:run` (a plane nearest to the checkpoints in a folder, or in several: `pca:a,b`); `hessian`
    (where the loss curves most; `hessian:extremes`: most and least, as at a saddle); or one
    beside random ones, alone with --line: `gradient`, `worst:steps=5,radius=0.1` (the worst that
    ascent finds), `update:b.pt` (the step of an optimizer), `file:d.npz` (your own, or two)."""
    line: bool = False
    """One direction for each plane instead of two."""
    normalize: Normalize = "filter"
    """Scale of the random directions: that of each filter, layer or weight of the center; or 1
    (`unit`); or as drawn (`none`)."""
    vectors: Vectors = "zero"
    """Biases and parameters of normalization layers in random directions: zero as in Li et al.
    (2018), unless nothing else moves; or random, each scaled as one filter."""
    orthogonal: bool = False
    """Make the second direction of a plane orthogonal to the first, as long as it was."""
    only: Names = ()
    """What moves: parameters or modules by name, wildcards allowed (`encoder.*`); several are
    separated by commas. By default everything."""
    freeze: Names = ()
    """What stays, in the same way. By default nothing."""
    trainable: bool = False
    """Move only what requires a gradient, such as adapters and heads."""
    batchnorm: BatchNormPolicy = "frozen"
    """BatchNorm statistics away from the center; frozen as in Li et al. (2018)."""
    precision: Precision = "float32"
    """Arithmetic of products and convolutions; the others are faster, and how far their values
    are off at the center and at another point is stored in the file. `tf32` needs CUDA."""
    seed: int = Field(0, ge=0, lt=2**63)
    """Seed of the directions; the same seed draws the same directions for every model."""
    max_samples: int | None = Field(None, ge=1)
    """Evaluate on the first this many samples only; by default on all."""
    tolerance: Tolerance = Field(None, gt=0, lt=1)
    """Measure only as many points as are needed to estimate all others to this relative error:
    relative to the value, or to that at the center where it is larger. By default, or with
    `none`, all are measured."""
    clip: float = Field(10.0, gt=1, allow_inf_nan=False)
    """The tolerance holds up to this multiple of the value at the center at least (higher where
    hardly any of the surface lies below that); figures draw no higher."""
    tolerance_metrics: Names = ("loss",)
    """Metrics for which it holds, separated by commas; others are estimated without a promise."""
    max_evaluations: int | None = Field(None, ge=1)
    """Stop after this many points; the same call without it goes on. By default never."""

    _split_commas = field_validator("tolerance_metrics", "only", "freeze", mode="before")(
        split_commas
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        """Refuse grids that no machine holds, before arrays of their size are asked for."""
        if self.points > MOST_POINTS:
            raise ValueError(
                f"expected at most {MOST_POINTS:,} points, got {self.points:,}: use fewer steps, "
                "or fewer planes"
            )
        if self.orthogonal and self.line:
            raise ValueError("a line has one direction: there is nothing to make orthogonal")
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_line(cls, values: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """Say in one line what is wrong, wherever settings are made; the last of the validators."""
        try:
            return validate(values)
        except ValidationError as error:
            raise explain(error, names=tuple(cls.model_fields)) from error

    @property
    def points(self) -> int:
        """Number of points of all grids."""
        return self.planes * self.steps ** (1 if self.line else 2)

    @property
    def likely_points(self) -> int:
        """Number of points that will probably be measured."""
        points = self.points if self.tolerance is None else round(_REFINED_SHARE * self.points)
        return max(1, min(points, self.max_evaluations or points))

    @property
    def extent(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Lowest and highest alpha, and beta: both 0 on a line. The radius is a number by now."""
        radius = math.nan if self.radius == "auto" else self.radius
        low, high, *others = self.window or (-radius, radius)
        beta = (others[0], others[1]) if others else (low, high)
        return (low, high), (0.0, 0.0) if self.line else beta

    def identity(self) -> dict[str, Any]:
        """Return what decides about values: a file is continued only where it agrees."""
        refining = {"clip", "tolerance_metrics"}
        left_out = {"max_evaluations"} | (refining if self.tolerance is None else set())
        left_out |= {"radius"} if self.window is not None else set()
        dumped = self.model_dump(mode="json", exclude=left_out)
        unused = {n for n in _SELDOM if getattr(self, n) == type(self).model_fields[n].default}
        return {name: value for name, value in dumped.items() if name not in unused}


def direction_word(text: str) -> tuple[str, str]:
    """Take a text of `along` apart at its first colon.

    Args:
        text: Such as `to:b.pt`.

    Returns:
        Its word, and the rest, perhaps empty.

    Raises:
        LandscapeError: If there are no such directions.
    """
    word, _, rest = text.partition(":")
    if word not in DIRECTIONS:
        raise LandscapeError(f"unknown directions {word!r}", hint=meant(word, DIRECTIONS))
    return word, rest


def settings_from(kind: type[Model], values: dict[str, Any]) -> Model:
    """Validate settings and say in one line what is wrong with them.

    Args:
        kind: The pydantic model.
        values: Names and values.

    Returns:
        The settings.

    Raises:
        LandscapeError: Naming the first wrong setting, what was expected and what came; for an
            unknown name, the name most like it.

    Example:
        >>> class Mine(BaseModel):
        ...     steps: int = Field(51, ge=3)
        >>> settings_from(Mine, {"steps": 2})
        Traceback (most recent call last):
        landscape.errors.LandscapeError: steps: input should be greater than or equal to 3, got 2
    """
    try:
        return kind(**values)
    except ValidationError as error:
        raise explain(error, names=tuple(kind.model_fields)) from error


def explain(error: ValidationError, *, names: tuple[str, ...] = ()) -> LandscapeError:
    """Put the first of pydantic's complaints in one line.

    Args:
        error: What pydantic raised.
        names: The settings that exist, to suggest one for an unknown name.

    Returns:
        An error to raise or to print.
    """
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return LandscapeError(f"unknown setting {name!r}", hint=meant(name, names))
    message = first["msg"].removeprefix("Value error, ")
    what = message[0].lower() + message[1:]
    if not name:
        return LandscapeError(what)
    whole = isinstance(first["input"], Mapping)  # of a group of settings: the message has said it
    return LandscapeError(
        f"{name}: {what}" if whole else f"{name}: {what}, got {told(first['input'])}"
    )
