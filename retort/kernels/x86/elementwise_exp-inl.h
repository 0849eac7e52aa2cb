// exp in vectors, shared by the elementwise and the attention kernels of every level. Included behind a
// vector vocabulary, inside a target region.

/// e^x within 1.5 units in the last place; 0 below -104, infinity above 88.73, NaN stays.
/// x = n ln 2 + r with |r| <= ln(2) / 2, e^x = 2^n e^r (Cody and Waite 1980); e^r by a polynomial of degree
/// 6 fitted for the smallest relative error (Cephes, expf).
inline F exp(F x) {
  x = smallest(set(89.0f), largest(set(-110.0f), x));
  F n = nearest(mul(x, set(1.44269504f)));
  F r = fnma(n, set(0.693359375f), x);
  r = fnma(n, set(-2.12194440e-4f), r);
  F p = fma(set(1.9875691500e-4f), r, set(1.3981999507e-3f));
  p = fma(p, r, set(8.3334519073e-3f));
  p = fma(p, r, set(4.1665795894e-2f));
  p = fma(p, r, set(1.6666665459e-1f));
  p = fma(p, r, set(5.0000001201e-1f));
  p = fma(p, mul(r, r), r);
  return scale_by_power(add(p, set(1.0f)), n);
}
