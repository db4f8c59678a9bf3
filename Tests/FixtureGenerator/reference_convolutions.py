"""Mixers by convolution in PyTorch, in plain form: names as in zoology and safari. Each takes d_model and its keys."""

import torch
import torch.nn.functional as F
from torch import nn


def parameter(*shape, trained=True):
    return nn.Parameter(torch.empty(*shape), requires_grad=trained)


def linear(inputs, outputs, bias=False):
    return nn.Linear(inputs, outputs, bias=bias)


def heads_of(x, heads):
    return x.unflatten(-1, (heads, -1))


def convolve(conv, x):
    """Depthwise causal convolution; x [batch, time, channels]."""
    return conv(F.pad(x.transpose(1, 2), (conv.kernel_size[0] - 1, 0))).transpose(1, 2)


def long_convolution(kernel, x):
    """y_t = sum of kernel_j x_(t-j); kernel [time, channels]."""
    padded = F.pad(x, (0, 0, x.shape[1] - 1, 0))
    windows = padded.unfold(1, x.shape[1], 1)  # [batch, t, channels, window]
    return torch.einsum("btcw,wc->btc", windows.flip(-1), kernel[: x.shape[1]])


class Conv(nn.Module):
    """BaseConv's convolution: short, or long by a small network."""

    def __init__(self, d, taps, longest):
        super().__init__()
        if taps > 0:
            self.conv = nn.Conv1d(d, d, taps, groups=d)
        else:
            self.mlp = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, d))
            self.pos_emb = nn.Module()
            self.pos_emb.z = parameter(1, longest, 3, trained=False)

    def forward(self, u):
        if hasattr(self, "conv"):
            return convolve(self.conv, u)
        return u + long_convolution(self.mlp(self.pos_emb.z[0]), u)


class BaseConv(nn.Module):
    def __init__(self, d, kernel_size=3, index=0, max_length=0):
        super().__init__()
        taps = kernel_size[index] if isinstance(kernel_size, list) else kernel_size
        self.projection, self.conv = nn.Linear(d, d), Conv(d, taps, max_length)

    def forward(self, u):
        return self.conv(u) * self.projection(u) + u


class Sin(nn.Module):
    def __init__(self, freq):
        super().__init__()
        self.freq = freq

    def forward(self, x):
        return torch.sin(self.freq * x)


class HyenaFilter(nn.Module):
    def __init__(self, d, order, longest):
        super().__init__()
        freq = parameter(1, order)
        self.implicit_filter = nn.Sequential(
            nn.Linear(3, order), Sin(freq), nn.Linear(order, order), Sin(freq),
            nn.Linear(order, order), Sin(freq), linear(order, d))
        self.bias, self.modulation, self.pos_emb = parameter(d), nn.Module(), nn.Module()
        self.modulation.deltas = parameter(1, 1, d, trained=False)
        self.pos_emb.z = parameter(1, longest, 3)
        self.pos_emb.t = parameter(1, longest, 1, trained=False)

    def forward(self):
        window = torch.exp(-self.pos_emb.t * self.modulation.deltas.abs())
        return (window * self.implicit_filter(self.pos_emb.z))[0]


class Hyena(nn.Module):
    def __init__(self, d, filter_order=64, max_length=0):
        super().__init__()
        self.in_proj, self.out_proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.short_filter = nn.Conv1d(3 * d, 3 * d, 3, groups=3 * d)
        self.filter_fn = HyenaFilter(d, filter_order, max_length)

    def forward(self, u):
        x1, x2, v = convolve(self.short_filter, self.in_proj(u)).chunk(3, -1)
        y = x1 * v
        return self.out_proj(x2 * (long_convolution(self.filter_fn(), y) + self.filter_fn.bias * y))


class Kernel(nn.Module):
    def __init__(self, **parameters):
        super().__init__()
        self.kernel = nn.ParameterDict(parameters)


class H3(nn.Module):
    def __init__(self, d, d_state=16, head_dim=2):
        super().__init__()
        self.p, self.heads, half = head_dim, d // head_dim, d_state // 2
        self.q_proj, self.k_proj, self.v_proj, self.output_linear = (nn.Linear(d, d) for _ in range(4))
        self.ssm_k_kernel = Kernel(B=parameter(d, d_state), C=parameter(1, d, d_state))
        self.ssm_k_D, self.D = parameter(d), parameter(self.heads)
        self.kernel = Kernel(
            log_dt=parameter(self.heads), inv_A_real=parameter(self.heads, half),
            A_imag=parameter(self.heads, half), B=parameter(self.heads, half, 2),
            C=parameter(1, self.heads, half, 2))

    def shifted(self, k):
        B, C, s, outputs = self.ssm_k_kernel.kernel["B"], self.ssm_k_kernel.kernel["C"][0], 0, []
        s = torch.zeros(k.shape[0], *B.shape, dtype=k.dtype)
        for t in range(k.shape[1]):
            s = F.pad(s, (1, 0))[..., :-1] + B * k[:, t, :, None]
            outputs.append((C * s).sum(-1) + self.ssm_k_D * k[:, t])
        return torch.stack(outputs, 1)

    def forward(self, x):
        q, k, v = (heads_of(t, self.heads)  # [batch, time, head, entry]
                   for t in (self.q_proj(x), self.shifted(self.k_proj(x)), self.v_proj(x)))
        w = self.kernel.kernel
        A = torch.complex(-w["inv_A_real"].exp(), w["A_imag"])
        dt = w["log_dt"].exp()[:, None]
        B, C = torch.view_as_complex(w["B"]), torch.view_as_complex(w["C"][0])
        dA, dB = (1 + dt * A / 2) / (1 - dt * A / 2), dt * B / (1 - dt * A / 2)
        X, outputs = 0, []
        for t in range(x.shape[1]):
            kv = k[:, t, :, :, None] * v[:, t, :, None]  # [batch, head, e, f]
            X = dA[:, None, None] * X + dB[:, None, None] * kv[..., None]
            y = 2 * (C[:, None, None] * X).sum(-1).real + self.D[:, None, None] * kv
            o = (q[:, t, :, :, None] * y).sum(-2)  # [batch, head, f]
            outputs.append(o.transpose(1, 2).flatten(-2))
        return self.output_linear(torch.stack(outputs, 1))


MIXERS = {"base_conv": BaseConv, "hyena": Hyena, "h3": H3}
