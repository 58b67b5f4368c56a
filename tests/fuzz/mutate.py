"""Changes a problem or answer file at random: what people mistype, what editors break, what attackers send.

A mutation takes the bytes of a file and a source of randomness and gives other bytes; nothing is graded here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]

_TYPED = r"""
0
-0
-1
1e999
-1e999
1e-320
.nan
.inf
0x1f
0o17
010
1_000
12:30:00
7,0
no
true
null
~
[]
{}
[[]]
[1, 2, 3]
[[1, 2], [3, 4]]
[[1], [2, 3]]
""
'
"
#
|
>
%
@
`
!!python/object:os.system
&a
*a
<<
---
...
- -
? :
grad(o, W)
jac(u5, u1)
x ** 9 ** 9 ** 9
2 ** 2 ** 2 ** 2 ** 2
exp(1000)
1/0
log(0)
sqrt(-1)
u1.__class__
__import__('os')
lambda: 0
u1 if u2 else u3
()
u1'
½
𝟙
x₁
−3
🤯
<script>alert(1)</script>
$\frac{1}{
=cmd|' /C calc'!A0
{shape: [100000, 100000], draw: normal}
{shape: [3000000000], draw: normal}
{shape: [], draw: normal}
{label: 1, classes: 1000000000}
{for: n in 2..999999999, formula: "1"}
reshape(u1, 100000, 100000)
onehot(1, 1000000000)
outer(x, x)
digits: 400
relative: -1
correct
trace
"""

TOKENS = [
    *_TYPED.strip().encode().split(b"\n"),
    *(b"", b"\t", b"\x00", b"\xff", b"\x1b[31m", "\u202e".encode()),
    *(b"9" * 400, b"9" * 5000, b"0.1" * 9, b"(" * 300, b"-" * 400, b"1+" * 900 + b"1"),
]
"""What takes the place of a token, or comes between two."""

_TOKEN = re.compile(rb"[A-Za-z_]\w*|[0-9.]+(?:e[-+]?\d+)?|\s+|.", re.DOTALL)


def mutant(seed: bytes, others: list[bytes], randomness: random.Random) -> bytes:
    """`seed` after one to four mutations; parts of `others` may come in."""
    for _ in range(randomness.choice((1, 1, 1, 2, 2, 3, 4))):
        if randomness.random() < 0.08:
            seed = _splice(seed, randomness.choice(others), randomness)
        else:
            seed = randomness.choice(MUTATIONS)(seed, randomness)
        seed = seed[: 3 * 2**20]
    return seed


def _splice(text: bytes, other: bytes, randomness: random.Random) -> bytes:
    lines, more = text.splitlines(keepends=True), other.splitlines(keepends=True)
    at, start = randomness.randrange(len(lines) + 1), randomness.randrange(len(more) + 1)
    return b"".join(lines[:at] + more[start : start + randomness.randint(1, 8)] + lines[at:])


def _flip_a_bit(text: bytes, randomness: random.Random) -> bytes:
    if not text:
        return text
    at = randomness.randrange(len(text))
    return text[:at] + bytes([text[at] ^ 1 << randomness.randrange(8)]) + text[at + 1 :]


def _random_bytes(text: bytes, randomness: random.Random) -> bytes:
    at = randomness.randrange(len(text) + 1)
    return text[:at] + randomness.randbytes(randomness.randint(1, 6)) + text[at:]


def _random_characters(text: bytes, randomness: random.Random) -> bytes:
    at = randomness.randrange(len(text) + 1)
    codes = [randomness.choice((randomness.randrange(32, 0xD800), randomness.randrange(128))) for _ in range(3)]
    return text[:at] + "".join(map(chr, codes)).encode() + text[at:]


def _delete_a_stretch(text: bytes, randomness: random.Random) -> bytes:
    at = randomness.randrange(len(text) + 1)
    return text[:at] + text[at + randomness.choice((1, 1, 2, 5, 40)) :]


def _truncate(text: bytes, randomness: random.Random) -> bytes:
    return text[: randomness.randrange(len(text) + 1)]


def _delete_a_line(text: bytes, randomness: random.Random) -> bytes:
    lines = text.splitlines(keepends=True)
    if lines:
        lines.pop(randomness.randrange(len(lines)))
    return b"".join(lines)


def _repeat_a_line(text: bytes, randomness: random.Random) -> bytes:
    lines = text.splitlines(keepends=True) or [b""]
    at = randomness.randrange(len(lines))
    return b"".join(lines[:at] + [lines[at]] * randomness.choice((2, 2, 3, 500)) + lines[at + 1 :])


def _move_a_line(text: bytes, randomness: random.Random) -> bytes:
    lines = text.splitlines(keepends=True)
    if lines:
        line = lines.pop(randomness.randrange(len(lines)))
        lines.insert(randomness.randrange(len(lines) + 1), line)
    return b"".join(lines)


def _indent_a_line(text: bytes, randomness: random.Random) -> bytes:
    lines = text.splitlines(keepends=True) or [b""]
    at = randomness.randrange(len(lines))
    before = randomness.choice((b"", b"", b" ", b"  ", b"\t", b"- "))
    lines[at] = before + lines[at] if before else lines[at].lstrip()
    return b"".join(lines)


def _swap_tokens(text: bytes, randomness: random.Random) -> bytes:
    tokens = _TOKEN.findall(text)
    words = [i for i, token in enumerate(tokens) if not token.isspace()]
    if len(words) > 1:
        i, j = randomness.sample(words, 2)
        tokens[i], tokens[j] = tokens[j], tokens[i]
    return b"".join(tokens)


def _replace_a_token(text: bytes, randomness: random.Random) -> bytes:
    tokens = _TOKEN.findall(text) or [b""]
    words = [i for i, token in enumerate(tokens) if not token.isspace()] or [0]
    tokens[randomness.choice(words)] = randomness.choice([*TOKENS, tokens[randomness.choice(words)]])
    return b"".join(tokens)


def _insert_a_token(text: bytes, randomness: random.Random) -> bytes:
    tokens = _TOKEN.findall(text)
    tokens.insert(randomness.randrange(len(tokens) + 1), randomness.choice(TOKENS))
    return b"".join(tokens)


def _change_a_number(text: bytes, randomness: random.Random) -> bytes:
    numbers = list(re.finditer(rb"\d+(?:\.\d+)?", text))
    if not numbers:
        return text
    at = randomness.choice(numbers)
    before = randomness.choice((b"", b"", b"", b"-", b"1/"))
    after = randomness.choice((b"", b"5", b"000000", b"0" * 12, b"e300", b"e-300"))
    return text[: at.start()] + before + at[0] + after + text[at.end() :]


def _replace_a_value(text: bytes, randomness: random.Random) -> bytes:
    values = list(re.finditer(rb"(?<=: )[^\n{}]+", text))
    if not values:
        return text
    at = randomness.choice(values)
    return text[: at.start()] + randomness.choice(TOKENS) + text[at.end() :]


def _nest_deeply(text: bytes, randomness: random.Random) -> bytes:
    at = randomness.randrange(len(text) + 1)
    opening, closing = randomness.choice(((b"[", b"]"), (b"{a: ", b"}"), (b"(", b")"), (b"- ", b"")))
    depth = randomness.choice((10, 45, 200, 5000, 100_000))
    return text[:at] + opening * depth + (closing * depth if randomness.random() < 0.5 else b"") + text[at:]


def _bomb(text: bytes, randomness: random.Random) -> bytes:
    levels = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 12):
        levels.append(b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)))
    bomb = b"\n".join(levels) + b"\n"
    return bomb + text if randomness.random() < 0.5 else text + b"\n" + bomb


def _grow(text: bytes, randomness: random.Random) -> bytes:
    kind = randomness.randrange(4)
    if kind == 0:
        return text + b"\nlong: [" + b"1, " * randomness.choice((1000, 90_000)) + b"1]\n"
    if kind == 1:
        return text + b"\n" + b"".join(b"key%d: 1\n" % n for n in range(randomness.choice((500, 40_000))))
    if kind == 2:
        return text + b"\nx: " + b"y" * randomness.choice((10_000, 1_100_000)) + b"\n"
    return text + b"\n" * randomness.choice((10_000, 1_100_000))


def _encode_otherwise(text: bytes, randomness: random.Random) -> bytes:
    decoded = text.decode("utf-8", "replace")
    how = randomness.randrange(5)
    if how == 0:
        return decoded.replace("\n", "\r\n").encode()
    if how == 1:
        return decoded.replace("\n", "\r").encode()
    return decoded.encode(("utf-16", "utf-8-sig", "latin-1")[how - 2], "replace")


MUTATIONS: list[Mutation] = [
    _flip_a_bit,
    _random_bytes,
    _random_characters,
    _delete_a_stretch,
    _truncate,
    _delete_a_line,
    _repeat_a_line,
    _move_a_line,
    _indent_a_line,
    _nest_deeply,
    _bomb,
    _grow,
    _encode_otherwise,
    *[_swap_tokens] * 2,
    *[_insert_a_token] * 3,
    *[_replace_a_token] * 4,
    *[_replace_a_value] * 4,
    *[_change_a_number] * 4,
]
"""What reads as YAML goes deeper than what does not, so the mutations of tokens come more often."""
