"""Mixers that see later tokens, for pytorch_peer.py, as an expert would write them for a CPU: Hydra as one call of SSD on
both directions, low rank as q (kT v), Toeplitz and M2 by FFT, Cauchy's matrix by one sum of reciprocals a rank.

Each takes and gives [batch, length, d], in the settings that are `recall bench`'s. `python pytorch_matrix_mixers.py`
compares every fast form with its matrix, element by element, in float64, and prints the largest difference.
Needs: pip install torch einops.
"""
import math
import torch, torch.nn as nn, torch.nn.functional as F
from pytorch_mixers import Mixer, short
from pytorch_ssd import ssd

def both_directions(x, forward, backward):
    """y_t = sum over s <= t of forward_{t-s} x_s + sum over s > t of backward_{s-t-1} x_s; all [..., l], by FFT."""
    l = x.shape[-1]
    kernel = torch.cat([forward, backward.flip(-1)], -1)
    return torch.fft.irfft(torch.fft.rfft(x, 2 * l) * torch.fft.rfft(kernel), 2 * l)[..., :l]

class Block(Mixer):
    """Projections, a centred convolution over 7 tokens, SiLU on all of its channels or on v's alone; a norm and a gate."""
    def widths(self, di): raise NotImplementedError
    def make(self, d):
        self.di = 2 * d
        convolved, rest = self.widths(self.di)
        c = sum(convolved)
        self.inp, self.conv = self.linear(self.di, c, rest), nn.Conv1d(c, c, 7, groups=c, padding=3)
        self.split, self.parts = [self.di, c, rest], convolved
        self.norm, self.out = nn.Parameter(torch.ones(self.di)), nn.Linear(self.di, d, bias=False)
        self.prepare(d)
    def prepare(self, d): pass
    activates_all = True
    def forward(self, x):
        z, c, rest = self.inp(x).split(self.split, -1)
        c = self.conv(c.transpose(1, 2)).transpose(1, 2)
        if self.activates_all:
            parts = F.silu(c).split(self.parts, -1)
        else:
            v, *others = c.split(self.parts, -1)
            parts = [F.silu(v), *others]
        return self.out(F.rms_norm(self.mix(*parts, rest), (self.di,), self.norm, 1e-5) * F.silu(z))

class Hydra(Block):
    def widths(self, di, N=64, P=64):
        self.H, self.P = di // P, P
        return [di, N, N, N, N], 2 * self.H
    def prepare(self, d):
        self.A, self.bias, self.D = (nn.Parameter(torch.full((self.H,), v)) for v in (0.0, -3.0, 1.0))
        self.skip = nn.Linear(self.di, self.H, bias=False)
    def scans(self, x, Bf, Cf, Bb, Cb, dt):
        f, b = F.softplus(dt.unflatten(-1, (2, self.H)) + self.bias).unbind(2)
        x, dt = torch.cat([x, x.flip(1)]), torch.cat([f, b.flip(1)])
        y = ssd(x * dt[..., None], -self.A.exp() * dt, torch.cat([Bf, Bb.flip(1)]), torch.cat([Cf, Cb.flip(1)]), 64)
        return F.pad(y, (0, 0, 0, 0, 1, 0))[:, :-1].chunk(2)
    def mix(self, x, Bf, Cf, Bb, Cb, dt):
        heads = x.unflatten(-1, (self.H, self.P))
        f, b = self.scans(heads, Bf, Cf, Bb, Cb, dt)
        return (f + b.flip(1) + (self.skip(x) + self.D)[..., None] * heads).flatten(2)

class LowRank(Block):
    def widths(self, di, m=16): return [di, m, m], 0
    def mix(self, v, q, k, _):
        return q @ (k.transpose(1, 2) @ v) / math.sqrt(self.L * k.shape[-1]) + v

class Toeplitz(Block):
    def widths(self, di): return [di, 1, 1], 0
    def mix(self, v, f, r, _):
        y = both_directions(v.transpose(1, 2), f.transpose(1, 2), F.pad(r[:, 1:], (0, 0, 0, 1)).transpose(1, 2))
        return y.transpose(1, 2) / (2 * math.sqrt(self.L)) + v

class Cauchy(Block):
    activates_all = False
    def widths(self, di, m=16): return [di, m, m], 0
    def prepare(self, d): self.bias = nn.Parameter(torch.tensor(0.5))
    def matrix(self, q, k):
        q, k = (q.exp() + 2 * self.bias + 1e-8).unbind(-1), k.exp().unbind(-1)
        return sum((a[:, :, None] + b[:, None]).reciprocal() for a, b in zip(q, k))
    def mix(self, v, q, k, _):
        return self.matrix(q, k) @ v / math.sqrt(self.L * k.shape[-1]) + v

class M2(Mixer):
    def make(self, d, order=128, emb=5):
        self.inp, self.out, self.conv = nn.Linear(d, 3 * d), nn.Linear(d, d), nn.Conv1d(3 * d, 3 * d, 3, groups=3 * d, padding=2)
        t, bands = torch.linspace(0, 1, self.L)[:, None], (emb - 1) // 2
        w = torch.linspace(1e-4, bands - 1, bands) * 2 * math.pi * torch.arange(self.L)[:, None] / self.L
        self.register_buffer("decay", torch.exp(-t * torch.linspace(math.log(0.01) / 1.5, math.log(0.01) / 0.3, d).abs()))
        def network():
            return nn.ModuleList([nn.Linear(emb, order), nn.Linear(order, order), nn.Linear(order, order), nn.Linear(order, d, bias=False)])
        self.filters = nn.ModuleList(nn.ModuleList([network(), network()]) for _ in range(2))
        self.z = nn.ParameterList(torch.cat([t, w.cos(), -w.sin()], 1) for _ in range(2))
        self.freq = nn.ParameterList(torch.full((order,), 10.0) for _ in range(2))
        self.bias = nn.ParameterList(torch.randn(d) for _ in range(2))
    def kernels(self, i):
        def of(network):
            h = self.z[i]
            for layer in network[:3]: h = torch.sin(self.freq[i] * layer(h))
            return (network[3](h) * self.decay).T
        return of(self.filters[i][0]), of(self.filters[i][1])
    def long(self, i, x):
        return both_directions(x.transpose(1, 2), *self.kernels(i)).transpose(1, 2) + self.bias[i] * x
    def forward(self, u):
        x1, x2, v = short(self.conv, self.inp(u)).chunk(3, -1)
        return self.out(x2 * self.long(0, v * x1) + self.long(1, u))

MATRIX_MIXERS = dict(hydra=Hydra, low_rank=LowRank, toeplitz=Toeplitz, cauchy=Cauchy, m2=M2)

def check(b=2, l=128, d=16):
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    def compare(name, fast, matrix, v):           # matrix [b, l, l], v [b, l, c]
        print(f"{name}: {(fast - matrix @ v).abs().max():.1e}")
    x, f, r = torch.randn(b, l, d), torch.randn(l), torch.randn(l)
    t = torch.arange(l)
    lag = t[:, None] - t
    M = torch.where(lag >= 0, f[lag.clamp(min=0)], r[(-lag - 1).clamp(min=0)])
    compare("both directions by FFT", both_directions(x.transpose(1, 2), f, r).transpose(1, 2), M.expand(b, -1, -1), x)

    hydra = Hydra(32, l)                          # one head of 64 channels
    v, (Bf, Cf, Bb, Cb), dt = torch.randn(b, l, 64), torch.randn(4, b, l, 8), torch.randn(b, l, 2)
    rate = F.softplus(dt + hydra.bias[0])
    df, db = rate.unbind(-1)
    M = torch.zeros(b, l, l)
    for i in range(l):
        for j in range(i):
            M[:, i, j] = (Cf[:, i - 1] * Bf[:, j]).sum(-1) * df[:, j] * torch.exp(-hydra.A.exp()[0] * df[:, j + 1 : i].sum(-1))
            M[:, j, i] = (Cb[:, j + 1] * Bb[:, i]).sum(-1) * db[:, i] * torch.exp(-hydra.A.exp()[0] * db[:, j + 1 : i].sum(-1))
        M[:, i, i] = (hydra.skip(v[:, i]) + hydra.D)[:, 0]
    compare("Hydra", hydra.mix(v, Bf, Cf, Bb, Cb, dt), M, v)

    q, k = torch.randn(b, l, 16), torch.randn(b, l, 16)
    eye = torch.eye(l)
    compare("low rank", LowRank(d, l).mix(x, q, k, None), (q @ k.transpose(1, 2)) / math.sqrt(16 * l) + eye, x)
    sums = 1 / (q.exp()[:, :, None] + k.exp()[:, None] + 1 + 1e-8)
    compare("Cauchy", Cauchy(d, l).mix(x, q, k, None), sums.sum(-1) / math.sqrt(16 * l) + eye, x)
    a, c = torch.randn(b, l, 1), torch.randn(b, l, 1)
    M = torch.where(lag >= 0, a[:, lag.clamp(min=0), 0], c[:, (-lag).clamp(min=0), 0])
    compare("Toeplitz", Toeplitz(d, l).mix(x, a, c, None), M / (2 * math.sqrt(l)) + eye, x)

if __name__ == "__main__":
    check()
