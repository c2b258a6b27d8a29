"""Environment variables: what is nonsense in them is refused before a verb that reads them begins."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from components.errors import ConfigError, shortened
from components.files import is_remote
from pipeline.arguments import check_path

DATA = "TFX_BERT_DATA"
TOKEN = "TFX_BERT_TOKEN"
METADATA = "TFX_BERT_METADATA"
METADATA_FILE = f"{METADATA}_FILE"
ENDPOINT = "TFX_BERT_VERTEX_ENDPOINT"
_OF_TESTS = ("TFX_BERT_MINILM", "TFX_BERT_TORCH", "TFX_BERT_SWAPS", "TFX_BERT_FUZZ_EXAMPLES")
OURS = (DATA, TOKEN, METADATA, METADATA_FILE, ENDPOINT, *_OF_TESTS)
_PREFIX = "TFX_BERT_"

_DATABASES = ("postgresql", "mysql")
_EXAMPLE = "postgresql://USER:PASSWORD@HOST:5432/DATABASE or mysql://USER:PASSWORD@HOST:3306/DATABASE"
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
_PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "MKL_NUM_THREADS")
_GPU = re.compile(r"-1|\d{1,4}|(GPU|MIG)-[\w/-]+|NoDevFiles|none|void|all", re.ASCII)
_WARNINGS = ("default", "always", "ignore", "module", "once", "error")
_MOST_OF_A_TOKEN = 8000  # characters; servers take headers of 8 kB


def check(arguments: Sequence[str]) -> None:
    """Checks the variables that a command reads.

    Args:
        arguments: Of the command line, without the program's name.

    Raises:
        ConfigError: If one of them cannot be what it is for; the message names it.
    """
    verb = next((argument for argument in arguments if not argument.startswith("-")), "")
    _warn_of_unknown(os.environ)
    for one in _OF_VERBS.get(verb, ()):
        one()
    if "--server" in arguments or any(argument.startswith("--server=") for argument in arguments):
        check_token()
        check_proxies()


def check_container() -> None:
    """Checks what a node reads that runs in a container of its own.

    Raises:
        ConfigError: See `check`.
    """
    check_cluster()
    check_threads()
    check_devices()


def check_data() -> None:
    """Whether the folder of the data is a folder, or a URI."""
    text = os.environ.get(DATA)
    if text is None or is_remote(text):
        return
    check_path(DATA, text)
    if Path(text).expanduser().exists() and not Path(text).expanduser().is_dir():
        raise ConfigError(DATA, f"{shortened(text)} is a file: name the folder of the data")


def check_token() -> None:
    """Whether a header can hold the token; the message does not show it."""
    token = os.environ.get(TOKEN)
    if not token:
        return
    if not re.fullmatch(r"[!-~]+", token):
        raise ConfigError(TOKEN, "holds a space, a line break or something else that no token has: copy it again")
    if len(token) > _MOST_OF_A_TOKEN:
        raise ConfigError(TOKEN, f"has {len(token):,} characters, and headers take {_MOST_OF_A_TOKEN:,}: copy it again")


def check_proxies() -> None:
    """Whether the proxies are URLs; the message shows no password."""
    for name in (*_PROXIES, *map(str.upper, _PROXIES)):
        text = os.environ.get(name, "").strip()
        if not text:
            continue
        try:
            url = urlsplit(text if "://" in text else f"http://{text}")
            fine = url.scheme in _PROXY_SCHEMES and bool(url.hostname) and url.port != 0
        except ValueError:
            fine = False
        if not fine or any(character.isspace() for character in text):
            raise ConfigError(name, "is no URL of a proxy: write http://HOST:PORT, or unset it")


def check_cluster() -> None:
    """Whether ``TF_CONFIG`` is what TensorFlow takes."""
    from components.training.cluster import read_cluster

    read_cluster()


def check_threads() -> None:
    """Whether numbers of threads are numbers."""
    for name in _THREADS:
        text = os.environ.get(name, "").strip()
        least = 0 if name.startswith("TF_") else 1
        numbers = text.split(",") if text else []
        if not all(re.fullmatch(r"\d{1,5}", one.strip(), re.ASCII) and int(one) >= least for one in numbers):
            raise ConfigError(name, f"is {shortened(repr(text))}, which is no number of threads: unset it")


def check_devices() -> None:
    """Whether ``CUDA_VISIBLE_DEVICES`` names devices as CUDA does."""
    text = os.environ.get("CUDA_VISIBLE_DEVICES", "").strip()
    wrong = [one for one in text.split(",") if text and not _GPU.fullmatch(one.strip())]
    if wrong:
        raise ConfigError(
            "CUDA_VISIBLE_DEVICES",
            f"has {shortened(repr(wrong[0]))}, which names no GPU: write numbers such as 0,1, or -1 for none",
        )


def check_warnings() -> None:
    """Whether ``PYTHONWARNINGS`` lets the libraries run: Python reads it in every process that is started."""
    for part in filter(None, os.environ.get("PYTHONWARNINGS", "").split(",")):
        action = part.split(":")[0].strip()
        if not action or not any(known.startswith(action) for known in _WARNINGS):
            raise ConfigError("PYTHONWARNINGS", f"has {shortened(repr(part))}, which is no filter: unset it")
        if "error".startswith(action) and part.count(":") == 0:
            raise ConfigError("PYTHONWARNINGS", "makes errors of all warnings, with which no library runs: unset it")


def check_metadata() -> None:
    """Whether the database of the metadata is named by a URL."""
    metadata_url()


def metadata_url() -> SplitResult | None:
    """The database that keeps the metadata, as the environment names it.

    Returns:
        None if it names none: a file below the root is used.

    Raises:
        ConfigError: If what is given is no such URL, or the file that it is in cannot be read. It says nothing of what
            is given: there may be a password in it.
    """
    given = os.environ.get(METADATA) or None
    if path := os.environ.get(METADATA_FILE):
        check_path(METADATA_FILE, path)
        try:
            given = Path(path).expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(METADATA_FILE, f"{path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(METADATA_FILE, f"{path} is not text in UTF-8: it must hold the URL alone") from None
    if given is None:
        return None
    try:
        url = urlsplit(given)
        complete = url.scheme in _DATABASES and url.hostname and url.path.strip("/") and url.port != 0
        unusable = any(ord(character) < 32 for character in unquote(given))
    except ValueError:
        complete, unusable = False, False
    if not complete or unusable:
        raise ConfigError(METADATA, f"is no URL of a database: write {_EXAMPLE}")
    return url


def _warn_of_unknown(environment: Mapping[str, str]) -> None:
    import difflib

    for name in sorted(name for name in environment if name.startswith(_PREFIX) and name not in OURS):
        close = difflib.get_close_matches(name[:100], OURS, n=1, cutoff=0.6)
        meant = f", did you mean {close[0]}?" if close else f" (there are {', '.join(OURS[:5])})"
        print(f"tfx-bert: warning: nothing reads the variable {shortened(name)}{meant}", file=sys.stderr)


_TRAINING: Iterable[Callable[[], None]] = (check_cluster, check_threads, check_devices, check_warnings)
_OF_VERBS: dict[str, Iterable[Callable[[], None]]] = {
    "run": (check_data, check_metadata, check_proxies, *_TRAINING),
    "rehearse": (check_proxies, check_threads, check_devices, check_warnings),
    "config": (check_data,),
    "compile": (check_data,),
    "submit": (check_proxies,),
    "serve": (check_threads, check_devices, check_warnings),
    "predict": (check_threads, check_devices),
    "runs": (check_metadata,),
    "report": (check_metadata,),
}
