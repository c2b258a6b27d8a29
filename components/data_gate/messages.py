"""What a person can do about each kind of finding."""

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
        "use a tokenizer of the texts' language (tokenizer.kind, vocab_size, character_coverage), "
        "or raise {gate}.tokens.max_unknown_share"
    ),
    "EMPTY_TEXTS": "look at text.cleaning and text.stop_words, or raise {gate}.tokens.max_empty_share",
    "TRUNCATED_TEXTS": "raise text.max_length, or {gate}.tokens.max_truncated_share",
    "VOCABULARY_USE": "make tokenizer.vocab_size smaller, or lower {gate}.tokens.min_vocabulary_use",
    "SHORT_TEXTS": "check the sources and the cleaning, or lower {gate}.tokens.min_mean_tokens",
    "LONG_TEXTS": "check the sources and the cleaning, or raise {gate}.tokens.max_mean_tokens",
}


def explain(kind: str, gate: str) -> str:
    """The remedy for a kind of finding.

    Args:
        kind: TFDV's name of an anomaly's type, or one of the gate's own.
        gate: The gate's key in the configuration, for example ``labelled.gate``.

    Returns:
        What to do, in one sentence.
    """
    return _REMEDIES.get(kind, _OTHERWISE).format(kind=kind, gate=gate)
