"""What runs in the clean interpreter, in the same process as student code or just before it.

A package of its own that imports nothing of grader: the clean interpreter finds it as `inside`, so that grader itself
is never within reach there. The supervisor shares `values` and `frame` and trusts nothing that comes back.
"""
