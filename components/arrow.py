"""The one place that imports pyarrow: whoever needs it takes `pa` and `pq` from here.

Before 14.0.1, pyarrow unpickles extension types that a file declares, and unpickling runs code (CVE-2023-47248). The
default stack is held at pyarrow 10 by tfx-bsl, so the hotfix has to be in place before the first file is opened. It is
process-wide: TFX's own readers are covered too.
"""

import warnings

import pyarrow as pa

if tuple(int(part) for part in pa.__version__.split(".")[:2]) < (14, 1):
    import pyarrow_hotfix  # noqa: F401  # replaces the type that unpickles by one that raises RuntimeError

import pyarrow.parquet as pq

# From 14.0.1 on pyarrow runs nothing, and warns of the same types: the file is read or refused as any other.
warnings.filterwarnings("ignore", r".*\bpyarrow\.PyExtensionType\b")

__all__ = ["pa", "pq"]
