# ruff: noqa - kept as it was written, to stay independent of the package
"""An independent plain implementation of the drift alarms, kept to check the real one.

It shares no code with the package, and knows ordered columns only.

Input per window: counts (C columns x K bins) and, optionally, special counts (C x S: missing, unseen, ...).
Output per window: one number for the model, E = sum_c w_c M_c.  Alarm when E >= calib * W / B, with W windows per budget
period and B false alarms allowed per period; columns with the largest w_c M_c are the cause.

  1. Scores.   y = (level, spread, skew) of a column in a window: orthonormal polynomials of the normal mid-rank of the
               bins; a mean shift of d sd gives level ~ d.  Spread and skew are taken about the window's own mean.
  2. Season.   y - X(t) beta, daily harmonics and weekday steps, shrunk by 1 - noise/energy (no season: nothing is paid).
  3. Wobble.   y = x + noise, x_t = phi x_{t-1} + u, var x = t2, var noise = 1/n + (eps/3)^2 + error of the season.
               phi and t2 from autocovariances of the reference, shrunk over columns (empirical Bayes), one posterior sd up.
  4. Whitening. Scalar Kalman filter per score: innovation i, variance V.  A shift of size d shows as d in the first window and
               as h d later (the filter absorbs the share 1 - h); h is carried along with the evidence.
  5. Evidence. Bet on +d and -d for d = 2 eps, 4 eps:  e(h) = exp(l z - l^2/2), l = d h / sd, z = (+-i - a) / sd, a = c se h.
               Shiryaev-Roberts:  R <- R e(h) + e(1): every window may be the onset; its first bet is full size.
               A shift below eps lowers the evidence, one above raises it: eps is the smallest change that matters.
  6. Others.   Shape residual (chi-square after matching the three scores), rates of special values, and an all-or-nothing
               bet on this window alone (finds big jumps in one window).  M_c is the weighted mean of all parts.
State per column: 6 filter numbers, 24 for bets on scores, 3 for shape, 3 per special value.  No history is kept.
"""

import numpy as np
from scipy.special import ndtri, ndtr, stdtr
from scipy.stats import poisson

TAIL = np.array(
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.075]
    + [round(0.1 + 0.05 * i, 2) for i in range(17)]
    + [0.925, 0.95, 0.975, 0.99, 0.995, 0.999]
)  # 29 cut points = 30 bins
PARTS = ("level", "spread", "skew", "shape", "special")
_LG = np.concatenate([[0], np.logspace(-3, 2.5, 120)])


def _anscombe_table():
    """Mean and variance of 4 (sqrt(c + 3/8) - sqrt(lam + 3/8))^2 for c ~ Poisson(lam)."""
    m, v = [], []
    for lam in _LG:
        k = np.arange(0, int(lam + 12 * np.sqrt(lam) + 20))
        w = poisson.pmf(k, lam)
        q = 4 * (np.sqrt(k + 0.375) - np.sqrt(lam + 0.375)) ** 2
        m.append((w * q).sum())
        v.append((w * q * q).sum() - m[-1] ** 2)
    return np.array(m), np.array(v)


_AM, _AV = _anscombe_table()


def basis(p, J=3):
    """First J Hermite-like scores of the normal mid-rank, orthonormal under p: (K, J)."""
    u = ndtri(np.clip(np.cumsum(p) - p / 2, 1e-6, 1 - 1e-6))
    Q = [np.sqrt(p)]
    for d in range(1, J + 1):
        v = u**d * np.sqrt(p)
        for _ in range(2):
            for q in Q:
                v = v - (q @ v) * q
        Q.append(v / max(np.linalg.norm(v), 1e-12))
    return np.array(Q[1:]).T / np.sqrt(p)[:, None]


def shrink(x, err):
    """Empirical Bayes over columns (axis 0): estimates x with error variances err -> posterior mean, posterior variance."""
    if x.shape[0] < 8:
        return x, err
    w = 1 / np.maximum(err, 1e-18)
    mu = (w * x).sum(0) / w.sum(0)
    between = np.maximum(0, ((x - mu) ** 2 - err).mean(0))
    b = between / (between + err)
    return mu + b * (x - mu), b * err + 1 / w.sum(0)


class DriftDetector:
    def __init__(
        self,
        eps=0.05,
        B=1.0,
        W=720,
        day=24,
        weights=None,
        calib=1.0,
        bets=(2, 4),
        jump_share=0.2,
        parts=(0.40, 0.15, 0.10, 0.12, 0.23),
        clip=3.0,
        lmax=4.0,
        nu_max=1000.0,
    ):
        self.eps, self.B, self.W, self.day, self.weights, self.calib = (
            eps,
            B,
            W,
            day,
            weights,
            calib,
        )
        self.bets, self.g, self.clip, self.lmax = np.array(bets, float), jump_share, clip, lmax
        self.nu_max = nu_max  # 8: wobble with heavy tails expected
        self.parts = np.array(parts)

    # ---------------------------------------------------------------- scores and season
    def _scores(self, counts, n):
        y = np.einsum("...ck,ckj->...cj", counts, self.phi) / np.maximum(n, 1)[..., None]
        a, iv = y[..., 0], 1 / np.maximum(n, 1)
        b = y[..., 1] - (a * a - iv) / 2**0.5  # spread about the window's own mean
        c = y[..., 2] - 3**0.5 * a * b - (a**3 - 3 * a * iv) / 6**0.5  # skew likewise
        return np.stack([a, b, c], -1)

    def _design(self, t):
        t = np.atleast_1d(np.asarray(t, float))
        X = [np.ones_like(t)]
        if self.T >= 3 * self.day:
            for h in (1, 2, 3):
                X += [np.sin(2 * np.pi * h * t / self.day), np.cos(2 * np.pi * h * t / self.day)]
        if self.T >= 14 * self.day:
            weekday = (t // self.day % 7).astype(int)
            X += [(weekday == k) - 1 / 7 for k in range(6)]
        return np.array(X).T

    def _fit_ar(self, r, n, lost):
        """AR(1)-plus-noise by autocovariances: weights 1/(1/n + t2) make quiet hours count less."""
        T = len(r)
        inv = 1 / n[:, :, None]
        t0 = np.maximum(0, np.median((r**2).mean(0) - inv.mean(0), 0))
        w = 1 / (inv + t0 + 1e-4)
        noise, Teff = (inv * w * w).sum(0) / (w * w).sum(0), w.sum(0) ** 2 / (w * w).sum(0)
        lags = np.unique(
            np.round(np.array([0, 1, 2, 3, 4, 6, 8, 12]) * max(1, self.day / 24)).astype(int)
        )
        lags = np.unique(np.concatenate([np.arange(5), lags]))
        lags, rw = lags[lags < T // 3], r * w
        gam = (
            np.array([(rw[l:] * rw[: T - l]).sum(0) / (w[l:] * w[: T - l]).sum(0) for l in lags])
            * T
            / (T - lost)
        )
        gam[0] -= noise
        err = (
            (gam[0] + noise) ** 2 + 4 * (gam[1:5] ** 2).sum(0)
        ) / Teff  # error variance of an autocovariance
        for i in range(len(lags)):
            gam[i], post = shrink(gam[i], (2 if i == 0 else 1) * err)
            if i == 0:
                up = np.sqrt(post)
        grid = np.concatenate([np.arange(0, 0.95, 0.05), [0.95, 0.97, 0.98, 0.985, 0.99, 0.995]])
        P = grid[:, None] ** lags
        t2 = np.maximum(0, np.einsum("gl,lcj->gcj", P, gam) / (P**2).sum(1)[:, None, None])
        k = ((gam[None] - t2[:, None] * P[:, :, None, None]) ** 2).sum(1).argmin(0)
        return np.take_along_axis(t2, k[None], 0)[0], grid[k], up

    # ---------------------------------------------------------------- fit
    def fit(self, ref, t_ref, ref_special=None, flat=None):
        """ref: (T, C, K) counts of T reference windows at times t_ref (in windows; 0 = a midnight, start of weekday 0).
        flat: optional (C, K) counts of a sample without windows; it then defines the bins' proportions, and `ref` is the
        warm-up (at least 72 windows), which defines level, season and noise.  Compare the two once with `distance`."""
        T, C, K = ref.shape
        self.T, self.C = T, C
        n = np.maximum(ref.sum(2), 1)
        p = (ref.sum(0) if flat is None else flat) + 0.5
        self.nref, self.p = p.sum(1), p / p.sum(1, keepdims=True)
        self.phi = np.stack([basis(q) for q in self.p])
        y = self._scores(ref, n)
        X = self._design(t_ref)
        k = X.shape[1]
        w = n.mean(1)[:, None] / n.mean()
        Y = y.reshape(T, -1)
        beta = np.linalg.pinv(X * np.sqrt(w)) @ (Y * np.sqrt(w))
        t2, phi, _ = self._fit_ar((Y - X @ beta).reshape(y.shape), n, k)
        inv = (1 / n).mean(0)[:, None]
        spec = lambda om: (
            inv + t2 * (1 - phi**2) / (1 + phi**2 - 2 * phi * np.cos(om))
        )  # noise at a frequency
        XX, misfit, week, kept = (X * w).T @ X, np.zeros_like(t2), np.zeros_like(t2), 1.0
        for lo, hi, om in ((1, 7, 2 * np.pi / self.day), (7, 13, 3 * np.pi / (7 * self.day))):
            if hi <= k:  # daily, then weekly part
                b, f = beta[lo:hi], spec(om)
                F = np.einsum("ks,kl,ls->s", b, XX[lo:hi, lo:hi], b) / (hi - lo) / f.reshape(-1)
                g = np.maximum(0, 1 - 1 / np.maximum(F, 1e-9))
                beta[lo:hi] *= g
                week = g.reshape(t2.shape) * (hi - lo) * f / T
                misfit, kept = misfit + week, kept + g.mean() * (hi - lo)
        if k < 13:
            week = (0.4 * self.eps) ** 2 + 0 * t2  # weekly pattern not seen yet: allow for one
        beta[0] = ((Y - X[:, 1:] @ beta[1:]) * w).sum(0) / w.sum()
        self.beta = beta
        r = (Y - X @ beta).reshape(y.shape)
        t2, self.ph, up = self._fit_ar(r, n, kept)
        self.t2, self.v0 = t2 + up, (self.eps / 3) ** 2 + misfit
        self.th2 = self.t2 * (1 + self.ph) / (1 - self.ph)  # long-run variance of the wobble
        # allowance for the error of the level; doubtful short references get a larger one
        self.allow = (1.5 if k == 13 else 2.5) * np.sqrt((self.th2 + inv) / T + week)
        # tails of the whitened reference: degrees of freedom nu from the kurtosis
        self.m, self.P = np.zeros_like(t2), self.t2.copy()
        Z = np.empty_like(y)
        for i in range(T):
            inn, V = self._filter(r[i], n[i])
            Z[i] = inn / np.sqrt(V)
        kurt, _ = shrink((Z**4).mean(0) / (Z**2).mean(0) ** 2 - 3, np.full_like(t2, 96 / T))
        self.nu = np.minimum(
            min(self.nu_max, max(5.0, T - k)), 4 + 6 / np.maximum(kurt - 0.1, 1e-3)
        )
        self.m[:], self.P = 0, self.t2.copy()
        # overdispersion per row of the shape residual, plus two standard errors
        Q, df, _ = self._shape(ref, n)
        x, q = np.where(n >= 50, n, 0.0), np.where(n >= 50, Q / df - 1, 0.0)
        xx = np.maximum((x * x).sum(0), 1.0)
        om = (x * q).sum(0) / xx
        self.om = np.maximum(0, om) + 2 * np.sqrt((x * x * (q - x * om) ** 2).sum(0)) / xx
        self.S = 0 if ref_special is None else ref_special.shape[2]
        if self.S:
            tot = (ref.sum(2) + ref_special.sum(2))[:, :, None]
            hits, m = ref_special.sum(0), tot.sum(0)
            rate = (hits + 0.5) / (m + 1)
            pear = (
                (ref_special - tot * rate) ** 2 / np.maximum(tot * rate * (1 - rate), 1e-3)
            ).mean(0)
            self.disp = np.where(hits > 20, np.maximum(1.0, pear), 1.0)
            self.r0 = np.minimum(
                0.9,
                rate
                + 2 * np.sqrt(self.disp * rate / m)
                + 1 / m
                + np.maximum(self.eps * np.sqrt(rate * (1 - rate)), self.eps**2),
            )
        if self.weights is None:
            self.weights = np.full(C, 1 / C)
        nb = len(self.bets)
        self.R, self.absorbed = np.zeros((C, 2, 3, nb)), np.zeros((C, 2, 3, nb))
        self.Rq, self.Rs = np.zeros((C, 3)), np.zeros((C, self.S, 3))
        return self

    # ---------------------------------------------------------------- one window
    def _filter(self, y, n):
        """One Kalman step with a clipped update: a jump must not be mistaken for wobble."""
        V = self.P + 1 / n[:, None] + self.v0
        inn, sd, self.K = y - self.m, np.sqrt(V), self.P / V
        self.m = self.ph * (self.m + self.K * np.clip(inn, -self.clip * sd, self.clip * sd))
        self.P = self.ph**2 * (1 - self.K) * self.P + self.t2 * (1 - self.ph**2)
        return inn, V

    def _shape(self, counts, n):
        """Anscombe chi-square against the reference tilted to the window's own three scores."""
        s = np.einsum("...ck,ckj->...cj", counts, self.phi) / n[..., None]
        th = np.clip(s, -1, 1)

        def tilt(th):
            lp = np.log(self.p) + np.einsum("...cj,ckj->...ck", th, self.phi)
            q = np.exp(lp - lp.max(-1, keepdims=True))
            return q / q.sum(-1, keepdims=True)

        for _ in range(2):
            p = tilt(th)
            m1 = np.einsum("...ck,ckj->...cj", p, self.phi)
            H = (
                np.einsum("...ck,ckj,cki->...cji", p, self.phi, self.phi)
                - m1[..., :, None] * m1[..., None, :]
            )
            th = th + np.clip(
                np.linalg.solve(H + 1e-3 * np.eye(3), (s - m1)[..., None])[..., 0], -0.5, 0.5
            )
        pool = lambda m: np.concatenate(
            [m[..., :4].sum(-1, keepdims=True), m[..., 4:-4], m[..., -4:].sum(-1, keepdims=True)],
            -1,
        )
        big = n >= 1000  # few rows: pool the tail bins

        def stat(lam):
            out = []
            for f in ((lambda m: m), pool):
                c, l = f(counts), f(lam)
                out.append((4 * (np.sqrt(c + 0.375) - np.sqrt(l + 0.375)) ** 2).sum(-1))
                out += [np.interp(l, _LG, _AM).sum(-1), np.interp(l, _LG, _AV).sum(-1)]
            return [np.where(big, out[i], out[i + 3]) for i in range(3)]

        Q, m, v = stat(n[..., None] * tilt(th))
        return np.minimum(Q, stat(n[..., None] * self.p)[0]), m, v

    def update(self, counts, t, special=None):
        C, sign = self.C, np.array([1.0, -1.0])[None, :, None]
        n = np.maximum(counts.sum(1), 1e-9)
        y = self._scores(counts, n) - (self._design(t) @ self.beta).reshape(C, 3)
        inn, V = self._filter(y, n)
        K, ph = self.K, self.ph
        h_inf = 1 - ph * K / (1 - ph * (1 - K))  # share of a lasting shift that stays visible
        nu = self.nu[:, None]
        x = sign * inn[:, None] - (self.allow * h_inf)[:, None]  # (C, 2 signs, 3 scores)
        sd = np.sqrt(V)[:, None]
        gauss = lambda q: ndtri(np.clip(stdtr(nu, np.clip(q, -8, 8)), 1e-15, 1 - 1e-15))
        z = gauss(x / sd)
        unit = np.maximum(
            self.eps, 0.15 * np.sqrt(self.th2 + 1 / n[:, None])
        )  # never bet below what a month can show
        d = unit[:, None, :, None] * self.bets
        l0 = np.minimum(d / sd[..., None], self.lmax)
        l1 = np.minimum(d * (1 - self.absorbed) / sd[..., None], self.lmax)
        new = np.exp(l0 * z[..., None] - l0**2 / 2)
        old = self.R * np.exp(l1 * z[..., None] - l1**2 / 2)
        Kb, pb = K[:, None, :, None], ph[:, None, :, None]
        self.R = np.minimum(old + new, 1e30)
        self.absorbed = (
            old * pb * (self.absorbed + Kb * (1 - self.absorbed)) + new * pb * Kb
        ) / np.maximum(old + new, 1e-30)
        # shape: cube root of an overdispersed chi-square
        nn = np.maximum(n, 1)
        Q, dfm, dfv = self._shape(counts, nn)
        D, df = 1 + nn * (self.om + 1 / self.nref), 2 * dfm**2 / dfv
        zq = (
            (np.maximum(Q, 1e-9) / (dfm * D + nn * self.eps**2)) ** (1 / 3) - (1 - 2 / (9 * df))
        ) / np.sqrt(2 / (9 * df))
        zq = np.clip(np.where(n >= 50, zq, -3.0), -8, np.where(n < 1000, 3.5, 8.0))
        lq = np.array([0.3, 1.0, 3.0])
        self.Rq = np.minimum((1 + self.Rq) * np.exp(lq * zq[:, None] - lq**2 / 2), 1e30)
        parts = [self.R[:, :, j].mean((1, 2)) for j in range(3)] + [self.Rq.mean(1)]
        if self.S:
            tot, e = (counts.sum(1) + special.sum(1))[:, None], []
            for f in (1.5, 3.0, 10.0):
                r1 = np.minimum(0.5 + self.r0 / 2, f * self.r0)
                ll = special * np.log(r1 / self.r0) + (tot - special) * np.log1p(
                    -(r1 - self.r0) / (1 - self.r0)
                )
                e.append(np.exp(np.clip(ll / self.disp, -50, 50)))
            self.Rs = np.minimum((1 + self.Rs) * np.stack(e, 2), 1e30)
            parts.append(self.Rs.mean((1, 2)))
        share = self.parts[: len(parts)] / self.parts[: len(parts)].sum()
        self.by_part = np.array(parts).T * share
        # this window alone: e = 1{p <= alpha} / alpha, one hit is just enough; spread, skew and shape need 1000 rows
        z = np.concatenate([z.reshape(C, 6), zq[:, None]], 1)
        z = np.where((n < 1000)[:, None] & np.array([0, 1, 1, 0, 1, 1, 1], bool), -9.0, z)
        alpha = self.g * self.weights[:, None] / (self.threshold * z.shape[1])
        self.jump = ((ndtr(-z) <= alpha) / alpha).mean(1) * 1.0001
        self.col = (1 - self.g) * self.by_part.sum(1) + self.g * self.jump
        self.model = float(self.weights @ self.col)
        return self.model

    # ---------------------------------------------------------------- reading the result
    @property
    def threshold(self):
        return self.calib * self.W / self.B

    def why(self, c):
        """Name of the part that carries column c's evidence, with its sign for the scores."""
        if self.g * self.jump[c] > (1 - self.g) * self.by_part[c].sum():
            return "jump"
        j = int(np.argmax(self.by_part[c]))
        return PARTS[j] + (
            "" if j > 2 else "+" if self.R[c, 0, j].sum() >= self.R[c, 1, j].sum() else "-"
        )

    def ranked(self):
        share = self.weights * self.col
        return np.argsort(-share), share / max(share.sum(), 1e-300)

    def distance(self, counts):
        """Size of the difference between (C, K) counts and the bins' proportions, noise removed (about sd units)."""
        n = np.maximum(counts.sum(-1), 1)
        s = self._scores(counts, n)
        return np.sqrt(np.maximum(0, (s**2).sum(-1) - 3 / n))

    def reset(self, cols):
        """After an alarm, and after a new model version or reference."""
        for a in (self.R, self.Rq, self.Rs, self.absorbed):
            a[cols] = 0.0
