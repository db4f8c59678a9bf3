"""The mixers that pytorch_peer.py measures, as an expert would write them for a CPU: matrix products over chunks,
a triangular solve for the delta rule, FFTs for long convolutions, fused attention.

Each takes and gives [batch, length, d]. `python pytorch_mixers.py` compares every chunked form with its recurrence,
token by token, in float64, and prints the largest difference. Needs: pip install torch.
"""
import math
import torch, torch.nn as nn, torch.nn.functional as F

def heads(x, h):                               # [b, l, h·c] -> [b, h, l, c]
    return x.view(*x.shape[:2], h, -1).transpose(1, 2)

def merged(x):
    return x.transpose(1, 2).flatten(2)

def rms(x, weight):
    return F.rms_norm(x, x.shape[-1:], weight, 1e-5)

def unit(x):
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)

def conv(c, k, bias=False):                    # a causal depthwise convolution, applied by `short`
    return nn.Conv1d(c, c, k, groups=c, padding=k - 1, bias=bias)

def short(conv, x):
    return conv(x.transpose(1, 2))[..., : x.shape[1]].transpose(1, 2)

def low_rank(d, rank, out, bias=True):
    return nn.Sequential(nn.Linear(d, rank, bias=False), nn.Linear(rank, out, bias=bias))

def chunks(x, size):                           # [b, h, l, c] -> [b, h, chunks, size, c]
    if x.shape[2] % size: raise SystemExit(f"--length {x.shape[2]}: this mixer takes whole chunks of {size} tokens")
    return x.unflatten(2, (-1, size))

def pairs(x, y, G, block=16):
    """P_ij = sum_c x_ic y_jc exp(G_ic - G_jc) for i >= j, with exponents that are never positive."""
    n = x.shape[-2]
    if G.shape[-1] == 1:
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        decay = (G - G.transpose(-1, -2)).masked_fill(later, -torch.inf).exp()
        return x @ y.transpose(-1, -2) * decay
    later = torch.ones(block, block, dtype=torch.bool).triu(1)[..., None]
    rows = []
    for i in range(0, n, block):
        xi, Gi = x[..., i : i + block, :], G[..., i : i + block, :]
        gap = (Gi[..., :, None, :] - Gi[..., None, :, :]).masked_fill(later, -torch.inf)
        inner = torch.einsum("...ic,...jc,...ijc->...ij", xi, y[..., i : i + block, :], gap.exp())
        R = G[..., i : i + 1, :]
        left = (xi * (Gi - R).exp()) @ (y[..., :i, :] * (R - G[..., :i, :]).exp()).transpose(-1, -2)
        rows.append(F.pad(torch.cat([left, inner], -1), (0, n - i - block)))
    return torch.cat(rows, -2)

def over_chunks(step, count, state):
    out = []
    for c in range(count):
        o, state = step(c, state)
        out.append(o)
    return torch.stack(out, 2).flatten(2, 3)

def decayed(q, k, v, g, size=64):
    """S <- diag(exp g) S + k vT, o = ST q. q, k [b, h, l, K], v [b, h, l, V], g [b, h, l, 1 or K]."""
    q, k, v, g = (chunks(t, size) for t in (q, k, v, g))
    G = g.cumsum(-2)
    end = G[..., -1:, :]
    inner, reads, writes = pairs(q, k, G) @ v, q * G.exp(), (k * (end - G).exp()).transpose(-1, -2) @ v
    kept = end.exp().transpose(-1, -2)
    def step(c, S):
        return inner[:, :, c] + reads[:, :, c] @ S, kept[:, :, c] * S + writes[:, :, c]
    return over_chunks(step, q.shape[2], q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1]))

def delta(q, k, v, beta, g=None, size=64):
    """S <- diag(exp g) S, u = beta (v - ST k), S <- S + k uT, o = ST q. beta [b, h, l, 1]; g may be left out."""
    g = torch.zeros_like(beta) if g is None else g
    q, k, v, beta, g = (chunks(t, size) for t in (q, k, v, beta, g))
    G = g.cumsum(-2)
    end, grown = G[..., -1:, :], G.exp()
    A = (beta * pairs(k, k, G)).tril(-1)
    solved = torch.linalg.solve_triangular(
        A + torch.eye(size, dtype=A.dtype), torch.cat([beta * v, beta * k * grown], -1), upper=False, unitriangular=True)
    U, W = solved.split([v.shape[-1], k.shape[-1]], -1)
    scores, reads = pairs(q, k, G), q * grown
    late, kept = (k * (end - G).exp()).transpose(-1, -2), end.exp().transpose(-1, -2)
    def step(c, S):
        u = U[:, :, c] - W[:, :, c] @ S
        return reads[:, :, c] @ S + scores[:, :, c] @ u, kept[:, :, c] * S + late[:, :, c] @ u
    return over_chunks(step, q.shape[2], q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1]))

def rank_one(r, w, k, v, kappa, a, size=64):
    """S <- diag(exp w) S - (kappa a)(ST kappa)T + k vT, o = ST r (RWKV-7); all [b, h, l, N], w >= -0.61."""
    r, w, k, v, kappa, a = (chunks(t, size) for t in (r, w, k, v, kappa, a))
    G = w.cumsum(-2)
    end, b = G[..., -1:, :], kappa * a
    rr, al, kk, bb = r * G.exp(), -kappa * (G - w).exp(), k * (-G).exp(), b * (-G).exp()
    eye = torch.eye(size, dtype=r.dtype)
    def product(x, y, diagonal=0): return (x @ y.transpose(-1, -2)).tril(diagonal)
    solved = torch.linalg.solve_triangular(
        eye - product(al, bb, -1), torch.cat([product(al, kk, -1) @ v, al], -1), upper=False, unitriangular=True)
    U, W = solved.split([v.shape[-1], al.shape[-1]], -1)
    direct, read_u = product(rr, kk) @ v, product(rr, bb)
    late = (end - G).exp()
    write_k, write_b = (k * late).transpose(-1, -2) @ v, (b * late).transpose(-1, -2)
    kept = end.exp().transpose(-1, -2)
    def step(c, S):
        u = U[:, :, c] + W[:, :, c] @ S
        return (direct[:, :, c] + rr[:, :, c] @ S + read_u[:, :, c] @ u,
                kept[:, :, c] * S + write_k[:, :, c] + write_b[:, :, c] @ u)
    return over_chunks(step, r.shape[2], r.new_zeros(*r.shape[:2], r.shape[-1], v.shape[-1]))

def long_convolution(x, kernel):               # both [..., l]
    n = 2 * x.shape[-1]
    return torch.fft.irfft(torch.fft.rfft(x, n) * torch.fft.rfft(kernel, n), n)[..., : x.shape[-1]]

class Mixer(nn.Module):
    def __init__(self, d, L):
        super().__init__()
        self.d, self.L = d, L
        self.make(d)
    def linear(self, *outs):                   # one product for several projections of the same input
        return nn.Linear(self.d, sum(outs), bias=False)

class SlidingWindow(Mixer):
    def make(self, d, W=64):
        self.W, self.qkv, self.out = W, nn.Linear(d, 3 * d), nn.Linear(d, d)
        i, j = torch.arange(W)[:, None] + W, torch.arange(2 * W)
        self.register_buffer("band", (j <= i) & (j > i - W))
    def forward(self, x):
        b, l, _ = x.shape
        q, k, v = (chunks(t[:, None], self.W)[:, 0] for t in self.qkv(x).chunk(3, -1))
        k, v = (torch.cat([F.pad(t, (0, 0, 0, 0, 1, 0))[:, :-1], t], 2) for t in (k, v))
        band = self.band.expand(l // self.W, -1, -1).clone()
        band[0, :, : self.W] = False           # before the first block stands nothing
        return self.out(F.scaled_dot_product_attention(q, k, v, attn_mask=band).view(b, l, -1))

class Based(Mixer):                            # 1 + s + s²/2 by its features between chunks, directly within
    def make(self, d, f=16):
        self.f, self.qkv, self.out = f, self.linear(f, f, d), self.linear(d)
        i, j = torch.triu_indices(f, f)
        self.register_buffer("i", i), self.register_buffer("j", j)
        self.register_buffer("scale", torch.where(i == j, 0.5, 1.0).sqrt() / f**0.5)
    def features(self, x):                     # each product of two channels once
        return torch.cat([torch.ones_like(x[..., :1]), x / self.f**0.25, x[..., self.i] * x[..., self.j] * self.scale], -1)
    def forward(self, x, size=256):
        size = size if x.shape[1] % size == 0 else x.shape[1]
        q, k, v = (t.unflatten(1, (-1, size)) for t in self.qkv(x).split([self.f, self.f, self.d], -1))
        v = F.pad(v, (0, 1), value=1.0)
        s = q @ k.transpose(-1, -2) / self.f**0.5
        inner = (1 + s + s * s / 2).tril() @ v
        state = (self.features(k).transpose(-1, -2) @ v).cumsum(1)
        o = inner + self.features(q) @ F.pad(state, (0, 0, 0, 0, 1, 0))[:, :-1]
        return self.out((o[..., :-1] / (o[..., -1:] + 1e-12)).flatten(1, 2))

class Gated(Mixer):                            # what retnet and gla share: a norm per head, a SiLU gate
    def finish(self, o, gate):
        return self.out(merged(rms(o, self.norm)) * F.silu(gate))
class RetNet(Gated):
    def make(self, d, H=2):
        self.H, self.K = H, d // H
        self.all, self.out, self.norm = self.linear(d, d, 2 * d, 2 * d), nn.Linear(2 * d, d, bias=False), nn.Parameter(torch.ones(2 * d // H))
        angle = torch.arange(self.L)[:, None] * 10000 ** (-torch.arange(0, self.K, 2) / self.K)
        self.register_buffer("cos", angle.cos()), self.register_buffer("sin", angle.sin())
        self.register_buffer("g", torch.log(1 - 2.0 ** (-5 - torch.arange(H)))[:, None, None])
    def turned(self, x):
        a, b = x.chunk(2, -1)
        return torch.cat([a * self.cos - b * self.sin, b * self.cos + a * self.sin], -1)
    def forward(self, x):
        q, k, v, z = self.all(x).split([self.d, self.d, 2 * self.d, 2 * self.d], -1)
        q, k, v = self.turned(heads(q, self.H)) * self.K**-0.5, self.turned(heads(k, self.H)), heads(v, self.H)
        return self.finish(decayed(q, k, v, self.g.expand(len(x), -1, self.L, 1)), z)

class GLA(Gated):
    def make(self, d, H=2):
        self.H, self.K = H, d // 2 // H
        self.all, self.gk, self.out, self.norm = self.linear(d // 2, d // 2, d, d), low_rank(d, 16, d // 2), self.linear(d), nn.Parameter(torch.ones(d // H))
    def forward(self, x):
        q, k, v, z = self.all(x).split([self.d // 2, self.d // 2, self.d, self.d], -1)
        g = F.logsigmoid(self.gk(x)) / 16
        return self.finish(decayed(heads(q, self.H) * self.K**-0.5, heads(k, self.H), heads(v, self.H), heads(g, self.H)), z)

class DeltaNet(Mixer):
    expand = 1
    def make(self, d, H=2):
        self.H, self.K, v = H, d // H, self.expand * d
        self.widths = [d, d, v, H]
        self.all, self.conv, self.out, self.norm = self.linear(*self.widths), conv(2 * d + v, 4), nn.Linear(v, d, bias=False), nn.Parameter(torch.ones(v // H))
        self.decays(d)
    def decays(self, d): pass
    def log_decay(self, x): return None
    def forward(self, x):
        mixed, beta = self.all(x).split([sum(self.widths[:3]), self.H], -1)
        q, k, v = (heads(t, self.H) for t in F.silu(short(self.conv, mixed)).split(self.widths[:3], -1))
        o = delta(unit(q) * self.K**-0.5, unit(k), v, heads(beta.sigmoid(), self.H), self.log_decay(x))
        return self.finish(rms(o, self.norm), x)
    def finish(self, o, x): return self.out(merged(o))
class GatedDeltaNet(DeltaNet):
    expand = 2
    def decays(self, d):
        self.a, self.A, self.bias = nn.Linear(d, self.H, bias=False), nn.Parameter(torch.rand(self.H).mul(16).log()), nn.Parameter(torch.full((self.H,), -4.0))
        self.gate = nn.Linear(d, self.expand * d, bias=False)
    def log_decay(self, x): return heads(-self.A.exp() * F.softplus(self.a(x) + self.bias), self.H)
    def finish(self, o, x): return self.out(merged(o) * F.silu(self.gate(x)))
class KDA(DeltaNet):
    def decays(self, d):
        self.f, self.gate = low_rank(d, d // self.H, d, bias=False), low_rank(d, d // self.H, d)
        self.A, self.bias = nn.Parameter(torch.rand(self.H, 1, 1).mul(15).add(1).log()), nn.Parameter(torch.full((d,), -4.0))
    def log_decay(self, x): return -self.A.exp() * heads(F.softplus(self.f(x) + self.bias), self.H)
    def finish(self, o, x): return self.out(merged(o) * self.gate(x).sigmoid())

class RWKV7(Mixer):
    def make(self, d):
        self.mix, self.rkv = nn.Parameter(torch.rand(6, d)), nn.ModuleList(nn.Linear(d, d, bias=False) for _ in range(3))
        self.w, self.a, self.g = low_rank(d, 16, d), low_rank(d, 16, d), low_rank(d, 64, d, bias=False)
        self.kk, self.ka, self.rk = (nn.Parameter(torch.rand(d)) for _ in range(3))
        self.norm, self.out = nn.GroupNorm(1, d, eps=d * 1e-5), nn.Linear(d, d, bias=False)
    def forward(self, x):                      # one head of d channels
        last = F.pad(x, (0, 0, 1, 0))[:, :-1] - x
        xr, xw, xk, xv, xa, xg = (x + last * m for m in self.mix)
        r, k, v = (p(t) for p, t in zip(self.rkv, (xr, xk, xv)))
        w = -math.exp(-0.5) * torch.sigmoid(self.w[1](torch.tanh(self.w[0](xw))))
        a, gate = torch.sigmoid(self.a(xa)), self.g[1](torch.sigmoid(self.g[0](xg)))
        kappa, k = F.normalize(k * self.kk, dim=-1), k * (1 + (a - 1) * self.ka)
        o = merged(rank_one(*(heads(t, 1) for t in (r, w, k, v, kappa, a))))
        y = self.norm(o.flatten(0, 1)).view_as(o) + (r * k * self.rk).sum(-1, keepdim=True) * v
        return self.out(y * gate)

class BaseConv(Mixer):
    def make(self, d): self.conv, self.projection = conv(d, 3, bias=True), nn.Linear(d, d)
    def forward(self, x): return short(self.conv, x) * self.projection(x) + x

class Hyena(Mixer):
    def make(self, d, R=64):
        self.all, self.out, self.conv = nn.Linear(d, 3 * d), nn.Linear(d, d), conv(3 * d, 3, bias=True)
        self.first, self.inner, self.last = nn.Linear(3, R), nn.ModuleList(nn.Linear(R, R) for _ in range(2)), nn.Linear(R, d, bias=False)
        self.freq, self.bias = nn.Parameter(torch.ones(R)), nn.Parameter(torch.randn(d))
        t = torch.linspace(0, 1, self.L)[:, None]
        w = 1e-4 * 2 * math.pi * torch.arange(self.L)[:, None] / self.L
        self.z = nn.Parameter(torch.cat([t, w.cos(), -w.sin()], 1))
        self.register_buffer("decay", torch.exp(-t * torch.linspace(math.log(0.01) / 1.5, math.log(0.01) / 0.3, d).abs()))
    def forward(self, x):
        x1, x2, v = short(self.conv, self.all(x)).chunk(3, -1)
        h = torch.sin(self.freq * self.first(self.z))
        for layer in self.inner: h = torch.sin(self.freq * layer(h))
        y = x1 * v
        long = long_convolution(y.transpose(1, 2), (self.decay * self.last(h)).T).transpose(1, 2)
        return self.out(x2 * (long + self.bias * y))

class H3(Mixer):
    def make(self, d, N=16, p=2):
        self.p, self.H = p, d // p
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.B, self.C, self.Dk, self.D = nn.Parameter(F.one_hot(torch.zeros(d).long(), N).float()), nn.Parameter(torch.randn(d, N) * 0.1), nn.Parameter(torch.randn(d)), nn.Parameter(torch.randn(self.H))
        n = torch.arange(N // 2) * math.pi
        self.A_re, self.A_im = nn.Parameter(torch.full((self.H, N // 2), math.log(0.5))), nn.Parameter(n.expand(self.H, -1).clone())
        self.Cr, self.Ci, self.dt = nn.Parameter(torch.randn(self.H, N // 2) * 0.7), nn.Parameter(torch.randn(self.H, N // 2) * 0.7), nn.Parameter(torch.rand(self.H) * 4.6 - 6.9)
    def forward(self, x):
        b, l, d = x.shape
        q, k, v = (t.transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
        N = self.B.shape[1]
        taps = torch.stack([(self.C[:, n:] * self.B[:, : N - n]).sum(1) for n in range(N)], 1)
        k = F.conv1d(F.pad(k, (N - 1, 0)), taps.flip(1)[:, None], groups=d) + self.Dk[:, None] * k
        half = torch.exp(self.dt)[:, None] * torch.complex(-self.A_re.exp(), self.A_im) / 2
        turn, weight = (1 + half) / (1 - half), torch.complex(self.Cr, self.Ci) * torch.exp(self.dt)[:, None] / (1 - half)
        kernel = 2 * (weight[..., None] * turn[..., None] ** torch.arange(l)).sum(1).real
        q, k, v = (t.view(b, self.H, self.p, l) for t in (q, k, v))
        kv = k[:, :, :, None] * v[:, :, None]  # [b, H, p, p, l]
        y = long_convolution(kv, kernel[:, None, None]) + self.D[:, None, None, None] * kv
        o = (q[:, :, :, None] * y).sum(2)      # [b, H, p, l], written to channel f·H + h
        return self.out(o.transpose(1, 2).reshape(b, d, l).transpose(1, 2))

MIXERS = dict(sliding_window=SlidingWindow, linear_attention=Based, retnet=RetNet, gla=GLA, deltanet=DeltaNet,
              gated_deltanet=GatedDeltaNet, kda=KDA, rwkv7=RWKV7, base_conv=BaseConv, hyena=Hyena, h3=H3)

def check():
    torch.manual_seed(0); torch.set_default_dtype(torch.float64)
    b, h, l, K, V = 2, 3, 192, 16, 32
    q, v = torch.randn(b, h, l, K), torch.randn(b, h, l, V)
    k, kappa = unit(torch.randn(b, h, l, K)), unit(torch.randn(b, h, l, K))
    beta, a, w = torch.rand(b, h, l, 1), torch.rand(b, h, l, K), -0.6 * torch.rand(b, h, l, K)
    def by_token(update):
        S, out = torch.zeros(b, h, K, V), []
        for t in range(l):
            S = update(t, S)
            out.append((q[:, :, t, None] @ S).squeeze(-2))
        return torch.stack(out, 2)
    def column(x, t): return x[:, :, t, :, None]
    def row(x, t): return x[:, :, t, None]
    for g in (-torch.rand(b, h, l, 1), -5 * torch.rand(b, h, l, K)):
        kind = "per channel" if g.shape[-1] > 1 else "a scalar"
        S = by_token(lambda t, S: column(g, t).exp() * S + column(k, t) * row(v, t))
        print(f"decayed, {kind}: {(decayed(q, k, v, g) - S).abs().max():.1e}")
        def write(t, S):
            S = column(g, t).exp() * S
            return S + column(k, t) * row(beta, t) * (row(v, t) - row(k, t) @ S)
        print(f"delta, {kind}: {(delta(q, k, v, beta, g) - by_token(write)).abs().max():.1e}")
    S = by_token(lambda t, S: column(w, t).exp() * S - column(kappa * a, t) * (row(kappa, t) @ S) + column(k, t) * row(v, t))
    print(f"rank one: {(rank_one(q, w, k, v, kappa, a) - S).abs().max():.1e}")
    based, x = Based(16, l), torch.randn(b, l, 16)
    print(f"Based, chunks of 64 and one: {(based(x, 64) - based(x, l)).abs().max():.1e}")

if __name__ == "__main__":
    check()
