"""What is tried: every combination of a few values of each hyper-parameter."""

from itertools import product

from pydantic import BaseModel, ConfigDict

from lamp.bounds import Optimizer
from lamp.experiments.settings import TrialSettings


class SearchSpace(BaseModel):
    """Values of the hyper-parameters that the paper tunes (section 3.1).

    An empty tuple leaves a hyper-parameter as the trial that is started from has it.

    Args:
        batch_sizes: Images a step.
        patches: Patches along each side that are reconstructed one by one.
        learning_rates: Constant rates.
        kernel_sizes: Sides of the kernels.
        optimizers: `"adam"`, `"sgd"`, `"rmsprop"`.

    Example:
        >>> from lamp.experiments import TaskSettings
        >>> start = TrialSettings(task=TaskSettings(normal=3))
        >>> space = SearchSpace(learning_rates=(1e-3, 3e-4), kernel_sizes=(3, 5))
        >>> len(space.candidates(start))
        4
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_sizes: tuple[int, ...] = ()
    patches: tuple[int, ...] = ()
    learning_rates: tuple[float, ...] = ()
    kernel_sizes: tuple[int, ...] = ()
    optimizers: tuple[Optimizer, ...] = ()

    def candidates(self, start: TrialSettings) -> list[TrialSettings]:
        """Return all combinations, `start` itself first.

        Args:
            start: The trial that all others differ from in hyper-parameters only.

        Returns:
            Each once. `start` is among them even if its values are not in the space.

        Raises:
            ValueError: If a combination is impossible, such as patches that do not tile.
        """
        model, training = start.model, start.training
        combined = product(
            self.optimizers or (training.optimizer,),
            self.batch_sizes or (training.batch_size,),
            self.learning_rates or (training.learning_rate,),
            self.patches or (model.patches,),
            self.kernel_sizes or (model.kernel_size,),
        )
        whole = start.model_dump()
        found = {start.key: start}
        for optimizer, batch_size, rate, patches, kernel_size in combined:
            tried = {"optimizer": optimizer, "batch_size": batch_size, "learning_rate": rate}
            shape = {"patches": patches, "kernel_size": kernel_size}
            parts = {"model": whole["model"] | shape, "training": whole["training"] | tried}
            candidate = TrialSettings.model_validate(whole | parts)
            found[candidate.key] = candidate
        return list(found.values())
