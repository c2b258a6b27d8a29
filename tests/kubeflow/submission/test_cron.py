import pytest

from kubeflow.submission.cron import check_cron


@pytest.mark.parametrize(
    "text",
    [
        "0 3 * * 1", "TZ=Asia/Tokyo 0 3 * * 1", "CRON_TZ=Europe/Berlin  */15 0-6,22 1 JAN-mar sun", "59 23 31 12 7",
    ],
)  # fmt: skip
def test_what_cron_takes(text: str) -> None:
    assert check_cron(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("daily", "write five fields"),
        ("", "write five fields"),
        ("TZ=Asia/Tokyo", "write five fields"),
        ("TZ=Asia/Tokio 0 3 * * 1", "'Asia/Tokio' is no time zone"),
        ("0 25 * * 1", "hour: '25' is not within 0 to 23"),
        ("0 3 0 * 1", "day: '0' is not within 1 to 31"),
        ("*/0 3 * * 1", "minute: '*/0' is not within 0 to 59"),
        ("0 9-5 * * *", "hour: '9-5' ends before it begins"),
        ("0 3 * * 月", "weekday: '月' is neither"),
        ("0 1-2-3 * * *", "hour: '1-2-3' is neither"),
        ("0 -1 * * *", "hour: '-1' is neither"),
        ("0 , * * *", "hour: '' is neither"),
    ],
)
def test_what_it_does_not(text: str, said: str) -> None:
    assert str(check_cron(text)).startswith(said)
