"""Fitting: batches of letters, masked losses, AdamW with warm-up; soft labels where a teacher gives them."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from classifiers.corpus_files import Example
from classifiers.encode import MOST_WINDOWS, Window, windows
from classifiers.labels import FIRST_ROLE, FIRST_SCOPE, INDEPENDENT, INTENTS, ROLES, SCOPES, URGENT
from classifiers.pieces import Pieces
from classifiers.text import prepare
from classifiers.training.model import MOST_SENTENCES, Network


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained."""

    epochs: int
    encoder_rate: float
    head_rate: float = 1e-3
    batch: int = 32
    seed: int = 0
    #: share of the teacher's probability in the target, where there is a teacher
    soft: float = 0.0


@dataclass(frozen=True, slots=True)
class Tensors:
    """One batch on its device."""

    ids: torch.Tensor
    segments: torch.Tensor
    mask: torch.Tensor
    sentences: torch.Tensor


def lay_out(examples: Sequence[Example], pieces: Pieces) -> list[list[Window]]:
    """Lay every letter out in windows."""
    return [windows(prepare(one.letter), pieces, pieces.special)[:MOST_WINDOWS] for one in examples]


def targets(examples: Sequence[Example]) -> tuple[np.ndarray, np.ndarray]:
    """Give labels (letters, INDEPENDENT + 1) and their weights; the last column is the role's number."""
    labels = np.zeros((len(examples), INDEPENDENT + 1), dtype=np.float32)
    weights = np.ones_like(labels)
    for row, one in enumerate(examples):
        for intent in one.intents:
            labels[row, INTENTS.index(intent)] = 1
        labels[row, URGENT] = one.urgent
        for scope in one.scope or ():
            labels[row, FIRST_SCOPE + SCOPES.index(scope)] = 1
        if one.scope is None:
            weights[row, FIRST_SCOPE:INDEPENDENT] = 0
        labels[row, INDEPENDENT] = ROLES.index(one.role)
        if one.debatable:
            weights[row] *= 0.5
    return labels, weights


def fit(
    network: Network,
    examples: Sequence[Example],
    pieces: Pieces,
    recipe: Recipe,
    device: torch.device,
    teacher: np.ndarray | None = None,
) -> None:
    """Train in place. `teacher`: logits (letters, OUTPUTS) to distil from, NaN where none read it."""
    labels, weights = targets(examples)
    positives = labels[:, :INDEPENDENT].sum(0).clip(1)
    positive_weight = torch.tensor(
        np.clip(np.sqrt((len(examples) - positives) / positives), 0.5, 12), dtype=torch.float32, device=device
    )

    def loss(chosen: Sequence[int], logits: torch.Tensor) -> torch.Tensor:
        return _loss(
            logits,
            torch.tensor(labels[chosen], device=device),
            torch.tensor(weights[chosen], device=device),
            positive_weight,
            None if teacher is None else torch.tensor(teacher[chosen], dtype=torch.float32, device=device),
            recipe.soft,
        )

    descend(network, lay_out(examples, pieces), pieces, recipe, device, loss)


def descend(
    network: Network,
    laid: Sequence[Sequence[Window]],
    pieces: Pieces,
    recipe: Recipe,
    device: torch.device,
    loss: Callable[[Sequence[int], torch.Tensor], torch.Tensor],
) -> None:
    """Train in place on texts laid out in windows; `loss` is given the texts' rows and their logits."""
    _seed(recipe.seed)
    network.to(device).train()
    batches = math.ceil(len(laid) / recipe.batch)
    steps = batches * recipe.epochs
    optimiser = torch.optim.AdamW(
        [
            {"params": network.encoder.parameters(), "lr": recipe.encoder_rate},
            {
                "params": [p for n, p in network.named_parameters() if not n.startswith("encoder.")],
                "lr": recipe.head_rate,
            },
        ],
        weight_decay=0.01,
    )
    warm = max(steps // 10, 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, max((steps - step) / max(steps - warm, 1), 0.0))
    )
    order = random.Random(recipe.seed)  # noqa: S311 - an order of letters, not a secret
    for _epoch in range(recipe.epochs):
        for chosen in _shuffled(laid, recipe.batch, order):
            # One random window a letter and epoch: long letters are seen in all their parts.
            batch = tensors([order.choice(laid[row]) for row in chosen], pieces.pad, device)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
                logits, _parts = network(batch.ids, batch.segments, batch.mask, batch.sentences)
            optimiser.zero_grad(set_to_none=True)
            loss(chosen, logits.float()).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    network.eval()


def predict(network: Network, examples: Sequence[Example], pieces: Pieces, device: torch.device) -> np.ndarray:
    """Give logits (letters, OUTPUTS): the strongest of a letter's windows, label by label."""
    found: np.ndarray = read(network, lay_out(examples, pieces), pieces, device)
    return found


@torch.no_grad()
def read(network: Network, laid: Sequence[Sequence[Window]], pieces: Pieces, device: torch.device) -> np.ndarray:
    """Give logits (texts, outputs) of texts laid out in windows, as `predict` does."""
    network.to(device).eval()
    flat = [(row, window) for row, letter in enumerate(laid) for window in letter]
    flat.sort(key=lambda one: len(one[1].ids))
    found = np.full((len(laid), network.whole.out_features), -np.inf, dtype=np.float32)
    for start in range(0, len(flat), 128):
        chunk = flat[start : start + 128]
        batch = tensors([window for _row, window in chunk], pieces.pad, device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            logits, _parts = network(batch.ids, batch.segments, batch.mask, batch.sentences)
        for (row, _window), values in zip(chunk, logits.float().cpu().numpy(), strict=True):
            found[row] = np.maximum(found[row], values)
    return found


def tensors(laid: Sequence[Window], pad: int, device: torch.device) -> Tensors:
    """Pad windows to one batch."""
    longest = max(len(window.ids) for window in laid)
    most = min(max(max(window.sentences, default=0) for window in laid) + 1, MOST_SENTENCES)
    ids = np.full((len(laid), longest), pad, dtype=np.int64)
    segments, mask = np.zeros_like(ids), np.zeros_like(ids)
    sentences = np.zeros((len(laid), max(most, 1), longest), dtype=np.float32)
    for row, window in enumerate(laid):
        length = len(window.ids)
        ids[row, :length] = window.ids
        segments[row, :length] = window.segments
        mask[row, :length] = 1
        numbers = np.array(window.sentences)
        places = np.nonzero(numbers >= 0)[0]
        sentences[row, np.minimum(numbers[places], most - 1), places] = 1
    return Tensors(*(torch.from_numpy(one).to(device) for one in (ids, segments, mask, sentences)))


def _loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    weights: torch.Tensor,
    positive_weight: torch.Tensor,
    teacher: torch.Tensor | None,
    soft: float,
) -> torch.Tensor:
    independent, known = logits[:, :INDEPENDENT], labels[:, :INDEPENDENT]
    goal = known
    if teacher is not None:
        mixed = (1 - soft) * known + soft * torch.sigmoid(teacher[:, :INDEPENDENT])
        # A letter that no teacher read is learnt from its labels alone.
        goal = torch.where(torch.isnan(teacher[:, :INDEPENDENT]), known, mixed)
    each = functional.binary_cross_entropy_with_logits(independent, goal, pos_weight=positive_weight, reduction="none")
    each = each * weights[:, :INDEPENDENT]
    intents = each[:, :FIRST_SCOPE].mean(0).sum() / 6
    scope = each[:, FIRST_SCOPE:].sum() / weights[:, FIRST_SCOPE:INDEPENDENT].sum().clamp(min=1)
    role = functional.cross_entropy(logits[:, FIRST_ROLE:], labels[:, INDEPENDENT].long())
    return intents + scope + role / 6


def _shuffled(laid: Sequence[Sequence[Window]], size: int, order: random.Random) -> Iterator[list[int]]:
    """Batches of letters of like length, in random order: less padding, the same letters."""
    rows = list(range(len(laid)))
    order.shuffle(rows)
    for start in range(0, len(rows), size * 16):
        pool = sorted(rows[start : start + size * 16], key=lambda row: len(laid[row][0].ids))
        batches = [pool[at : at + size] for at in range(0, len(pool), size)]
        order.shuffle(batches)
        yield from batches


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
