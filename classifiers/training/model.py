"""The network: an encoder, and heads that read the whole letter and each sentence ("late and whole")."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModel

from classifiers.labels import OUTPUTS

_ATTENTION_SIZE = 128
MOST_SENTENCES = 64


class Network(nn.Module):
    """z = W1 mean(tokens) + sum over sentences of a_s W2 e_s, with attention a of its own for each output."""

    def __init__(self, encoder: Any, dropout: float = 0.1, outputs: int = OUTPUTS) -> None:
        """Put heads with so many outputs on an encoder."""
        super().__init__()
        self.encoder = encoder
        size = encoder.config.hidden_size
        self.whole = nn.Linear(size, outputs)
        self.parts = nn.Linear(size, outputs, bias=False)
        self.key = nn.Linear(size, _ATTENTION_SIZE)
        self.query = nn.Linear(_ATTENTION_SIZE, outputs, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.segmented = getattr(encoder.config, "type_vocab_size", 1) > 1

    def forward(
        self, ids: torch.Tensor, segments: torch.Tensor, mask: torch.Tensor, sentences: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give logits (letters, outputs) and each sentence's contribution (letters, sentences, outputs).

        `ids`, `segments`, `mask`: (letters, tokens). `sentences`: (letters, sentences, tokens), 1 where a token belongs
        to a sentence. Context tokens belong to none: they are read, never pooled.
        """
        extra = {"token_type_ids": segments} if self.segmented else {}
        states = self.encoder(input_ids=ids, attention_mask=mask, **extra).last_hidden_state
        weights = sentences.to(states.dtype)
        counts = weights.sum(-1, keepdim=True)
        embedded = self.dropout(weights @ states / counts.clamp(min=1))
        own = weights.sum(1)
        pooled = self.dropout((own.unsqueeze(-1) * states).sum(1) / own.sum(-1, keepdim=True).clamp(min=1))
        scores = self.query(torch.tanh(self.key(embedded)))
        scores = scores.masked_fill(counts == 0, -1e4)
        parts = torch.softmax(scores, dim=1) * self.parts(embedded)
        return self.whole(pooled) + parts.sum(1), parts


def build(folder: Path, layers: tuple[int, ...] | None = None, outputs: int = OUTPUTS) -> Network:
    """Load the base encoder from `folder` (config.json, model.safetensors), keeping only `layers` where given."""
    config = AutoConfig.from_pretrained(folder)
    encoder = AutoModel.from_config(config, add_pooling_layer=False)
    weights = {
        name.removeprefix("encoder_model."): value.float()
        for name, value in load_file(folder / "model.safetensors").items()
    }
    encoder.load_state_dict(
        {k: v for k, v in weights.items() if not k.startswith("pooler") and "position_ids" not in k}, strict=False
    )
    if layers is not None:
        encoder.encoder.layer = nn.ModuleList([encoder.encoder.layer[number] for number in layers])
        encoder.config.num_hidden_layers = len(layers)
    return Network(encoder, outputs=outputs)
