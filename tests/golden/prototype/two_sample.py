"""An independent slow implementation of the two-sample comparison, kept to check the fast one.

Written first, from the derivation: bisection where the package uses Newton steps, scipy.stats
where it uses special functions, plain loops where it uses arrays.  It shares no code with the
package.  Only the cumulant functions are added up in extended precision, since in double precision
they lose half their digits near a score of 0 with a million rows.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, binom, chi2, ncx2, norm

FLOOR, TOP = 8, 50
_Z = np.arange(-8, 8.01, 0.25)
ORDERED = {
    "level": 0.30,
    "spread": 0.15,
    "skew": 0.10,
    "shape": 0.20,
    "missing": 0.10,
    "range": 0.15,
}
NOMINAL = {"shape": 0.35, "category": 0.30, "unseen": 0.20, "missing": 0.15}


@dataclass
class Column:
    """Counts of one column in both tables."""

    kind: str
    ref: np.ndarray
    cur: np.ndarray
    missing: tuple = (0, 0)
    beyond: int = 0
    below_above: tuple = (0, 0)
    unseen: int = 0
    once_twice: tuple = (0, 0)
    rows: tuple = (0, 0)
    choose: np.ndarray | None = None


@dataclass
class Component:
    """One tested aspect."""

    name: str
    p: float
    p_margin: float
    effect: float
    low: float
    high: float
    se: float
    weight: float = 0.0


def merge_ordered(r, n, floor=FLOOR):
    """Group label per bin."""
    need, label, have, g = max(floor, floor * r.sum() / max(n, 1)), np.zeros(len(r), int), 0, 0
    for k in range(len(r)):
        label[k] = g
        have += r[k]
        if have >= need:
            g, have = g + 1, 0
    return np.minimum(label, max(g - 1, 0))


def scores(p, J=3):
    """Orthonormal powers of the normal mid-rank."""
    J, root = min(J, len(p) - 1), np.sqrt(p)[:, None]
    u = norm.ppf(np.clip(np.cumsum(p) - p / 2, 1e-9, 1 - 1e-9))
    Q, R = np.linalg.qr(np.vander(u, J + 1, increasing=True) * root)
    return (Q * np.sign(np.diag(R)))[:, 1:] / root


def score_tail(s, f, p, n, m):
    """Saddlepoint tail of a score."""
    x, f = abs(s), f * (1 if s >= 0 else -1)
    lo, hi = 0.0, m / f.max() * (1 - 1e-12)
    for _ in range(60):
        t = (lo + hi) / 2
        a, d = t * f / n, 1 - t * f / m
        w = p * np.exp(a - a.max())
        w = w / w.sum()
        lo, hi = (t, hi) if w @ f + p @ (f / d) < x else (lo, t)
    exact = np.longdouble
    a, q = exact(t) * f.astype(exact) / exact(n), p.astype(exact)
    total = (q / q.sum() * np.exp(a - a.max())).sum()
    K = exact(n) * (np.log(total) + a.max())
    K -= exact(m) * (q / q.sum() * np.log(1 - exact(t) * f.astype(exact) / exact(m))).sum()
    K2 = (w @ f**2 - (w @ f) ** 2) / n + p @ (f / d) ** 2 / m
    r = float(np.sqrt(max(2 * (t * exact(x) - K), 0)))
    v = t * np.sqrt(K2)
    if r < 1e-2:
        return 0.5
    return float(np.clip(norm.sf(r) + norm.pdf(r) * (1 / v - 1 / r), 1e-300, 0.5))


def rate_tail(x, n, a, b, shift=0.0, up=True):
    """Binomial tail averaged over a Beta."""
    th = np.clip(beta.ppf(norm.cdf(_Z), a, b) + (shift if up else -shift), 0, 1)
    tail = binom.sf(x - 1, n, th) if up else binom.cdf(x, n, th)
    return float(min(1.0, (tail * norm.pdf(_Z)).sum() * 0.25))


def rate(name, x, n, k, m, eps, prior=None):
    """Change of a rate from k of m to x of n."""
    r0, r1, (a, b) = k / m, x / n, prior or (k + 1, m - k)
    base = a / (a + b) if prior else r0
    tol = max(eps * np.sqrt(base * (1 - base)), eps**2)
    d, up, p, pm = r1 - base, prior is not None or r1 >= r0, 1.0, 1.0
    if abs(d) >= np.sqrt(base * (1 - base) * (1 / n + 1 / m) + 1e-300) and not (prior and d <= 0):
        a, b = (a, b) if up else (max(k, 1e-9), m - k + 1)
        p = min(1.0, (1 if prior else 2) * rate_tail(x, n, a, b, 0.0, up))
        pm = rate_tail(x, n, a, b, tol, up) if p < 0.05 else 1.0
    (lo0, hi0), (lo1, hi1) = wilson(k, m), wilson(x, n)
    low = r1 - r0 - np.hypot(r1 - lo1, hi0 - r0)
    high = r1 - r0 + np.hypot(hi1 - r1, r0 - lo0)
    return Component(
        name, p, pm, r1 - r0, low, high, np.sqrt(r1 * (1 - r1) / n + r0 * (1 - r0) / m)
    )


def wilson(k, n, z=1.96):
    """Wilson's interval."""
    q, c = k / n, z * z / n
    mid, half = (q + c / 2) / (1 + c), z * np.sqrt(q * (1 - q) / n + c / (4 * n)) / (1 + c)
    return max(mid - half, 0.0), min(mid + half, 1.0)


def shape(r, c, phi, eps):
    """What the scores leave."""
    m, n = r.sum(), c.sum()
    K, J = phi.shape
    df, v, p = K - 1 - J, 1 / n + 1 / m, r / m
    if df < 1:
        return None
    root = lambda x, size: np.sqrt((x + 0.375) / size)  # noqa: E731
    y = 2 * (root(c, n) - root(r, m))
    b = (np.sqrt(p)[:, None] * phi).T @ y
    Q = (y @ y - b @ b) / v
    if J:
        s = (c / n) @ phi
        th = np.clip(s, -1, 1)
        for _ in range(4):
            q = p * np.exp(np.clip(phi @ th, -50, 50))
            q /= q.sum()
            H = (phi * q[:, None]).T @ phi - np.outer(q @ phi, q @ phi)
            th = th + np.clip(np.linalg.solve(H + 1e-3 * np.eye(J), s - q @ phi), -0.5, 0.5)
        y = 2 * (root(c, n) - root(m * q, m))
        Q = min(Q, y @ y / v)
    pv = float(chi2.sf(Q, df))
    pm = float(ncx2.sf(Q, df, eps**2 / v)) if pv < 0.05 else 1.0
    w2, sd = (Q - df) * v, np.sqrt(2 * df + 4 * max(Q - df, 0)) * v
    parts = np.sqrt(np.maximum([w2, w2 - 1.96 * sd, w2 + 1.96 * sd, df * v], 0))
    return Component("shape", pv, pm, *parts)


def ordered_components(col, m, n, eps):
    """Level, spread, skew, shape, range."""
    out = []
    r, c = np.asarray(col.ref, float), np.asarray(col.cur, float)
    c = c + np.bincount([0, len(c) - 1], col.below_above, len(c))
    g = merge_ordered(r, n)
    R, C = np.bincount(g, r), np.bincount(g, c)
    if len(R) > 1:
        phi, p = scores(R / m), R / m
        for j, name in enumerate(("level", "spread", "skew")[: phi.shape[1]]):
            s = float((C / n - p) @ phi[:, j])
            vc = float((C / n) @ phi[:, j] ** 2 - ((C / n) @ phi[:, j]) ** 2)
            stretch = np.sqrt((max(vc, 1) / n + 1 / m) / (1 / n + 1 / m))
            z = norm.isf(score_tail(s, phi[:, j], p, n, m)) / stretch
            se = np.sqrt(max(vc, 0.25) / n + 1 / m)
            pm = norm.sf((abs(s) - eps) / se)
            out.append(Component(name, 2 * norm.sf(z), pm, s, s - 1.96 * se, s + 1.96 * se, se))
        out.append(shape(R, C, phi, eps))
    out.append(rate("range", col.beyond, n, 0, m, eps, prior=(2, max(m - 1, 1))))
    return out


def nominal_components(col, m, n, eps):
    """Shape, the largest categories, unseen; and how many categories share their weight."""
    out = []
    r, c = np.asarray(col.ref, float), np.asarray(col.cur, float)
    chosen = r if col.choose is None else np.asarray(col.choose, float)
    need = FLOOR * max(1.0, chosen.sum() / max(n, 1))
    top = [k for k in np.argsort(-chosen, kind="stable")[:TOP] if chosen[k] >= need]
    R = np.append(r[top], r.sum() - r[top].sum())
    C = np.append(c[top], n - c[top].sum())
    if R[-1] == 0 and C[-1] - col.unseen == 0 and len(R) > 2:
        R, C = R[:-1], C[:-1]
    keep = R > 0
    if keep.sum() > 1 and C[keep].sum() > 0:
        out.append(shape(R[keep], C[keep], np.zeros((keep.sum(), 0)), eps))
        out += [rate(f"category:{k}", C[i], n, R[i], r.sum(), eps) for i, k in enumerate(top[:5])]
    f1, f2 = col.once_twice
    mass, var = (f1 + 1) / (m + 1), (f1 + 1 + 2 * f2) / m**2
    size = max(mass * (1 - mass) / var - 1, 1.0)
    out.append(rate("unseen", col.unseen, n, 0, m, eps, prior=(mass * size, (1 - mass) * size)))
    return out, max(len(top[:5]), 1)


def components(col, eps=0.05):
    """Every component of one column."""
    out, W = [], dict(ORDERED if col.kind == "ordered" else NOMINAL)
    if col.kind == "ordered":
        m, n = float(np.sum(col.ref)), float(np.sum(col.cur)) + col.beyond
        if m >= 2 and n >= 1:
            out = ordered_components(col, m, n, eps)
    else:
        m, n = col.rows
        if m >= 2 and n >= 1:
            out, several = nominal_components(col, m, n, eps)
            W["category"] /= several
    M, N = m + col.missing[0], n + col.missing[1]
    if sum(col.missing) and M and N:
        out.append(rate("missing", col.missing[1], N, col.missing[0], M, eps))
    out = [o for o in out if o is not None]
    total = sum(W[o.name.split(":")[0]] for o in out)
    for o in out:
        o.weight = W[o.name.split(":")[0]] / total
    return out


def holm(p, w):
    """Weighted Holm, one step at a time."""
    p, w = np.asarray(p), np.asarray(w)
    order, left, worst, adj = np.argsort(p / w), w.sum(), 0.0, np.ones(len(p))
    for i in order:
        worst = max(worst, min(1.0, p[i] / w[i] * left))
        adj[i], left = worst, left - w[i]
    return adj


def distances(r, c):
    """Corrected PSI, Jensen-Shannon and w, each (estimate, low, high)."""
    r, c = np.asarray(r, float), np.asarray(c, float)
    n, m, K = c.sum(), r.sum(), len(r)
    p, q, v = (r + 0.5) / (m + 0.5 * K), (c + 0.5) / (n + 0.5 * K), 1 / n + 1 / m
    mid = (p + q) / 2
    lr, lq, lp = np.log(q / p), np.log2(q / mid), np.log2(p / mid)
    gw = (q - p) / (2 * mid**2)
    stat = {
        "psi": (((q - p) * lr).sum(), 1.0, lr + 1 - p / q, 1 - q / p - lr),
        "js": ((q * lq + p * lp).sum() / 2, 1 / (8 * np.log(2)), lq / 2, lp / 2),
        "w": (((q - p) ** 2 / mid).sum(), 1.0, gw * (q + 3 * p), -gw * (p + 3 * q)),
    }
    out = {}
    for name, (value, scale, gq, gp) in stat.items():
        est = value - scale * (K - 1) * v
        var = (q @ gq**2 - (q @ gq) ** 2) / n + (p @ gp**2 - (p @ gp) ** 2) / m
        half = 1.96 * np.sqrt(var + 2 * (K - 1) * (scale * v) ** 2)
        t = np.maximum([est, est - half, est + half], 0)
        out[name] = tuple(t if name == "psi" else np.sqrt(t))
    return out


def wasserstein(r, c, x):
    """W1 between binned samples: (estimate, low, high)."""
    n, m, gap = c.sum(), r.sum(), np.diff(x)
    F, H = np.cumsum(r)[:-1] / m, np.cumsum(c)[:-1] / n
    value = np.abs(H - F) @ gap
    null = np.sqrt(2 / np.pi * F * (1 - F) * (1 / n + 1 / m)) @ gap
    g = np.append(np.cumsum((np.sign(H - F) * gap)[::-1])[::-1], 0.0)
    var = sum((q @ g**2 - (q @ g) ** 2) / size for q, size in ((c / n, n), (r / m, m)))
    est = np.sqrt(max(value**2 - null**2, 0.0))
    return est, max(est - 1.96 * np.sqrt(var), 0.0), est + 1.96 * np.sqrt(var)
