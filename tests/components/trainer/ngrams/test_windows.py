from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.trainer.ngrams.windows import windows


@given(st.lists(st.text(max_size=9).map(str.encode), max_size=30), st.integers(1, 9), st.integers(1, 40))
def test_windows_are_as_large_as_allowed(texts: list[bytes], count: int, size: int) -> None:
    parts = [texts[part] for part in windows(np.array(texts, object), count, size)]
    assert list(chain.from_iterable(parts)) == texts
    for number, part in enumerate(parts):
        assert part
        assert len(part) <= count
        assert len(part) == 1 or len(b"".join(part)) <= size
        for following in parts[number + 1 : number + 2]:
            assert len(part) == count or len(b"".join(part)) + len(following[0]) > size
