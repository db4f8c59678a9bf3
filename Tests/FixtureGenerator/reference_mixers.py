"""Causal mixers besides attention, Mamba and SSD in PyTorch, one sequential step per token: names as in zoology and fla.

Each takes d_model and its keys; RWKV-7 hands its first layer's values on in `shared`.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

import reference_convolutions
from reference_convolutions import convolve, heads_of, linear, parameter


def rms(x):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


def unit(x):
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)


class Weight(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = parameter(size)


class SlidingWindow(nn.Module):
    def __init__(self, d, num_heads=1, window_size=64):
        super().__init__()
        self.heads, self.window = num_heads, window_size
        self.Wqkv, self.out_proj = nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x):
        q, k, v = (heads_of(t, self.heads).transpose(1, 2) for t in self.Wqkv(x).chunk(3, -1))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        ones = torch.ones_like(scores[0, 0], dtype=torch.bool)
        hidden = ones.triu(1) | ones.tril(-self.window)
        weights = scores.masked_fill(hidden, -torch.inf).softmax(-1)
        return self.out_proj((weights @ v).transpose(1, 2).flatten(-2))


class LinearAttention(nn.Module):
    def __init__(self, d, num_heads=1, feature_dim=16, feature_name="taylor_exp"):
        super().__init__()
        self.heads, self.f, self.name = num_heads, feature_dim, feature_name
        self.proj_q, self.proj_k = (linear(d, num_heads * feature_dim) for _ in range(2))
        self.proj_v, self.proj_o = linear(d, d), linear(d, d)

    def features(self, x):
        if self.name == "identity":
            return x
        if self.name == "pos_elu":
            return F.elu(x) + 1
        square = (x[..., None] * x[..., None, :]).flatten(-2) / math.sqrt(2 * self.f)
        return torch.cat([torch.ones_like(x[..., :1]), x / self.f ** 0.25, square], -1)

    def forward(self, x):
        q, k = (self.features(heads_of(p(x), self.heads)) for p in (self.proj_q, self.proj_k))
        v = heads_of(self.proj_v(x), self.heads)
        S, n, outputs = 0, 0, []
        for t in range(x.shape[1]):
            S, n = S + k[:, t, :, :, None] * v[:, t, :, None], n + k[:, t]
            read = (q[:, t, :, :, None] * S).sum(-2)
            outputs.append(read / ((q[:, t] * n).sum(-1, keepdim=True) + 1e-12))
        return self.proj_o(torch.stack(outputs, 1).flatten(-2))


def delta_rule(q, k, v, beta, g):
    """q, k, g [batch, time, heads, K], g perhaps one for all channels; v [.., V]; beta [batch, time, heads]."""
    S, outputs = torch.zeros(*k.shape[:1], *k.shape[2:], v.shape[-1], dtype=q.dtype), []
    for t in range(q.shape[1]):
        S = g[:, t, :, :, None].exp() * S
        u = beta[:, t, :, None] * (v[:, t] - (k[:, t, :, :, None] * S).sum(-2))
        S = S + k[:, t, :, :, None] * u[:, :, None]
        outputs.append((q[:, t, :, :, None] * S).sum(-2))
    return torch.stack(outputs, 1)


class DeltaFamily(nn.Module):
    def __init__(self, d, heads, K, V, conv_size, doubled):
        super().__init__()
        self.heads, self.factor = heads, 2 if doubled else 1
        for name, width in [("q", heads * K), ("k", heads * K), ("v", heads * V)]:
            setattr(self, f"{name}_proj", linear(d, width))
            setattr(self, f"{name}_conv1d",
                    nn.Conv1d(width, width, conv_size, groups=width, bias=False))
        self.b_proj, self.o_norm = linear(d, heads), Weight(V)
        self.o_proj = linear(heads * V, d)

    def forward(self, x):
        q, k, v = (
            heads_of(F.silu(convolve(getattr(self, f"{name}_conv1d"),
                                     getattr(self, f"{name}_proj")(x))), self.heads)
            for name in "qkv")
        q, k = unit(q) / math.sqrt(q.shape[-1]), unit(k)
        beta = self.factor * self.b_proj(x).sigmoid()
        y = rms(delta_rule(q, k, v, beta, self.log_decay(x))) * self.o_norm.weight
        return self.o_proj(self.gated(y, x).flatten(-2))

    def log_decay(self, x):
        return torch.zeros(*x.shape[:2], self.heads, 1, dtype=x.dtype)

    def gated(self, y, x):
        return y * F.silu(heads_of(self.g_proj(x), self.heads)) if hasattr(self, "g_proj") else y


class DeltaNet(DeltaFamily):
    def __init__(self, d, num_heads=4, expand_k=1, expand_v=1, conv_size=4, use_gate=False,
                 allow_neg_eigval=False):
        K, V = (int(e * d / num_heads) for e in (expand_k, expand_v))
        super().__init__(d, num_heads, K, V, conv_size, allow_neg_eigval)
        if use_gate:
            self.g_proj = linear(d, num_heads * V)


class GatedDeltaNet(DeltaFamily):
    def __init__(self, d, num_heads=2, head_dim=0, expand_v=2, conv_size=4, use_gate=True,
                 allow_neg_eigval=False):
        K = head_dim or d // num_heads
        V = int(expand_v * K)
        super().__init__(d, num_heads, K, V, conv_size, allow_neg_eigval)
        self.a_proj = linear(d, num_heads)
        self.A_log, self.dt_bias = parameter(num_heads), parameter(num_heads)
        if use_gate:
            self.g_proj = linear(d, num_heads * V)

    def log_decay(self, x):
        return (-self.A_log.exp() * F.softplus(self.a_proj(x) + self.dt_bias))[..., None]


class KDA(DeltaFamily):
    def __init__(self, d, num_heads=2, head_dim=0, expand_v=1, conv_size=4,
                 allow_neg_eigval=False):
        K = head_dim or d // num_heads
        V = int(expand_v * K)
        super().__init__(d, num_heads, K, V, conv_size, allow_neg_eigval)
        self.f_proj = nn.Sequential(linear(d, V), linear(V, num_heads * K))
        self.g_proj = nn.Sequential(linear(d, V), linear(V, num_heads * V, bias=True))
        self.A_log, self.dt_bias = parameter(num_heads), parameter(num_heads * K)

    def log_decay(self, x):
        return -self.A_log.exp()[:, None] * heads_of(
            F.softplus(self.f_proj(x) + self.dt_bias), self.heads)

    def gated(self, y, x):
        return y * heads_of(self.g_proj(x), self.heads).sigmoid()


class DecayedAttention(nn.Module):
    def __init__(self, d, heads, expand_k, expand_v):
        super().__init__()
        keys, values = int(expand_k * d), int(expand_v * d)
        self.heads = heads
        self.q_proj, self.k_proj = linear(d, keys), linear(d, keys)
        self.v_proj, self.g_proj, self.o_proj = linear(d, values), linear(d, values), linear(values, d)
        self.g_norm_swish_gate = Weight(values // heads)

    def forward(self, x):
        q, k, v = (heads_of(p(x), self.heads) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k = self.turned(q) / math.sqrt(q.shape[-1]), self.turned(k)
        g, S, outputs = self.log_decay(x), 0, []
        for t in range(x.shape[1]):
            S = g[:, t, :, :, None].exp() * S + k[:, t, :, :, None] * v[:, t, :, None]
            outputs.append((q[:, t, :, :, None] * S).sum(-2))
        y = rms(torch.stack(outputs, 1)) * self.g_norm_swish_gate.weight
        return self.o_proj(y.flatten(-2) * F.silu(self.g_proj(x)))

    def turned(self, y):
        return y


class GLA(DecayedAttention):
    def __init__(self, d, num_heads=4, expand_k=0.5, expand_v=1, gate_low_rank_dim=16,
                 gate_logit_normalizer=16):
        super().__init__(d, num_heads, expand_k, expand_v)
        self.normalizer = gate_logit_normalizer
        self.gk_proj = nn.Sequential(
            linear(d, gate_low_rank_dim), linear(gate_low_rank_dim, int(expand_k * d), bias=True))

    def log_decay(self, x):
        return heads_of(F.logsigmoid(self.gk_proj(x)) / self.normalizer, self.heads)


class RetNet(DecayedAttention):
    def __init__(self, d, num_heads=8, expand_k=1, expand_v=2):
        super().__init__(d, num_heads, expand_k, expand_v)

    def log_decay(self, x):
        g = torch.log(1 - 2.0 ** (-5 - torch.arange(self.heads, dtype=x.dtype)))
        return g[:, None].expand(*x.shape[:2], self.heads, 1)

    def turned(self, y):
        half = y.shape[-1] // 2
        angles = torch.arange(y.shape[1], dtype=y.dtype)[:, None] * 10000.0 ** (
            -torch.arange(half, dtype=y.dtype) / half)
        cos, sin, a, b = angles.cos()[:, None], angles.sin()[:, None], y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class LowRank(nn.Module):
    def __init__(self, d, rank, function, bias=True):
        super().__init__()
        self.lora = nn.Sequential(linear(d, rank), function, linear(rank, d, bias))

    def forward(self, x):
        return self.lora(x)


class RWKV7(nn.Module):
    def __init__(self, d, head_dim=64, decay_low_rank_dim=16, a_low_rank_dim=16,
                 v_low_rank_dim=16, gate_low_rank_dim=64, value_residual=True, is_first=True):
        super().__init__()
        self.heads, self.gives = d // head_dim, value_residual and is_first
        for name in "rwkvag":
            setattr(self, f"x_{name}", parameter(1, 1, d))
        for name in "rkvo":
            setattr(self, f"{name}_proj", linear(d, d))
        self.w_lora = LowRank(d, decay_low_rank_dim, nn.Tanh())
        self.a_lora = LowRank(d, a_low_rank_dim, nn.Identity())
        self.g_lora = LowRank(d, gate_low_rank_dim, nn.Sigmoid(), bias=False)
        if value_residual and not is_first:
            self.v_lora = LowRank(d, v_low_rank_dim, nn.Identity())
        self.k_k, self.k_a = parameter(d), parameter(d)
        self.r_k = parameter(self.heads, head_dim)
        self.g_norm = nn.GroupNorm(self.heads, d, eps=head_dim * 1e-5)

    def forward(self, x, shared):
        before = F.pad(x, (0, 0, 1, 0))[:, :-1]
        r, w, k, v, a, g = (x + (before - x) * getattr(self, f"x_{name}") for name in "rwkvag")
        w = -math.exp(-0.5) * self.w_lora(w).sigmoid()
        mix = self.v_lora(v).sigmoid() if hasattr(self, "v_lora") else None
        r, k, v = self.r_proj(r), self.k_proj(k), self.v_proj(v)
        if self.gives:
            shared["v"] = v
        if mix is not None:
            v = v + (shared["v"] - v) * mix
        a, gate = self.a_lora(a).sigmoid(), self.g_lora(g)
        kappa = heads_of(k * self.k_k, self.heads)
        kappa = kappa / kappa.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        k = k * (1 + (a - 1) * self.k_a)
        r, w, k, v, a = (heads_of(t, self.heads) for t in (r, w, k, v, a))
        S, outputs = torch.zeros(*k.shape[:1], *k.shape[2:], v.shape[-1], dtype=x.dtype), []
        for t in range(x.shape[1]):
            read = (kappa[:, t, :, :, None] * S).sum(-2)
            S = (w[:, t, :, :, None].exp() * S - (kappa * a)[:, t, :, :, None] * read[:, :, None]
                 + k[:, t, :, :, None] * v[:, t, :, None])
            outputs.append((r[:, t, :, :, None] * S).sum(-2))
        o = torch.stack(outputs, 1).flatten(-2)
        y = self.g_norm(o.flatten(0, 1)).unflatten(0, x.shape[:2])
        y = y + ((r * k * self.r_k).sum(-1, keepdim=True) * v).flatten(-2)
        return self.o_proj(y * gate)


MIXERS = {
    "sliding_window": SlidingWindow, "linear_attention": LinearAttention, "retnet": RetNet,
    "gla": GLA, "deltanet": DeltaNet, "gated_deltanet": GatedDeltaNet, "kda": KDA, "rwkv7": RWKV7,
    **reference_convolutions.MIXERS,
}
