// e^x, erf and their relatives on sixteen lanes, without calls and without branches.
//
// The polynomials are least-maximum fits (Lawson's iteration on Chebyshev nodes) of the functions
// named at each; the errors given were measured against double precision over the whole range.
// Compiled once per instruction set; no include guard.

/// e^x: relative error below 1.5e-7 where the result is normal, half a step where it is subnormal;
/// INFINITY above 88.73, 0 below -103.98; NaN stays NaN.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2; e^r = 1 + r + r^2 q(r), q of degree 4.
ILV_INLINE f32x16 exp_lanes(f32x16 x) {
    x = choose(x > 89.0f, splat(89.0f), x);
    x = choose(x < -104.0f, splat(-104.0f), x);
    // Adding 1.5 * 2^23 leaves the nearest integer in the low mantissa bits.
    const f32x16 shift = splat(12582912.0f);
    f32x16 shifted = fused(x, splat(1.44269504f), shift);
    f32x16 n = shifted - shift;
    f32x16 r = fused(n, splat(-0.693359375f), x);
    r = fused(n, splat(2.12194440e-4f), r);
    f32x16 q = splat(1.3814580161124468e-3f);
    q = fused(q, r, splat(8.368725888431072e-3f));
    q = fused(q, r, splat(4.166838899254799e-2f));
    q = fused(q, r, splat(1.666652113199234e-1f));
    q = fused(q, r, splat(4.999999403953552e-1f));
    f32x16 y = fused(q, r * r, r) + 1.0f;
    // 2^n in two factors, since n runs from -150 to 128. Unsigned, as NaN leaves any bits in n.
    i32x16 whole = (i32x16)shifted - (i32x16)shift;
    i32x16 half = whole >> 1;
    u32x16 first = ((u32x16)half + 127u) << 23;
    u32x16 second = ((u32x16)whole - (u32x16)half + 127u) << 23;
    return y * (f32x16)first * (f32x16)second;
}

/// x / (1 + e^-x). -INFINITY gives NaN.
ILV_INLINE f32x16 silu_lanes(f32x16 x) {
    return x / (1.0f + exp_lanes(-x));
}

/// erf(x): absolute error below 1.5e-7; NaN stays NaN.
///
/// |x| < 1: x p(x^2), p of degree 5. Otherwise 1 - e^(-|x| q(|x|)), q of degree 5, |x| cut at 4.
ILV_INLINE f32x16 erf_lanes(f32x16 x) {
    u32x16 sign = (u32x16)x & 0x80000000u;
    f32x16 a = (f32x16)((u32x16)x & 0x7fffffffu);
    i32x16 small = a < 1.0f;
    f32x16 s = x * x;
    f32x16 p = splat(-5.462929257191718e-4f);
    p = fused(p, s, splat(4.8707034438848495e-3f));
    p = fused(p, s, splat(-2.666381001472473e-2f));
    p = fused(p, s, splat(1.1278064548969269e-1f));
    p = fused(p, s, splat(-3.761194050312042e-1f));
    p = fused(p, s, splat(1.1283788681030273f));
    a = choose(a > 4.0f, splat(4.0f), a);
    f32x16 q = splat(-2.1018217375967652e-4f);
    q = fused(q, a, splat(3.1831178348511457e-3f));
    q = fused(q, a, splat(-2.2786088287830353e-2f));
    q = fused(q, a, splat(1.0509666800498962e-1f));
    q = fused(q, a, splat(6.358463764190674e-1f));
    q = fused(q, a, splat(1.128475546836853f));
    f32x16 large = 1.0f - exp_lanes(-a * q);
    large = (f32x16)((u32x16)large | sign);
    return choose(small, p * x, large);
}

/// 0.5 x (1 + erf(x / sqrt 2)).
ILV_INLINE f32x16 gelu_lanes(f32x16 x) {
    return 0.5f * x * (1.0f + erf_lanes(x * 0.70710678f));
}
