"""Puts a model together in Hugging Face's format, and publishes it."""

import shutil
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from components import files
from components.errors import ConfigError, TfxBertError, first_line
from components.expected_answers import EXPECTED_FILE
from components.report.names import USE
from components.servable_check.warmup import WARMUP_FILE

CARD, SAVED_MODEL = "README.md", "saved_model"
_FILL_MASK = 'fill-mask --model saved_model "A text with a [MASK]."'
WITH_TEXTS = (EXPECTED_FILE, WARMUP_FILE)

_USE = """

The SavedModel in `saved_model` takes raw text. Serve it with TF Serving, or ask it from a shell in this directory:

    tfx-bert {command}

## What is in this directory

The files beside `saved_model` are the encoder that it was made of, with its tokenizer, for other uses{without_labels}:

    from transformers import AutoTokenizer, TFAutoModel
    tokenizer = AutoTokenizer.from_pretrained("this directory")
    encoder = TFAutoModel.from_pretrained("this directory")
"""


def assemble(target: Path, encoder: str, tokenizer: str, saved_model: str, card: str) -> None:
    """Writes a directory that ``AutoTokenizer`` and ``TFAutoModel`` load.

    Args:
        target: Made; must not be there.
        encoder: Folder of the encoder: ``config.json`` and weights.
        tokenizer: Folder of its tokenizer.
        saved_model: The SavedModel that is served; it goes into ``saved_model/``, without the warm-up and the expected
            answers: they hold texts of the data.
        card: The model card, which becomes ``README.md``; its section about use becomes one about the directory.
    """
    for folder, inside in ((encoder, ""), (tokenizer, ""), (saved_model, f"{SAVED_MODEL}/")):
        for name in files.list_files(folder):
            if name not in WITH_TEXTS:
                files.copy(f"{folder}/{name}", f"{target}/{inside}{name}")
    files.write_text(f"{target}/{CARD}", _of_directory(card))


def _of_directory(card: str) -> str:
    about = card.partition(f"\n{USE}\n")[0].rstrip()
    classifies = "pipeline_tag: text-classification" in card
    command = 'predict --model saved_model "A text." "文章です。"' if classifies else _FILL_MASK
    without_labels = "; they know no labels" if classifies else ""
    return f"{about}\n\n{USE}" + _USE.format(command=command, without_labels=without_labels)


def replace_directory(assembled: Path, directory: Path) -> None:
    """Puts a directory in the place of another, in two renames: a reader sees the old one, none, or the new one.

    Args:
        assembled: On the same file system; gone afterwards.
        directory: What is replaced, if it is there.
    """
    old = directory.with_name(f".old-{directory.name}")
    if directory.exists():
        shutil.rmtree(old, ignore_errors=True)  # what a killed run left
        directory.rename(old)
    assembled.rename(directory)
    shutil.rmtree(old, ignore_errors=True)


def upload(assembled: Path, repo: str, private: bool, message: str) -> str:
    """Uploads a directory to the Hub as one commit; what was in the repository and is not in it stays.

    Args:
        assembled: The directory.
        repo: ``owner/name``; made if it is not there.
        private: Whether it is private, if it is made.
        message: Of the commit.

    Returns:
        The commit's address.

    Raises:
        ConfigError: If the Hub refuses it: no token, no right, no such owner.
        TfxBertError: If the Hub cannot be reached.
    """
    api = HfApi()
    try:
        api.create_repo(repo, private=private, exist_ok=True)
        commit = api.upload_folder(repo_id=repo, folder_path=assembled, commit_message=message)
    except HfHubHTTPError as error:
        if error.response is None or error.response.status_code >= 500:
            raise _unreachable(repo, error) from error
        reason = first_line(error)
        raise ConfigError(
            "pusher.huggingface.repo",
            f"{repo}: the Hub refused it ({reason}): is HF_TOKEN a token that may write there?",
        ) from error
    except OSError as error:
        raise _unreachable(repo, error) from error
    return str(commit.commit_url)


def _unreachable(repo: str, error: Exception) -> TfxBertError:
    reason = first_line(error)
    return TfxBertError(f"{repo}: the Hub cannot be reached: {reason}; the same command tries again")
