def value_and_slope(x):
    v, dv = x, 1
    for i in range(3):
        v, dv = 4 * v * (1 - v), 4 * dv - 8 * v * dv
    return v, dv
