"""The page is one whole, safe and self-contained HTML document; the card is Markdown with the same figures."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest
import yaml

from components.evaluator.gates import Verdict
from components.report.page import render_card, render_page
from tests.components.report.stories import REFUSED, story

_VOID = {"meta", "br", "hr", "img", "link", "input"}
_OPTIONAL = {"li", "tr", "td", "th", "tbody", "p"}


class _Checker(HTMLParser):
    """Collects ids, links and text, and what is opened and not closed."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.add(given.get("id") or "")
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href")]
        if tag not in _VOID | _OPTIONAL:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _OPTIONAL:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_everything_is_told_and_every_link_of_the_page_leads_somewhere() -> None:
    page = _Checker(render_page(story()))
    assert page.open == []
    assert {"outcome", "data", "pretraining", "training", "evaluation", "mistakes", "serving", "lineage"} <= page.ids
    for said in [
        "京都でラーメンを食べた。",
        "Spans 2, 4, 5",
        "Warm start with runs/評判/Trainer/model/3: head taken.",
        "場所",
        "7,926",
        "docker run",
        "1764212812",
        "text length",
        "Good enough, and served.",
    ]:
        assert said in page.text


def test_nothing_is_fetched() -> None:
    page = render_page(story())
    assert [link for link in _Checker(page).links if not link.startswith("#")] == []
    assert "@import" not in page
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", page))
    names = ("http://www.w3.org/", "http://purl.org/", "https://matplotlib.org/", "http://creativecommons.org/")
    assert all(one.startswith(names) for one in addresses)  # of SVG's vocabularies, which nobody fetches


def test_texts_of_the_data_cannot_become_markup() -> None:
    page = render_page(story())
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<スポーツ>" not in page


def test_labels_of_figures_are_text() -> None:
    svgs = re.findall(r"<svg.*?</svg>", render_page(story()), re.S)
    assert len(svgs) >= 6
    assert any("京都" in svg for svg in svgs)


def test_ids_of_different_figures_do_not_clash() -> None:
    page = render_page(story())
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(|xlink:href=")#([^")]+)', page)) <= set(ids)


def test_a_refusal_names_gate_and_key() -> None:
    judged = story().judged
    assert judged is not None
    refused = type(judged)(**{**judged.__dict__, "verdict": Verdict(blessed=False, checks=[REFUSED], notes=[])})
    page = _Checker(render_page(story(judged=refused, served=[])))
    assert "Not everything is served" in page.text
    assert "evaluator.baseline_margin" in page.text
    assert "There is no model to serve." in page.text


def test_a_model_that_was_rolled_back_from_is_not_called_served() -> None:
    served = dataclasses.replace(story().served[0], pushed="", reason="this model was rolled back from")
    page = _Checker(render_page(story(served=[served])))
    assert "Not everything is served" in page.text
    assert "Not pushed: this model was rolled back from." in page.text


def test_a_model_in_a_bucket_is_served_from_there() -> None:
    served = dataclasses.replace(story().served[0], pushed="gs://bucket/models/評判/7")
    page = _Checker(render_page(story(served=[served])))
    assert "-e MODEL_BASE_PATH=gs://bucket/models tensorflow/serving:2.16.1" in page.text
    assert "tfx-bert predict" not in page.text


def test_odd_names_do_not_break_the_cards_metadata_and_tables() -> None:
    judged = story().judged
    assert judged is not None
    per_class = {"a\\|b <script>": judged.metrics.per_class["京都"]}
    metrics = judged.metrics.model_copy(update={"labels": list(per_class), "per_class": per_class})
    card = render_card(story(name="2024", judged=dataclasses.replace(judged, metrics=metrics)))
    header = yaml.safe_load(card.split("---\n", 2)[1])
    assert header["model-index"][0]["name"] == "2024"
    assert r"| a\\\|b \<script\> | " in card


def test_a_run_that_only_pretrains() -> None:
    page = _Checker(render_page(story(training={}, judged=None)))
    assert page.open == []
    assert not {"training", "evaluation", "mistakes"} & page.ids


def test_a_run_without_pretraining() -> None:
    page = _Checker(render_page(story(pretraining={}, mlm_metrics={}, mlm_verdict=None)))
    assert page.open == []
    assert "pretraining" not in page.ids


def test_the_card_has_the_hubs_metadata_and_the_figures() -> None:
    card = render_card(story())
    _, header, body = card.split("---\n", 2)
    metadata = yaml.safe_load(header)
    judged = story().judged
    assert judged is not None
    assert metadata["pipeline_tag"] == "text-classification"
    accuracy = metadata["model-index"][0]["results"][0]["metrics"][0]
    assert accuracy == {"type": "accuracy", "value": round(judged.metrics.accuracy, 4)}
    for label in ("グルメ", "京都", r"\<スポーツ\>"):
        assert f"| {label} | " in body
    assert "\n\n\n" not in body


def use(card: str) -> str:
    return card.partition("\n## Use\n")[2]


def test_the_card_of_a_served_model_names_no_place_of_this_machine() -> None:
    card = render_card(story())
    assert "Serve the SavedModel with TF Serving 2.16.1. `report.html` beside this card" in use(card)
    assert "far/" not in card and "saved_model" not in card


@pytest.mark.parametrize(
    ("changes", "check", "why"),
    [
        ({"reason": "this model was rolled back from"}, {}, "this model was rolled back from"),
        ({"reason": "not blessed by ServableCheck"}, {"servable": False, "failures": ["no op X"]}, "no op X"),
        ({"reason": ""}, {}, "no node pushed it"),
    ],
)
def test_the_card_of_a_model_that_is_not_served_speaks_of_no_place(changes: dict, check: dict, why: str) -> None:
    (served,) = story().served
    refused = dataclasses.replace(served, pushed="", check={**served.check, **check}, **changes)
    told = use(render_card(story(served=[refused])))
    assert told.strip() == f"This model is not served: {why}."
    page = _Checker(render_page(story(served=[refused])))
    assert "docker run" not in page.text and "Served from" not in page.text and "Not everything is served" in page.text


def test_the_card_of_a_model_that_a_gate_refused_says_why() -> None:
    judged = story().judged
    assert judged is not None
    judged = dataclasses.replace(judged, verdict=Verdict(blessed=False, checks=[REFUSED], notes=[]))
    told = use(render_card(story(judged=judged, served=[])))
    assert told.startswith("\nThis model is not served: not blessed: weighted") and "tfx-bert" not in told


def test_the_card_speaks_of_the_classifier_also_where_the_masked_model_was_refused() -> None:
    verdict = Verdict(blessed=False, checks=[REFUSED], notes=[])
    masked = dataclasses.replace(story().served[0], title="Masked language model", pushed="", reason="not blessed")
    assert use(render_card(story(mlm_verdict=verdict, served=[*story().served, masked]))).startswith("\nServe")
    alone = story(judged=None, mlm_verdict=verdict, served=[masked])
    assert "not served" in use(render_card(alone)) and "fill-mask" not in use(render_card(alone))


def test_a_run_without_a_model_has_none_to_describe() -> None:
    assert story().has_model
    assert not story(judged=None, mlm_metrics={}, pretraining={}).has_model


def test_labels_that_came_and_went_are_told() -> None:
    training = {"warm_start": {"model": "m", "head": "taken", "labels_begun_anew": ["旅"], "labels_left_out": ["京都"]}}
    page = _Checker(render_page(story(training=training)))
    assert "head taken; label '旅' begun anew; label '京都' left out." in page.text


def test_tables_of_the_card_have_as_many_cells_in_every_row() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", render_card(story()), re.M):
        assert len({row.count("|") for row in table.splitlines()}) == 1, table
