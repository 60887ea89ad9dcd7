"""What a loss that raises has most likely done wrong."""

from torch import nn

from landscape.errors import ProblemError, describe
from landscape.objective.batchnorm import ONE_SAMPLE, ONE_SAMPLE_HINT
from landscape.problem import Loss

_GRADIENT_HINT = (
    "surfaces are evaluated without gradients: wrap what needs one, such as a derivative by the "
    "inputs, in torch.enable_grad(); parameters do not require grad unless the loss says so "
    "(p.requires_grad_() in it)"
)
_DEVICE_HINT = (
    "tensors that the loss closes over must be moved: use tensor.to(device) with "
    "device = next(model.parameters()).device; what is in a batch is moved for you"
)
_CALL_HINT = "a loss is called as loss(model, batch), with the batch as it came"
_DEVICE_TEXTS = (
    "same device",
    "but expected on",
    "but got device",
    "on different devices",
    "expected device",
)
_CALL_TEXTS = ("positional argument", "unexpected keyword argument")


def loss_failed(error: BaseException, loss: Loss) -> ProblemError:
    """Say that a loss raised, and what may help.

    Args:
        error: As caught.
        loss: The function.

    Returns:
        The error to raise.
    """
    text = describe(error)
    hint = ""
    if "require grad" in text:
        hint = _GRADIENT_HINT
    elif any(part in text for part in _DEVICE_TEXTS):
        hint = _DEVICE_HINT
    elif ONE_SAMPLE in text:
        hint = ONE_SAMPLE_HINT
    elif isinstance(loss, nn.Module) or any(part in text for part in _CALL_TEXTS):
        hint = _CALL_HINT
    elif isinstance(error, SystemExit):
        hint = "a loss must not end the process"
    return ProblemError(f"loss(model, batch) raised {text}", hint=hint)
