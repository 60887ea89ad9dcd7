"""A language model with the interface of Hugging Face: all parameters against adapters alone.

python examples/transformer_lora.py           # a minute on one core; --width 128 --updates 3000

A causal transformer with tied embeddings learns to add; then adapters of low rank (Hu et al. 2022)
learn to subtract while all else is frozen. Models of transformers and peft are called alike.
"""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import cyclopts
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

import landscape as ls

SIGNS = "0123456789+-= "


class Lora(nn.Linear):
    """A linear layer and an adapter of rank 4 beside it, which adds nothing at first."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.lora_a = nn.Linear(inputs, 4, bias=False)
        self.lora_b = nn.Linear(4, outputs, bias=False)
        nn.init.zeros_(self.lora_b.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return features, shape (..., outputs)."""
        return super().forward(x) + self.lora_b(self.lora_a(x))


class Transformer(nn.Module):
    """One layer of causal attention; embedding and head share their weight."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed, self.place = nn.Embedding(len(SIGNS), width), nn.Embedding(9, width)
        self.qkv, self.out = Lora(width, 3 * width), Lora(width, width)
        wide = Lora(width, 4 * width), nn.GELU(), Lora(4 * width, width)
        self.mlp = nn.Sequential(nn.LayerNorm(width), *wide)
        self.norm, self.last = nn.LayerNorm(width), nn.LayerNorm(width)
        self.head = nn.Linear(width, len(SIGNS), bias=False)
        self.head.weight = self.embed.weight

    def forward(self, input_ids: Tensor, labels: Tensor) -> SimpleNamespace:
        """Return logits, and the mean loss of the next signs whose label is not -100."""
        x = self.embed(input_ids) + self.place.weight
        q, k, v = self.qkv(self.norm(x)).unflatten(-1, (3, 4, -1)).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        logits = self.head(self.last(x + self.mlp(x)))
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        return SimpleNamespace(logits=logits, loss=loss)


def build(width=32, updates=1000, seed=0, device="cpu") -> ls.Problem:
    """Train everything to add, then the adapters to subtract."""
    torch.manual_seed(seed)
    model = Transformer(width).to(device)
    for sign in "+-":
        pairs = product(range(40), repeat=2)
        texts = [f"{a:2}{sign}{b:2}={a + b if sign == '+' else a - b:3}" for a, b in pairs]
        ids = torch.tensor([[SIGNS.index(c) for c in text] for text in texts], device=device)
        labels = ids.masked_fill(torch.arange(9, device=device) < 6, -100)  # the answer counts
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(sign == "+" or "lora_" in name)
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 3e-3)
        for _ in range(updates):
            index = torch.randint(len(ids), (128,))
            optimizer.zero_grad()
            model(ids[index], labels[index]).loss.backward()
            optimizer.step()
    batch = {"input_ids": ids, "labels": labels}
    return ls.Problem(model, lambda model, batch: model(**batch).loss, [batch])


def main(*, width=32, updates=1000, planes=5, steps=19, device="auto", out="lora"):
    """Train, measure both, and draw perplexities at equal levels."""
    device = device.replace("auto", "cuda" if torch.cuda.is_available() else "cpu")
    problem, pair = build(width, updates, device=device), []
    grid = {"planes": planes, "steps": steps, "radius": 0.8, "max_samples": 400, "device": device}
    for name, trainable in (("everything", False), ("adapters", True)):
        found = ls.compute(problem, trainable=trainable, path=f"{out}/{name}.h5", **grid)
        print(f"{name}: perplexity {np.exp(found.center['loss']):.3f}\n{ls.summarize(found)}\n")
        center = {"loss": found.center["loss"], "perplexity": np.exp(found.center["loss"])}
        values = {"loss": found.loss, "perplexity": np.exp(found.loss)}  # of the mean loss
        pair.append(replace(found, values=values, center=center))
    figure = ls.draw_contours([pair], columns=("everything", "adapters"), metric="perplexity")
    ls.save_figure(figure, f"{out}/perplexity.png")


if __name__ == "__main__":
    cyclopts.run(main)
