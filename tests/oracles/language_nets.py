"""GPT-2 and BERT in plain torch, every product of attention written out (Radford et al. 2019; Devlin et al. 2019)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Vaswani et al. 2017, sec. 3.2; a causal one sees no later token."""

    def __init__(self, dim: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.in_proj_weight = nn.Parameter(torch.randn(3 * dim, dim) * 0.1)
        self.in_proj_bias = nn.Parameter(torch.randn(3 * dim) * 0.1)
        self.out_proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        n, t, d = x.shape
        three = F.linear(x, self.in_proj_weight, self.in_proj_bias).chunk(3, dim=-1)
        q, k, v = (each.view(n, t, self.heads, d // self.heads).transpose(1, 2) for each in three)
        scores = q @ k.transpose(2, 3) / (d // self.heads) ** 0.5
        if self.causal:
            scores = scores.masked_fill(~torch.ones(t, t, dtype=torch.bool).tril(), float("-inf"))
        return self.out_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, d))


class Mlp(nn.Module):
    def __init__(self, dim: int, approximate: str) -> None:
        super().__init__()
        self.fc1, self.fc2, self.approximate = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim), approximate

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x), approximate=self.approximate))


class Before(nn.Module):
    """Norms before attention and perceptron."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(dim), Attention(dim, heads, causal=True)
        self.ln_2, self.mlp = nn.LayerNorm(dim), Mlp(dim, "tanh")

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class After(nn.Module):
    """Norms behind the sums."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.attention, self.norm1 = Attention(dim, heads, causal=False), nn.LayerNorm(dim, eps=1e-12)
        self.mlp, self.norm2 = Mlp(dim, "none"), nn.LayerNorm(dim, eps=1e-12)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.mlp(x))


class GPT2(nn.Module):
    def __init__(self, vocabulary: int, most: int, depth: int, dim: int, heads: int) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, dim), nn.Parameter(torch.randn(most, dim))
        self.h = nn.ModuleList(Before(dim, heads) for _ in range(depth))
        self.ln_f, self.lm_head = nn.LayerNorm(dim), nn.Linear(dim, vocabulary, bias=False)
        self.lm_head.weight = self.wte.weight

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1])
        x = self.wte(ids) + self.wpe[places]
        for layer in self.h:
            x = layer(x)
        return self.lm_head(self.ln_f(x))


class BERT(nn.Module):
    def __init__(self, vocabulary: int, most: int, depth: int, dim: int, heads: int) -> None:
        super().__init__()
        self.word, self.segment = nn.Embedding(vocabulary, dim), nn.Embedding(2, dim)
        self.position, self.norm = nn.Parameter(torch.randn(most, dim)), nn.LayerNorm(dim, eps=1e-12)
        self.encoder = nn.ModuleList(After(dim, heads) for _ in range(depth))
        self.pooler = nn.Linear(dim, dim)

    def forward(self, ids: Tensor, segments: Tensor) -> tuple[Tensor, Tensor]:
        places = torch.arange(ids.shape[1])
        x = self.norm(self.word(ids) + self.segment(segments) + self.position[places])
        for layer in self.encoder:
            x = layer(x)
        return x, torch.tanh(self.pooler(x[:, 0]))
