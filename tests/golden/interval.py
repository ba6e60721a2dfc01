#!/usr/bin/env python3
"""Prints the golden numbers of src/eval/interval_test.cpp. Needs numpy, scipy and statsmodels."""
import itertools

import numpy as np
import scipy.stats as st
from statsmodels.stats.proportion import proportion_confint

A = [0.55, 0.60, 0.71, 0.20, 0.95, 0.40, 0.35, 0.80, 0.15, 0.66]
B = [0.50, 0.45, 0.70, 0.25, 0.90, 0.20, 0.30, 0.65, 0.20, 0.50]

print("wilson")
for hits, n in [(0, 10), (1, 10), (5, 10), (10, 10), (13, 20), (1188, 2160), (3, 1000000)]:
    low, high = proportion_confint(hits, n, alpha=0.05, method="wilson")
    print(f"      {{{hits}, {n}, {low:.15g}, {high:.15g}}},")
print("t quantile")
for p, df in [(0.975, 1), (0.975, 2), (0.975, 9), (0.975, 107), (0.975, 1e6), (0.995, 4), (0.6, 3), (0.025, 7), (0.9, 0.5)]:
    print(f"      {{{p}, {df:g}, {st.t.ppf(p, df):.15g}}},")
print("mean of A", np.mean(A), st.t.interval(0.95, len(A) - 1, loc=np.mean(A), scale=st.sem(A)))
result = st.ttest_rel(A, B)
ci = result.confidence_interval(0.95)
print("paired t A-B", np.mean(np.array(A) - np.array(B)), repr(ci.low), repr(ci.high))
boot = st.bootstrap(((np.array(A) - np.array(B)),), np.mean, n_resamples=1_000_000, method="percentile", random_state=1, batch=10000)
print("paired bootstrap A-B", boot.confidence_interval)
five = np.array(A[:5]) - np.array(B[:5])
means = [np.mean(draw) for draw in itertools.product(five, repeat=5)]
print("all 3,125 resamples of the first five", np.percentile(means, [2.5, 97.5]))
n, p = 60, 0.3
covered = [st.binom.pmf(k, n, p) for k in range(n + 1) if proportion_confint(k, n, method="wilson")[0] <= p <= proportion_confint(k, n, method="wilson")[1]]
print("exact coverage of Wilson at n = 60, p = 0.3:", sum(covered))
