"""What a person can do about each kind of finding."""

from collections.abc import Sequence

_OTHERWISE = "correct the data or its schema, or name the feature or {kind} in {gate}.ignore_anomalies"
_DRIFT = "look at what changed in the data; if it is meant, raise the threshold in the schema"

_REMEDIES = {
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": (
        "correct these values in the source, or add them to the schema's string_domain"
    ),
    "SCHEMA_MISSING_COLUMN": (
        "name the column that holds it in the source's configuration, or choose a schema without it"
    ),
    "SCHEMA_NEW_COLUMN": "add the feature to the schema, or name it in {gate}.ignore_anomalies",
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": "fill or remove the rows that lack it",
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": "fill or remove the rows that lack it",
    "INVALID_FEATURE_SHAPE": "give every row exactly as many values as the schema says",
    "COMPARATOR_L_INFTY_HIGH": _DRIFT,
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH": _DRIFT,
    "REJECTED_ROWS": "correct the rows listed in rejected.jsonl there, or raise {gate}.max_rejected_share",
    "TOO_FEW_ROWS": "check the paths and the split of the sources, or lower {gate}.min_rows",
    "NO_DATA_IN_SPAN": "check the paths and the split of the sources",
    "SIMILAR_LABELS": "write each label in one way, or raise {gate}.labels.max_similar",
    "RARE_LABELS": "add rows with these labels or leave the labels out, or lower {gate}.labels.min_rows",
    "UNSEEN_LABELS": ("correct these labels or add rows with them to 'train', or raise {gate}.labels.max_unseen_share"),
    "UNINFORMATIVE_TEXTS": "check the texts and text_column, or raise {gate}.labels.max_uninformative",
    "CONFLICTING_LABELS": "decide on one label for each text, or raise {gate}.labels.max_conflicting_share",
    "FEW_LABELS": "check the label column, or lower {gate}.labels.min_labels",
    "MANY_LABELS": "check that the label column holds classes, or raise {gate}.labels.max_labels",
    "LONG_LABELS": "check that the label column holds classes, or raise {gate}.labels.max_length",
    "UNKNOWN_TOKENS": (
        "use a tokenizer that knows the language of the texts{settings}, or raise {gate}.tokens.max_unknown_share"
    ),
    "EMPTY_TEXTS": "look at the texts{settings}, or raise {gate}.tokens.max_empty_share",
    "TRUNCATED_TEXTS": "raise text.max_length, or {gate}.tokens.max_truncated_share",
    "EMPTY_LABELS": "look at the texts of these labels{settings}, or raise {gate}.tokens.max_empty_labels",
    "VOCABULARY_USE": "use a smaller vocabulary{settings}, or lower {gate}.tokens.min_vocabulary_use",
    "SHORT_TEXTS": "look at the texts{settings}, or lower {gate}.tokens.min_mean_tokens",
    "LONG_TEXTS": "look at the texts{settings}, or raise {gate}.tokens.max_mean_tokens",
}
_CLEANING = ("text.cleaning", "text.stop_words")
# Keys that a remedy names if they are among the settings.
_NAMED = {
    "UNKNOWN_TOKENS": ("backbone.source", "tokenizer.vocab_size", "tokenizer.character_coverage"),
    "EMPTY_TEXTS": _CLEANING,
    "EMPTY_LABELS": _CLEANING,
    "VOCABULARY_USE": ("tokenizer.vocab_size",),
    "SHORT_TEXTS": _CLEANING,
    "LONG_TEXTS": _CLEANING,
}


def explain(kind: str, gate: str, settings: Sequence[str] | None = None) -> str:
    """The remedy for a kind of finding.

    Args:
        kind: TFDV's name of an anomaly's type, or one of the gate's own.
        gate: The gate's key in the configuration, for example ``labelled.gate``.
        settings: Further keys that have an effect here; the remedy names those that may help. None: all have.

    Returns:
        What to do, in one sentence.
    """
    named = [key for key in _NAMED.get(kind, ()) if settings is None or key in settings]
    shown = f" ({', '.join(named)})" if named else ""
    return _REMEDIES.get(kind, _OTHERWISE).format(kind=kind, gate=gate, settings=shown)
