def value_and_slope(x):
    v, dv, n = x, 1, 1
    while n < 4:
        v, dv = 4 * v * (1 - v), 4 * dv - 8 * v * dv
    return v, dv
