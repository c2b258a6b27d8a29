"""Prints how served texts differ from training texts."""

from pathlib import Path

from rich.console import Console

from components.errors import ConfigError, DataError, TfxBertError
from components.rounding import apart, exact
from components.text_facts import FACTS_FILE, read_facts
from pipeline.display import table
from pipeline.drift.comparing import compare
from pipeline.drift.reading import Tokenize, read_log
from pipeline.serving.answers import TOKENIZE
from pipeline.serving.model_dir import find_model

FEWEST = 100  # of fewer texts, chance alone gives distances above any useful limit


def print_drift(log: Path, model: Path, limit: float) -> int:
    """Prints a table, a line a fact, and what drifted.

    Args:
        log: What ``serve --log-requests`` names.
        model: The model that was served, or a serving directory.
        limit: The largest distance that is no drift.

    Returns:
        0 if nothing drifted, 3 if something did.

    Raises:
        ConfigError: If there is no log, no model, or no facts of training texts in it.
        TfxBertError: If fewer texts were logged than can tell anything.
    """
    directory = find_model(model)
    training = read_facts(directory)
    if training is None:
        raise ConfigError("--model", f"{directory} has no {FACTS_FILE}: run its pipeline again to have it")
    served = read_log(log, lambda: _tokenizer(directory))
    count = len(served.label)
    if count < FEWEST:
        raise TfxBertError(f"{log} holds {count} texts, too few to compare: {FEWEST} are needed")
    found = compare(training, served)
    rows = [
        {
            "fact": one.fact,
            f"training ({len(training.label):,} texts)": one.training,
            f"served ({count:,} texts)": one.served,
            "distance": apart([one.distance], [limit], decimals=3)[0],
            "": "drifted" if one.distance > limit else "",
        }
        for one in found
    ]
    Console().print(table(f"Served against training texts, limit {exact(limit)}", rows))
    drifted = [one.fact for one in found if one.distance > limit]
    print(f"drifted: {', '.join(drifted)}" if drifted else "nothing drifted")
    return DataError.exit_code if drifted else 0


def _tokenizer(directory: Path) -> Tokenize:
    from pipeline.serving.local_model import Model

    return Model(directory, TOKENIZE).ask
