"""The verdict, from counts and anomalies."""

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2

from components.data_gate.config import DataGateConfig
from components.data_gate.gate import Counts, judge, refusal

GOOD = {"train": Counts(rows=990, rejected=10), "eval": Counts(rows=100, rejected=0)}

LABEL = """
anomaly_info {
  key: "label"
  value {
    path { step: "label" }
    severity: %s
    short_description: "Multiple errors"
    description: "all of it"
    reason {
      type: ENUM_TYPE_UNEXPECTED_STRING_VALUES
      short_description: "Unexpected string values"
      description: "Examples contain values missing from the schema: 東京 (~50%%)."
    }
    reason {
      type: FEATURE_TYPE_LOW_FRACTION_PRESENT
      short_description: "Column dropped"
      description: "minimum fraction = 1.000000, actual = 0.500000"
    }
  }
}
"""


def _anomalies(text: str) -> anomalies_pb2.Anomalies:
    return text_format.Parse(text, anomalies_pb2.Anomalies())


def test_sound_data_is_accepted() -> None:
    verdict = judge(DataGateConfig(), GOOD, {"train": _anomalies(""), "eval": _anomalies("")})
    assert verdict.accepted
    assert verdict.to_dict() == {
        "accepted": True,
        "splits": {
            "train": {"rows": 990, "rejected": 10, "left_out": 0, "rejected_share": 0.01},
            "eval": {"rows": 100, "rejected": 0, "left_out": 0, "rejected_share": 0.0},
        },
        "findings": [],
    }


def test_the_share_of_rejected_rows_is_of_all_rows_read_and_by_split() -> None:
    counts = {**GOOD, "eval": Counts(rows=98, rejected=2)}
    verdict = judge(DataGateConfig(max_rejected_share=0.0199), counts, {})
    (finding,) = verdict.findings
    assert (finding.split, finding.kind, finding.blocks) == ("eval", "REJECTED_ROWS", True)
    assert finding.detail == "2 of 100 rows (2.00%) could not be used; max_rejected_share is 1.99%."
    assert judge(DataGateConfig(max_rejected_share=0.02), counts, {}).accepted


def test_a_share_that_is_just_too_large_looks_so() -> None:
    (finding,) = judge(DataGateConfig(), {"train": Counts(98_999, 1001)}, {}).findings
    assert finding.detail.startswith("1,001 of 100,000 rows (1.001%) could not be used; max_rejected_share is 1.00%")


def test_rows_left_out_by_a_limit_count_as_read() -> None:
    counts = {"train": Counts(rows=10, rejected=3, left_out=987)}
    assert counts["train"].rejected_share == 0.003
    assert judge(DataGateConfig(), counts, {}).accepted


def test_too_few_rows() -> None:
    (finding,) = judge(DataGateConfig(min_rows=101), GOOD, {}).findings
    assert finding.detail == "100 usable rows; min_rows is 101."
    assert not judge(DataGateConfig(), {"train": Counts(0, 0)}, {}).accepted


def test_every_reason_of_an_anomaly_is_a_finding() -> None:
    verdict = judge(DataGateConfig(), GOOD, {"train": _anomalies(LABEL % "ERROR")})
    assert [(f.split, f.feature, f.kind, f.summary) for f in verdict.findings] == [
        ("train", "label", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "Unexpected string values"),
        ("train", "label", "FEATURE_TYPE_LOW_FRACTION_PRESENT", "Column dropped"),
    ]
    assert not verdict.accepted


def test_anomalies_are_ignored_by_feature_or_by_kind_and_still_told() -> None:
    anomalies = {"train": _anomalies(LABEL % "ERROR")}
    by_feature = judge(DataGateConfig(ignore_anomalies=["label"]), GOOD, anomalies)
    assert by_feature.accepted
    assert len(by_feature.findings) == 2
    by_kind = judge(DataGateConfig(ignore_anomalies=["FEATURE_TYPE_LOW_FRACTION_PRESENT"]), GOOD, anomalies)
    assert [finding.blocks for finding in by_kind.findings] == [True, False]


def test_a_warning_does_not_block() -> None:
    verdict = judge(DataGateConfig(), GOOD, {"eval": _anomalies(LABEL % "WARNING")})
    assert verdict.accepted
    assert len(verdict.findings) == 2


def test_anomalies_of_the_whole_data_set_block() -> None:
    text = """dataset_anomaly_info {
      severity: ERROR
      reason { type: DATASET_LOW_NUM_EXAMPLES short_description: "Low num examples" description: "3 < 10" }
    }"""
    (finding,) = judge(DataGateConfig(), GOOD, {"train": _anomalies(text)}).findings
    assert (finding.feature, finding.kind, finding.blocks) == ("(data set)", "DATASET_LOW_NUM_EXAMPLES", True)


def test_the_refusal_tells_everything_and_what_to_do() -> None:
    verdict = judge(DataGateConfig(), {"train": Counts(50, 50)}, {"train": _anomalies(LABEL % "ERROR")})
    seen = {
        ("train", "(data set)"): ["a.csv, row 7: no text"],
        ("train", "label"): ["'京都' (5)", "'東京' (5)"],
        ("eval", "label"): ["'寺' (1)"],
    }
    assert refusal(verdict, seen, "/runs/ExampleGen/1", "labelled.gate").splitlines()[:-1] == [
        "the data did not pass the gate (3 findings): /runs/ExampleGen/1",
        "- split 'train', feature '(data set)': Too many unusable rows. "
        "50 of 100 rows (50.00%) could not be used; max_rejected_share is 1.00%.",
        "    for example: a.csv, row 7: no text",
        "    remedy: correct the rows listed in rejected.jsonl there, or raise labelled.gate.max_rejected_share",
        "- split 'train', feature 'label': Unexpected string values. "
        "Examples contain values missing from the schema: 東京 (~50%).",
        "    for example: '京都' (5); '東京' (5)",
        "    remedy: correct these values in the source, or add them to the schema's string_domain",
        "- split 'train', feature 'label': Column dropped. minimum fraction = 1.000000, actual = 0.500000",
        "    for example: '京都' (5); '東京' (5)",
    ]


def test_an_unknown_kind_has_a_remedy_that_names_it() -> None:
    text = 'anomaly_info { key: "text" value { severity: ERROR reason { type: FLOAT_TYPE_HAS_NAN } } }'
    verdict = judge(DataGateConfig(), GOOD, {"train": _anomalies(text)})
    assert "FLOAT_TYPE_HAS_NAN in corpus.gate.ignore_anomalies" in refusal(verdict, {}, "x", "corpus.gate")
