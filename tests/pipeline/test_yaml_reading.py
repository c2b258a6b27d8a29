"""What YAML says, as values; and what is refused, with its line and key."""

import contextlib
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.yaml_reading import LARGEST, MAX_BYTES, YamlError, read_documents, read_file, read_value

ROOT = Path(__file__).resolve().parents[2]


def problem(text: str) -> str:
    with pytest.raises(YamlError) as error:
        read_value(text)
    said = error.value.problem
    assert "\n" not in said and len(said) < 300
    return said


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing", None),
        ("null", None),
        ("~", None),
        ("5e-4", "5e-4"),  # as YAML 1.1 has it; pydantic makes a number of it
        ("0.5", 0.5),
        ("1.5e-3", 1.5e-3),
        ("-1_000", -1000),
        ("0x1F", 31),
        ("yes", True),
        ("False", False),
        ("京都", "京都"),
        ("'2024-02-30'", "2024-02-30"),
        ("!!str 2024-02-30", "2024-02-30"),
        ("!!float 3.0", 3.0),
        ("!!int '5'", 5),
        ("[a, {b: [1, null]}]", ["a", {"b": [1, None]}]),
        ("a: |\n  一行\n  二行\n", {"a": "一行\n二行\n"}),
        ("{a: &x {b: 1}, c: *x}", {"a": {"b": 1}, "c": {"b": 1}}),
        ("{a: &x {b: 1, d: 2}, c: {<<: *x, d: 3}}", {"a": {"b": 1, "d": 2}, "c": {"b": 1, "d": 3}}),
        ("{<<: [{a: 1}, {a: 2, b: 2}]}", {"a": 1, "b": 2}),
        (f"{LARGEST}", LARGEST),
        ('"\\t|"', "\t|"),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert read_value(text) == value


def test_what_is_repeated_is_a_copy() -> None:
    value = read_value("{a: &x {b: [1]}, c: *x}")
    value["a"]["b"].append(2)
    assert value["c"] == {"b": [1]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-02-30", "is a date for YAML"),
        ("2024-02-03", "put it in quotes"),
        ("2023-02-29 10:00:00", "is a date for YAML"),
        ("!!timestamp abc", "is a date for YAML"),
        ("1:30", "number of base 60"),
        ("010", "octal"),
        ("!!int abc", "'abc' is not a whole number"),
        ("!!int ''", "'' is not a whole number"),
        ("!!float x", "'x' is not a finite number"),
        ("!!bool x", "'x' is not true or false"),
        ("!!null x", "'x' is not null"),
        (".inf", "not a finite number"),
        ("-.INF", "not a finite number"),
        (".nan", "not a finite number"),
        ("!!float 1e999", "not a finite number"),
        ("9" * 5000, "... (5,000 characters) is too large a number"),
        (str(LARGEST + 1), "too large a number"),
        ("[" * 5000 + "]" * 5000, "more than 50 lists and mappings"),
        ("{a: " * 5000, "more than 50 lists and mappings"),
        ("!!binary aGVsbG8=", "the tag !!binary is not used here"),
        ("!!set {a, b}", "the tag !!set"),
        ("!!omap [a: 1]", "the tag !!omap"),
        ("!!pairs [a: 1]", "the tag !!pairs"),
        ("!!map [a]", "the tag !!map"),
        ("!custom {a: 1}", "the tag !custom"),
        ("!!python/name:os.system ''", "the tag !!python/name:os.system"),
        ("&a [*a]", "*a stands for nothing before it, or for what it is in"),
        ("[*b]", "*b stands for nothing"),
        ("{<<: 1}", "<< takes a mapping"),
        ("{a: 1, a: 2}", "the key 'a' is given twice"),
        ("{1: a}", "a key must be text, but '1' is a number"),
        ("{null: a}", "a key must be text, but 'null' is null"),
        ("{[a]: b}", "a key must be text, but there is a list"),
        ("{on: a}", "a key must be text, but 'on' is true or false"),
        ("a: b: c", "mapping values are not allowed"),
        ("\ta: b", "cannot start any token"),
        ("a: [1", "did not find expected"),
        ("a\0b", "there is a NUL"),
        ('"a\\0b"', "there is a NUL"),
        ("a\x01b", "unacceptable character #x0001"),
        ("\udcff", "codec can't encode"),
        ('"\\ud800"', "invalid Unicode"),
        ("%YAML 7.0\n---\na", "incompatible YAML document"),
        ("a\n---\nb", "several documents"),
    ],
)
def test_refusals(text: str, said: str) -> None:
    assert said in problem(text)


def test_the_line_and_the_key_are_named() -> None:
    with pytest.raises(YamlError) as error:
        read_value("trainer:\n  epochs: 3\n  folds:\n  - 1\n  - 2024-02-30\n")
    assert (error.value.line, error.value.key) == (5, "trainer.folds.1")


def test_aliases_that_multiply() -> None:
    laughs = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert "more than 250,000 values" in problem(laughs)
    merges = laughs.replace("[lol]", "{b: 1}").replace("[*", "{<<: [*").replace("]", "]}")
    assert "more than 250,000 values" in problem(merges)


@pytest.mark.parametrize(
    "text",
    ["".join(f"key{number}: {number}\n" for number in range(40_000)), "[" * 200_000, "a" * 1_000_000, "- " * 100_000],
)
def test_large_ones_take_little_time(text: str) -> None:
    start = time.process_time()
    with contextlib.suppress(YamlError):
        read_value(text)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.yaml"
    text = "name: 京都\r\n"
    file.write_bytes(b"\xff\xfe" + text.encode("utf-16-le") if encoding.endswith("-bom") else text.encode(encoding))
    assert read_file(file) == [{"name": "京都"}]


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (b"a: 1\nb: \xff\n", 2, "this is not UTF-8"),
        ("a: 京都\n".encode("cp932"), 1, "this is not UTF-8"),
        ("a: 1\n".encode("utf-16-le"), 1, "there is a NUL"),
        (b"\xff\xfea", 1, "this is not UTF-16"),
        (b"# " + b"x" * MAX_BYTES, 0, "larger than 8 MiB"),
    ],
)
def test_files_that_are_not_text(tmp_path: Path, data: bytes, line: int, said: str) -> None:
    (tmp_path / "a.yaml").write_bytes(data)
    with pytest.raises(YamlError) as error:
        read_file(tmp_path / "a.yaml")
    assert said in error.value.problem and error.value.line == line


def test_what_is_dumped_is_read_back() -> None:
    value = {"a": ["2024-02-03", "1:30", "010", ".inf", "yes", "null", "=", "<<", "京都", "", " x", "5e-4", "0x"]}
    assert read_documents(yaml.safe_dump(value, allow_unicode=True)) == [value]


def test_nothing_else_reads_yaml() -> None:
    """PyYAML's other loaders can make objects, and what its safe one raises is not only a YAMLError."""
    loading = re.compile(r"yaml\.(?!parse\b)(\w*load\w*|compose\w*|\w*Loader)\b|ruamel|YAML\(")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("pipeline", "components", "kubeflow")
        for path in (ROOT / folder).rglob("*.py")
        if loading.search(path.read_text(encoding="utf-8"))
    }
    # The report reads the configuration that the DAG wrote, with the safe loader.
    assert found == {"pipeline/yaml_reading.py", "components/report/collecting.py"}
