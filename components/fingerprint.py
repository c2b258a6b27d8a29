"""A hash of the code that a node runs, so that edited code never reuses an old artifact.

TFX's cache key of a node holds its inputs and its execution properties, not the source of its executor. Each component
puts `code_fingerprint` of its executor module into an execution property.
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_PARTY = "components"


def code_fingerprint(*modules: str) -> str:
    """Hashes modules, every first-party module that they import, directly or not, and tables and templates beside them.

    Only packages under ``components`` count: third-party code is fixed by the lock file. Imports are read from the
    syntax tree, so nothing is executed and imports inside functions are seen too.

    Args:
        modules: Dotted names, for example ``components.trainer.executor``.

    Returns:
        A hexadecimal SHA-256, the same for the same sources on every machine.

    Raises:
        ModuleNotFoundError: If a name is not a module.
    """
    digest = hashlib.sha256()
    sources = _closure(modules)
    data = {path.relative_to(ROOT).as_posix(): path for folder in _folders(sources) for path in _data_files(folder)}
    for name, path in sorted({**sources, **data}.items()):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _folders(sources: dict[str, Path]) -> set[Path]:
    return {path.parent for path in sources.values()} - {ROOT / FIRST_PARTY}


def _data_files(folder: Path) -> Iterator[Path]:
    """Files of a package that are not Python, also in subfolders that are no packages."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != "__pycache__" and not (path / "__init__.py").exists():
            yield from _data_files(path)
        elif path.is_file() and path.suffix != ".py":
            yield path


def _closure(modules: tuple[str, ...]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    todo = list(modules)
    while todo:
        name = todo.pop()
        if name not in found:
            path = _source(name)
            if path is None:
                raise ModuleNotFoundError(f"no module named {name!r}")
            found[name] = path
            todo += [imported for imported in _imports(name, path) if imported not in found]
    return found


def _source(name: str) -> Path | None:
    path = ROOT.joinpath(*name.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _imports(module: str, path: Path) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (base, node.module) if part)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == FIRST_PARTY and _source(name))
