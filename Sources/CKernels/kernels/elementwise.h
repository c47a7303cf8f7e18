// Element-wise kernels: sixteen lanes at a time, then the rest of the row.
// Compiled once per instruction set; no include guard.

/// Runs `EXPRESSION` over `count` elements: LOAD(pointer) reads the lanes at hand of a pointer that
/// is indexed like `out`.
#define ILV_EACH(out, count, EXPRESSION)                          \
    do {                                                          \
        size_t i = 0;                                             \
        for (; i + ILV_LANES <= (count); i += ILV_LANES) {        \
            store((out) + i, EXPRESSION(LOAD_WHOLE));             \
        }                                                         \
        if (i < (count)) {                                        \
            size_t rest = (count) - i;                            \
            store_part((out) + i, EXPRESSION(LOAD_REST), rest);   \
        }                                                         \
    } while (0)
#define LOAD_WHOLE(pointer) load((pointer) + i)
#define LOAD_REST(pointer) load_part((pointer) + i, rest)

static void ILV_NAME(add_f32)(float *out, const float *a, const float *b, size_t count) {
#define EXPRESSION(LOAD) LOAD(a) + LOAD(b)
    ILV_EACH(out, count, EXPRESSION);
#undef EXPRESSION
}

static void ILV_NAME(axpy_f32)(float *out, const float *x, float scale, size_t count) {
#define EXPRESSION(LOAD) fused(LOAD(x), splat(scale), LOAD(out))
    ILV_EACH(out, count, EXPRESSION);
#undef EXPRESSION
}

static void ILV_NAME(scale_f32)(float *out, const float *x, float scale, size_t count) {
#define EXPRESSION(LOAD) LOAD(x) * scale
    ILV_EACH(out, count, EXPRESSION);
#undef EXPRESSION
}

static void ILV_NAME(scaled_rows_add_f32)(float *out, size_t out_stride, const float *x,
                                          size_t x_stride, const float *gamma, size_t rows,
                                          size_t columns) {
#define EXPRESSION(LOAD) fused(LOAD(gamma), LOAD(x), LOAD(out))
    for (size_t r = 0; r < rows; r++, out += out_stride, x += x_stride) {
        ILV_EACH(out, columns, EXPRESSION);
    }
#undef EXPRESSION
}

static void ILV_NAME(bias_add_f32)(float *out, size_t out_stride, const float *bias, size_t rows,
                                   size_t columns) {
#define EXPRESSION(LOAD) LOAD(out) + LOAD(bias)
    for (size_t r = 0; r < rows; r++, out += out_stride) {
        ILV_EACH(out, columns, EXPRESSION);
    }
#undef EXPRESSION
}

/// max(x, 0); NaN stays NaN.
ILV_INLINE f32x16 relu_lanes(f32x16 x) {
    return choose(x < 0.0f, splat(0), x);
}

static void ILV_NAME(relu_f32)(float *out, const float *x, size_t count) {
#define EXPRESSION(LOAD) relu_lanes(LOAD(x))
    ILV_EACH(out, count, EXPRESSION);
#undef EXPRESSION
}

static void ILV_NAME(silu_f32)(float *out, const float *x, size_t count) {
#define EXPRESSION(LOAD) silu_lanes(LOAD(x))
    ILV_EACH(out, count, EXPRESSION);
#undef EXPRESSION
}

/// x / (1 + e^(-1.702 x)).
ILV_INLINE f32x16 quick_gelu_lanes(f32x16 x) {
    return x / (1.0f + exp_lanes(x * -1.702f));
}

static void ILV_NAME(quick_gelu_f32)(float *out, const float *x, size_t count) {
#define EXPRESSION(LOAD) quick_gelu_lanes(LOAD(x))
    ILV_EACH(out, count, EXPRESSION);
#undef EXPRESSION
}

static void ILV_NAME(gelu_f32)(float *out, const float *x, size_t count) {
#define EXPRESSION(LOAD) gelu_lanes(LOAD(x))
    ILV_EACH(out, count, EXPRESSION);
#undef EXPRESSION
}

static void ILV_NAME(exp_f32)(float *out, const float *x, size_t count) {
#define EXPRESSION(LOAD) exp_lanes(LOAD(x))
    ILV_EACH(out, count, EXPRESSION);
#undef EXPRESSION
}

static void ILV_NAME(erf_f32)(float *out, const float *x, size_t count) {
#define EXPRESSION(LOAD) erf_lanes(LOAD(x))
    ILV_EACH(out, count, EXPRESSION);
#undef EXPRESSION
}

static void ILV_NAME(swiglu_f32)(float *out, size_t out_stride, const float *gate_up,
                                 size_t gate_up_stride, size_t rows, size_t columns) {
#define EXPRESSION(LOAD) silu_lanes(LOAD(gate_up)) * LOAD(up)
    for (size_t r = 0; r < rows; r++, out += out_stride, gate_up += gate_up_stride) {
        const float *up = gate_up + columns;
        ILV_EACH(out, columns, EXPRESSION);
    }
#undef EXPRESSION
}

static void ILV_NAME(geglu_f32)(float *out, size_t out_stride, const float *value_gate,
                                size_t value_gate_stride, size_t rows, size_t columns) {
#define EXPRESSION(LOAD) LOAD(value_gate) * gelu_lanes(LOAD(gate))
    for (size_t r = 0; r < rows; r++, out += out_stride, value_gate += value_gate_stride) {
        const float *gate = value_gate + columns;
        ILV_EACH(out, columns, EXPRESSION);
    }
#undef EXPRESSION
}

#undef LOAD_WHOLE
#undef LOAD_REST
#undef ILV_EACH
